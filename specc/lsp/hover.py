"""What is shown of the thing under the cursor: its value and origin, who inherits it, what a field means."""

import json
import re
from collections.abc import Iterator
from dataclasses import field
from itertools import islice, takewhile

from specc.app.editing import EditedProject, Snapshot
from specc.compiler import Request, evaluated_cells
from specc.compiler.count import most_cells
from specc.diagnostics import Diagnostic
from specc.evaluator import MASK, EvaluatedSpec, Evaluation
from specc.expander import Cell
from specc.explanation import Explanation, Hiding, as_text, explain
from specc.fast_dataclass import dataclass
from specc.language import translated
from specc.lsp.cursor import ITEM
from specc.lsp.language import FILTERS, TESTS, meaning_of
from specc.lsp.spots import Spot, calls_of, name_in_script, spot_at
from specc.nodes import Mapping, Node, Path, Scalar
from specc.parser import Document
from specc.resolver import join, resolve
from specc.resolver.ancestry import ancestry
from specc.rules.uses import TEMPLATE_SUFFIX
from specc.schema import ApiSchema, Field
from specc.source import Source, Span
from specc.targets.kinds import KINDS
from specc.units.quantity import EXAMPLES, NOUNS
from specc.visible import visible
from specc.wording import brief, counted

CELLS = 100
"""So many cells of a sweep are evaluated to see whether a value differs."""
SHOWN_CELLS = 5
WIDTH = 60
SHOWN_TARGETS = 5
AS_IT_IS = "sent as it is"
SHOWN_HEIRS = 5
BACKTICKS = re.compile("`+")
MARKDOWN = re.compile(r"[!-/:-@\[-`{-~]")
"""The punctuation of ASCII. Markdown shows any of it as it is behind a backslash."""


@dataclass(frozen=True, slots=True)
class Hover:
    """A text in Markdown, and the span that it is about."""

    markdown: str
    span: Span


@dataclass(slots=True)
class Sweep:
    """The distinct values of one name in the first cells, each with the first cell that has it.

    `first` explains the value of the first cell; `total` is how many cells there are at most.
    """

    total: int
    first: Explanation | None = None
    values: dict[str, str] = field(default_factory=dict)
    looked_at: int = 0


def hover_at(project: EditedProject, snapshot: Snapshot, offset: int) -> Hover | None:
    """Return what to show at an offset of the text; None where nothing is known."""
    if snapshot.document is None:
        return None
    spot = spot_at(snapshot.document, snapshot.in_tree(offset))
    if spot is None:
        return None
    blocks = list(_blocks(project, snapshot, spot))
    return Hover("\n\n".join(blocks), snapshot.in_text(spot.span)) if blocks else None


def hover_script(project: EditedProject, name: str, text: Source, offset: int) -> Hover | None:
    """Return what to show at an offset of a script that is a template: the value in the first spec that includes it.

    On a filter or a test, that is what it does.
    """
    is_template = name.endswith(TEMPLATE_SUFFIX)
    for call in calls_of(text.text) if is_template else ():
        if call.start <= offset <= call.end and (said := _called(call.filter, call.test)):
            return Hover(said, text.span(call.start, call.end))
    found = name_in_script(text, offset) if is_template else None
    users = project.dependents(name) if found is not None else []
    if found is None or not users:
        return None
    path, span = found
    blocks = [translated(f"In {code(users[0])}:"), *_value_blocks(project.snapshot(users[0]), _dotted(path), ())]
    return Hover("\n\n".join(blocks), span) if len(blocks) > 1 else None


def _blocks(project: EditedProject, snapshot: Snapshot, spot: Spot) -> Iterator[str]:
    if spot.name:
        yield from _value_blocks(snapshot, _dotted(spot.name), ())
        return
    called = _called(spot.filter, spot.test)
    if called:
        yield called
        return
    if spot.path[:1] == ("extends",) and not spot.is_key:
        yield from _parent_blocks(snapshot, spot)
        return
    meaning = meaning_of(tuple(ITEM if isinstance(step, int) else step for step in spot.path)) if spot.is_key else ""
    named = name_of(spot.path)
    if named is None:
        if meaning:
            yield f"**{spot.path[-1]}**\n\n{translated(meaning)}"
        return
    name, profile = named
    yield from _value_blocks(snapshot, name, (profile,) if profile else ())
    if name.startswith("job."):
        known = field_of(snapshot, name.removeprefix("job.").partition(".")[0])
        if known is not None:
            yield field_page(*known, snapshot)
    if spot.is_key and not profile:
        yield from _heirs_block(project, snapshot, spot.path)


