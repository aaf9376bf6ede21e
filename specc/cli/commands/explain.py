"""`specc explain`: where a value comes from."""

from typing import Annotated

import typer

from specc.app.explaining import explain_spec
from specc.app.session import request_of
from specc.cli import exits
from specc.cli.completion import complete_field, complete_spec
from specc.cli.console import write_data, write_text
from specc.cli.options import AttemptNumber, Cells, Only, Params, Profiles, Sets, TargetName
from specc.cli.printing import print_diagnostics
from specc.cli.sessions import open_session
from specc.explanation import as_json, as_text
from specc.language import translated
from specc.reporters import TextOrJson, format_named
from specc.visible import visible_json

SpecPath = Annotated[str, typer.Argument(metavar="SPEC", help="The spec.", autocompletion=complete_spec)]
FieldName = Annotated[
    str | None,
    typer.Argument(
        metavar="[FIELD]",
        help="A job field, or params.NAME, vars.NAME, matrix.NAME, results.NAME. "
        "job, params, vars, matrix or results alone shows all of them (default: job).",
        autocompletion=complete_field,
    ),
]
Output = Annotated[str, typer.Option("--output", metavar="FORMAT", help="text or json.")]


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
    attempt: AttemptNumber = 1,
) -> int:
    """Show the final value of a field and its whole history: who set it, what it overrides, what its template read.

    Of a sweep, the first selected cell is explained.

    Example: specc explain jobs/hello.job.yaml core_limit --profile smoke
    """
    format = format_named(output, TextOrJson)
    session = open_session()
    selected = session.specs([spec])
    if print_diagnostics(session.diagnostics):
        return exits.BROKEN
    request = request_of(profile, param, set_, only, cell, attempt)
    explained = explain_spec(session, selected, field, request, target)
    failed = print_diagnostics(explained.diagnostics)
    if explained.cell is not None:
        explanations = list(explained.explanations)
        if format is TextOrJson.JSON:
            write_data(as_json(explanations, explained.cell, hides_cell=explained.hides_cell), visible_json)
        else:
            first, units, hides = explained.cell, explained.units, explained.hides_cell
            write_text(as_text(explanations, first, units=units, hides_cell=hides, translate=translated))
    return exits.REFUSED if failed else exits.OK
