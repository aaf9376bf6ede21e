"""A check as the command line does it: what it runs, what it prints, how it exits.

`specc check` is called by hooks and editors again and again, so nothing is imported before it is needed. Where nothing
has changed since a check that found nothing, that is not even the compiler; without diagnostics, it is not the reports.
"""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from specc.app.selection import STDIN, Chosen, Sites, world
from specc.cache import Asked, CleanChecks, Counts, store_of
from specc.cli import import_libraries
from specc.cli.console import Terminal, wants_color, write_painted
from specc.cli.sessions import open_sites
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
from specc.language import translated
from specc.reporters.counts import sum_up
from specc.reporters.paint import painter
from specc.reporters.report import Summary

if TYPE_CHECKING:
    from specc.app.checking import Outcome
    from specc.app.session import Selected
    from specc.cli.baselines import Baseline
    from specc.cli.printing import Output


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What `specc check` was asked for. Without any option, it checks the whole project as it is."""

    paths: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    target: str | None = None
    strict: bool = False
    statistics: bool = False
    baseline: str | None = None
    update_baseline: bool = False
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    no_cache: bool = False
    stdin_filename: str | None = None
    attempt: int = 1

    @property
    def is_whole_project(self) -> bool:
        return not self.paths

    @property
    def may_be_known(self) -> bool:
        """Return whether the outcome of an earlier check may answer this one: the specs are checked as they are."""
        return self == CheckOptions(
            self.paths, self.output, target=self.target, strict=self.strict, statistics=self.statistics
        )


def read_without_typer(words: Iterable[str]) -> CheckOptions | None:
    """Return the options of a command line with nothing but paths and the options of a usual check; None for others."""
    paths: list[str] = []
    flags: set[str] = set()
    values: dict[str, list[str]] = {"--output": [], "--target": []}
    waiting = iter(words)
    for word in waiting:
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            paths.append(word)
        elif word in ("--strict", "--statistics"):
            flags.add(word)
        elif name in values and not (value := value if equals else next(waiting, "-")).startswith("-"):
            values[name].append(value)
        else:
            return None
    target = values["--target"][-1] if values["--target"] else None
    output = tuple(values["--output"])
    return CheckOptions(
        tuple(paths), output, target=target, strict="--strict" in flags, statistics="--statistics" in flags
    )


def run_check(options: CheckOptions) -> int:
    """Check specs, print what was found, and return the exit code. Raises SpeccError for options that do not fit."""
    _check_options(options)
    sites = open_sites(options.stdin_filename, list(options.paths))
    asked = _Asked.of(options)
    chosen = sites.specs(list(options.paths))
    counts = _known(options, sites, chosen) if options.may_be_known else None
    if counts is not None:
        return _say_clean(options, asked, counts)
    return _check(options, asked, sites, chosen)


def _check_options(options: CheckOptions) -> None:
    if options.fix or options.diff:
        if STDIN in options.paths:
            raise SpeccError("fixes are written to files, and standard input is not one", help="name the file")
    elif options.unsafe_fixes:
        raise SpeccError("`--unsafe-fixes` does nothing alone", help="add `--fix`, or `--diff` to look at them first")


def _known(options: CheckOptions, sites: Sites, chosen: list[Chosen]) -> Counts | None:
    """Return what clean checks of these specs have counted, where nothing has changed since; else None."""
    if sites.diagnostics:
        return None
    known = [_recalled(options, each) for each in chosen]
    counts = [each for each in known if each is not None]
    return Counts.total(counts) if chosen and len(counts) == len(chosen) else None


def _recalled(options: CheckOptions, chosen: Chosen) -> Counts | None:
    site = chosen.site
    store = store_of(str(site.root), site.environment)
    if store is None:
        return None
    clean = CleanChecks(store, world(site, options.target))
    return clean.recall(Asked(chosen.names, options.is_whole_project, lambda: site.spec_names), site.contents)


def _say_clean(options: CheckOptions, asked: "_Asked | None", counts: Counts) -> int:
    """Print the report of a check that has found nothing, and return the exit code."""
    if asked is None:
        summary = Summary(*counts, errors=0, warnings=0)
        write_painted(sum_up(summary, painter(wants_color(sys.stdout)), translated) + "\n", sys.stdout)
        return 0
    from specc.app.reporting import report_of  # only for who asks for a report of his own
    from specc.cli.printing import print_statistics, write_report

    report = report_of((), files=counts.files, specs=counts.specs, payloads=counts.payloads)
    write_report(report, asked.outputs)
    if options.statistics:
        print_statistics(report, sys.stderr if asked.outputs else sys.stdout)
    return 0


def _check(options: CheckOptions, asked: "_Asked | None", sites: Sites, chosen: list[Chosen]) -> int:
    import_libraries()
    # These are the compiler, which costs 90 ms and is not needed where the outcome is known.
    from specc.app.checking import check_selected
    from specc.app.session import Session, request_of

    session = Session(sites, Terminal())
    selected = session.opened(chosen)
    request = request_of(options.profiles, options.params, options.sets, attempt=options.attempt)
    if (options.fix or options.diff) and not session.has_errors():
        from specc.cli.fixes import take_fixes  # only for those who ask for fixes

        has_fixes = take_fixes(
            selected,
            request,
            options.target,
            all_specs=options.is_whole_project,
            shows=options.diff,
            unsafe=options.unsafe_fixes,
        )
        if options.diff:
            return 1 if has_fixes else 0
    outcome = check_selected(
        session,
        selected,
        request,
        target=options.target,
        all_specs=options.is_whole_project,
        remembers=not options.no_cache,
    )
    return _report(options, asked, outcome, selected)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the options ask for that can be wrong: reports and a baseline. Made before anything is checked."""

    outputs: "Sequence[Output]"
    baseline: "Baseline | None"

    @classmethod
    def of(cls, options: CheckOptions) -> "_Asked | None":
        """Return None where nothing of this was asked for. Raises SpeccError for what cannot be had."""
        if not (options.output or options.statistics or options.baseline is not None or options.update_baseline):
            return None
        from specc.cli.printing import outputs_of  # it brings the reports

        outputs = outputs_of(list(options.output)) if options.output or not options.statistics else []
        if options.baseline is None and not options.update_baseline:
            return cls(outputs, None)
        from specc.cli.baselines import baseline_of  # it brings the compiler

        as_is = not (options.profiles or options.params or options.sets or options.target)
        return cls(outputs, baseline_of(options.baseline, update=options.update_baseline, as_is=as_is))


