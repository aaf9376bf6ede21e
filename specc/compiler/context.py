"""What specs are compiled against, and what a person asks of one."""

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Map
from dataclasses import field

from specc.diagnostics import Diagnostic
from specc.evaluator import Binding, Inputs, Prelude
from specc.fast_dataclass import dataclass
from specc.nodes import FileText, Scalar
from specc.resolver import Library, Overlays, ResolvedSpec, read_forms
from specc.rules.rule import Job, ProjectView
from specc.schema import ApiSchema
from specc.settings import Settings
from specc.source import Source

JobCheck = Callable[[Job], Iterable[Diagnostic]]


def nothing_refused(job: Job) -> Iterable[Diagnostic]:
    """Say of every job that its target takes it, where no target is known."""
    return ()


@dataclass(frozen=True, slots=True)
class Context:
    """What the specs of one project are compiled against. `apis` holds every API by name.

    `refusals` says of a cell why the target would not take it. Only a check asks it, because whoever submits asks
    the target itself. `hidden` are variables of the environment whose values no report shows; `is_blind`: these
    values are not even known to the evaluation.
    """

    library: Library
    apis: Map[str, ApiSchema]
    settings: Settings
    target: str
    environment: Map[str, str] = field(default_factory=dict)
    refusals: JobCheck = nothing_refused
    hidden: frozenset[str] = frozenset()
    is_blind: bool = False

    @property
    def view(self) -> ProjectView:
        return ProjectView(self.settings, self.target, self.apis)

    def overlays(self, request: "Request") -> Overlays:
        target = self.settings.targets.get(self.target)
        below = (self.settings.defaults, target.job if target is not None else None)
        return Overlays(
            lambda api: self.apis[api].defaults if api in self.apis else None,
            self.settings.api,
            tuple(self.apis),
            tuple(layer for layer in below if layer is not None),
            request.profiles,
            request.sets,
        )

    def prelude(self, found: list[Diagnostic]) -> Prelude | None:
        """Return what the target puts before every command. A file that cannot be had is reported to `found`."""
        target = self.settings.targets.get(self.target)
        if target is None or target.prelude is None:
            return None
        before = len(found)
        lines = read_forms(target.prelude, self.library, found)
        if len(found) > before or not isinstance(lines, Scalar | FileText):
            return None
        return Prelude(lines, wraps=target.traits.runs_scripts)

    def inputs(self, spec: ResolvedSpec, bindings: dict[str, Binding], *, checking: bool, attempt: int = 1) -> Inputs:
        fields = self.apis[spec.api].field_types(self.settings.units_for(self.target))
        unknown = self.hidden if self.is_blind else frozenset()
        prelude = self.prelude([])
        return Inputs(bindings, fields, self.settings.env, self.environment, checking, unknown, prelude, attempt)


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks of a spec. Texts of a command line are sources, so that diagnostics can point at them.

    `attempt` is what `cell.attempt` is in all cells: 1, or more for the payloads of a retry.
    """

    profiles: tuple[str, ...] = ()
    params: tuple[Source, ...] = ()
    sets: tuple[Source, ...] = ()
    only: tuple[Source, ...] = ()
    cells: tuple[str, ...] = ()
    attempt: int = 1
