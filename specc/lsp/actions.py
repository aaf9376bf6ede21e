"""What can be done about a text: fixes, comments that ignore diagnostics, lines that can go, values that become inputs.

A line that goes, and a value that becomes an input, have been tried before they are offered: the text with the change
comes to the same payloads, and so do its heirs. A comment that is offered does ignore its diagnostic. Fixes are those
of `specc check`.
"""

import difflib
import json
import re
from collections.abc import Generator, Iterable, Iterator
from enum import StrEnum
from itertools import islice

from specc.app.editing import EditedProject, Snapshot
from specc.app.formatting import LaidOut, lay_out
from specc.diagnostics import Diagnostic, Edit, removing_fix
from specc.fast_dataclass import dataclass
from specc.linter.filters import is_ignorable
from specc.linter.fixing import fixed, is_fixable
from specc.lsp.hover import CELLS
from specc.lsp.navigation import resolved
from specc.lsp.rename import is_same
from specc.lsp.spots import Spot, spot_at
from specc.nodes import Mapping, Node, Scalar, Style, to_data
from specc.parser import parse, parse_tree
from specc.source import Source

MOST_IGNORED = 3
"""So many diagnostics of a selection get an offer to be ignored, because each is tried."""
MOST_HEIRS = 20
"""So many heirs of a base are tried with a change of it."""
IGNORING = re.compile(r"#\s*+specc:\s*+ignore\[([^\[\]]*+)\]")
COMMENT = re.compile(r"(?:^|\s)#")
NAME = re.compile(r"[^\W\d]\w*")
BEFORE = ("vars", "matrix", "profiles", "job")
"""The sections before which `params:` is written."""


class Kind(StrEnum):
    """The kinds of actions by the names that the protocol has for them."""

    FIX = "quickfix"
    FIX_ALL = "source.fixAll.specc"
    REWRITE = "refactor.rewrite"
    EXTRACT = "refactor.extract"


@dataclass(frozen=True, slots=True)
class Action:
    """A change that can be made. `fixes` is the diagnostic that it is about."""

    title: str
    kind: Kind
    edits: tuple[Edit, ...]
    fixes: Diagnostic | None = None
    is_preferred: bool = False


def actions_at(
    project: EditedProject, snapshot: Snapshot, found: Iterable[Diagnostic], start: int, end: int
) -> Generator[None, None, list[Action]]:
    """Return what can be done about the text from `start` to `end`, in steps. `found` are the diagnostics of it."""
    actions = list(_about(snapshot, found, start, end))
    for each in _rewriting(snapshot, start):
        if (yield from _is_same(project, snapshot, each.edits)):
            actions.append(each)
    return actions


def _about(snapshot: Snapshot, found: Iterable[Diagnostic], start: int, end: int) -> Iterator[Action]:
    """Yield what can be done about diagnostics."""
    near = [each for each in found if each.span.start <= end and start <= each.span.end]
    opened = snapshot.project
    for each in near:
        if each.fix is not None and is_fixable(each, opened, unsafe=True):
            yield Action(each.fix.title, Kind.FIX, each.fix.edits, each, each.fix.is_safe)
    if snapshot.document is None or snapshot.text is not snapshot.document.source:
        return
    for each in islice(filter(is_ignorable, near), MOST_IGNORED):
        edit = ignoring(snapshot, each)
        if edit is not None:
            yield Action(f"ignore {each.code.slug} here", Kind.FIX, (edit,), each)


def _rewriting(snapshot: Snapshot, offset: int) -> Iterator[Action]:
    """Yield the changes of the line at an offset that should leave payloads as they are."""
    if snapshot.document is None or snapshot.text is not snapshot.document.source:
        return
    spot = spot_at(snapshot.document, offset)
    if spot is not None:
        yield from _without_line(snapshot, spot)
        yield from _as_parameter(snapshot, spot)


