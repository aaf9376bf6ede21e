"""The check of one spec by itself. What it comes to can be remembered, or come from another process."""

from dataclasses import replace

from specc.compiler import Context, Request, check_document
from specc.diagnostics import Diagnostic
from specc.fast_dataclass import dataclass
from specc.workspace.clashes import Taking, Takings
from specc.workspace.findings import Findings
from specc.workspace.project import Project
from specc.workspace.reading import Reader, Reads
from specc.workspace.suppression import RULES


@dataclass(frozen=True, slots=True)
class Examined:
    """`findings` in the order found. `is_document`: it could be read as a spec. `payloads` are counted only."""

    name: str
    is_document: bool
    findings: tuple[Diagnostic, ...]
    taking: Taking
    payloads: int
    reads: Reads


def examine(project: Project, name: str, context: Context, request: Request) -> Examined:
    reader = Reader(context.library)
    context = replace(context, library=reader)
    findings, takings = Findings(), Takings(context.view)
    reader.document(name)
    document = project.document(name, findings)
    payloads = 0
    for item in check_document(document, context, request) if document is not None else ():
        if isinstance(item, Diagnostic):
            findings.add(item)
        else:
            takings.add(item)
            payloads += 1
    return Examined(name, document is not None, tuple(findings.every()), takings.taken, payloads, reader.reads)


def is_broken(finding: Diagnostic) -> bool:
    """Does it keep a spec from becoming a payload?"""
    return finding.is_error and not finding.code.code.startswith(RULES)
