"""What lies over the files of a spec: profiles, and `--set PATH=VALUE`.

A profile is a list of overlays, one from every file that declares it, the weakest first. A `--set` is the strongest
layer, and sets one value.
"""

from collections.abc import Iterator
from dataclasses import field, replace

from specc.diagnostics import Diagnostic, closest, codes, did_you_mean
from specc.fast_dataclass import dataclass
from specc.nodes import FileText, Layer, LayerKind, Mapping, Node, Scalar, Sequence, kind_of
from specc.parser import HEADER, SECTIONS, parse_flow
from specc.resolver.operators import Operator, mistake_of, operator_of
from specc.source import Source, Span

COMPOSED = ("params", "vars", "matrix", "job", "results")


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The overlays of one profile. `key` is its name in the strongest file."""

    key: Scalar
    overlays: tuple[Mapping, ...]


@dataclass
class _Profiles:
    """The profiles read so far. `gone` are the names of profiles that a file has removed."""

    lenient: bool
    found: list[Diagnostic]
    profiles: dict[str, Profile] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


def read_profiles(bodies: list[Mapping], found: list[Diagnostic], *, lenient: bool) -> dict[str, Profile]:
    """Return all profiles that can be chosen, from the weakest file's to the spec's own. `lenient` as in `Merge`."""
    reading = _Profiles(lenient, found)
    for body in bodies:
        section = body.get("profiles")
        if isinstance(section, Mapping):
            _read_section(section, reading)
    return reading.profiles


def _read_section(section: Mapping, reading: _Profiles) -> None:
    operator = operator_of(section)
    if operator is not None:
        if _acts(operator, section, "profiles", bool(reading.profiles or reading.gone), reading):
            reading.gone |= reading.profiles.keys()
            reading.profiles.clear()
        section = _overlay_of(operator, "profiles", reading.found) or Mapping({}, {}, section.span)
    for key, node in section.items():
        _read_profile(str(key.value), key, node, reading)


def _read_profile(name: str, key: Scalar, node: Node, reading: _Profiles) -> None:
    operator = operator_of(node)
    if operator is not None and isinstance(node, Mapping):
        is_known = name in reading.profiles or name in reading.gone
        if not _acts(operator, node, name, is_known, reading):
            return
        if reading.profiles.pop(name, None) is not None:
            reading.gone.add(name)
        overlay = _overlay_of(operator, name, reading.found)
    elif isinstance(node, Mapping):
        overlay = node
    else:
        message = f"profile `{name}` is {kind_of(node)}, not an overlay"
        help = f"write `{name}: {{job: {{...}}}}`"
        reading.found.append(codes.KIND_CONFLICT.at(node.span, message, help=help))
        return
    if overlay is not None:
        before = reading.profiles[name].overlays if name in reading.profiles else ()
        reading.profiles[name] = Profile(key, (*before, _sound(name, overlay, reading.found)))


def _acts(operator: Operator, node: Mapping, name: str, is_known: bool, reading: _Profiles) -> bool:
    """Return whether the operator can be applied: only operators that act on a mapping as a whole can."""
    mistake = mistake_of(operator, node)
    if mistake is None and operator.name not in ("$unset", "$replace"):
        message = f"`{operator.name}` cannot act on `{name}`, which is a mapping"
        mistake = codes.BAD_OPERATOR.at(operator.key.span, message)
    if mistake is not None:
        reading.found.append(mistake)
    elif not is_known and not reading.lenient:
        near = closest(name, reading.profiles)
        help = f"did you mean `{near}`?" if near else f"remove `{operator.name}` here"
        what = f"profile `{name}`" if name != "profiles" else "`profiles`"
        message = f"`{operator.name}` finds no inherited {what}"
        reading.found.append(codes.NOTHING_INHERITED.at(operator.key.span, message, help=help))
    return mistake is None


def _overlay_of(operator: Operator, name: str, found: list[Diagnostic]) -> Mapping | None:
    """Return the overlay that `$replace` gives; None for `$unset`."""
    if operator.name != "$replace":
        return None
    if not isinstance(operator.operand, Mapping):
        message = f"`{name}` is {kind_of(operator.operand)}, not a mapping"
        found.append(codes.KIND_CONFLICT.at(operator.operand.span, message))
        return None
    return operator.operand


def _sound(name: str, overlay: Mapping, found: list[Diagnostic]) -> Mapping:
    """Return the overlay with the sections that can be merged; the others are reported."""
    entries = dict(_sections(name, overlay, found))
    return replace(overlay, entries=entries, keys={key: overlay.keys[key] for key in entries})


def _sections(name: str, overlay: Mapping, found: list[Diagnostic]) -> Iterator[tuple[str, Node]]:
    for key, node in overlay.items():
        section = str(key.value)
        if section not in COMPOSED:
            help = did_you_mean(section, COMPOSED, "sections")
            inside = " (fields of the job go below `job:`)" if section not in (*HEADER, *SECTIONS) else ""
            message = f"profile `{name}` has no section `{section}`{inside}"
            found.append(codes.UNKNOWN_KEY.at(key.span, message, help=help))
        elif isinstance(node, Mapping):
            yield section, node
        else:
            found.append(codes.KIND_CONFLICT.at(node.span, f"`{section}` is {kind_of(node)}, not a mapping"))


def relayered(node: Mapping, layer: Layer) -> Mapping:
    """Return the same tree as written by another layer."""
    entries = {key: _relayered(value, layer) for key, value in node.entries.items()}
    return replace(node, entries=entries, layer=layer)


def _relayered(node: Node, layer: Layer) -> Node:
    match node:
        case Mapping():
            return relayered(node, layer)
        case Sequence():
            return replace(node, items=tuple(_relayered(item, layer) for item in node.items), layer=layer)
        case FileText(env=env, args=args):
            env = relayered(env, layer) if env is not None else None
            items = _relayered(args, layer) if args is not None else None
            assert isinstance(items, Sequence | None)
            return replace(node, env=env, args=items, layer=layer)
        case Scalar():
            return replace(node, layer=layer)


SETTABLE = ("params", "vars", "matrix", "job")
SET_LAYER = Layer(LayerKind.SET)


def override(text: Source, body: Mapping) -> tuple[Mapping | None, list[Diagnostic]]:
    """Return the layer of one `PATH=VALUE`, to be merged over `body`, or None, and the diagnostics."""
    path, equals, _ = text.text.partition("=")
    parts = path.split(".")
    mistake = _mistake(text, path, bool(equals), parts, body)
    if mistake is not None:
        return None, [mistake]
    value, found = parse_flow(text, len(path) + 1, SET_LAYER)
    if value is None or any(diagnostic.is_error for diagnostic in found):
        return None, found
    if parts[0] == "params" and len(parts) == 2 and not isinstance(value, Mapping):
        return None, [_no_declaration(text, path, parts[1])]
    node: Node = _kept_text(text, path, parts, body, value)
    end = len(path)
    for part in reversed(parts):
        key = Scalar(part, text.span(end - len(part), end), part, layer=SET_LAYER)
        node = Mapping({part: node}, {part: key}, text.span(end - len(part), len(text.text)), SET_LAYER)
        end -= len(part) + 1
    assert isinstance(node, Mapping)
    return node, found


def _kept_text(text: Source, path: str, parts: list[str], body: Mapping, value: Node) -> Node:
    """Return the value, or the characters as they were typed if they replace a text.

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
    typed = text.text[len(path) + 1 :].strip()
    return Scalar(typed, value.span, typed, layer=SET_LAYER, verbatim=True)


