"""What the editor's server answers, as text: for golden sessions."""

from collections.abc import Callable, Iterable, Iterator

from specc.app.editing import EditedProject
from specc.linter.steps import run_to_end
from specc.lsp.completion import Offer, complete_at, complete_script, complete_setting
from specc.lsp.hover import hover_at
from specc.lsp.navigation import (
    Symbol,
    definitions_at,
    folds_of,
    heirs_of_file,
    highlights_at,
    links_of,
    parents_of,
    references_at,
    symbols_named,
    symbols_of,
)
from specc.source import Source, Span

MOST = 40
Words = list[str]
"""What stands behind the name of an answer in its heading."""


def _hover(project: EditedProject, name: str, offset: int, words: Words) -> str:
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
    lines = [_offer(offer, with_page="pages" in words) for offer in offers]
    return "\n".join([*lines[:MOST], *([f"and {len(lines) - MOST} more"] if len(lines) > MOST else [])]) or "(nothing)"


def _offer(offer: Offer, *, with_page: bool) -> str:
    over = f" over {offer.span.text!r}" if offer.span.text else ""
    insert = f" writes {offer.insert!r}" if offer.insert != offer.label else ""
    detail = f": {offer.detail}" if offer.detail else ""
    page = "".join(f"\n    {line}" for line in offer.documentation.splitlines()) if with_page else ""
    return f"{offer.label} ({offer.kind}{over}{insert}){detail}{page}"


def _definition(project: EditedProject, name: str, offset: int, words: Words) -> str:
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
}
