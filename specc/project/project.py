"""One project: its root, its settings, its texts, and what its specs are compiled against."""

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from specc.compiler import Context
from specc.compiler.context import JobCheck, nothing_refused
from specc.diagnostics import Diagnostic, Missing, codes, did_you_mean
from specc.disk import Site
from specc.errors import SpeccError
from specc.evaluator import Value
from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Scalar
from specc.parser import Document
from specc.project.library import FileLibrary
from specc.resolver import join
from specc.rules.commands import span_of_text
from specc.rules.rule import Job
from specc.schema import ApiSchema
from specc.settings import Settings, Target
from specc.source import NO_FILES, Source, Span
from specc.targets.kinds import KINDS
from specc.targets.refusals import NO_UNIT, Refusal

SAME_PLACE = 3
"""So many diagnostics of one code at one place are shown; a sweep can have one a cell."""


NO_QUANTITY = (codes.AMBIGUOUS_QUANTITY.code, codes.BAD_QUANTITY.code)
"""Where one of them stands, quotes do not fix what YAML 1.1 would read."""


class _Place(NamedTuple):
    code: str
    source: Source
    start: int
    end: int


class DiagnosticSet:
    """Collects diagnostics. The same fact, seen from several heirs or cells, counts once."""

    def __init__(self) -> None:
        self._at: dict[_Place, dict[str, Diagnostic]] = {}
        self.has_errors = False

    def add(self, *found: Diagnostic) -> None:
        for diagnostic in found:
            place = _Place(diagnostic.code.code, *diagnostic.span)
            self._at.setdefault(place, {}).setdefault(diagnostic.message, diagnostic)
            self.has_errors |= diagnostic.is_error

    def every(self) -> list[Diagnostic]:
        """Each fact, in the order in which their places were found, also where another says it better."""
        return [diagnostic for messages in self._at.values() for diagnostic in messages.values()]

    def all(self) -> list[Diagnostic]:
        """As `every`, with a note where there are more at one place than are shown."""
        return [
            diagnostic
            for place, messages in self._at.items()
            if not self._is_idle(place)
            for diagnostic in _shown(list(messages.values()))
        ]

    def _is_idle(self, place: _Place) -> bool:
        """Is it a warning about a value that must be written anew anyway?"""
        is_spelling = place.code == codes.YAML_1_1.code
        return is_spelling and any(place._replace(code=code) in self._at for code in NO_QUANTITY)


def _shown(found: list[Diagnostic]) -> Iterable[Diagnostic]:
    if len(found) <= SAME_PLACE:
        return found
    *first, last = found[:SAME_PLACE]
    more = f"and {len(found) - SAME_PLACE:,} more like this here"
    return [*first, replace(last, notes=(*last.notes, more))]


