"""Why the target would refuse a job, as diagnostics at the lines of its values."""

from collections.abc import Iterator

from specc.compiler.ruling import JobCheck, nothing_refused
from specc.diagnostics import Diagnostic, codes
from specc.evaluator import Value
from specc.rules.commands import span_of_text
from specc.rules.rule import Job
from specc.settings import Settings, Target
from specc.source import Span
from specc.targets.kinds import KINDS
from specc.targets.refusals.common import NO_UNIT, Refusal
from specc.targets.refusals.local import ignored

SAID_ELSEWHERE = frozenset({"no-command"})
"""Refusals that the schema or a rule finds, too, with more to say."""


def refusals_of(settings: Settings, target: str, *, is_chosen: bool) -> JobCheck:
    """Return what finds the refusals of a target.

    Where nobody has chosen the target, it is this machine by default. Then a number without a unit is not held against
    a project that may only ever send its payloads to an API, which takes such numbers as they are.
    """
    known = settings.targets.get(target)
    if known is None:
        return nothing_refused
    refuse, units = KINDS[known.kind].refusals, settings.units_for(target)
    note = f"the target `{known.name}` would refuse the job"

    def find(job: Job) -> Iterator[Diagnostic]:
        values = job.evaluated.job
        for refusal in refuse({name: value.data for name, value in values.items()}, known, units):
            if refusal.code in SAID_ELSEWHERE or (refusal.code == NO_UNIT and not is_chosen):
                continue
            if _is_known(refusal, job):
                span = _span(refusal, values[refusal.field])
                yield codes.REFUSED_BY_TARGET.at(span, refusal.message, notes=(note,), help=refusal.help)
        if is_chosen or len(settings.targets) == 1:
            yield from _ignored(job, known)

    return find


def _ignored(job: Job, target: Target) -> Iterator[Diagnostic]:
    """Say what the target does not do of a job that it takes all the same."""
    value = job.evaluated.job.get("resource_limit")
    names = ignored({"resource_limit": value.data}, target) if value is not None else []
    if value is not None and names:
        message = f"`{target.name}` ignores {', '.join(f'`{name}`' for name in names)}"
        help = "check and submit with the `--target` that the words are for, or remove them"
        yield codes.IGNORED_BY_TARGET.at(value.node.span, message, help=help)


def _span(refusal: Refusal, value: Value) -> Span:
    """Return where the value is written, or the part of it that is wrong."""
    text = value.data
    if refusal.place is None or not isinstance(text, str):
        return value.node.span
    return span_of_text(value, text, *refusal.place)


def _is_known(refusal: Refusal, job: Job) -> bool:
    """Whether the field has a value, and it is the one that will be sent."""
    value = job.evaluated.job.get(refusal.field)
    return value is not None and value.is_known
