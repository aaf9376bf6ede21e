"""A check of many specs: those that were named, and those that inherit from them."""

from collections.abc import Iterable, Iterator
from dataclasses import field
from functools import partial

from specc.cache import Counts
from specc.compiler import Request
from specc.diagnostics import Diagnostic, Missing
from specc.fast_dataclass import dataclass
from specc.rules.rule import Family
from specc.rules.uses import Uses
from specc.workspace.clashes import Clashes
from specc.workspace.coverage import Coverage
from specc.workspace.dependents import dependents, graph_of
from specc.workspace.examinations import examinations
from specc.workspace.examining import Examined, is_broken
from specc.workspace.facts import Register
from specc.workspace.families import family_findings, judged_by_rules
from specc.workspace.findings import Findings
from specc.workspace.masking import masked
from specc.workspace.memory import Memory
from specc.workspace.project import Project
from specc.workspace.reading import Reads
from specc.workspace.suppression import suppress
from specc.workspace.verdicts import judged, without_doubtful_fixes


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
    specs_there = [] if all_specs else project.site.spec_names()
    if not all_specs:
        wanted += dependents(wanted, graph_of(specs_there, register))
    context = project.context(target)
    whole = _Whole()
    for examined in examinations(project, wanted, context, request, register, memory):
        whole.add(examined)
    known = [facts for name in wanted if (facts := register.of(name)) is not None]
    findings = whole.findings
    findings.add(*whole.clashes.findings())
    if len(known) == len(wanted):  # else what could not be read may use what nothing else does
        judge = partial(_judge, project)
        findings.add(*family_findings(known, register, project.settings, _faulty(findings), judge))
    as_is = request == Request() and target is None
    broken = frozenset(whole.broken | _faulty(findings))
    coverage = Coverage(tuple(specs_there), project.library, register, whole.reads, frozenset(wanted), broken, as_is)
    comments = project.library.suppressions(whole.reads)
    kept = suppress(findings.all(), comments, lambda source, code: coverage.is_sound(source.name, code.code))
    kept = masked(judged(kept, project.settings.rules))
    kept = list(without_doubtful_fixes(list(kept)))
    memory.save()
    counts = Counts(len(wanted), sum(not each.is_abstract for each in known), whole.payloads)
    if all_specs and as_is and not kept:
        memory.learn_clean(wanted, (whole.reads, *(facts.reads for facts in known)), counts)
    return Checked(tuple(kept), *counts, coverage)


@dataclass
class _Whole:
    """What specs come to together."""

    findings: Findings = field(default_factory=Findings)
    clashes: Clashes = field(default_factory=Clashes)
    broken: set[str] = field(default_factory=set)
    reads: Reads = field(default_factory=Reads)
    payloads: int = 0

    def add(self, examined: Examined) -> None:
        self.findings.add(*examined.findings)
        self.clashes.add(examined.taking)
        self.reads.add(examined.reads)
        self.payloads += examined.payloads
        if not examined.is_document or any(map(is_broken, examined.findings)):
            self.broken.add(examined.name)


def _faulty(findings: Findings) -> set[str]:
    return {finding.span.source.name for finding in findings.every() if is_broken(finding)}


def _judge(project: Project, name: str, uses: Uses) -> Iterator[Diagnostic]:
    parsed = project.library.document(name)
    if not isinstance(parsed, Missing) and parsed.document is not None:
        yield from judged_by_rules(Family(parsed.document, uses))