@dataclass(frozen=True, eq=False)
class Project:
    site: Site
    library: FileLibrary
    apis: Map[str, ApiSchema]

    @classmethod
    def open(cls, site: Site, apis: Map[str, ApiSchema]) -> "Project":
        return cls(site, FileLibrary(site.contents), apis)

    @property
    def root(self) -> Path:
        return self.site.root

    @property
    def settings(self) -> Settings:
        return self.site.settings

    @property
    def environment(self) -> Map[str, str]:
        return self.site.environment

    def context(self, target: str | None = None) -> Context:
        """What to compile against for a target, the project's own by default.

        Raises SpeccError for a target or an API that there is not: nothing is checked against nothing.
        """
        if target is not None and target not in self.settings.targets:
            help = did_you_mean(target, self.settings.targets, "targets")
            raise SpeccError(f"the project {self.settings.project} has no target `{target}`", help=help)
        if self.settings.api not in self.apis:
            help = did_you_mean(self.settings.api, self.apis, "APIs")
            raise SpeccError(
                f"the settings of {self.root} name an API that there is not: `{self.settings.api}`", help=help
            )
        name = target or self.settings.target
        refusals = refusals_of(self.settings, name, is_chosen=target is not None or self.settings.is_target_chosen)
        return Context(
            self.library, self.apis, self.settings, name, self.environment, refusals, hidden=self.site.hidden
        )

    def prelude_file(self, target: str | None = None) -> str | None:
        """Return the name of the file whose lines a target, the project's own by default, puts before commands."""
        known = self.settings.targets.get(target or self.settings.target)
        node = known.prelude.get("$file") if known is not None and isinstance(known.prelude, Mapping) else None
        return join(node.span.source.name, str(node.value)) if isinstance(node, Scalar) else None

    def document(self, name: str, diagnostics: DiagnosticSet) -> Document | None:
        """The spec of that name, or None with the reason among the diagnostics."""
        parsed = self.library.document(name)
        if isinstance(parsed, Missing):
            place = Source(self.site.contents.path_of(name), "", name).span()
            code = codes.UNREADABLE if parsed.code is codes.PARENT_NOT_FOUND else parsed.code
            diagnostics.add(code.at(place, parsed.message, help=parsed.help))
            return None
        diagnostics.add(*parsed.diagnostics)
        return parsed.document

    def owns(self, source: Source) -> bool:
        """Is that the text of one of the project's specs, as it stands in its file?"""
        return not source.path.startswith(NO_FILES) and self.library.has_read(source)

    def again(self, texts: Map[str, str]) -> "Project":
        """The same project, read anew, with these texts in place of those of the files."""
        contents = self.site.contents.again()
        for name, text in texts.items():
            contents.add(name, self.site.contents.path_of(name), text.encode("utf-8", "surrogatepass"))
        return Project.open(replace(self.site, contents=contents), self.apis)


SAID_ELSEWHERE = frozenset({"no-command"})
"""Refusals that the schema or a rule finds, too, with more to say."""


def refusals_of(settings: Settings, target: str, *, is_chosen: bool) -> JobCheck:
    """Return what finds the refusals of a target.

    Where nobody has chosen the target, it is this machine by default. Then a number without a unit is not held against
    a project that may only ever send its payloads to an API, which takes such numbers as they are.
    """
    known = settings.targets.get(target)
    if known is None:
        return nothing_refused
    refuse, units = KINDS[known.kind].refusals, settings.units_for(target)
    note = f"the target `{known.name}` would refuse the job"

    def find(job: Job) -> Iterator[Diagnostic]:
        values = job.evaluated.job
        for refusal in refuse({name: value.data for name, value in values.items()}, known, units):
            if refusal.code in SAID_ELSEWHERE or (refusal.code == NO_UNIT and not is_chosen):
                continue
            if _is_known(refusal, job):
                span = _span(refusal, values[refusal.field])
                yield codes.REFUSED_BY_TARGET.at(span, refusal.message, notes=(note,), help=refusal.help)
        if is_chosen or len(settings.targets) == 1:
            yield from _ignored(job, known)

    return find


def _ignored(job: Job, target: Target) -> Iterator[Diagnostic]:
    """Say what the target does not do of a job that it takes all the same."""
    value = job.evaluated.job.get("resource_limit")
    names = KINDS[target.kind].ignored({"resource_limit": value.data}, target) if value is not None else []
    if value is not None and names:
        message = f"`{target.name}` ignores {', '.join(f'`{name}`' for name in names)}"
        help = "choose a target that provides these resources (`--target`), or remove them"
        yield codes.IGNORED_BY_TARGET.at(value.node.span, message, help=help)


def _span(refusal: Refusal, value: Value) -> Span:
    """Return where the value is written, or the part of it that is wrong."""
    text = value.data
    if refusal.place is None or not isinstance(text, str):
        return value.node.span
    return span_of_text(value, text, *refusal.place)


def _is_known(refusal: Refusal, job: Job) -> bool:
    """Whether the field has a value, and it is the one that will be sent."""
    value = job.evaluated.job.get(refusal.field)
    return value is not None and value.is_known
