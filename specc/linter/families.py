"""What files say by themselves, which specs reach which files, and what the rules say of whole families."""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import field
from functools import partial

from specc.diagnostics import Diagnostic, Missing, codes
from specc.disk import Contents
from specc.fast_dataclass import dataclass
from specc.inheritance import mentioned_in, mentions, references, searchable, word_of
from specc.linter.steps import run_to_end
from specc.parser import Document
from specc.project.library import Reader, Reads
from specc.resolver import Library, join
from specc.rules import FAMILY_RULES
from specc.rules.rule import Family
from specc.rules.uses import Uses, declared, uses_of
from specc.settings import Settings
from specc.source import Source


@dataclass(frozen=True, slots=True)
class Facts:
    """All by name. A parent is None where its reference leads out of the project.

    `uses` are the names that it mentions, as in `Uses`, and `declares` those that it declares, as (namespace, name).
    """

    name: str
    is_abstract: bool
    parents: tuple[str | None, ...]
    references: frozenset[str]
    uses: frozenset[str]
    declares: frozenset[tuple[str, str]]
    reads: Reads


def facts_of(document: Document, library: Library) -> Facts:
    name, reader = document.source.name, Reader(library)
    reader.document(name)
    read: Callable[[str], Source | None] = partial(_read, reader, name)
    parents = tuple(join(name, str(reference.value)) for reference in document.parents)
    uses = uses_of(document.body, read).names
    declares = frozenset((namespace, str(key.value)) for namespace, key in declared(document.body))
    return Facts(name, document.abstract, parents, references(document), uses, declares, reader.reads)


def _read(library: Library, origin: str, reference: str) -> Source | None:
    name = join(origin, reference)
    text = library.text(name) if name is not None else None
    return text if isinstance(text, Source) else None


class Register:
    """The facts of files, each looked up once. `remembered` knows some from before, `learned` is told others."""

    def __init__(
        self,
        library: Library,
        remembered: Callable[[str], Facts | None] = lambda _: None,
        learned: Callable[[Facts], None] = lambda _: None,
    ) -> None:
        self._library = library
        self._remembered = remembered
        self._learned = learned
        self._facts: dict[str, Facts | None] = {}

    def of(self, name: str) -> Facts | None:
        """None for a file that cannot be had as a spec."""
        if name not in self._facts:
            self._facts[name] = self._remembered(name) or self._found(name)
        return self._facts[name]

    def add(self, facts: Facts) -> None:
        """Takes what another has found."""
        self._facts[facts.name] = facts
        self._learned(facts)

    def _found(self, name: str) -> Facts | None:
        parsed = self._library.document(name)
        document = None if isinstance(parsed, Missing) else parsed.document
        if document is None:
            return None
        facts = facts_of(document, self._library)
        self._learned(facts)
        return facts


def dependents(
    changed: Iterable[str],
    names: Iterable[str],
    contents: Contents,
    register: Register,
    prepared: Callable[[str, bytes], bytes | None] = lambda _, data: searchable(data),
) -> list[str]:
    """Return those of the named specs that reach one of the changed files, in order, without these themselves.

    `prepared` gives `searchable` of the bytes of a file, by its name.

    A reference is never a template, so a spec that refers to a file has a word of the file's name in its bytes: only
    such specs are parsed. In a project of thousands, that is the difference between a second and many.
    """
    return run_to_end(dependents_in_steps(changed, names, contents, register, prepared))


def dependents_in_steps(
    changed: Iterable[str],
    names: Iterable[str],
    contents: Contents,
    register: Register,
    prepared: Callable[[str, bytes], bytes | None],
) -> Generator[None, None, list[str]]:
    """Return what `dependents` does, and pause before each spec that may have to be parsed."""
    start = set(changed)
    data = {name: contents.data(name, codes.UNREADABLE) for name in names if name not in start}
    texts = {name: prepared(name, text) for name, text in data.items() if isinstance(text, bytes)}
    reached, new = set(start), start
    while new:
        words = mentioned_in(texts.values(), map(word_of, new))
        likely = [name for name, text in texts.items() if name not in reached and mentions(text, words)]
        found = set()
        for name in likely:
            yield
            facts = register.of(name)
            if facts is not None and not new.isdisjoint(facts.references):
                found.add(name)
        new = found
        reached |= new
    return [name for name in texts if name in reached]


Judge = Callable[[str, Uses], Iterable[Diagnostic]]
"""What the rules say of a file whose family mentions these names."""


@dataclass
class _Members:
    """What is known of the family of one file."""

    names: set[str] = field(default_factory=set)
    has_specs: bool = False
    is_sound: bool = True


def family_diagnostics(
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
