"""What a rule is: a code, a scope, and one function that looks.

A rule lives in a module of its own, `specc/rules/<slug_with_underscores>.py`, whose docstring is its documentation
and its test (see `specc.rules.documentation`). Rules run in a check alone. They never make a payload valid or
invalid, so a project can turn each of them off.
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
from specc.settings import FieldType, Settings, Target
from specc.source import Span


@dataclass(frozen=True, slots=True)
class World:
    """What a spec is held against: the project's settings, the target's name, and every API by name."""

    settings: Settings
    target_name: str
    apis: Map[str, ApiSchema]

    @property
    def target(self) -> Target | None:
        return self.settings.targets.get(self.target_name)


@dataclass(frozen=True, slots=True, eq=False)
class Spec:
    """One spec as it is without any overlay; `variants` is the same under each of its profiles, by profile."""

    plain: ResolvedSpec
    variants: Map[str, ResolvedSpec]
    world: World


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One cell: the value of every field, with what its template read. `payload` is None where it is not known yet."""

    evaluated: EvaluatedSpec
    payload: Payload | None
    world: World

    def text(self, field: str) -> str | None:
        """The value of a field, if it is a known text that is not empty."""
        value = self.evaluated.job.get(field)
        return value.data if value is not None and isinstance(value.data, str) and value.data else None

    def number(self, field: str) -> int | None:
        """The value of a field, if it is a known whole number."""
        value = self.evaluated.job.get(field)
        return value.data if value is not None and type(value.data) is int else None

    def field_types(self) -> Iterable[FieldType]:
        """The API's fields that have a known value here, with the project's units."""
        spec, world = self.evaluated.spec, self.world
        types = world.apis[spec.api].field_types(world.settings.units_for(world.target_name))
        return [field for name, field in types.items() if name in self.evaluated.job]

    @property
    def fields(self) -> Mapping:
        return self.evaluated.spec.section("job")


class Claim(NamedTuple):
    """A payload lays claim to something: where that is written, and of which spec it is."""

    span: Span
    spec: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Who claims one thing. `count` is their number; of `places`, each is written somewhere else or in another spec."""

    thing: str
    count: int
    places: tuple[Claim, ...]

    @property
    def span(self) -> Span:
        return self.places[0].span


class Family(NamedTuple):
    """A file that declares names, and what that file and all its heirs, with all that those are made of, mention.

    A base of which no spec is made has no family: its heirs may be in another project.
    """

    document: Document
    uses: Uses

    def unread(self, namespace: str) -> Iterable[Scalar]:
        """The names that the file itself declares for a namespace, and that nothing mentions."""
        return [
            key
            for where, key in declared(self.document.body)
            if where == namespace and not self.uses.has(namespace, str(key.value))
        ]


@dataclass(frozen=True, slots=True)
class SpecRule:
    """Looks at one spec. `always`: also at a spec in which a stage has found an error."""

    code: Code
    find: Callable[[Spec], Iterable[Diagnostic]]
    always: bool = False


@dataclass(frozen=True, slots=True)
class JobRule:
    """Looks at one cell, whose values may still be unknown."""

    code: Code
    find: Callable[[Job], Iterable[Diagnostic]]


@dataclass(frozen=True, slots=True)
class ClashRule:
    """Looks across all payloads: `claims` says what one payload takes, `clash` what is wrong when several take it."""

    code: Code
    claims: Callable[[Payload, World], Iterable[tuple[str, Claim]]]
    clash: Callable[[Claims], Diagnostic]


@dataclass(frozen=True, slots=True)
class FamilyRule:
    """Looks at a file together with all that inherits from it. Not where any of these has an error.

    It speaks of names that the file declares and nothing mentions: where there are none, it is not asked.
    """

    code: Code
    find: Callable[[Family], Iterable[Diagnostic]]


Rule = SpecRule | JobRule | ClashRule | FamilyRule
