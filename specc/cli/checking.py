"""A check as the command line does it: what it runs, what it prints, how it exits.

`specc check` is called by hooks and editors again and again, so nothing is imported before it is needed. Where nothing
has changed since a check that found nothing, that is not even the compiler; without diagnostics, it is not the reports.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from specc.app.selection import STDIN, Chosen, Sites, world
from specc.cache import Counts, recall, store_of
from specc.cli.console import Terminal, wants_color, write_painted
from specc.cli.sessions import open_sites
from specc.errors import SpeccError
from specc.fast_dataclass import dataclass
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

    @property
    def is_whole_project(self) -> bool:
        return not self.paths

    @property
    def may_be_known(self) -> bool:
        """Return whether the outcome of an earlier check may answer this one: a clean check of the whole project."""
        return self == CheckOptions(strict=self.strict)


def run_check(options: CheckOptions) -> int:
    """Check specs, print what was found, and return the exit code. Raises SpeccError for options that do not fit."""
    _check_options(options)
    sites = open_sites(options.stdin_filename, list(options.paths))
    if options.may_be_known and (counts := _known(sites, sites.specs([]))) is not None:
        _say_clean(counts)
        return 0
    return _check(options, sites)


def _check_options(options: CheckOptions) -> None:
    if options.fix or options.diff:
        if STDIN in options.paths:
            raise SpeccError("fixes are written to files, and standard input is not one", help="name the file")
    elif options.unsafe_fixes:
        raise SpeccError("`--unsafe-fixes` does nothing alone", help="add `--fix`, or `--diff` to look at them first")


def _known(sites: Sites, chosen: list[Chosen]) -> list[Counts] | None:
    """Return what a clean check of each project has counted, where nothing has changed since; else None."""
    if sites.diagnostics:
        return None
    known = [_recalled(each) for each in chosen]
    counts = [each for each in known if each is not None]
    return counts if chosen and len(counts) == len(chosen) else None


def _recalled(chosen: Chosen) -> Counts | None:
    site = chosen.site
    store = store_of(str(site.root), site.environment)
    return recall(store, world(site, None), chosen.names, site.contents.digest)


def _say_clean(counts: Sequence[Counts]) -> None:
    """Print the report of a check that has found nothing."""
    summary = Summary(*Counts.total(counts), errors=0, warnings=0)
    write_painted(sum_up(summary, painter(wants_color(sys.stdout))) + "\n", sys.stdout)


def _check(options: CheckOptions, sites: Sites) -> int:
    # These are the compiler, which costs 90 ms and is not needed where the outcome is known.
    from specc.app.checking import check_selected
    from specc.app.session import Session, request_of

    session = Session(sites, Terminal())
    asked = _Asked.of(options)
    selected = session.specs(list(options.paths))
    request = request_of(options.profiles, options.params, options.sets)
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
        from specc.cli.baselines import baseline_of  # these bring the reports
        from specc.cli.printing import outputs_of

        outputs = outputs_of(list(options.output)) if options.output or not options.statistics else []
        as_is = not (options.profiles or options.params or options.sets or options.target)
        return cls(outputs, baseline_of(options.baseline, update=options.update_baseline, as_is=as_is))


def _report(options: CheckOptions, asked: _Asked | None, outcome: "Outcome", selected: "list[Selected]") -> int:
    """Print what was found, and return the exit code. With wrong settings nothing was checked."""
    found = outcome.diagnostics
    if asked is None and not found:
        _say_clean([outcome.counts])
        return 0
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
