"""`specc diff`: which payloads a change adds, removes and alters, and which line is the cause."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from specc.app.comparing import against_revision, two_specs
from specc.app.session import request_of
from specc.cli import exits
from specc.cli.completion import complete_spec
from specc.cli.console import say, visible_text, wants_color, write_data, write_painted
from specc.cli.options import Params, Profiles, Sets, TargetName
from specc.cli.printing import Output, print_diagnostics
from specc.cli.sessions import open_session
from specc.comparison import REPORTS, Comparison
from specc.comparison.reports import as_text
from specc.comparison.wording import headline
from specc.compiler import Request
from specc.diagnostics import did_you_mean
from specc.disk.outputs import write_file
from specc.errors import SpeccError
from specc.language import translated
from specc.project import DiagnosticSet
from specc.reporters import format_named
from specc.reporters.locations import writable
from specc.reporters.paint import painter
from specc.visible import visible_json
from specc.wording import counted

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[REV] [PATH]...",
        help="A git revision, specs and folders; or two specs, to compare one with the other.",
        autocompletion=complete_spec,
    ),
]
Outputs = Annotated[
    list[str] | None,
    typer.Option("--output", metavar="FORMAT[:PATH]", help="text, markdown or json; repeatable (default: text)."),
]
Check = Annotated[bool, typer.Option("--check", help="Exit with 10 when any payload changed.")]


def diff(
    words: Words = None,
    output: Outputs = None,
    check: Check = False,
    profile: Profiles = None,
    param: Params = None,
    set_: Sets = None,
    target: TargetName = None,
) -> int:
    """Show which payloads a change adds, removes and alters, and which line of which file is the cause.

    The work tree is compared with REV, by default with the merge base with the default branch. Neither the work tree
    nor the index of git is touched. Two specs are compared with each other.

    Example: specc diff HEAD~1 --output text --output markdown:comment.md
    """
    outputs = _outputs(output)
    session = open_session()
    request = request_of(profile, param, set_)
    given = list(words or ())
    if len(given) == 2 and all(os.path.isfile(word) for word in given):
        comparison, base, untouched = two_specs(session, given, request, target), given[0], 0
    else:
        comparison, base, untouched = against_revision(session, given, request, target)
    if print_diagnostics(session.diagnostics):
        return exits.BROKEN
    _check_names(request, comparison.declared)
    found = DiagnosticSet()
    found.add(*comparison.diagnostics)
    failed = print_diagnostics(found.all())
    for one in sorted(outputs, key=lambda one: one.path is None):
        if one.path is not None:
            write_file(one.path, writable(REPORTS[one.format](comparison, base)))
        elif one.format == "text":
            drawn = as_text(comparison, base, painter(wants_color(sys.stdout)), translated)
            write_painted(writable(drawn), sys.stdout)
        else:
            text = writable(REPORTS[one.format](comparison, base))
            write_data(text, visible_json if one.format == "json" else visible_text)
    _summarise(comparison, base, untouched)
    if failed:
        return exits.REFUSED
    return exits.CHANGES if check and not comparison.is_empty else exits.OK


def _check_names(request: Request, declared: frozenset[str] | None) -> None:
    """A parameter that some specs have not got is left out for them; one that none has is a slip."""
    for text in request.params if declared is not None else ():
        name, equals, _ = text.text.partition("=")
        if not equals:
            raise SpeccError(f"`-p` takes NAME=VALUE, not `{text.text}`")
        if name not in (declared or ()):
            help = did_you_mean(name, sorted(declared or ()), "parameters")
            raise SpeccError(f"no spec that was compared has a parameter `{name}`", help=help)


def _outputs(texts: list[str] | None) -> list[Output]:
    outputs = [Output(name, Path(path) if path else None) for name, _, path in (t.partition(":") for t in texts or ())]
    for one in outputs:
        format_named(one.format, REPORTS)
    return outputs or [Output("text", None)]


def _summarise(comparison: Comparison, base: str, untouched: int) -> None:
    parts = [headline(comparison)]
    if comparison.same:
        parts.append(f"{comparison.same:,} the same")
    if untouched:
        parts.append(f"{counted(untouched, 'file')} untouched")
    say(f"compared with {base}: {'; '.join(parts)}")