def _mistake(text: Source, path: str, has_value: bool, parts: list[str], body: Mapping) -> Diagnostic | None:
    span = text.span(0, len(path))
    if not has_value:
        message = "`--set` takes PATH=VALUE, and there is no `=`"
        whole = text.span(0, len(text.text))
        return codes.BAD_OVERRIDE.at(whole, message, help="write `--set job.FIELD=VALUE`")
    if any(part != part.strip() for part in parts):
        bare = ".".join(part.strip() for part in parts)
        message = "a path in a spec has no spaces"
        return codes.BAD_OVERRIDE.at(span, message, help=f"write `--set {bare}=...`")
    if parts[0] not in SETTABLE:
        return _not_settable(span, path, parts[0], body)
    if len(parts) < 2 or not all(parts):
        message = f"`{path}` is not the path of a single value"
        return codes.BAD_OVERRIDE.at(span, message, help=f"name the value, too: `--set {parts[0]}.NAME=VALUE`")
    section = body.get(parts[0])
    names = list(section.entries) if isinstance(section, Mapping) else []
    if parts[0] in ("params", "vars") and parts[1] not in names:
        near = closest(parts[1], names)
        help = f"did you mean `{parts[0]}.{near}`?" if near else did_you_mean("", names, f"names in `{parts[0]}`")
        return codes.BAD_OVERRIDE.at(span, f"the spec has no `{parts[0]}.{parts[1]}`", help=help)
    return None


def _not_settable(span: Span, path: str, root: str, body: Mapping) -> Diagnostic:
    job = body.get("job")
    help = did_you_mean(root, SETTABLE, "sections")
    if isinstance(job, Mapping) and root in job.entries:
        help = f"write `--set job.{path}=...`"
    what = f"`{path}` is not a path in a spec" if path else "`--set` takes PATH=VALUE, and there is nothing before `=`"
    return codes.BAD_OVERRIDE.at(span, what, help=help)


def _no_declaration(text: Source, path: str, name: str) -> Diagnostic:
    value = text.text[len(path) + 1 :]
    return codes.BAD_OVERRIDE.at(
        text.span(0, len(text.text)),
        f"`{path}` is the declaration of a parameter, not its value",
        help=f"to give the parameter a value, write `-p {name}={value}`",
    )