def _called(filter: str, test: str) -> str:
    """Return what a filter or a test of a template does; nothing for a name that is neither."""
    said = FILTERS.get(filter) or TESTS.get(test)
    return f"**{filter or test}**\n\n{translated(said)}" if said is not None else ""


def _parent_blocks(snapshot: Snapshot, spot: Spot) -> Iterator[str]:
    """Yield what a parent declares and sets."""
    written = spot.node.value if isinstance(spot.node, Scalar) else None
    target = join(snapshot.name, written) if isinstance(written, str) else None
    document = getattr(snapshot.project.library.document(target), "document", None) if target is not None else None
    if document is None:
        return
    is_base, name = document.abstract, code(document.source.name)
    yield translated(f"{name}, a base") if is_base else translated(f"{name}, a spec")
    for section in ("params", "vars", "job"):
        node = document.root.get(section)
        if isinstance(node, Mapping) and node.entries:
            names = ", ".join(code(name) for name in node.entries)
            said = {"params": f"takes {names}", "vars": f"computes {names}", "job": f"sets {names}"}
            yield translated(said[section])


def name_of(path: Path) -> tuple[str, str] | None:
    """Return the name by which templates and `explain` know what is at a path, and the profile that it is in."""
    match path:
        case ("profiles", str(profile), *rest):
            inner = name_of(tuple(rest))
            return (inner[0], profile) if inner is not None else None
        case ("job" | "vars", _, *_):
            return _dotted(path[:2] if path[0] == "job" else path), ""
        case ("params", str(name), *_):
            return f"params.{name}", ""
        case ("matrix", "axes" | "zip", str(name), *_) | ("matrix", "exclude" | "include", int(), str(name), *_):
            return f"matrix.{name}", ""
        case ("results", str(name), *_):
            return f"results.{name}", ""
    return None


def _dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(named_part(path))


