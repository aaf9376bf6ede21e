"""What a rule is: a code, a scope, and one function that finds mistakes.

A rule has a docstring that is its documentation and its test (see `specc.rules.documentation`): that of its module,
`specc/rules/<slug_with_underscores>.py`, or that of its function, `<slug_with_underscores>`, in the module of a family
of rules. Rules run in a check alone. They never make a payload valid or invalid, so a project can turn each of them
off.
"""

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Map
from typing import NamedTuple

from specc.diagnostics import Code, Diagnostic
from specc.evaluator import EvaluatedSpec
from specc.fast_dataclass import dataclass
from specc.lowering import Payload
from specc.nodes import Mapping, Scalar
from specc.parser import Document as Document
from specc.resolver import ResolvedSpec
from specc.rules.uses import Uses, declared
from specc.schema import ApiSchema
from specc.settings import UNKNOWN_KIND, FieldType, Settings, Target, Traits
from specc.source import Span


@dataclass(frozen=True, slots=True)
class ProjectView:
    """The project of a spec as rules see it: its settings, the name of the target, and every API by name."""

    settings: Settings
    target_name: str
    apis: Map[str, ApiSchema]

    @property
    def target(self) -> Target | None:
        """The target that jobs are checked for; None where the settings do not have it."""
        return self.settings.targets.get(self.target_name)

    @property
    def traits(self) -> Traits:
        """The traits of the target's kind."""
        return self.target.traits if self.target is not None else UNKNOWN_KIND


@dataclass(frozen=True, slots=True, eq=False)
class Spec:
    """One spec without any overlay. `variants` are the spec under each of its profiles, by profile."""

    plain: ResolvedSpec
    variants: Map[str, ResolvedSpec]
    project: ProjectView


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One cell: the value of every field, with what its template read. `payload` is None while values are unknown."""

    evaluated: EvaluatedSpec
    payload: Payload | None
    project: ProjectView

    def text(self, field: str) -> str | None:
        """Return the value of a field, if it is a known text that is not empty."""
        value = self.evaluated.job.get(field)
        return value.data if value is not None and isinstance(value.data, str) and value.data else None

    def number(self, field: str) -> int | None:
        """Return the value of a field, if it is a known whole number."""
        value = self.evaluated.job.get(field)
        return value.data if value is not None and type(value.data) is int else None

    def field_types(self) -> Iterable[FieldType]:
        """Return the fields of the API that have a value here, with the units of the project."""
        spec, project = self.evaluated.spec, self.project
        types = project.apis[spec.api].field_types(project.settings.units_for(project.target_name))
        return [field for name, field in types.items() if name in self.evaluated.job]

    @property
    def fields(self) -> Mapping:
        """The job as it is written and inherited."""
        return self.evaluated.spec.section("job")


class Where(NamedTuple):
    """What a payload claims: the text of a field from character `start` to `end`."""

    field: str
    start: int
    end: int


class Claim(NamedTuple):
    """A claim of a payload to something, such as a name: where it is written, and the spec of the payload."""

    span: Span
    spec: str


@dataclass(frozen=True, slots=True)
class Claims:
    """All claims to one thing. `count` is their number; the `places` differ in span or spec."""

    thing: str
    count: int
    places: tuple[Claim, ...]

    @property
    def span(self) -> Span:
        """The span of the first claim."""
        return self.places[0].span


class Family(NamedTuple):
    """A file that declares names, and all names that the file, its heirs, and the other ancestors of these mention.

    A base without specs has no family, because its heirs may be in another project.
    """

    document: Document
    uses: Uses

    def unread(self, namespace: str) -> Iterable[Scalar]:
        """Return the names that the file itself declares for a namespace, and that nothing mentions."""
        return [
            key
            for where, key in declared(self.document.body)
            if where == namespace and not self.uses.has(namespace, str(key.value))
        ]


@dataclass(frozen=True, slots=True)
class SpecRule:
    """A rule about one spec. With `always` it also runs on a spec with an error of a stage."""

    code: Code
    find: Callable[[Spec], Iterable[Diagnostic]]
    always: bool = False


@dataclass(frozen=True, slots=True)
class JobRule:
    """A rule about one cell, whose values may still be unknown."""

    code: Code
    find: Callable[[Job], Iterable[Diagnostic]]


@dataclass(frozen=True, slots=True)
class ClashRule:
    """A rule about all payloads: `claims` says what one payload claims, `clash` what is wrong with several claims.

    `thing` makes the text that is claimed one that can be compared.
    """

    code: Code
    claims: Callable[[Payload, ProjectView], Iterable[tuple[Where, Claim]]]
    thing: Callable[[str], str]
    clash: Callable[[Claims], Diagnostic]


@dataclass(frozen=True, slots=True)
class FamilyRule:
    """A rule about a file together with all that inherits from the file.

    It does not run where any of these has an error.

    The rule is about names that the file declares and nothing mentions: without such names it does not run.
    """

    code: Code
    find: Callable[[Family], Iterable[Diagnostic]]


Rule = SpecRule | JobRule | ClashRule | FamilyRule
