"""Why the target would refuse a job, as diagnostics at the lines of its values."""

from collections.abc import Iterator

from specc.compiler.ruling import JobCheck, nothing_refused
from specc.diagnostics import Diagnostic, codes
from specc.rules.rule import Job
from specc.settings import Settings
from specc.source import Span
from specc.targets.refusals.common import NO_UNIT, Refusal
from specc.targets.refusals.kinds import REFUSALS

COMMAND = ("cmd_line", "input_file")


def refusals_of(settings: Settings, target: str, *, is_chosen: bool) -> JobCheck:
    """Return what finds the refusals of a target.

    Where nobody has chosen the target, it is this machine by default. Then a number without a unit is not held against
    a project that may only ever send its payloads to an API, which takes such numbers as they are.
    """
    known = settings.targets.get(target)
    if known is None:
        return nothing_refused
    refuse, units = REFUSALS[known.kind], settings.units_for(target)
    note = f"the target `{known.name}` would refuse the job"

    def find(job: Job) -> Iterator[Diagnostic]:
        values = job.evaluated.job
        for refusal in refuse({name: value.data for name, value in values.items()}, known, units):
            if (is_chosen or refusal.code != NO_UNIT) and _is_certain(refusal, job):
                span = values[refusal.field].node.span if refusal.field in values else _job_span(job)
                yield codes.REFUSED_BY_TARGET.at(span, refusal.message, notes=(note,), help=refusal.help)

    return find


def _is_certain(refusal: Refusal, job: Job) -> bool:
    """Whether the field's value is what will be sent. What is missing may still come from an heir, or not be known."""
    if refusal.field in job.evaluated.job:
        return job.evaluated.job[refusal.field].is_known
    return not job.evaluated.spec.is_open and not any(name in job.evaluated.job for name in COMMAND)


def _job_span(job: Job) -> Span:
    """The place of a field that is missing: the key `job`."""
    body = job.evaluated.spec.document.body
    return body.keys["job"].span if "job" in body.keys else body.span
