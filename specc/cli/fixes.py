"""`--fix`, `--unsafe-fixes` and `--diff` of `specc check`."""

from collections.abc import Iterable
from typing import Annotated

import typer

from specc.cli.fmt import difference
from specc.cli.session import Selected
from specc.cli.sites import STDIN
from specc.cli.speech import say, write_data
from specc.compiler import Request
from specc.diagnostics import Diagnostic
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.workspace import Project, check_specs
from specc.workspace.fixing import Fixed, fixed, is_fixable, write_fixed

FixOption = Annotated[bool, typer.Option("--fix", help="Mend what can be mended without a doubt, then check.")]
UnsafeFixes = Annotated[
    bool, typer.Option("--unsafe-fixes", help="With --fix or --diff: also fixes that guess what was meant.")
]
DiffOption = Annotated[
    bool, typer.Option("--diff", help="Print what --fix would change, and change nothing; exit with 1 if anything.")
]


@dataclass(frozen=True, slots=True)
class Fixing:
    """What the options ask for."""

    writes: bool
    shows: bool
    unsafe: bool


def fixing_of(paths: list[str] | None, *, fix: bool, unsafe: bool, diff: bool) -> Fixing | None:
    """Raises SpeccError for what does not go together."""
    if not fix and not diff:
        if unsafe:
            raise SpeccError(
                "`--unsafe-fixes` does nothing alone", help="add `--fix`, or `--diff` to look at them first"
            )
        return None
    if STDIN in (paths or ()):
        raise SpeccError("fixes go into files, and standard input is none", help="name the file")
    return Fixing(fix and not diff, diff, unsafe)


def take_fixes(
    fixing: Fixing, selected: list[Selected], request: Request, target: str | None, *, all_specs: bool
) -> bool:
    """Writes or shows the fixes of all files. Says whether there were any."""
    results: list[tuple[Selected, Fixed]] = []
    for entry in selected:

        def check(project: Project, names: Iterable[str] = tuple(entry.names)) -> Iterable[Diagnostic]:
            return check_specs(project, names, request, target=target, all_specs=all_specs).diagnostics

        results.append((entry, fixed(entry.project, check, unsafe=fixing.unsafe)))
    for entry, result in results:
        for source, finding in result.refused:
            why = f"{finding.code.code} {finding.message}"
            say(f"warning: the fixes of {source.path} are left out: together they would bring an error, {why}")
        if fixing.shows:
            for file in result.files:
                write_data(difference(file.source, file.text))
        else:
            write_fixed(entry.project, result)
            entry.project = entry.project.again({})
    count, files = sum(result.count for _, result in results), sum(len(result.files) for _, result in results)
    if count:
        say(f"{'would fix' if fixing.shows else 'fixed'} {_problems(count)} in {files} file{'s' * (files != 1)}")
    return count > 0


def say_fixable(selected: list[Selected], findings: Iterable[Diagnostic]) -> None:
    """How many of the findings that are left have a fix, and how it is taken."""
    found = list(findings)
    everything = [f for f in found if any(is_fixable(f, entry.project, unsafe=True) for entry in selected)]
    safe = sum(f.fix is not None and f.fix.is_safe for f in everything)
    unsafe = len(everything) - safe
    if safe:
        more = f", {unsafe} more with `--unsafe-fixes`" if unsafe else ""
        say(f"{safe} fixable with `--fix`{more}")
    elif unsafe:
        say(f"{unsafe} fixable with `--fix --unsafe-fixes`; `--diff --unsafe-fixes` shows how")


def _problems(count: int) -> str:
    return "1 problem" if count == 1 else f"{count:,} problems"
