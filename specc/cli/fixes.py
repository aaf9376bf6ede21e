"""`--fix`, `--unsafe-fixes` and `--diff` of `specc check`."""

from collections.abc import Iterable

from specc.app.session import Selected
from specc.cli.console import say, write_data
from specc.cli.printing import difference
from specc.compiler import Request
from specc.diagnostics import Diagnostic
from specc.linter import check_specs
from specc.linter.fixing import Fixed, fixed, is_fixable, write_fixed
from specc.project import Project
from specc.wording import counted


def take_fixes(
    selected: list[Selected], request: Request, target: str | None, *, all_specs: bool, shows: bool, unsafe: bool
) -> bool:
    """Write the fixes of all files, or print them (`shows`). Return whether there are any."""
    results: list[tuple[Selected, Fixed]] = []
    for entry in selected:

        def check(project: Project, names: Iterable[str] = tuple(entry.names)) -> Iterable[Diagnostic]:
            return check_specs(project, names, request, target=target, all_specs=all_specs).diagnostics

        results.append((entry, fixed(entry.project, check, unsafe=unsafe)))
    for entry, result in results:
        for source, diagnostic in result.refused:
            why = f"{diagnostic.code.code} {diagnostic.message}"
            say(f"warning: the fixes of {source.path} are left out: together they would bring an error, {why}")
        if shows:
            for file in result.files:
                write_data(difference(file.source, file.text))
        else:
            write_fixed(entry.project, result)
            entry.project = entry.project.again({})
    count, files = sum(result.count for _, result in results), sum(len(result.files) for _, result in results)
    if count:
        say(f"{'would fix' if shows else 'fixed'} {counted(count, 'problem')} in {counted(files, 'file')}")
    return count > 0


def say_fixable(selected: list[Selected], diagnostics: Iterable[Diagnostic]) -> None:
    """Say how many of the diagnostics that are left have a fix, and how it is taken."""
    found = list(diagnostics)
    everything = [f for f in found if any(is_fixable(f, entry.project, unsafe=True) for entry in selected)]
    safe = sum(f.fix is not None and f.fix.is_safe for f in everything)
    unsafe = len(everything) - safe
    if safe:
        more = f", {unsafe} more with `--unsafe-fixes`" if unsafe else ""
        say(f"{safe} fixable with `--fix`{more}")
    elif unsafe:
        say(f"{unsafe} fixable with `--fix --unsafe-fixes`; `--diff --unsafe-fixes` shows how")