def fix_all(project: EditedProject, snapshot: Snapshot, found: Iterable[Diagnostic]) -> Action | None:
    """Return all safe fixes of a spec as one action; None where there are none. `found` are the diagnostics of it."""
    if not project.is_readable or snapshot.document is None:
        return None
    if not any(is_fixable(each, snapshot.project, unsafe=False) for each in found):
        return None  # nothing has to be checked for that
    name = snapshot.name
    result = fixed(
        snapshot.project.again(project.texts), lambda opened: project.check_alone(opened, name), unsafe=False
    )
    file = next((file for file in result.files if file.source.name == name), None)
    if file is None:
        return None
    edits = tuple(edits_between(snapshot.text, file.text))
    return Action("fix all that is safe to fix", Kind.FIX_ALL, edits)


def ignoring(snapshot: Snapshot, found: Diagnostic) -> Edit | None:
    """Return the edit that adds a comment by which a diagnostic is ignored, where one does that."""
    text = snapshot.text
    if found.span.source is not text:
        return None
    for edit in _comments(text, found):
        parsed = parse(Source(text.path, applied(text.text, (edit,)), text.name))
        line = found.span.first.line + (edit.replacement.count("\n") if edit.span.start <= found.span.start else 0)
        if parsed.document is None or to_data(parsed.document.root) != to_data(_root(snapshot)):
            continue
        for comment in parsed.suppressions.comments:
            if comment.first <= line <= comment.last and any(code is found.code for code, _ in comment.ignored):
                return edit
    return None


def _root(snapshot: Snapshot) -> Node:
    assert snapshot.document is not None
    return snapshot.document.root


def _comments(text: Source, found: Diagnostic) -> Iterator[Edit]:
    """Yield comments that may ignore a diagnostic: in its line, else in lines of their own above it."""
    number = found.span.first.line
    line, start = text.line(number), text.line_starts[number - 1]
    code = found.code.code
    there = IGNORING.search(line)
    if there is not None:
        end = start + there.end(1)
        yield Edit(text.span(end), f", {code}" if there[1].strip() else code)
        return
    comment = f"# specc: ignore[{code}] because ..."
    if COMMENT.search(line) is None:
        yield Edit(text.span(start + len(line)), f" {comment}")
    for above in range(number, 0, -1):
        indent = len(text.line(above)) - len(text.line(above).lstrip(" "))
        if above == number or indent < len(line) - len(line.lstrip(" ")):
            yield Edit(text.span(text.line_starts[above - 1]), f"{' ' * indent}{comment}{text.line_end}")
        if above < number and indent < len(line) - len(line.lstrip(" ")):
            return


