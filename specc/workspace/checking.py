"""A check of many specs: those that were named, and those that inherit from them."""

from collections.abc import Iterable
from dataclasses import dataclass

from specc.compiler import Request, check_document
from specc.diagnostics import Diagnostic
from specc.parser import Document
from specc.workspace.clashes import Clashes
from specc.workspace.coverage import Coverage
from specc.workspace.dependents import dependents, graph_of
from specc.workspace.families import family_findings
from specc.workspace.findings import Findings
from specc.workspace.masking import masked
from specc.workspace.project import Project
from specc.workspace.suppression import RULES, suppress
from specc.workspace.verdicts import judged


@dataclass(frozen=True, slots=True)
class Checked:
    """`files` were read as specs, `specs` are those that are not abstract, `payloads` what they come to."""

    diagnostics: tuple[Diagnostic, ...]
    files: int
    specs: int
    payloads: int
    coverage: Coverage


def check_specs(
    project: Project, names: Iterable[str], request: Request, *, target: str | None = None, all_specs: bool = False
) -> Checked:
    """Checks the named specs and their dependents. `all_specs` says that the names are the whole project already."""
    wanted = list(names)
    specs_there = [] if all_specs else project.spec_names()
    if not all_specs:
        wanted += dependents(wanted, graph_of(specs_there, project.library))
    findings = Findings()
    documents: list[Document] = []
    context = project.context(target)
    clashes = Clashes(context.world)
    broken: set[str] = set()
    specs = payloads = 0
    for name in wanted:
        document = project.document(name, findings)
        if document is None:
            broken.add(name)
            continue
        specs += not document.abstract
        documents.append(document)
        for item in check_document(document, context, request):
            if isinstance(item, Diagnostic):
                findings.add(item)
                if item.is_error and not item.code.code.startswith(RULES):
                    broken.add(name)
            else:
                clashes.add(item)
                payloads += 1
    findings.add(*clashes.findings())
    if len(documents) == len(wanted):  # else what could not be read may use what nothing else does
        faulty = {f.span.source.name for f in findings.all() if f.is_error and not f.code.code.startswith(RULES)}
        findings.add(*family_findings(documents, project.library, project.settings, faulty))
    broken |= {f.span.source.name for f in findings.all() if f.is_error and not f.code.code.startswith(RULES)}
    as_is = request == Request() and target is None
    coverage = Coverage(tuple(specs_there), project.library, frozenset(wanted), frozenset(broken), as_is)
    kept = suppress(
        findings.all(),
        project.library.suppressions(),
        lambda source, code: coverage.is_sound(source.name, code.code),
    )
    kept = masked(judged(kept, project.settings.rules))
    return Checked(tuple(kept), len(wanted), specs, payloads, coverage)
