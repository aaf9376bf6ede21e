"""What the editor's server answers, as text: for golden sessions."""

from collections.abc import Callable, Iterable, Iterator
from difflib import unified_diff

from specc.app.editing import EditedProject
from specc.diagnostics import Edit
from specc.linter.steps import run_to_end
from specc.lsp.actions import Action, actions_at, applied, fix_all, formatting_of
from specc.lsp.completion import Offer, complete_at, complete_script
from specc.lsp.hints import hints_of
from specc.lsp.hover import hover_at, hover_script
from specc.lsp.navigation import (
    Symbol,
    definitions_at,
    definitions_in_script,
    folds_of,
    heirs_of_file,
    highlights_at,
    links_of,
    parents_of,
    references_at,
    symbols_named,
    symbols_of,
)
from specc.lsp.rename import Refused, renamed
from specc.lsp.settings import complete_setting
from specc.source import Source, Span

MOST = 40
Words = list[str]
"""What stands behind the name of an answer in its heading."""


def _hover(project: EditedProject, name: str, offset: int, words: Words) -> str:
    if name.endswith(".j2"):
        found = hover_script(project, name, Source(name, project.texts[name], name), offset)
    else:
        found = hover_at(project, project.snapshot(name), offset)
    return f"{found.span}: {found.span.text!r}\n{found.markdown}" if found is not None else "(nothing)"


def _completion(project: EditedProject, name: str, offset: int, words: Words) -> str:
    if name.endswith(".toml"):
        text = (project.root / name).read_text()
        offers = complete_setting(Source(name, text, name), offset)
    elif name.endswith(".j2"):
        offers = complete_script(project, name, Source(name, project.texts[name], name), offset)
    else:
        offers = complete_at(project, project.snapshot(name), offset)
    shown = [offer for offer in offers if offer.label.startswith(offer.span.text)]  # as an editor filters them
    lines = [_offer(offer, with_page="pages" in words) for offer in shown]
    return "\n".join([*lines[:MOST], *([f"and {len(lines) - MOST} more"] if len(lines) > MOST else [])]) or "(nothing)"


def _offer(offer: Offer, *, with_page: bool) -> str:
    over = f" over {offer.span.text!r}" if offer.span.text else ""
    insert = f" writes {offer.insert!r}" if offer.insert != offer.label else ""
    detail = f": {offer.detail}" if offer.detail else ""
    page = "".join(f"\n    {line}" for line in offer.documentation.splitlines()) if with_page else ""
    return f"{offer.label} ({offer.kind}{over}{insert}){detail}{page}"


def _definition(project: EditedProject, name: str, offset: int, words: Words) -> str:
    if name.endswith(".j2"):
        return _spans(definitions_in_script(project, name, Source(name, project.texts[name], name), offset))
    return _spans(definitions_at(project.snapshot(name), offset))


def _spans(spans: Iterable[Span]) -> str:
    return "\n".join(f"{span} {span.text!r}" for span in spans) or "(nothing)"


def _references(project: EditedProject, name: str, offset: int, words: Words) -> str:
    return _spans(run_to_end(references_at(project, project.snapshot(name), offset)))


def _highlights(project: EditedProject, name: str, offset: int, words: Words) -> str:
    found = highlights_at(project.snapshot(name), offset)
    return "\n".join(f"{each.span} {'written' if each.is_declaration else 'read'}" for each in found) or "(nothing)"


def _links(project: EditedProject, name: str, offset: int, words: Words) -> str:
    return "\n".join(f"{span} -> {target}" for span, target in links_of(project.snapshot(name))) or "(nothing)"


def _symbols(project: EditedProject, name: str, offset: int, words: Words) -> str:
    return "\n".join(line for symbol in symbols_of(project.snapshot(name)) for line in _symbol(symbol, ""))