def applied(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with edits of it."""
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    return text


def _without_line(snapshot: Snapshot, spot: Spot) -> Iterator[Action]:
    """Yield the removal of a line, where the value is the same without it."""
    if not spot.path or spot.path[0] not in ("job", "vars", "params") or len(spot.path) < 2:
        return
    spec = resolved(snapshot)
    node: Node | None = spec.body if spec is not None else None
    parent: Node | None = snapshot.document.root if snapshot.document is not None else None
    for step in spot.path:
        node = node.get(str(step)) if isinstance(node, Mapping) else None
    for step in spot.path[:-1]:
        parent = parent.get(str(step)) if isinstance(parent, Mapping) else None
    if node is None or node.beneath is None or not isinstance(parent, Mapping):
        return
    if node.span.source is not snapshot.text or to_data(node) != to_data(node.beneath):
        return
    key = parent.keys.get(str(spot.path[-1]))
    title = f"remove this line: {node.beneath.span.source.name} says the same"
    fix = removing_fix(key.span, node.span, title) if key is not None else None
    if fix is not None:
        yield Action(title, Kind.REWRITE, fix.edits)


def _as_parameter(snapshot: Snapshot, spot: Spot) -> Iterator[Action]:
    """Yield the declaration of a parameter whose default is the value at a spot."""
    node = spot.node
    if spot.path[:1] not in (("job",), ("vars",)) or not isinstance(node, Scalar) or spot.is_in_template:
        return
    word = next((str(step) for step in reversed(spot.path) if isinstance(step, str)), "")
    data = node.value
    kind = {bool: "boolean", int: "integer", float: "number", str: "string"}.get(type(data))
    spec = resolved(snapshot)
    is_long = node.style in (Style.LITERAL, Style.FOLDED) or "{{" in node.raw or "\n" in node.span.text
    if kind is None or spec is None or is_long or not NAME.fullmatch(word) or word in spec.section("params").entries:
        return
    declared = f"{word}: {{type: {kind}, default: {json.dumps(data, ensure_ascii=False)}}}"
    edits = (_declaring(snapshot, declared), Edit(node.span, f'"{{{{ params.{word} }}}}"'))
    if node.span.source is snapshot.text:
        yield Action(f"make this value the parameter `{word}`", Kind.EXTRACT, edits)


def _declaring(snapshot: Snapshot, declared: str) -> Edit:
    """Return the edit that adds a declaration to `params:`, or that section with it."""
    text, root, end = snapshot.text, _root(snapshot), snapshot.text.line_end
    assert isinstance(root, Mapping)
    section, key = root.get("params"), root.keys.get("params")
    if isinstance(section, Mapping) and section.entries:
        first = next(iter(section.keys.values())).span
        is_flow = section.span.text.startswith("{")
        indent = " " * (first.first.column - 1)
        return Edit(text.span(first.start), f"{declared}, " if is_flow else f"{declared}{end}{indent}")
    if key is not None:
        return Edit(text.span(key.span.start, root.entries["params"].span.end), f"params:{end}  {declared}")
    behind = next((root.keys[name].span.start for name in BEFORE if name in root.keys), len(text.text))
    return Edit(text.span(behind), f"params:{end}  {declared}{end}")


def _is_same(project: EditedProject, snapshot: Snapshot, edits: tuple[Edit, ...]) -> Generator[None, None, bool]:
    """Return whether a spec and its heirs come to the same payloads with the edits, and to no more errors, in steps.

    What is written in a line is the same for all cells, so the first ones tell. Of a base with more heirs than can be
    tried while somebody waits, the answer is no.
    """
    texts = {**project.texts, snapshot.name: applied(snapshot.text.text, edits)}
    after = snapshot.project.again(texts)
    heirs = yield from project.dependents_in_steps(snapshot.name)
    for name in (snapshot.name, *heirs) if len(heirs) <= MOST_HEIRS else ():
        if not (yield from is_same(snapshot.project, after, name, CELLS)):
            return False
    return len(heirs) <= MOST_HEIRS


def formatting_of(project: EditedProject, snapshot: Snapshot, lines: tuple[int, int] | None = None) -> list[Edit]:
    """Return the edits that bring a spec into the layout of `specc fmt`, or those of some lines, from 0.

    Those of some lines are left out where they would say something else without the others.
    """
    if not project.is_readable or snapshot.document is None:
        return []
    result = lay_out(snapshot.project, snapshot.name)
    if not isinstance(result, LaidOut) or not result.is_changed:
        return []
    if lines is None:
        return list(edits_between(snapshot.text, result.text))
    same_ends = result.text.replace("\n", snapshot.text.line_end)  # other ends of lines would change all of them
    edits = edits_between(snapshot.text, same_ends)
    first, last = lines
    chosen = [each for each in edits if each.span.first.line - 1 <= last and first <= each.span.last.line - 1]
    root, found = parse_tree(Source("", applied(snapshot.text.text, chosen), snapshot.name))
    is_sound = root is not None and not any(each.is_error for each in found)
    return chosen if root is not None and is_sound and to_data(root) == to_data(snapshot.document.root) else []


def edits_between(before: Source, after: str) -> Iterator[Edit]:
    """Yield edits of whole lines that make a text of another, so that cursors stay where nothing changes."""
    old, new = before.text.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=len(old) > 2000).get_opcodes():
        if tag != "equal":
            yield Edit(before.span(starts[i], starts[j]), "".join(new[k:m]))
