"""A check of many specs: those that were named, and those that inherit from them."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from functools import cached_property, partial

from specc.cache import Asked, Part
from specc.compiler import Context, Request
from specc.diagnostics import Diagnostic, Missing
from specc.fast_dataclass import dataclass
from specc.linter import plain as plain_specs
from specc.linter.examining import Clashes, Examined, examine, is_broken
from specc.linter.families import Facts, Register, dependents, family_diagnostics, judged_by_rules
from specc.linter.filters import judged, masked, suppress, without_doubtful_fixes
from specc.linter.plain import Plain, Row, row_of
from specc.linter.records import (
    Json,
    Memory,
    Sources,
    Unrecordable,
    decode_examined,
    decode_facts,
    digests_of,
    encode_examined,
    encode_facts,
)
from specc.linter.sweeps import examine_sweep
from specc.project.library import FileLibrary, Reads
from specc.project.processes import elsewhere, processors
from specc.project.project import DiagnosticSet, Project
from specc.rules import CLASH_RULES
from specc.rules.rule import Family
from specc.rules.uses import Uses
from specc.source import Source

CLASHES = frozenset(rule.code.code for rule in CLASH_RULES)


@dataclass(frozen=True, eq=False)
class Coverage:
    """`checked` are the specs that were, and `broken` those with an error that may have hidden other diagnostics.

    `reads` are the texts that these are made of. `as_is` says that nothing of the command line changed them: no
    profile, parameter, override or target.
    """

    specs: tuple[str, ...]
    library: FileLibrary
    register: Register
    reads: Reads
    checked: frozenset[str]
    broken: frozenset[str]
    as_is: bool
    _seen: dict[str, bool] = field(default_factory=dict)

    def is_complete(self, name: str, code: str) -> bool:
        """Has every spec been checked that a text is part of, and the text itself if it is a spec?

        What specs do to each other is found when all of the project are checked.
        """
        return self.as_is and (not self._unchecked if code in CLASHES else self._is_seen(name))

    def is_sound(self, name: str, code: str) -> bool:
        """Have they, without an error on the way?"""
        is_sound = not self.broken if code in CLASHES else name not in self._doubtful
        return is_sound and self.is_complete(name, code)

    @cached_property
    def texts(self) -> list[Source]:
        return self.library.sources(self.reads)

    @cached_property
    def _unchecked(self) -> frozenset[str]:
        return frozenset(self.specs) - self.checked

    def _is_seen(self, name: str) -> bool:
        # All that inherits from what is checked is checked, too.
        if name in self.checked or not self._unchecked:
            return True
        if name not in self._seen:
            reaching = dependents([name], self.specs, self.library.contents, self.register)
            self._seen[name] = name not in self._unchecked and self.checked.issuperset(reaching)
        return self._seen[name]

    @cached_property
    def _doubtful(self) -> frozenset[str]:
        """The specs with an error, and all that they consist of."""
        specs = self.checked.union(self.specs)
        found = set(self.broken)
        waiting = list(found)
        while waiting:
            name = waiting.pop()
            facts = self.register.of(name) if name in specs else None
            new = facts.references - found if facts is not None else frozenset()
            found |= new
            waiting += new
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class Checked:
    """`files` were read as specs, `specs` are those that are not abstract, `payloads` what they come to."""

    diagnostics: tuple[Diagnostic, ...]
    files: int
    specs: int
    payloads: int
    coverage: Coverage


def check_specs(
    project: Project,
    names: Iterable[str],
    request: Request,
    *,
    target: str | None = None,
    all_specs: bool = False,
    memory: Memory | None = None,
) -> Checked:
    """Checks the named specs and their dependents. `all_specs` says that the names are the whole project already.

    `memory` is one for this project, target and a request without anything in it.
    """
    wanted = list(names)
    memory = memory or Memory(project)
    register = Register(project.library, memory.facts, memory.learn_facts)
    asked = Asked(tuple(wanted), all_specs, lambda: project.site.spec_names)
    specs_there = [] if all_specs else project.site.spec_names
    if not all_specs:
        wanted += dependents(wanted, specs_there, project.site.contents, register, memory.searchable)
    context = project.context(target)
    plain = _plain(project, wanted, memory) if all_specs and len(wanted) >= plain_specs.LARGE else None
    look = partial(examinations, project, context=context, request=request, register=register, memory=memory)
    whole, remaining = _look_at(wanted, look, plain or Plain())
    diagnostics = whole.diagnostics
    diagnostics.add(*whole.clashes.diagnostics())
    facts = {name: found for name in whole.examined if (found := register.of(name)) is not None}
    are_known = len(facts) == len(whole.examined)
    if are_known:  # else what could not be read may use what nothing else does
        faulty = _faulty(diagnostics)
        judged_too = remaining.stand_ins(facts.values(), faulty)
        files = (facts.get(name) or register.of(name) for name in wanted if name in facts or name in judged_too)
        judge = partial(_judge, project)
        known = [each for each in files if each is not None]
        diagnostics.add(*family_diagnostics(known, register, project.settings, faulty, judge))
    as_is = request == Request() and target is None
    broken = frozenset(whole.broken | _faulty(diagnostics))
    if plain is not None and are_known and not broken:
        _learn_plain(remaining, whole, facts, project, memory)
    reads = remaining.reads()
    reads.add(whole.reads)
    coverage = Coverage(tuple(specs_there), project.library, register, reads, frozenset(wanted), broken, as_is)
    comments = project.library.suppressions(remaining.without_own(reads))
    kept = suppress(diagnostics.all(), comments, lambda source, code: coverage.is_sound(source.name, code.code))
    kept = masked(judged(kept, project.settings.rules))
    kept = list(without_doubtful_fixes(list(kept)))
    memory.save()
    parts = dict(remaining.parts())
    parts |= {name: Part(each.is_abstract, whole.payloads[name], each.references) for name, each in facts.items()}
    if not kept:
        memory.learn_clean(asked, parts, (reads, *(each.reads for each in facts.values())))
    specs = sum(not part.is_abstract for part in parts.values())
    payloads = sum(whole.payloads.values()) + remaining.payloads
    return Checked(tuple(kept), len(wanted), specs, payloads, coverage)


def _plain(project: Project, names: list[str], memory: Memory) -> Plain:
    return plain_specs.recalled(memory.recall(plain_specs.NAME), names, project.site.contents.digest)


def _look_at(names: list[str], look: Callable[[list[str]], Iterable[Examined]], plain: Plain) -> "tuple[_Whole, Plain]":
    """Return what specs come to, without the plain ones that take nothing of what others take; and these."""
    examined = {each.name: each for each in look([name for name in names if name not in plain])}
    clashing = plain.takers(each.taking for each in examined.values())
    examined |= {each.name: each for each in look([name for name in names if name in clashing])}
    whole = _Whole()
    for name in names:
        if name in examined:
            whole.add(examined[name])
    return whole, plain.without(clashing)


def _learn_plain(plain: Plain, whole: "_Whole", facts: dict[str, Facts], project: Project, memory: Memory) -> None:
    """Note which specs are plain, after a check without errors."""
    named = {diagnostic.span.source.name for diagnostic in whole.diagnostics.every()}
    rows: dict[str, Row] = {}
    for name in sorted(facts.keys() - named):
        row = row_of(whole.examined[name], facts[name], whole.clashes.taken, project.library)
        if row is not None:
            rows[name] = row
    record = plain.record(rows, named, facts.values())
    if record is not None:
        memory.keep(plain_specs.NAME, record)


@dataclass
class _Whole:
    """What specs come to together."""

    diagnostics: DiagnosticSet = field(default_factory=DiagnosticSet)
    clashes: Clashes = field(default_factory=Clashes)
    broken: set[str] = field(default_factory=set)
    reads: Reads = field(default_factory=Reads)
    payloads: dict[str, int] = field(default_factory=dict)
    examined: dict[str, Examined] = field(default_factory=dict)

    def add(self, examined: Examined) -> None:
        self.examined[examined.name] = examined
        self.diagnostics.add(*examined.diagnostics)
        self.clashes.add(examined.taking)
        self.reads.add(examined.reads)
        self.payloads[examined.name] = examined.payloads
        if not examined.is_document or any(map(is_broken, examined.diagnostics)):
            self.broken.add(examined.name)


def _faulty(diagnostics: DiagnosticSet) -> set[str]:
    return {diagnostic.span.source.name for diagnostic in diagnostics.every() if is_broken(diagnostic)}


def _judge(project: Project, name: str, uses: Uses) -> Iterator[Diagnostic]:
    parsed = project.library.document(name)
    if not isinstance(parsed, Missing) and parsed.document is not None:
        yield from judged_by_rules(Family(parsed.document, uses))


WORTH_A_FORK = 30
"""So many specs must be left for each process: below it, forking costs more than it saves."""


def examinations(
    project: Project, names: Sequence[str], context: Context, request: Request, register: Register, memory: Memory
) -> Iterator[Examined]:
    """All of them in the order of the names."""
    known = {name: examined for name in names if (examined := memory.examined(name)) is not None}
    unknown = [name for name in names if name not in known]
    workers = max(1, min(processors(), len(unknown) // WORTH_A_FORK))
    sources = Sources(project.library, project.settings)
    look: Callable[[str], Examined] = partial(_examine, project, context, request)
    if workers == 1 and request == Request():
        look = partial(_examine_sweep, project, context, sources)
    with elsewhere(
        [unknown[start::workers] for start in range(1, workers)], partial(_line, look, register, sources)
    ) as forks:
        found = {name: _learned(look(name), register, memory) for name in unknown[::workers]}
        for line in forks.results():
            _take(json.loads(line), found, register, memory, sources)
    for name in names:
        yield known.get(name) or found.get(name) or _learned(look(name), register, memory)


def _examine(project: Project, context: Context, request: Request, name: str) -> Examined:
    return examine(project, name, context, request)


def _examine_sweep(project: Project, context: Context, sources: Sources, name: str) -> Examined:
    return examine_sweep(project, name, context, sources) or examine(project, name, context, Request())


def _learned(examined: Examined, register: Register, memory: Memory) -> Examined:
    """Looks up all that will be asked of it while other processes are still at work."""
    register.of(examined.name)
    memory.learn_examined(examined)
    return examined


def _line(look: Callable[[str], Examined], register: Register, sources: Sources, name: str) -> Iterator[bytes]:
    """What a fork has found out, or null where it cannot be said in another process."""
    try:
        examined = encode_examined(look(name), sources)
        facts = register.of(name)
        said = [name, encode_facts(facts, sources.library) if facts else None, examined]
    except Unrecordable:
        said = [name, None, None]
    yield json.dumps(said).encode() + b"\n"


def _take(said: Json, found: dict[str, Examined], register: Register, memory: Memory, sources: Sources) -> None:
    """What a fork has said, unless a file has changed since: this process has its own reading of it."""
    name, facts, record = said
    if facts is None or any(sources.library.contents.digest(file) != was for file, was in digests_of(record).items()):
        return
    register.add(decode_facts(name, facts))
    found[name] = decode_examined(name, record, sources)
    memory.learn_record(name, record)
