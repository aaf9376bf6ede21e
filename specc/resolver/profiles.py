"""Profiles: each is a list of overlays, one from every file that declares it, the weakest first."""

from collections.abc import Iterator
from dataclasses import field, replace

from specc.diagnostics import Diagnostic, closest, codes, did_you_mean
from specc.fast_dataclass import dataclass
from specc.nodes import FileText, Layer, Mapping, Node, Scalar, Sequence, kind_of
from specc.parser import HEADER, SECTIONS
from specc.resolver.operators import Operator, fault_of, operator_of

COMPOSED = ("params", "vars", "matrix", "job")


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """`key` is where the strongest file names it."""

    key: Scalar
    overlays: tuple[Mapping, ...]


@dataclass
class _Reading:
    """Profiles as read so far. `gone` are those that a file has taken away."""

    lenient: bool
    found: list[Diagnostic]
    profiles: dict[str, Profile] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


def read_profiles(bodies: list[Mapping], found: list[Diagnostic], *, lenient: bool) -> dict[str, Profile]:
    """All that can be chosen, from the weakest file's to the spec's own. `lenient` as in a merge."""
    reading = _Reading(lenient, found)
    for body in bodies:
        section = body.get("profiles")
        if isinstance(section, Mapping):
            _read_section(section, reading)
    return reading.profiles


def _read_section(section: Mapping, reading: _Reading) -> None:
    operator = operator_of(section)
    if operator is not None:
        if _acts(operator, section, "profiles", bool(reading.profiles or reading.gone), reading):
            reading.gone |= reading.profiles.keys()
            reading.profiles.clear()
        section = _overlay_of(operator, "profiles", reading.found) or Mapping({}, {}, section.span)
    for key, node in section.items():
        _read_profile(str(key.value), key, node, reading)


def _read_profile(name: str, key: Scalar, node: Node, reading: _Reading) -> None:
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


def _acts(operator: Operator, node: Mapping, name: str, is_known: bool, reading: _Reading) -> bool:
    """Can the operator be applied? Only the ones that act on a mapping as a whole can."""
    fault = fault_of(operator, node)
    if fault is None and operator.name not in ("$unset", "$replace"):
        message = f"`{operator.name}` cannot act on `{name}`, which is a mapping"
        fault = codes.BAD_OPERATOR.at(operator.key.span, message)
    if fault is not None:
        reading.found.append(fault)
    elif not is_known and not reading.lenient:
        near = closest(name, reading.profiles)
        help = f"did you mean `{near}`?" if near else f"remove `{operator.name}` here"
        what = f"profile `{name}`" if name != "profiles" else "`profiles`"
        message = f"`{operator.name}` finds no inherited {what}"
        reading.found.append(codes.NOTHING_INHERITED.at(operator.key.span, message, help=help))
    return fault is None


def _overlay_of(operator: Operator, name: str, found: list[Diagnostic]) -> Mapping | None:
    """What `$replace` puts in place; None for `$unset`."""
    if operator.name != "$replace":
        return None
    if not isinstance(operator.operand, Mapping):
        message = f"`{name}` is {kind_of(operator.operand)}, not a mapping"
        found.append(codes.KIND_CONFLICT.at(operator.operand.span, message))
        return None
    return operator.operand


def _sound(name: str, overlay: Mapping, found: list[Diagnostic]) -> Mapping:
    """The overlay with the sections that can be merged; the others are reported."""
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
    """The same tree as written by another layer."""
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
