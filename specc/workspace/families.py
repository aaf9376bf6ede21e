"""Files with all that inherits from them: who could read a name that a file declares."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field

from specc.diagnostics import Diagnostic
from specc.fast_dataclass import dataclass
from specc.rules import FAMILY_RULES
from specc.rules.rule import Family
from specc.rules.uses import Uses, uses_of
from specc.settings import Settings
from specc.workspace.facts import Facts, Register

Judge = Callable[[str, Uses], Iterable[Diagnostic]]
"""What the rules say of a file whose family mentions these names."""


@dataclass
class _Members:
    """What is known of the family of one file."""

    names: set[str] = field(default_factory=set)
    has_specs: bool = False
    is_sound: bool = True


def family_findings(
    files: list[Facts], register: Register, settings: Settings, faulty: set[str], judge: Judge
) -> Iterator[Diagnostic]:
    """What the rules say about files. All heirs of each must be among them, too. `faulty` names those with errors."""
    lines = _Lines(register)
    members: dict[str, _Members] = {}
    targets = settings.targets.values()
    layers = [settings.defaults, *(layer for target in targets for layer in (target.job, target.prelude))]
    common = set().union(*(uses_of(layer, lambda _: None).names for layer in layers if layer is not None))
    for facts in files:
        line = lines.of(facts)
        mentioned = common.union(*(each.uses for each in line.values())) if line is not None else common
        is_sound = line is not None and not any(
            each.name in faulty or not faulty.isdisjoint(each.references) for each in line.values()
        )
        for name in line or [facts.name]:
            known = members.setdefault(name, _Members())
            known.names |= mentioned
            known.has_specs |= not facts.is_abstract
            known.is_sound &= is_sound
    for facts in files:
        known = members[facts.name]
        uses = Uses(frozenset(known.names))
        if known.is_sound and known.has_specs and not all(uses.has(*name) for name in facts.declares):
            yield from judge(facts.name, uses)


def judged_by_rules(family: Family) -> Iterator[Diagnostic]:
    for rule in FAMILY_RULES:
        yield from rule.find(family)


class _Lines:
    """The ancestors of files, looked up once."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._lines: dict[str, dict[str, Facts] | None] = {}

    def of(self, facts: Facts) -> dict[str, Facts] | None:
        """The file and all its ancestors by name; None when one of them cannot be had."""
        if facts.name not in self._lines:
            self._lines[facts.name] = None  # a file that inherits from itself has no line
            self._lines[facts.name] = self._climbed(facts)
        return self._lines[facts.name]

    def _climbed(self, facts: Facts) -> dict[str, Facts] | None:
        line = {facts.name: facts}
        for name in facts.parents:
            parent = self._register.of(name) if name is not None else None
            above = self.of(parent) if parent is not None else None
            if above is None:
                return None
            line |= above
        return line
