"""`specc check`: every mistake, before anything is sent."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from specc.cli.anew import check_selected
from specc.cli.baselines import Baseline, BaselineFile, UpdateBaseline, baseline_of, hold_back
from specc.cli.completion import complete_report, complete_spec
from specc.cli.fixes import DiffOption, FixOption, UnsafeFixes, fixing_of, say_fixable, take_fixes
from specc.cli.options import Params, Profiles, Sets, StdinName, TargetName
from specc.cli.printing import Output, outputs_of, print_statistics, report_of, write_report
from specc.cli.session import Selected, Session, arguments
from specc.cli.sites import Sites, stdin_name_of
from specc.compiler import Request
from specc.workspace import Checked

Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PATH]...",
        help="Specs or folders; `-` reads one spec from standard input.",
        autocompletion=complete_spec,
    ),
]
Outputs = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        metavar="FORMAT[:PATH]",
        help="text, concise, json, sarif, github, gitlab or junit; repeatable. [default: text]",
        autocompletion=complete_report,
    ),
]
Statistics = Annotated[
    bool,
    typer.Option("--statistics", help="Count findings by code, in place of the text; beside --output, on stderr."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 for warnings, too.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither read nor write the cache of earlier checks.")]


def check(
    paths: Paths = None,
    output: Outputs = None,
    profile: Profiles = None,
    param: Params = None,
    set_: Sets = None,
    target: TargetName = None,
    strict: Strict = False,
    statistics: Statistics = False,
    baseline: BaselineFile = None,
    update_baseline: UpdateBaseline = False,
    fix: FixOption = False,
    unsafe_fixes: UnsafeFixes = False,
    diff: DiffOption = False,
    no_cache: NoCache = False,
    stdin_filename: StdinName = None,
) -> int:
    """Find every mistake in specs, offline, without any input.

    Specs that inherit from the given ones are checked, too. Without a path, the whole project is checked.

    Example: specc check jobs/cavity.job.yaml --output text --output json:report.json
    """
    outputs = outputs_of(output) if output or not statistics else []
    as_is = not (profile or param or set_ or target)
    allowed = baseline_of(baseline, update=update_baseline, as_is=as_is)
    fixing = fixing_of(paths, fix=fix, unsafe=unsafe_fixes, diff=diff)
    session = Session(Sites(stdin_name_of(stdin_filename, paths)))
    selected = session.specs(list(paths or ()))
    if session.has_errors():
        return say_checked(session, selected, [], outputs)
    request = Request(tuple(profile or ()), arguments("-p", param), arguments("--set", set_))
    if fixing is not None:
        has_fixes = take_fixes(fixing, selected, request, target, all_specs=not paths)
        if fixing.shows:
            return 1 if has_fixes else 0
    checked = check_selected(session, selected, request, target=target, all_specs=not paths, remembers=not no_cache)
    return say_checked(session, selected, checked, outputs, allowed, strict=strict, statistics=statistics)


def say_checked(
    session: Session,
    selected: list[Selected],
    checked: list[Checked],
    outputs: Sequence[Output] = (Output("text", None),),
    allowed: Baseline | None = None,
    *,
    strict: bool = False,
    statistics: bool = False,
) -> int:
    """Reports what was found, and says how to exit. With a wrong configuration nothing was checked."""
    if session.has_errors():
        write_report(report_of(session.findings), outputs)
        return 2
    found = (*session.findings, *(diagnostic for result in checked for diagnostic in result.diagnostics))
    report = report_of(
        hold_back(allowed, found, checked) if allowed else found,
        files=sum(result.files for result in checked),
        specs=sum(result.specs for result in checked),
        payloads=sum(result.payloads for result in checked),
    )
    write_report(report, outputs)
    say_fixable(selected, report.diagnostics)
    if statistics:
        print_statistics(report, sys.stderr if outputs else sys.stdout)
    refused = allowed is not None and allowed.refuses(report.diagnostics)
    has_failed = report.summary.errors or (strict and report.summary.warnings)
    return 1 if has_failed or refused else 0
