"""From a document to a `ResolvedSpec`: ancestors in order, layers merged from the weakest to `--set`."""

from collections.abc import Callable
from dataclasses import replace
from posixpath import basename, dirname

from specc.diagnostics import Diagnostic, Label, codes, did_you_mean
from specc.fast_dataclass import dataclass
from specc.nodes import Layer, LayerKind, Mapping, Node, Scalar, Sequence
from specc.parser import Document
from specc.resolver.ancestry import Ancestry, ancestry
from specc.resolver.conflicts import disagreements
from specc.resolver.library import Library, join
from specc.resolver.merge import Merge, inherited, merge_body, section, whole
from specc.resolver.operators import read_forms
from specc.resolver.overlays import Profile, override, read_profiles, relayered
from specc.resolver.params import Param, declared
from specc.source import Source, Span

SUFFIXES = (".job.yaml", ".job.yml", ".yaml", ".yml")


@dataclass(frozen=True, eq=False)
class ResolvedSpec:
    """One spec under one choice of profiles and `--set`s.

    `ancestors` are the files that it inherits from, weakest first. `body` is the merged whole: `params`,
    `vars`, `matrix` and `job`, each a mapping, which may be empty. `profile_names` are all profiles that can be
    chosen. `is_whole` is False if a parent could not be read, which is reported.
    """

    document: Document
    ancestors: tuple[Document, ...]
    api: str
    api_node: Scalar | None
    body: Mapping
    params: dict[str, Param]
    profile_names: dict[str, Scalar]
    is_whole: bool = True

    @property
    def path(self) -> str:
        """Return the path from the project's root."""
        return self.document.source.name

    @property
    def name(self) -> str:
        """Return the name of the file without `.job.yaml`."""
        file = basename(self.path)
        return next((file.removesuffix(s) for s in SUFFIXES if file.endswith(s) and file != s), file)

    @property
    def folder(self) -> str:
        return dirname(self.path) or "."

    @property
    def id(self) -> str:
        """Return the `id:` of the file, else its path, by which submissions of this spec are known."""
        return str(self.document.id.value) if self.document.id else self.path

    @property
    def abstract(self) -> bool:
        return self.document.abstract

    @property
    def is_open(self) -> bool:
        """Return whether another file may supply missing values: an heir of a base, or a parent that cannot be read."""
        return self.abstract or not self.is_whole

    def traced(self, diagnostic: Diagnostic) -> Diagnostic:
        """Return the diagnostic with the `extends` that led to its file, if that is an inherited file."""
        span = self._through(diagnostic.span.source)
        if span is None or any(label.span == span for label in diagnostic.labels):
            return diagnostic
        return replace(diagnostic, labels=(*diagnostic.labels, Label(span, "inherited through this")))

    def _through(self, source: Source) -> Span | None:
        """Return the span of the parent in `extends` that is the file, or of `extends` if a parent inherits it."""
        if all(source is not ancestor.source for ancestor in self.ancestors):
            return None
        name = self.document.source.name
        direct = (ref.span for ref in self.document.parents if join(name, str(ref.value)) == source.name)
        return next(direct, self.document.root.entries["extends"].span)

    def key_span(self, section: str) -> Span:
        """Return where a section begins; the spec's own file where only its overlays have one."""
        key = self.body.keys.get(section)
        return key.span if key is not None else self.document.source.span()

    def section(self, name: str) -> Mapping:
        node = self.body.entries[name]
        assert isinstance(node, Mapping)
        return node


@dataclass(frozen=True, slots=True)
class Overlays:
    """The layers below and above the files of a spec.

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
    """The files of a spec, merged, before any profile or `--set`. `found` are the diagnostics."""

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
    """Return one spec, composed. Parts that cannot be composed are reported and left out, for the later stages."""
    composed = compose(document, library, overlays)
    spec, found = overlaid(composed, overlays.profiles, overlays.sets)
    return spec, [*composed.found, *found]


def compose(document: Document, library: Library, overlays: Overlays) -> Composed:
    """Return the files of a spec merged into one, which all its profiles have in common."""
    line, found = ancestry(document, library)
    is_whole = document.has_all_parents and not any(diagnostic.is_error for diagnostic in found)
    bodies = [_without_forms(part, library, found) for part in line.order]
    api, api_node = _api(line.order, overlays, found)
    merge = Merge(document.abstract or not is_whole, found)

    jobs = tuple(job for job in (overlays.api_defaults(api), *overlays.below) if job is not None)
    below, mistakes = inherited(jobs, tuple(bodies[:-1]), merge.lenient)
    found.extend(mistakes)
    body = whole(merge_body(merge, below, bodies[-1]), document.source.span())
    found.extend(disagreements(body, line))
    profiles = read_profiles(bodies, found, lenient=merge.lenient)
    return Composed(document, line, is_whole, api, api_node, body, profiles, tuple(found))


def overlaid(
    composed: Composed, chosen: tuple[str, ...], sets: tuple[Source, ...]
) -> tuple[ResolvedSpec, list[Diagnostic]]:
    """Return the spec with the chosen profiles and `--set`s over it, and their diagnostics."""
    merge = Merge(composed.is_lenient, [])
    body = _with_profiles(merge, composed.body, chosen, composed.profiles, composed.line)
    body = _with_listed_cells(_with_sets(merge, body, sets))
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
    """Return the `api:` of the strongest file, else of the project."""
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
    """Return the body with profiles in the order given. A profile that is given twice acts once, where it is last."""
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


def _with_listed_cells(body: Mapping) -> Mapping:
    """Return the body with a matrix that only lists its cells, under `include`, written as zipped axes.

    Entries that do not all name the same axes stay as they are, for the expander to report.
    """
    matrix = body.entries["matrix"]
    listed = matrix.get("include") if isinstance(matrix, Mapping) else None
    if not isinstance(matrix, Mapping) or not isinstance(listed, Sequence) or not listed.items:
        return body
    rows = [item for item in listed.items if isinstance(item, Mapping)]
    has_axes = any(isinstance(part := matrix.get(name), Mapping) and part.entries for name in ("axes", "zip"))
    if has_axes or not rows[0:1] or any(row.entries.keys() != rows[0].entries.keys() for row in rows):
        return body
    if len(rows) < len(listed.items) or not rows[0].entries:
        return body
    columns: dict[str, Node] = {
        name: Sequence(tuple(row.entries[name] for row in rows), listed.span, listed.layer) for name in rows[0].entries
    }
    zipped = Mapping(columns, rows[0].keys, listed.span, listed.layer)
    entries = {name: node for name, node in matrix.entries.items() if name not in ("include", "axes", "zip")}
    keys = {name: key for name, key in matrix.keys.items() if name in entries}
    made = replace(matrix, entries={**entries, "zip": zipped}, keys={**keys, "zip": matrix.keys["include"]})
    return replace(body, entries={**body.entries, "matrix": made})


def _with_sets(merge: Merge, body: Mapping, sets: tuple[Source, ...]) -> Mapping:
    for text in sets:
        overlay, mistakes = override(text, body)
        merge.found.extend(mistakes)
        if overlay is not None:
            body = merge_body(merge, body, overlay)
    return body
