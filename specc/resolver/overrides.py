"""`--set PATH=VALUE`: the strongest layer, one place each."""

from dataclasses import replace

from specc.diagnostics import Diagnostic, codes, did_you_mean
from specc.nodes import Layer, LayerKind, Mapping, Node, Scalar, Sequence
from specc.parser import parse_flow
from specc.source import Source

PLACES = ("params", "vars", "matrix", "job")
SET_LAYER = Layer(LayerKind.SET)


def verbatim(node: Node) -> Node:
    """The same tree with templates read as text: a value of a command line is taken literally."""
    match node:
        case Scalar():
            return replace(node, verbatim=True)
        case Mapping():
            return replace(node, entries={key: verbatim(value) for key, value in node.entries.items()})
        case Sequence():
            return replace(node, items=tuple(verbatim(item) for item in node.items))
        case _:
            return node


def override(text: Source, body: Mapping) -> tuple[Mapping | None, list[Diagnostic]]:
    """The layer that one `PATH=VALUE` is, to be merged over `body`."""
    place, equals, _ = text.text.partition("=")
    parts = place.split(".")
    fault = _fault(text, place, bool(equals), parts, body)
    if fault is not None:
        return None, [fault]
    value, found = parse_flow(text, len(place) + 1, SET_LAYER)
    if value is None:
        return None, found
    node: Node = verbatim(value)
    end = len(place)
    for part in reversed(parts):
        key = Scalar(part, text.span(end - len(part), end), part, layer=SET_LAYER)
        node = Mapping({part: node}, {part: key}, text.span(end - len(part), len(text.text)), SET_LAYER)
        end -= len(part) + 1
    assert isinstance(node, Mapping)
    return node, found


def _fault(text: Source, place: str, has_value: bool, parts: list[str], body: Mapping) -> Diagnostic | None:
    span = text.span(0, len(place))
    if not has_value:
        return codes.BAD_OVERRIDE.at(text.span(0, len(text.text)), "`--set` takes PATH=VALUE, and there is no `=`")
    if parts[0] not in PLACES:
        job = body.get("job")
        near = f"write `--set job.{place}=...`" if isinstance(job, Mapping) and parts[0] in job.entries else None
        help = near or did_you_mean(parts[0], PLACES, "places")
        return codes.BAD_OVERRIDE.at(span, f"`{place}` is no place in a spec", help=help)
    if len(parts) < 2 or not all(parts):
        help = f"name the value, too: `--set {parts[0]}.NAME=VALUE`"
        return codes.BAD_OVERRIDE.at(span, f"`{place}` is not the place of one value", help=help)
    section = body.get(parts[0])
    names = list(section.entries) if isinstance(section, Mapping) else []
    if parts[0] in ("params", "vars") and parts[1] not in names:
        help = did_you_mean(f"{parts[0]}.{parts[1]}", [f"{parts[0]}.{name}" for name in names], parts[0])
        return codes.BAD_OVERRIDE.at(span, f"the spec has no `{parts[0]}.{parts[1]}`", help=help)
    return None
