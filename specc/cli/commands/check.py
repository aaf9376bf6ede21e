"""`specc check`: every mistake, before anything is sent."""

from typing import Annotated

import typer

from specc.cli.checking import CheckOptions, run_check
from specc.cli.completion import complete_report, complete_spec
from specc.cli.options import AttemptNumber, Params, Profiles, Sets, StdinName, TargetName
from specc.reporters import ReportFormat

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
        help=f"One of {', '.join(ReportFormat)}; repeatable (default: text).",
        autocompletion=complete_report,
    ),
]
Statistics = Annotated[
    bool,
    typer.Option("--statistics", help="Count diagnostics by code, in place of the text; beside --output, on stderr."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 for warnings, too.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither read nor write the cache of earlier checks.")]
BaselineFile = Annotated[
    str | None,
    typer.Option(
        "--baseline", metavar="FILE", help="Hide the diagnostics that are recorded in FILE, by file and code."
    ),
]
UpdateBaseline = Annotated[
    bool,
    typer.Option("--update-baseline", help="Write FILE if it is new, else remove from it what is fixed."),
]
FixOption = Annotated[bool, typer.Option("--fix", help="Apply the safe fixes, then check.")]
UnsafeFixes = Annotated[
    bool, typer.Option("--unsafe-fixes", help="With --fix or --diff: also apply fixes that guess what was meant.")
]
DiffOption = Annotated[
    bool, typer.Option("--diff", help="Print what --fix would change, and change nothing; exit with 1 if anything.")
]


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
    attempt: AttemptNumber = 1,
) -> int:
    """Find every mistake in specs, offline, without any input.

    Specs that inherit from the given ones are checked, too. Without a path, the whole project is checked.

    Example: specc check jobs/hello.job.yaml --output text --output json:report.json
    """
    options = CheckOptions(
        paths=tuple(paths or ()),
        output=tuple(output or ()),
        profiles=tuple(profile or ()),
        params=tuple(param or ()),
        sets=tuple(set_ or ()),
        target=target,
        strict=strict,
        statistics=statistics,
        baseline=baseline,
        update_baseline=update_baseline,
        fix=fix,
        unsafe_fixes=unsafe_fixes,
        diff=diff,
        no_cache=no_cache,
        stdin_filename=stdin_filename,
        attempt=attempt,
    )
    return run_check(options)
