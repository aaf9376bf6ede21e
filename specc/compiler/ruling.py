"""The rules that look at one spec or at one cell, run."""

from collections.abc import Iterator

from specc.diagnostics import Diagnostic
from specc.rules import JOB_RULES, SPEC_RULES
from specc.rules.rule import Job, Spec


def spec_findings(spec: Spec, *, is_sound: bool) -> Iterator[Diagnostic]:
    """`is_sound`: no stage has found an error in it. What is wrong would only show in other words."""
    for rule in SPEC_RULES:
        if is_sound or rule.always:
            yield from map(spec.plain.traced, rule.find(spec))


def job_findings(job: Job) -> Iterator[Diagnostic]:
    for rule in JOB_RULES:
        yield from map(job.evaluated.spec.traced, rule.find(job))
