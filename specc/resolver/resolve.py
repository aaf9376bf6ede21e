"""Document -> ResolvedSpec: ancestors in order, layers merged from the weakest to `--set`."""

from collections.abc import Callable

from specc.diagnostics import Diagnostic, codes, did_you_mean
from specc.fast_dataclass import dataclass
from specc.nodes import Layer, LayerKind, Mapping, Scalar
from specc.parser import Document
from specc.resolver.ancestry import Ancestry, ancestry
from specc.resolver.conflicts import disagreements
from specc.resolver.declarations import declared
from specc.resolver.forms import read_forms
from specc.resolver.layers import inherited, merge_body, section, whole
from specc.resolver.library import Library
from specc.resolver.merge import Merge
from specc.resolver.overrides import override
from specc.resolver.profiles import Profile, read_profiles, relayered
from specc.resolver.spec import ResolvedSpec
from specc.source import Source


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


@dataclass(frozen=True, slots=True)
class Composed:
    """A spec's files, merged, before any profile or `--set`. `found` is what was wrong on the way."""

    document: Document
    line: Ancestry
    is_whole: bool
    api: str
    api_node: Scalar | None
    body: Mapping
    profiles: dict[str, Profile]
    found: tuple[Diagnostic, ...]

    @property
    def is_lenient(self) -> bool:
        return self.document.abstract or not self.is_whole


def resolve(document: Document, library: Library, overlays: Overlays) -> tuple[ResolvedSpec, list[Diagnostic]]:
    """One spec, composed. What cannot be composed is reported and left out, so that later stages find more."""
    composed = compose(document, library, overlays)
    spec, found = overlaid(composed, overlays.profiles, overlays.sets)
    return spec, [*composed.found, *found]


def compose(document: Document, library: Library, overlays: Overlays) -> Composed:
    """The files of a spec as one, which all its profiles have in common."""
    line, found = ancestry(document, library)
    is_whole = document.has_all_parents and not any(finding.is_error for finding in found)
    bodies = [_without_forms(part, library, found) for part in line.order]
    api, api_node = _api(line.order, overlays, found)
    merge = Merge(document.abstract or not is_whole, found)

    jobs = tuple(job for job in (overlays.api_defaults(api), *overlays.below) if job is not None)
    below, faults = inherited(jobs, tuple(bodies[:-1]), merge.lenient)
    found.extend(faults)
    body = whole(merge_body(merge, below, bodies[-1]), document.source.span())
    found.extend(disagreements(body, line))
    profiles = read_profiles(bodies, found, lenient=merge.lenient)
    return Composed(document, line, is_whole, api, api_node, body, profiles, tuple(found))


def overlaid(
    composed: Composed, chosen: tuple[str, ...], sets: tuple[Source, ...]
) -> tuple[ResolvedSpec, list[Diagnostic]]:
    """The spec with the chosen profiles and `--set`s over it, and what is wrong with these."""
    merge = Merge(composed.is_lenient, [])
    body = _with_profiles(merge, composed.body, chosen, composed.profiles, composed.line)
    body = _with_sets(merge, body, sets)
    params, mistakes = declared(section(body, "params"))
    merge.found.extend(mistakes)
    names = {name: profile.key for name, profile in composed.profiles.items()}
    document, ancestors = composed.document, composed.line.order[:-1]
    spec = ResolvedSpec(document, ancestors, composed.api, composed.api_node, body, params, names, composed.is_whole)
    return spec, merge.found


def _without_forms(part: Document, library: Library, found: list[Diagnostic]) -> Mapping:
    node = read_forms(part.body, library, found) if part.has_operators else part.body
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


def _with_profiles(
    merge: Merge, body: Mapping, chosen: tuple[str, ...], profiles: dict[str, Profile], line: Ancestry
) -> Mapping:
    """Profiles in the order given. One that is given twice acts once, where it is given last."""
    for name in reversed(dict.fromkeys(reversed(chosen))):
        if name not in profiles:
            help = did_you_mean(name, profiles, "profiles") or "the spec and its parents declare no `profiles:`"
            asked = Source("--profile", name, "--profile").span(0, len(name))
            merge.found.append(codes.UNKNOWN_PROFILE.at(asked, f"the spec has no profile `{name}`", help=help))
            continue
        layer = Layer(LayerKind.PROFILE, name)
        for overlay in profiles[name].overlays:
            body = merge_body(merge, body, relayered(overlay, layer))
        merge.found.extend(disagreements(body, line, layer))
    return body


def _with_sets(merge: Merge, body: Mapping, sets: tuple[Source, ...]) -> Mapping:
    for text in sets:
        overlay, faults = override(text, body)
        merge.found.extend(faults)
        if overlay is not None:
            body = merge_body(merge, body, overlay)
    return body
