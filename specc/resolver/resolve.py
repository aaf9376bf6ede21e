"""Document -> ResolvedSpec: ancestors in order, layers merged from the weakest to `--set`."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from specc.diagnostics import Diagnostic, codes, did_you_mean
from specc.nodes import Layer, LayerKind, Mapping, Node, Scalar, Sequence, kind_of
from specc.parser import SECTIONS, Document
from specc.resolver.ancestry import ancestry
from specc.resolver.conflicts import disagreements
from specc.resolver.forms import read_forms
from specc.resolver.library import Library
from specc.resolver.merge import Merge
from specc.resolver.operators import operator_of
from specc.resolver.overrides import override
from specc.resolver.params import declared
from specc.resolver.spec import ResolvedSpec
from specc.source import Source

COMPOSED = ("params", "vars", "matrix", "job")


@dataclass(frozen=True, slots=True)
class Overlays:
    """What lies below and above a spec's files.

    `api_defaults` gives the job values that an API states, or None for an unknown API; `below` are the job values
    of the project and of the target, weakest first; `profiles` and `sets` are in the order given.
    """

    api_defaults: Callable[[str], Mapping | None]
    default_api: str
    apis: tuple[str, ...]
    below: tuple[Mapping, ...] = ()
    profiles: tuple[str, ...] = ()
    sets: tuple[Source, ...] = ()


def resolve(document: Document, library: Library, overlays: Overlays) -> tuple[ResolvedSpec, list[Diagnostic]]:
    """One spec, composed. What cannot be composed is reported and left out, so that later stages find more."""
    line, found = ancestry(document, library)
    is_whole = document.has_all_parents and not any(finding.is_error for finding in found)
    bodies = [_without_forms(part.body, library, found) for part in line.order]
    api, api_node = _api(line.order, overlays, found)
    merge = Merge(lenient=document.abstract or not is_whole)
    merge.found = found

    body = _empty(document)
    for job in (overlays.api_defaults(api), *overlays.below):
        body = _merge_job(merge, body, job)
    for part in bodies:
        body = _merge_body(merge, body, part)
    found.extend(disagreements(body, line))
    profiles = _profiles(bodies, found)
    body = _overlay(merge, body, overlays, profiles, found)

    params, faults = declared(_section(body, "params"))
    found.extend(faults)
    names = {name: key for name, (key, _) in profiles.items()}
    spec = ResolvedSpec(document, line.order[:-1], api, api_node, body, params, names, is_whole)
    return spec, found


def _empty(document: Document) -> Mapping:
    """A body with every section, at the place where a section would be added."""
    place = document.source.span()
    sections: dict[str, Node] = {name: Mapping({}, {}, place) for name in COMPOSED}
    return Mapping(sections, {name: Scalar(name, place, name) for name in COMPOSED}, place)


def _section(body: Mapping, name: str) -> Mapping:
    node = body.entries[name]
    assert isinstance(node, Mapping)
    return node


def _without_forms(body: Mapping, library: Library, found: list[Diagnostic]) -> Mapping:
    node = read_forms(body, library, found)
    assert isinstance(node, Mapping)
    return node


def _api(order: tuple[Document, ...], overlays: Overlays, found: list[Diagnostic]) -> tuple[str, Scalar | None]:
    """The strongest file's `api:`, else the project's."""
    node = next((part.api for part in reversed(order) if part.api is not None), None)
    api = str(node.value) if node is not None else overlays.default_api
    if node is not None and api not in overlays.apis:
        help = did_you_mean(api, overlays.apis, "APIs")
        found.append(codes.UNKNOWN_API.at(node.span, f"there is no API `{api}`", help=help))
        return overlays.default_api, None
    return api, node


def _merge_job(merge: Merge, body: Mapping, job: Mapping | None) -> Mapping:
    if job is None:
        return body
    section = merge.over(body.entries["job"], job, ("job",))
    return replace(body, entries={**body.entries, "job": section or job})


def _merge_body(merge: Merge, body: Mapping, part: Mapping) -> Mapping:
    """One file or overlay over what is there. A section itself can hold an operator; it never disappears."""
    entries, keys = dict(body.entries), dict(body.keys)
    for key, node in part.items():
        name = str(key.value)
        if name not in COMPOSED:
            continue
        merged = merge.over(entries[name], node, (name,), COMPOSED)
        if isinstance(merged, Mapping):
            entries[name], keys[name] = merged, key
        elif merged is None:
            entries[name] = Mapping({}, {}, node.span, node.layer, beneath=entries[name])
    return replace(body, entries=entries, keys=keys)


def _profiles(bodies: list[Mapping], found: list[Diagnostic]) -> dict[str, tuple[Scalar, list[Mapping]]]:
    """Each profile's overlays, from the weakest file to the spec itself, with the key that names it last."""
    profiles: dict[str, tuple[Scalar, list[Mapping]]] = {}
    for body in bodies:
        section = body.get("profiles")
        if not isinstance(section, Mapping):
            continue
        for key, node in section.items():
            name = str(key.value)
            operator = operator_of(node)
            if operator is not None and operator.name in ("$unset", "$replace"):
                profiles.pop(name, None)
                node = operator.operand
            if isinstance(node, Mapping):
                _check_overlay(name, node, found)
                profiles[name] = (key, [*profiles.get(name, (key, []))[1], node])
            elif operator is None:
                message = f"profile `{name}` is {kind_of(node)}, not an overlay"
                help = f"write `{name}: {{job: {{...}}}}`"
                found.append(codes.KIND_CONFLICT.at(node.span, message, help=help))
    return profiles


def _check_overlay(name: str, overlay: Mapping, found: list[Diagnostic]) -> None:
    for key, node in overlay.items():
        if key.value not in COMPOSED:
            help = did_you_mean(str(key.value), COMPOSED, "sections")
            inside = " (job fields stand under `job:`)" if key.value not in SECTIONS else ""
            message = f"profile `{name}` has no section `{key.value}`{inside}"
            found.append(codes.UNKNOWN_KEY.at(key.span, message, help=help))
        elif not isinstance(node, Mapping):
            found.append(codes.KIND_CONFLICT.at(node.span, f"`{key.value}` is {kind_of(node)}, not a mapping"))


def _overlay(
    merge: Merge,
    body: Mapping,
    overlays: Overlays,
    profiles: dict[str, tuple[Scalar, list[Mapping]]],
    found: list[Diagnostic],
) -> Mapping:
    """Profiles in the order given, then each `--set`."""
    for name in overlays.profiles:
        if name not in profiles:
            help = did_you_mean(name, profiles, "profiles") or "the spec and its parents declare no `profiles:`"
            asked = Source("--profile", name, "--profile").span(0, len(name))
            found.append(codes.UNKNOWN_PROFILE.at(asked, f"the spec has no profile `{name}`", help=help))
            continue
        layer = Layer(LayerKind.PROFILE, name)
        for fragment in profiles[name][1]:
            overlay = relayered(fragment, layer)
            assert isinstance(overlay, Mapping)
            body = _merge_body(merge, body, overlay)
    for text in overlays.sets:
        layer_body, faults = override(text, body)
        found.extend(faults)
        if layer_body is not None:
            body = _merge_body(merge, body, layer_body)
    return body


def relayered(node: Node, layer: Layer) -> Node:
    """The same tree as written by another layer."""
    match node:
        case Mapping():
            entries = {key: relayered(value, layer) for key, value in node.entries.items()}
            return replace(node, entries=entries, layer=layer)
        case Sequence():
            return replace(node, items=tuple(relayered(item, layer) for item in node.items), layer=layer)
        case _:
            return replace(node, layer=layer)
