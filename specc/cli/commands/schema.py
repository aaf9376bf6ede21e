"""`specc schema`: JSON Schema from the API's pages."""

import os
from pathlib import Path
from typing import Annotated

import typer

from specc import assets
from specc.app.reporting import report_of
from specc.app.selection import STDIN, STDIN_NAME, show
from specc.cli.completion import complete_api
from specc.cli.console import read_stdin, write_data, write_json, write_line
from specc.cli.printing import outputs_of, print_diagnostics, write_report
from specc.diagnostics import Diagnostic, Missing, did_you_mean
from specc.disk import check_stays, read_bytes
from specc.disk.outputs import write_file
from specc.errors import SpeccError
from specc.language import translated
from specc.parser import decode
from specc.project import Apis
from specc.reporters import TextOrJson, format_named
from specc.schema import ApiSchema
from specc.schemagen import (
    EDITOR,
    SETTINGS,
    Kind,
    build_schema,
    diff,
    dump,
    generate,
    stale,
    stale_copy,
)
from specc.source import Source
from specc.visible import visible_json

schema_app = typer.Typer(help="Build, show, compare and check the API's JSON Schemas.", no_args_is_help=True)


PageFile = Annotated[
    Path,
    typer.Argument(metavar="PAGE.md", help="A page of the API's documentation, in Markdown; `-` is standard input."),
]
PatchFile = Annotated[Path | None, typer.Option("--patch", help="A merge patch for what the page does not say.")]
KindName = Annotated[Kind, typer.Option("--kind", help="request, response, editor or settings.")]
ApiName = Annotated[
    str, typer.Argument(metavar="[API]", help="An API version, such as ehpc/v1.", autocompletion=complete_api)
]
SchemaPath = Annotated[
    Path | None,
    typer.Argument(
        metavar="[PATH]", help="A folder of API pages (without one: specc's own), or a copy of a schema for editors."
    ),
]


@schema_app.command("build")
def build(page: PageFile, patch: PatchFile = None, kind: KindName = Kind.REQUEST) -> int:
    """Print the JSON Schema that an API page describes.

    Example: specc schema build submitjob.md --patch submitjob.patch.yaml --kind request
    """
    schema, found = build_schema(_source(page), _source(patch) if patch is not None else None, kind)
    failed = print_diagnostics(found)
    if failed or schema is None:
        return 1
    write_data(dump(schema), visible_json)
    return 0


@schema_app.command("show")
def show_schema(api: ApiName = "ehpc/v1", kind: KindName = Kind.REQUEST) -> int:
    """Print a schema that ships with specc.

    Example: specc schema show ehpc/v2 --kind response
    """
    schema = _api(api)
    match kind:
        case Kind.REQUEST:
            write_data(dump(schema.request), visible_json)
        case Kind.RESPONSE:
            write_data(dump(schema.response), visible_json)
        case Kind.EDITOR:
            write_data(_shipped(EDITOR), visible_json)
        case Kind.SETTINGS:
            write_data(_shipped(SETTINGS), visible_json)
    return 0


@schema_app.command("diff")
def diff_schemas(
    old: Annotated[str, typer.Argument(metavar="OLD", help="An API version.", autocompletion=complete_api)],
    new: Annotated[
        str, typer.Argument(metavar="NEW", help="The API version to compare with.", autocompletion=complete_api)
    ],
    kind: KindName = Kind.REQUEST,
    output: Annotated[str, typer.Option("--output", metavar="FORMAT", help="text or json.")] = "text",
) -> int:
    """Say what changed between two API versions.

    Example: specc schema diff ehpc/v1 ehpc/v2
    """
    if kind in (Kind.EDITOR, Kind.SETTINGS):
        raise SpeccError(
            f"there is one schema of kind `{kind}` for all API versions", help="compare `request` or `response`"
        )
    format = format_named(output, TextOrJson)
    before, after = _api(old), _api(new)
    changes = diff(before.request, after.request) if kind is Kind.REQUEST else diff(before.response, after.response)
    if format is TextOrJson.JSON:
        rows = [
            {"aspect": c.aspect, "field": c.field, "keyword": c.keyword, "old": c.old, "new": c.new} for c in changes
        ]
        write_json({"changes": rows})
    else:
        for line in map(str, changes) if changes else ("no difference",):
            write_line(translated(line))
    return 0


@schema_app.command("check")
def check_schemas(
    path: SchemaPath = None,
    write: Annotated[bool, typer.Option("--write", help="Write the generated files anew.")] = False,
) -> int:
    """Fail when a generated schema differs from what its page and patch give.

    A project's copy of the schema of specs or of specc.toml, as `specc init` makes it, is given as a file. It must be
    the one that this version of specc ships.

    Example: specc schema check schemas/jobspec.schema.json
    """
    root = path if path is not None else assets.folder("schemas")
    if root.name in (EDITOR, SETTINGS) and not os.path.isdir(root):
        return _check_copy(root, write=write)
    if not os.path.isdir(root):
        raise SpeccError(f"{root} is neither a folder nor a file `{EDITOR}` or `{SETTINGS}`")
    if not write:
        return _verdict(stale(root))
    files, found = generate(root)
    if print_diagnostics(found):
        return 1
    for path, text in files.items():
        write_file(path, text)
        write_line(show(path))
    return 0


def _check_copy(path: Path, *, write: bool) -> int:
    shipped = _shipped(path.name)
    found = stale_copy(path, shipped)
    if not write:
        return _verdict(found)
    if found:
        write_file(path, shipped)
        write_line(show(path))
    return 0


def _verdict(found: list[Diagnostic]) -> int:
    report = report_of(found)
    write_report(report, outputs_of(None) if report.diagnostics else [])
    return 1 if report.summary.errors else 0


def _shipped(name: str) -> str:
    return (assets.folder("schemas") / name).read_text(encoding="utf-8")


def _source(path: Path) -> Source:
    name = STDIN_NAME if str(path) == STDIN else show(path)
    if str(path) != STDIN:
        check_stays(path, "read")
    data = read_stdin() if str(path) == STDIN else read_bytes(path, takes_pipes=True)
    if isinstance(data, Missing):
        raise SpeccError(data.message)
    source = decode(data, name, name)
    if isinstance(source, Diagnostic):
        raise SpeccError(f"{name}: {source.message}", help=source.help)
    return source


def _api(name: str) -> ApiSchema:
    apis = Apis()
    if name not in apis:
        raise SpeccError(f"there is no API `{name}`", help=did_you_mean(name, apis, "APIs"))
    return apis[name]
