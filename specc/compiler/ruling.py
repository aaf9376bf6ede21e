"""The rules that look at one spec or at one cell, run; and what the target would say of the cell."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice

from specc.diagnostics import Diagnostic
from specc.parser import MAX_ALIKE
from specc.rules import JOB_RULES, SPEC_RULES
from specc.rules.rule import Job, Spec

FIND = tuple(rule.find for rule in JOB_RULES)
JobCheck = Callable[[Job], Iterable[Diagnostic]]


def nothing_refused(job: Job) -> Iterable[Diagnostic]:
    """Say of every job that its target takes it, where no target is known."""
    return ()


def spec_diagnostics(spec: Spec, *, is_sound: bool) -> Iterator[Diagnostic]:
    """`is_sound`: no stage has found an error in it. What is wrong would only show in other words."""
    for rule in SPEC_RULES:
        if is_sound or rule.always:
            yield from map(spec.plain.traced, rule.find(spec))


def job_diagnostics(job: Job, refusals: JobCheck) -> Iterator[Diagnostic]:
    """Yield what the rules find in a cell, and why its target would refuse it: of each, the first `MAX_ALIKE`."""
    for find in (*FIND, refusals):
        every = iter(find(job))
        first = next(every, None)
        if first is not None:
            yield from map(job.evaluated.spec.traced, _first(chain((first,), every)))


def _first(every: Iterator[Diagnostic]) -> Iterator[Diagnostic]:
    """What is left out is not looked for either: a command of 60 KB can have ten thousand mistakes of one kind."""
    found = list(islice(every, MAX_ALIKE))
    if len(found) == MAX_ALIKE and next(every, None) is not None:
        *found, last = found
        found.append(replace(last, notes=(*last.notes, "there are more like this, which are not shown")))
    yield from found