def _report(options: CheckOptions, asked: _Asked | None, outcome: "Outcome", selected: "list[Selected]") -> int:
    """Print what was found, and return the exit code. With wrong settings nothing was checked."""
    found = outcome.diagnostics
    if not found and (asked is None or asked.baseline is None):
        return _say_clean(options, asked, outcome.counts)
    from specc.app.reporting import report_of_check
    from specc.cli.fixes import say_fixable  # these bring the reports, which cost 80 ms
    from specc.cli.printing import Output, print_statistics, write_report

    outputs = asked.outputs if asked is not None else (Output("text", None),)
    if outcome.are_settings_wrong:
        write_report(report_of_check(outcome), outputs)
        return 2
    baseline = asked.baseline if asked is not None else None
    if baseline is not None:
        from specc.cli.baselines import hold_back  # only with --baseline

        found = hold_back(baseline, found, outcome.checked)
    report = report_of_check(outcome, found)
    write_report(report, outputs)
    say_fixable(selected, report.diagnostics)
    if options.statistics:
        print_statistics(report, sys.stderr if outputs else sys.stdout)
    is_refused = baseline is not None and baseline.refuses(report.diagnostics)
    has_failed = report.summary.errors or (options.strict and report.summary.warnings)
    return 1 if has_failed or is_refused else 0
