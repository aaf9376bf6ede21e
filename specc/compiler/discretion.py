"""Diagnostics of a compilation that read the environment, without what it read.

A message can quote a value, a part of one, or what a filter made of it, so no search could find all that must not be
shown. So the spec is compiled once more, blind: with hidden variables unknown, as `specc check` has them. What is found
then, word for word, cannot come from them. Of anything else, the kind and the place are said.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from specc.compiler.context import Context
from specc.compiler.part import Part
from specc.diagnostics import Diagnostic
from specc.source import Span

Item = TypeVar("Item")
HELP = "look at the value where it is set; `SPECC_SHOW_ENV=NAME` shows what comes from this variable of the environment"


def discreet(
    run: Callable[[Context, Part | None], Iterator[Diagnostic | Item]], context: Context, part: Part | None
) -> Iterator[Diagnostic | Item]:
    """Yield what `run` gives, with diagnostics that show nothing of hidden variables."""
    if context.is_blind or not any(name in context.environment for name in context.hidden):
        yield from run(context, part)
        return
    harmless: set[object] | None = None
    for item in run(context, part):
        if not isinstance(item, Diagnostic):
            yield item
            continue
        if harmless is None:
            blind = run(replace(context, is_blind=True), None)
            harmless = {_told(each) for each in blind if isinstance(each, Diagnostic)}
        yield item if _told(item) in harmless else without_values(item)


def without_values(found: Diagnostic) -> Diagnostic:
    """Return the kind and the place of a diagnostic, without the words that can quote values."""
    message = f"{found.code.summary}; what is wrong comes from the environment, and is not shown"
    labels = tuple(label._replace(message="") for label in found.labels)
    return replace(found, message=message, label="", labels=labels, notes=(), help=HELP, fix=None)


def _told(found: Diagnostic) -> object:
    """Return all that a reader sees of a diagnostic."""
    labels = tuple((_place(label.span), label.message) for label in found.labels)
    return found.code.code, found.message, found.label, labels, found.notes, found.help, _place(found.span)


def _place(span: Span) -> tuple[str, int, int]:
    return span.source.path, span.start, span.end
