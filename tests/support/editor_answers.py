"""What the editor's server answers, as text: for golden sessions."""

from collections.abc import Callable

from specc.app.editing import EditedProject
from specc.lsp.completion import Offer, complete_at, complete_script, complete_setting
from specc.lsp.hover import hover_at
from specc.source import Source

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


ANSWERS: dict[str, Callable[[EditedProject, str, int, Words], str]] = {
    "hover": _hover,
    "completion": _completion,
}
