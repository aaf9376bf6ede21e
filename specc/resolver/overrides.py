"""`--set PATH=VALUE`: the strongest layer, one place each."""

from specc.diagnostics import Diagnostic, closest, codes, did_you_mean
from specc.nodes import Layer, LayerKind, Mapping, Node, Scalar
from specc.parser import parse_flow
from specc.source import Source, Span

PLACES = ("params", "vars", "matrix", "job")
SET_LAYER = Layer(LayerKind.SET)


def override(text: Source, body: Mapping) -> tuple[Mapping | None, list[Diagnostic]]:
    """The layer that one `PATH=VALUE` is, to be merged over `body`."""
    place, equals, _ = text.text.partition("=")
    parts = place.split(".")
    fault = _fault(text, place, bool(equals), parts, body)
    if fault is not None:
        return None, [fault]
    value, found = parse_flow(text, len(place) + 1, SET_LAYER)
    if value is None or any(finding.is_error for finding in found):
        return None, found
    if parts[0] == "params" and len(parts) == 2 and not isinstance(value, Mapping):
        return None, [_no_declaration(text, place, parts[1])]
    node: Node = _kept_text(text, place, parts, body, value)
    end = len(place)
    for part in reversed(parts):
        key = Scalar(part, text.span(end - len(part), end), part, layer=SET_LAYER)
        node = Mapping({part: node}, {part: key}, text.span(end - len(part), len(text.text)), SET_LAYER)
        end -= len(part) + 1
    assert isinstance(node, Mapping)
    return node, found


def _kept_text(text: Source, place: str, parts: list[str], body: Mapping, value: Node) -> Node:
    """Return the value, or the characters as they were typed where they stand in for a text.

    A tag such as `007`, `3.10` or `144e16` would else become a number, and lose what it was written with. A field of
    the job has its type from the API, and a template may stand for any type.
    """
    before: Node | None = body
    for part in parts:
        before = before.get(part) if isinstance(before, Mapping) else None
    is_text = isinstance(before, Scalar) and isinstance(before.value, str) and "{{" not in before.value
    is_other = isinstance(value, Scalar) and isinstance(value.value, int | float)
    if parts[0] == "job" or not (is_text and is_other):
        return value
    typed = text.text[len(place) + 1 :].strip()
    return Scalar(typed, value.span, typed, layer=SET_LAYER, verbatim=True)


def _fault(text: Source, place: str, has_value: bool, parts: list[str], body: Mapping) -> Diagnostic | None:
    span = text.span(0, len(place))
    if not has_value:
        message = "`--set` takes PATH=VALUE, and there is no `=`"
        whole = text.span(0, len(text.text))
        return codes.BAD_OVERRIDE.at(whole, message, help="write `--set job.FIELD=VALUE`")
    if any(part != part.strip() for part in parts):
        bare = ".".join(part.strip() for part in parts)
        message = "a place in a spec is written without spaces"
        return codes.BAD_OVERRIDE.at(span, message, help=f"write `--set {bare}=...`")
    if parts[0] not in PLACES:
        return _no_place(span, place, parts[0], body)
    if len(parts) < 2 or not all(parts):
        message = f"`{place}` is not the place of one value"
        return codes.BAD_OVERRIDE.at(span, message, help=f"name the value, too: `--set {parts[0]}.NAME=VALUE`")
    section = body.get(parts[0])
    names = list(section.entries) if isinstance(section, Mapping) else []
    if parts[0] in ("params", "vars") and parts[1] not in names:
        near = closest(parts[1], names)
        help = f"did you mean `{parts[0]}.{near}`?" if near else did_you_mean("", names, f"names in `{parts[0]}`")
        return codes.BAD_OVERRIDE.at(span, f"the spec has no `{parts[0]}.{parts[1]}`", help=help)
    return None


def _no_place(span: Span, place: str, root: str, body: Mapping) -> Diagnostic:
    job = body.get("job")
    help = did_you_mean(root, PLACES, "places")
    if isinstance(job, Mapping) and root in job.entries:
        help = f"write `--set job.{place}=...`"
    what = f"`{place}` is no place in a spec" if place else "`--set` takes PATH=VALUE, and nothing stands before `=`"
    return codes.BAD_OVERRIDE.at(span, what, help=help)


def _no_declaration(text: Source, place: str, name: str) -> Diagnostic:
    value = text.text[len(place) + 1 :]
    return codes.BAD_OVERRIDE.at(
        text.span(0, len(text.text)),
        f"`{place}` is the declaration of a parameter, not its value",
        help=f"to give the parameter a value, write `-p {name}={value}`",
    )
