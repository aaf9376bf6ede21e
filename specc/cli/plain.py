"""`specc check [PATH]...` without any option, as people, editors and hooks call it.

What only options and findings need is not imported: typer and the reports, a third of the time of a check of one spec.
With a finding, the command itself says what was found. Where nothing has changed since a check that found nothing, the
compiler is not imported either.
"""

import os
import sys
from importlib import import_module

from specc.cache import Counts, recall, store_of
from specc.cli import COMPLETE
from specc.cli.colors import wants_color
from specc.cli.sites import Chosen, Sites, world
from specc.cli.speech import write_painted
from specc.reporters.counts import sum_up
from specc.reporters.paint import painter
from specc.reporters.report import Summary


def is_plain(arguments: list[str]) -> bool:
    """Standard input is asked for with a dash, too, and so is left to the command itself."""
    is_check = arguments[:1] == ["check"] and COMPLETE not in os.environ
    return is_check and not any(argument.startswith("-") for argument in arguments)


def check_plainly(paths: list[str]) -> int:
    """What `specc check` does with these paths."""
    sites = Sites()
    chosen = sites.specs(paths)
    known = [] if paths or sites.findings else [_recalled(each) for each in chosen]
    counts = [each for each in known if each is not None]
    if not chosen or len(counts) < len(chosen):
        # Deferred, because it is the compiler, and costs 90 ms.
        code: int = import_module("specc.cli.anew").check_anew(sites, chosen, all_specs=not paths)
        return code
    say_clean(counts)
    return 0


def _recalled(chosen: Chosen) -> Counts | None:
    site = chosen.site
    store = store_of(str(site.root), site.environment)
    return recall(store, world(site, None), chosen.names, site.contents.digest)


def say_clean(counts: list[Counts]) -> None:
    """The report of a check that has found nothing."""
    files, specs, payloads = (sum(numbers) for numbers in zip((0, 0, 0), *counts, strict=True))
    summary = Summary(files, specs, payloads, errors=0, warnings=0)
    write_painted(sum_up(summary, painter(wants_color(sys.stdout))) + "\n", sys.stdout)
