"""From one evaluated cell to its payload, and what the schema, the rules and the target have to say about it."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from specc.checker import check
from specc.compiler.context import Context, JobCheck
from specc.diagnostics import Diagnostic
from specc.evaluator import EvaluatedSpec
from specc.lowering import Payload, lower
from specc.parser import MAX_ALIKE
from specc.rules import JOB_RULES, SPEC_RULES
from specc.rules.rule import Job, Spec

FIND = tuple(rule.find for rule in JOB_RULES)


def spec_diagnostics(spec: Spec, *, is_sound: bool) -> Iterator[Diagnostic]:
    """`is_sound`: no stage has found an error in it. What is wrong would only show in other words."""
    for rule in SPEC_RULES:
        if is_sound or rule.always:
            yield from map(spec.plain.traced, rule.find(spec))


def lowered(evaluated: EvaluatedSpec, context: Context) -> Iterator[Diagnostic | Payload]:
    """Yield the payload of a cell, or why it has none."""
    checked, found = check(evaluated, context.apis[evaluated.spec.api])
    yield from map(evaluated.spec.traced, found)
    if checked is not None:
        payload, found = lower(checked, context.hidden)
        yield from map(evaluated.spec.traced, found)
        if payload is not None:
            yield payload


def ruled(evaluated: EvaluatedSpec, context: Context) -> Iterator[Diagnostic | Payload]:
    """Yield what `lowered` does, and what the rules have to say about the cell."""
    payload = None
    for result in lowered(evaluated, context):
        payload = result if isinstance(result, Payload) else None
        yield result
    job = Job(evaluated, payload, context.view)
    yield from job_diagnostics(job, context.refusals)


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