def named_part(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """Return a path as far as it leads through keys: an item of a list has no name, so it is told with its list."""
    return tuple(str(part) for part in takewhile(lambda part: isinstance(part, str), path))


def _value_blocks(snapshot: Snapshot, name: str, profiles: tuple[str, ...]) -> Iterator[str]:
    if described := description_of(snapshot, name):
        yield prose(described)
    sweep = values_of(snapshot, name, profiles)
    if sweep.first is None:
        return
    if len(sweep.values) > 1:
        yield "\n".join(_table(sweep))
    settings = snapshot.project.settings
    yield block(as_text([sweep.first], Cell(), units=settings.units_for(settings.target), translate=translated))


def _table(sweep: Sweep) -> Iterator[str]:
    values, cells = counted(len(sweep.values), "value"), counted(sweep.looked_at, "cell")
    is_all = sweep.looked_at < CELLS or sweep.total <= sweep.looked_at
    yield translated(f"{values} in {cells}:" if is_all else f"{values} in {cells} of {sweep.total:,}:") + "\n"
    for value, cell in islice(sweep.values.items(), SHOWN_CELLS):
        yield "- " + translated(f"{code(value)} where {code(cell)}")
    if len(sweep.values) > SHOWN_CELLS:
        yield "- " + translated(f"and {len(sweep.values) - SHOWN_CELLS:,} more")


def description_of(snapshot: Snapshot, name: str) -> str:
    """Return what a parameter says of itself, or an empty text."""
    section, _, param = name.partition(".")
    if section != "params" or snapshot.document is None:
        return ""
    context = snapshot.project.context()
    spec, _ = resolve(snapshot.document, context.library, context.overlays(Request()))
    declared = spec.section("params").get(param) if spec is not None else None
    described = declared.get("description") if isinstance(declared, Mapping) else None
    return described.value if isinstance(described, Scalar) and isinstance(described.value, str) else ""


def prose(text: str) -> str:
    """Return a text as words in Markdown, whatever it holds: no link, no picture, no heading comes of it."""
    return MARKDOWN.sub(r"\\\g<0>", visible(" ".join(text.split())))


def code(text: str) -> str:
    """Return a text as code in a line of Markdown, whatever it holds."""
    line = visible(text)
    fence = "`" * (max((len(run) for run in BACKTICKS.findall(line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def block(text: str) -> str:
    """Return a text of several lines as code in Markdown, whatever it holds."""
    fence = "`" * max(3, *(len(run) + 1 for run in BACKTICKS.findall(text)), 3)
    return f"{fence}text\n{text.rstrip()}\n{fence}"


def values_of(snapshot: Snapshot, name: str, profiles: tuple[str, ...] = ()) -> Sweep:
    """Return the values of a name in the first cells of a spec."""
    assert snapshot.document is not None
    context, request = snapshot.project.context(), Request(profiles)
    total = most_cells(snapshot.document, context, request) or 1
    sweep = Sweep(total)
    for evaluation, evaluated in cells_of(snapshot.document, snapshot, request):
        explained = explained_name(evaluation, evaluated, name, snapshot.project.site.hidden)
        if explained is None:
            break
        sweep.first = sweep.first or explained
        sweep.looked_at += 1
        sweep.values.setdefault(shown_value(explained), label_of(evaluated, snapshot))
    return sweep


def values_by_name(snapshot: Snapshot, names: list[str]) -> dict[str, Explanation]:
    """Return the values of several names in the first cell of a spec, as far as they are set."""
    if snapshot.document is None:
        return {}
    for evaluation, evaluated in cells_of(snapshot.document, snapshot, Request()):
        hidden = snapshot.project.site.hidden
        explained = {name: explained_name(evaluation, evaluated, name, hidden) for name in names}
        return {name: each for name, each in explained.items() if each is not None}
    return {}


def label_of(evaluated: EvaluatedSpec, snapshot: Snapshot) -> str:
    """Return the values of the axes in a cell, or its id where they must not be shown."""
    if Hiding(snapshot.project.site.hidden, evaluated.env_of_matrix).hides_cell:
        return evaluated.cell.id
    return ", ".join(f"{axis}={flow(value)}" for axis, value in evaluated.cell.data().items())


def cells_of(document: Document, snapshot: Snapshot, request: Request) -> Iterator[tuple[Evaluation, EvaluatedSpec]]:
    """Yield the first cells of a spec that can be evaluated."""
    items = evaluated_cells(document, snapshot.project.context(), request)
    yield from islice((item for item in items if not isinstance(item, Diagnostic)), CELLS)


def explained_name(
    evaluation: Evaluation, evaluated: EvaluatedSpec, name: str, hidden: frozenset[str]
) -> Explanation | None:
    """Return the value of a name in a cell, with its provenance; None for a name that the spec does not set."""
    hiding = Hiding(hidden, evaluated.env_of_matrix)
    section, _, rest = name.partition(".")
    if section == "cell" and rest in ("id", "index", "slug", "repeat"):
        data = getattr(evaluated.cell, rest)
        return Explanation(name, "hidden" if hiding.hides_cell else "known", data, (), ())
    if section == "spec" and rest in ("id", "name", "dir", "path"):
        data = {"dir": evaluated.spec.folder}.get(rest) or getattr(evaluated.spec, rest)
        return Explanation(name, "known", data, (), ())
    value = evaluation.named(name) if rest else None
    return explain(name, value, hiding) if value is not None else None


def shown_value(explained: Explanation) -> str:
    """Return a value on one line."""
    match explained.state:
        case "hidden":
            return MASK
        case "unknown":
            return translated("(not given)")
        case "removed":
            return translated("(removed)")
        case _:
            return flow(explained.data)


def flow(data: object) -> str:
    """Return a value on one line, as it can be written in YAML, cut where it gets long."""
    return brief(json.dumps(data, ensure_ascii=False, default=str), WIDTH)


def field_of(snapshot: Snapshot, name: str) -> tuple[Field, ApiSchema] | None:
    """Return a field of the API of a spec."""
    api = api_of(snapshot)
    found = api.fields.get(name) if api is not None else None
    return (found, api) if found is not None and api is not None else None


def api_of(snapshot: Snapshot) -> ApiSchema | None:
    """Return the API that a spec is held to: that of the file or its nearest ancestor, else the project's."""
    apis, default = snapshot.project.apis, snapshot.project.settings.api
    named = default
    if snapshot.document is not None:
        line, _ = ancestry(snapshot.document, snapshot.project.library)
        node = next((part.api for part in reversed(line.order) if part.api is not None), None)
        named = str(node.value) if node is not None else default
    return apis.get(named) or apis.get(default)


def field_page(known: Field, api: ApiSchema, snapshot: Snapshot) -> str:
    """Return what the API's table says of a field, and its unit in this project."""
    lines = [f"**{known.name}** ({kind_of(known)}; {api.name})"]
    if known.description:
        lines.append(visible(known.description, keep="\n"))
    if known.allowed:
        lines.append(translated(f"One of {', '.join(f'`{value}`' for value in known.allowed)}"))
    if known.quantity is not None:
        noun, example = NOUNS[known.quantity], EXAMPLES[known.quantity]
        unit = snapshot.project.settings.units_for(snapshot.project.settings.target).get(known.name)
        said = f"In {unit}, or as a {noun} such as `{example}`." if unit else f"A {noun} without a unit."
        lines.append(translated(said))
    lines += _made_of(known.name, snapshot)
    return "\n\n".join(lines)


def kind_of(known: Field) -> str:
    """Return the type of a field, and whether it is required."""
    return translated(f"{known.type}, required") if known.required else known.type


def _made_of(field: str, snapshot: Snapshot) -> list[str]:
    """Return what the targets of the project make of a field, as one block; nothing where all send it as it is."""
    targets = list(snapshot.project.settings.targets.values())[:SHOWN_TARGETS]
    said = [(target.name, KINDS[target.kind].meanings.get(field, AS_IT_IS)) for target in targets]
    if all(meaning == AS_IT_IS for _, meaning in said):
        return []
    return ["\n".join("- " + translated(f"target {code(name)}: {meaning}") for name, meaning in said)]


def _heirs_block(project: EditedProject, snapshot: Snapshot, path: Path) -> Iterator[str]:
    heirs = heirs_of(project, snapshot, path)
    if heirs is None:
        return
    inheriting, overriding = heirs
    if inheriting:
        yield translated(f"Inherited by {counted(len(inheriting), 'spec')}: {_listed(inheriting)}")
    if overriding:
        yield translated(f"Set anew by {counted(len(overriding), 'spec')}: {_listed(overriding)}")


def _listed(names: list[str]) -> str:
    listed = ", ".join(f"`{visible(name)}`" for name in names[:SHOWN_HEIRS])
    return listed if len(names) <= SHOWN_HEIRS else f"{listed} {translated(f'and {len(names) - SHOWN_HEIRS:,} more')}"


def heirs_of(project: EditedProject, snapshot: Snapshot, path: Path) -> tuple[list[str], list[str]] | None:
    """Return the specs that take the value at a path from this file, and those for which another file sets it."""
    inheriting: list[str] = []
    overriding: list[str] = []
    heirs = project.dependents_soon(snapshot.name)
    for name in heirs or ():
        setting = _setting(snapshot, name, path)
        if setting is not None:
            (inheriting if setting == snapshot.name else overriding).append(name)
    return (inheriting, overriding) if inheriting or overriding else None


def _setting(snapshot: Snapshot, name: str, path: Path) -> str | None:
    """Return which file sets the value at a path for a spec."""
    document = getattr(snapshot.project.library.document(name), "document", None)
    if document is None:
        return None
    if _at(document.root, path) is not None:
        return name
    line, _ = ancestry(document, snapshot.project.library)
    return next((part.source.name for part in reversed(line.order) if _at(part.root, path) is not None), None)


def _at(root: Mapping, path: Path) -> Node | None:
    node: Node | None = root
    for step in path:
        node = node.get(str(step)) if isinstance(node, Mapping) else None
    return node
