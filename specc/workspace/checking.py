"""A check of many specs: those that were named, and those that inherit from them."""

from collections.abc import Iterable
from dataclasses import dataclass

from specc.compiler import Request, check_document
from specc.diagnostics import Diagnostic
from specc.workspace.dependents import dependents, graph_of
from specc.workspace.findings import Findings
from specc.workspace.project import Project


@dataclass(frozen=True, slots=True)
class Checked:
    """`files` were read as specs, `specs` are those that are not abstract, `payloads` what they come to."""

    diagnostics: tuple[Diagnostic, ...]
    files: int
    specs: int
    payloads: int


def check_specs(
    project: Project, names: Iterable[str], request: Request, *, target: str | None = None, all_specs: bool = False
) -> Checked:
    """Checks the named specs and their dependents. `all_specs` says that the names are the whole project already."""
    wanted = list(names)
    if not all_specs:
        wanted += dependents(wanted, graph_of(project.spec_names(), project.library))
    findings = Findings()
    context = project.context(target)
    specs = payloads = 0
    for name in wanted:
        document = project.document(name, findings)
        if document is None:
            continue
        specs += not document.abstract
        for item in check_document(document, context, request):
            if isinstance(item, Diagnostic):
                findings.add(item)
            else:
                payloads += 1
    return Checked(tuple(findings.all()), len(wanted), specs, payloads)
