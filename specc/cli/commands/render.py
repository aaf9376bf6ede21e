"""`specc render`: canonical payloads, all or none."""

from pathlib import Path
from typing import Annotated

import typer

from specc.app.rendering import pieces_of
from specc.app.session import request_of
from specc.cli.completion import complete_format, complete_spec
from specc.cli.console import say, visible_text, write_spool
from specc.cli.options import AttemptNumber, Cells, Only, Params, Profiles, Sets, TargetName
from specc.cli.printing import print_diagnostics
from specc.cli.sessions import open_session
from specc.compiler import Context
from specc.disk.outputs import Folder, spool
from specc.errors import SpeccError
from specc.lowering import Payload
from specc.project import DiagnosticSet
from specc.project.rendering import collect_files, write_payloads
from specc.reporters import PayloadFormat, format_named
from specc.reporters.payloads import WRITERS, digest_line
from specc.visible import visible_json

WHOLE = (PayloadFormat.NDJSON, PayloadFormat.PRETTY, PayloadFormat.REQUEST)
"""The formats in which each payload is a JSON document of its own."""

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SPEC]...", help="Specs or folders; `-` is standard input.", autocompletion=complete_spec),
]
FormatName = Annotated[
    str,
    typer.Option(
        "--format", metavar="NAME", help=f"One of {', '.join(PayloadFormat)}.", autocompletion=complete_format
    ),
]
Out = Annotated[str | None, typer.Option("-o", "--out", metavar="DIR", help="Write one NAME.json for each payload.")]
Digest = Annotated[bool, typer.Option("--digest", help="Print digests and names instead of payloads.")]


def render(
    paths: Paths = None,
    format_: FormatName = "ndjson",
    out: Out = None,
    digest: Digest = False,
    profile: Profiles = None,
    param: Params = None,
    set_: Sets = None,
    only: Only = None,
    cell: Cells = None,
    target: TargetName = None,
    attempt: AttemptNumber = 1,
) -> int:
    """Print the canonical payloads of specs, one per line. With an error anywhere, nothing is printed.

    Example: specc render jobs/hello.job.yaml -p greeting=hi --only who=world
    """
    format = format_named(format_, PayloadFormat)
    _check_options(format, out, digest=digest)
    session = open_session()
    selected = session.specs(list(paths or ()))
    if print_diagnostics(session.diagnostics):
        return 2
    request = request_of(profile, param, set_, only, cell, attempt)
    to_line = digest_line if digest else WRITERS[format]
    diagnostics = DiagnosticSet()

    def to_text(payload: Payload, context: Context) -> str:
        return to_line(payload, context.apis[payload.api], context.settings.targets[context.target].endpoint)

    pieces = pieces_of(selected, target)
    with spool() as text:
        folder = Folder(Path(out)) if out is not None else None
        if folder is None:
            write_payloads(pieces, request, to_text, text, diagnostics)
        else:
            collect_files(pieces, request, to_text, folder, diagnostics)
        if print_diagnostics(session.not_ignored(diagnostics)):
            return 1
        if folder is not None:
            written = folder.write()
            say(f"wrote {len(written)} files to {folder.path}")
        else:
            write_spool(text, visible_text if format is PayloadFormat.YAML else visible_json)
    return 0


def _check_options(format: PayloadFormat, out: str | None, *, digest: bool) -> None:
    """Raise SpeccError for options that do not fit each other."""
    if out is not None and (digest or format not in WHOLE):
        help = f"formats for `-o`: {', '.join(WHOLE)}; the others go to standard output"
        raise SpeccError("`-o` writes one JSON file for each payload", help=help)
    if out == "":
        raise SpeccError("`-o` names no folder", help="write `-o .` for the current one")