def _symbol(symbol: Symbol, indent: str) -> Iterator[str]:
    yield f"{indent}{symbol.name} ({symbol.kind}) {symbol.key.first.line}: {symbol.detail}".rstrip(": ")
    for below in symbol.below:
        yield from _symbol(below, indent + "  ")


def _workspace_symbols(project: EditedProject, name: str, offset: int, words: Words) -> str:
    found = run_to_end(symbols_named(project, words[0]))
    return "\n".join(f"{each.name} ({each.kind}) {each.key}" for each in found) or "(nothing)"


def _folds(project: EditedProject, name: str, offset: int, words: Words) -> str:
    return "\n".join(f"lines {first + 1} to {last + 1}" for first, last in folds_of(project.snapshot(name)))


def _parents(project: EditedProject, name: str, offset: int, words: Words) -> str:
    return "\n".join(each.name for each in parents_of(project.snapshot(name))) or "(nothing)"


def _heirs(project: EditedProject, name: str, offset: int, words: Words) -> str:
    return "\n".join(each.name for each in run_to_end(heirs_of_file(project, project.snapshot(name)))) or "(nothing)"


def actions(project: EditedProject, name: str, offset: int) -> list[Action]:
    """Return the actions at an offset of a text, and all fixes together where there are some."""
    *_, verdict = (each for each in project.check(name) if each is not None)
    snapshot = project.snapshot(name)
    found = verdict.found[name]
    every = run_to_end(actions_at(project, snapshot, found, offset, offset))
    everything = fix_all(project, snapshot, found)
    return [*every, *([everything] if everything is not None else [])]


def _actions(project: EditedProject, name: str, offset: int, words: Words) -> str:
    every = actions(project, name, offset)
    return "\n".join(line for each in every for line in _action(project, each)) or "(nothing)"


def _action(project: EditedProject, action: Action) -> Iterator[str]:
    yield f"{action.title} ({action.kind}{', preferred' if action.is_preferred else ''})"
    yield from _difference(project, action.edits)


def _difference(project: EditedProject, edits: Iterable[Edit]) -> Iterator[str]:
    by_file: dict[str, list[Edit]] = {}
    for edit in edits:
        by_file.setdefault(edit.span.source.name, []).append(edit)
    for file, changes in by_file.items():
        before = changes[0].span.source.text
        lines = [before.splitlines(), applied(before, changes).splitlines()]
        yield from (f"    {line}" for line in unified_diff(*lines, file, file, n=0, lineterm="") if line[:2] != "@@")


def _rename(project: EditedProject, name: str, offset: int, words: Words) -> str:
    try:
        found = run_to_end(renamed(project, project.snapshot(name), offset, words[0]))
    except Refused as refused:
        return f"refused: {refused}"
    edits = [Edit(span, words[0]) for span in found.spans]
    return "\n".join([*_difference(project, edits), *([f"warning: {found.warning}"] if found.warning else [])])


def _format(project: EditedProject, name: str, offset: int, words: Words) -> str:
    lines = (int(words[0]) - 1, int(words[1]) - 1) if words else None
    return "\n".join(_difference(project, formatting_of(project, project.snapshot(name), lines))) or "(nothing)"


def _hints(project: EditedProject, name: str, offset: int, words: Words) -> str:
    snapshot = project.snapshot(name)
    found = {hint.offset: hint.text for hint in hints_of(snapshot, 0, len(snapshot.text.text))}
    text = snapshot.text.text
    for at in sorted(found, reverse=True):
        text = f"{text[:at]} «{found[at]}»{text[at:]}"
    return text


ANSWERS: dict[str, Callable[[EditedProject, str, int, Words], str]] = {
    "hover": _hover,
    "completion": _completion,
    "definition": _definition,
    "references": _references,
    "highlights": _highlights,
    "links": _links,
    "symbols": _symbols,
    "workspace-symbols": _workspace_symbols,
    "folds": _folds,
    "parents": _parents,
    "heirs": _heirs,
    "actions": _actions,
    "hints": _hints,
    "rename": _rename,
    "format": _format,
}
