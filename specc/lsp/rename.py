"""A new name for a parameter, a variable, an axis or a profile, in every file that sees it, if no payload changes."""

import re
from collections.abc import Generator
from itertools import islice
from typing import NamedTuple

from specc.app.editing import EditedProject, Snapshot
from specc.compiler import Request, check_document
from specc.diagnostics import Diagnostic
from specc.fast_dataclass import dataclass
from specc.lsp.names import Name, Seen, everywhere, mentions, name_at
from specc.lsp.spots import spot_at
from specc.parser import Document
from specc.project import DiagnosticSet, Project
from specc.resolver.ancestry import ancestry
from specc.source import Span

WORD = re.compile(r"[^\W\d]\w*")
LOOSE = re.compile(r"[\w][\w.-]*")
"""A name of a profile, which no template reads."""
SHIPPED = "specc:"
NOUNS = {"params": "parameter", "vars": "variable", "matrix": "axis", "profiles": "profile"}


class Refused(Exception):
    """Says why something cannot be renamed."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """The places where a new name is written. `warning` says what else the name is used for."""

    spans: tuple[Span, ...]
    warning: str = ""


class Sent(NamedTuple):
    """What a spec comes to: its payloads, and how many errors it has."""

    payloads: tuple[bytes, ...]
    errors: int


UNREADABLE = Sent((), -1)
"""What a text comes to that cannot be read: it is the same as no text that can."""


def renamable_at(snapshot: Snapshot, offset: int) -> tuple[Name, Span] | None:
    """Return the name at an offset that can be renamed, and its span in the text that the editor shows."""
    spot = spot_at(snapshot.document, snapshot.in_tree(offset)) if snapshot.document is not None else None
    name = name_at(spot) if spot is not None else None
    if name is None or spot is None or snapshot.document is None:
        return None
    here = snapshot.in_tree(offset)
    every = (each.span for each in mentions(snapshot.document, snapshot.project.library, name))
    own = (span for span in every if span.source is snapshot.document.source and span.start <= here <= span.end)
    span = next(own, None)
    return (name, snapshot.in_text(span)) if span is not None else None


def renamed(project: EditedProject, snapshot: Snapshot, offset: int, new: str) -> Generator[None, None, Renaming]:
    """Return where a new name is to be written, in steps. Raises Refused where it cannot, or payloads would change."""
    known = renamable_at(snapshot, offset) if project.is_readable else None
    return (yield from renamed_everywhere(project, snapshot, known[0] if known is not None else None, new))


def renamed_everywhere(
    project: EditedProject, snapshot: Snapshot, name: Name | None, new: str
) -> Generator[None, None, Renaming]:
    """Return where a new name of something that a spec sees is to be written, in steps. Raises Refused as `renamed`."""
    if not project.is_readable:
        raise Refused("a text of the project cannot be read at the moment: finish it first")
    if name is None:
        raise Refused("there is no parameter, variable, axis or profile here")
    pattern = LOOSE if name.namespace == "profiles" else WORD
    if not pattern.fullmatch(new):
        raise Refused(f"`{new}` is not a name: write letters, digits and `_`")
    seen = yield from everywhere(project, snapshot, name)
    _check_files(snapshot.project, seen, name)
    spans = tuple(mention.span for mention in seen.every())
    affected = yield from _affected(project, seen, spans)
    yield from _check_new_name(snapshot.project, affected, Name(name.namespace, new))
    yield from _check_payloads(project, snapshot, affected, spans, new)
    return Renaming(spans, _warning(name))


def _check_files(project: Project, seen: Seen, old: Name) -> None:
    """Raise Refused where a file cannot be changed."""
    for file in seen.mentions:
        if file.startswith(SHIPPED):
            raise Refused(f"`{old}` is of the base {file}, which ships with specc")
    settings = project.settings
    targets = settings.targets.values()
    layers = [settings.defaults, *(layer for target in targets for layer in (target.job, target.prelude))]
    mentioned = re.compile(rf"\b{re.escape(f'{old}')}\b")
    for layer in layers:
        if layer is not None and mentioned.search(layer.span.source.text) and old.namespace != "profiles":
            raise Refused(f"{layer.span.source.name} mentions `{old}`: rename it there by hand, or take it out first")


def _affected(project: EditedProject, seen: Seen, spans: tuple[Span, ...]) -> Generator[None, None, list[str]]:
    """Return the specs that a new name could change: those that write the old one, and whatever depends on a file."""
    affected = dict.fromkeys(seen.mentions)
    for file in dict.fromkeys([*seen.mentions, *(span.source.name for span in spans)]):
        heirs = yield from project.dependents_in_steps(file)
        affected |= dict.fromkeys(heirs)
    return list(affected)


def _check_new_name(project: Project, affected: list[str], new: Name) -> Generator[None]:
    """Raise Refused where a spec that could change, or one that it inherits from, has the new name already."""
    looked_at: set[str] = set()
    for file in affected:
        document = _document(project, file)
        line = ancestry(document, project.library)[0].order if document is not None else ()
        for part in reversed(line):
            if part.source.name not in looked_at and any(True for _ in mentions(part, project.library, new)):
                raise Refused(f"`{new}` exists already, in {part.source.name}")
            looked_at.add(part.source.name)
        yield


def _check_payloads(
    project: EditedProject, snapshot: Snapshot, affected: list[str], spans: tuple[Span, ...], new: str
) -> Generator[None]:
    """Raise Refused where a spec comes to other payloads, or to more errors, with the new name."""
    after = snapshot.project.again(dict(project.texts) | written(spans, new))
    for file in affected:
        if not (yield from is_same(snapshot.project, after, file)):
            raise Refused(f"the payloads of {file} would change: something else depends on the name")


def written(spans: tuple[Span, ...], new: str) -> dict[str, str]:
    """Return the texts with a new name at the spans, by the names of their files."""
    texts: dict[str, str] = {}
    for span in sorted(set(spans), key=lambda span: (span.source.name, -span.start)):
        text = texts.get(span.source.name, span.source.text)
        texts[span.source.name] = text[: span.start] + new + text[span.end :]
    return texts


def sent(project: Project, name: str, most: int | None = None) -> Generator[None, None, Sent]:
    """Return what a spec comes to in a check, without inputs, in steps; of so many payloads and diagnostics at most."""
    document = project.document(name, DiagnosticSet())
    if document is None:
        return UNREADABLE
    payloads, errors = list[bytes](), 0
    for each in islice(check_document(document, project.context(), Request()), most):
        if isinstance(each, Diagnostic):
            errors += each.is_error
        else:
            payloads.append(each.canonical)
        yield
    return Sent(tuple(payloads), errors)


def is_same(before: Project, after: Project, name: str, most: int | None = None) -> Generator[None, None, bool]:
    """Return whether a spec comes to the same payloads, and to as many errors, in two states of a project, in steps."""
    one = yield from sent(before, name, most)
    other = yield from sent(after, name, most)
    return one == other


def _document(project: Project, name: str) -> Document | None:
    return getattr(project.library.document(name), "document", None)


def _warning(name: Name) -> str:
    match name.namespace:
        case "params":
            return f"command lines that say `-p {name.word}=...` must be changed, too"
        case "profiles":
            return f"command lines that say `--profile {name.word}` must be changed, too"
        case "matrix":
            return "cells get other ids, so those that were submitted before are new to `specc submit`"
        case _:
            return ""
