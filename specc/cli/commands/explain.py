"""`specc explain`: where a value comes from."""

from typing import Annotated

import typer

from specc.cli.completion import complete_field, complete_spec
from specc.cli.console import write_data, write_text
from specc.cli.options import Cells, Only, Params, Profiles, Sets, TargetName
from specc.cli.printing import print_diagnostics
from specc.cli.sessions import arguments, open_session
from specc.compiler import Request, evaluated_cells
from specc.diagnostics import Diagnostic, codes, did_you_mean
from specc.errors import SpeccError
from specc.evaluator import EvaluatedSpec, Evaluation
from specc.explanation import Explanation, Hiding, as_json, as_text, removed
from specc.explanation import explain as explain_value
from specc.reporters import TextOrJson, format_named
from specc.visible import visible_json
from specc.workspace import Findings

SpecPath = Annotated[str, typer.Argument(metavar="SPEC", help="The spec.", autocompletion=complete_spec)]
FieldName = Annotated[
    str | None,
    typer.Argument(
        metavar="[FIELD]",
        help="A job field, or params.NAME, vars.NAME, matrix.NAME, or one of the four words. [default: job]",
        autocompletion=complete_field,
    ),
]
Output = Annotated[str, typer.Option("--output", metavar="FORMAT", help="text or json.")]


SECTIONS = ("job", "vars", "params", "matrix")
NOT_WRITTEN = ("cell", "spec", "env")


def explain(
    spec: SpecPath,
    field: FieldName = None,
    output: Output = "text",
    profile: Profiles = None,
    param: Params = None,
    set_: Sets = None,
    only: Only = None,
    cell: Cells = None,
    target: TargetName = None,
) -> int:
    """Show the final value of a field and its whole history: who set it, what it overrides, what its template read.

    Of a sweep, the first selected cell is explained.

    Example: specc explain jobs/cavity.job.yaml core_limit --profile smoke
    """
    format = format_named(output, TextOrJson)
    session = open_session()
    selected = session.specs([spec])
    if print_diagnostics(session.findings):
        return 2
    if len(selected) != 1 or len(selected[0].names) != 1:
        raise SpeccError("`specc explain` takes one spec", help="name the file: `specc explain jobs/a.job.yaml`")
    entry, findings = selected[0], Findings()
    (name,) = entry.names
    document = entry.project.document(name, findings)
    first = None
    if document is not None:
        request = Request(
            tuple(profile or ()),
            arguments("-p", param),
            arguments("--set", set_),
            arguments("--only", only),
            tuple(cell or ()),
        )
        for item in evaluated_cells(document, entry.project.context(target), request):
            if isinstance(item, Diagnostic):
                # An input that is not given is shown as unknown: that is no mistake as long as nothing is rendered.
                if item.code is not codes.MISSING_PARAM:
                    findings.add(item)
                continue
            first = item
            break
    failed = print_diagnostics(session.not_ignored(findings))
    if first is not None:
        hiding = Hiding(entry.project.site.hidden, first[1].env_of_matrix)
        explanations = _explanations(*first, field, hiding)
        if format is TextOrJson.JSON:
            write_data(as_json(explanations, first[1].cell, hides_cell=hiding.hides_cell), visible_json)
        else:
            write_text(as_text(explanations, first[1].cell, hides_cell=hiding.hides_cell))
    return 1 if failed else 0


def _explanations(
    evaluation: Evaluation, evaluated: EvaluatedSpec, field: str | None, hiding: Hiding
) -> list[Explanation]:
    job = evaluated.spec.section("job")
    if field is None or field == "job":
        gone = [removed(f"job.{name}", node) for name, node in job.removed.items()]
        return [explain_value(f"job.{name}", value, hiding) for name, value in evaluated.job.items()] + gone
    if field in SECTIONS:
        return [_explanation(evaluation, f"{field}.{name}", hiding) for name in evaluation.names_in(field)]
    name = field if field.partition(".")[0] in SECTIONS else f"job.{field}"
    gone_field = job.removed.get(name.removeprefix("job."))
    return [removed(name, gone_field) if gone_field is not None else _explanation(evaluation, name, hiding)]


def _explanation(evaluation: Evaluation, name: str, hiding: Hiding) -> Explanation:
    section, _, rest = name.partition(".")
    value = evaluation.named(name) if rest else None
    if value is None:
        raise SpeccError(f"the spec sets no `{name}`", help=_meant(rest, section, evaluation.names_in(section)))
    return explain_value(name, value, hiding)


def _meant(name: str, section: str, known: list[str]) -> str | None:
    if name.partition(".")[0] in NOT_WRITTEN:
        return "this is no value of a file; ask for a job field, params.NAME, vars.NAME or matrix.NAME"
    return did_you_mean(name, known, f"names in `{section}`")
