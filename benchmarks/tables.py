"""Results as Markdown and as JSON."""

import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.result import Result, series
from benchmarks.targets import GROWTH, verdicts
from specc import __version__

BEGIN = "<!-- bench: from here on written by `make bench` -->\n"
END = "<!-- bench: until here -->\n"
"""Around what a run writes into the manual's page."""


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    system = f"{platform.system()} on {platform.machine()}"
    return f"{os.cpu_count()} processors, {memory:.0f} GB, {system}, Python {platform.python_version()}"


def markdown(results: Sequence[Result], missing: Mapping[str, str]) -> str:
    lines = [
        f"specc {__version__} on {machine()}.",
        "Seconds are medians of whole processes run in turn, `from .. to` the fastest and the slowest of them.",
        *(f"Without {name}: {reason}." for name, reason in missing.items()),
        "",
        *_targets(results),
        "",
        *_growth(results),
        "",
        *_contests(results),
    ]
    return "\n".join(lines) + "\n"


def on_page(page: str, results: Sequence[Result]) -> str:
    """The page, with the short tables of this run between the two marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    tables = "\n".join([f"Measured on {machine()}.", "", *_targets(results), "", *_growth(results)])
    return f"{before}{begin}\n{tables}\n{end}{after}"


def _targets(results: Sequence[Result]) -> Iterator[str]:
    yield from _head("what", "beside", "ratio", "of user time", "at most", "stretch", "")
    for one in verdicts(results):
        user = f"{one.user_ratio:.2f}" if one.user_ratio is not None else ""
        stretch = f"{one.stretch:.2f}" if one.stretch is not None else ""
        yield _row(one.what, one.beside, f"{one.ratio:.2f}", user, f"{one.most:.2f}", stretch, one.wording)


def _growth(results: Sequence[Result]) -> Iterator[str]:
    yield from _head("growth with", "size: seconds", "ms for each more")
    for name, work, tool in GROWTH:
        points = series(results, work, tool)
        if len(points) > 1:
            (least, first), (most, last) = points[0], points[-1]
            each = ", ".join(f"{size:,}: {seconds:.3g}" for size, seconds in points)
            yield _row(name, each, f"{1000 * (last - first) / (most - least):.3g}")


def _contests(results: Sequence[Result]) -> Iterator[str]:
    yield from _head(
        "work", "size", "tool", "seconds", "from .. to", "user", "peak MB", "runs", "times specc", "a second"
    )
    for result in results:
        ours = next(iter(result.timings.values())).wall
        for name, timing in result.timings.items():
            low, high = timing.spread
            yield _row(
                f"{result.work} ({result.unit})",
                f"{result.size:,}",
                name,
                f"{timing.wall:.3f}",
                f"{low:.3f} .. {high:.3f}",
                f"{timing.user:.3f}",
                f"{timing.peak:.0f}",
                f"{len(timing.runs)}",
                f"{timing.wall / ours:.2f}",
                f"{result.size / timing.wall:,.0f}",
            )


def _head(*names: str) -> Iterator[str]:
    yield _row(*names)
    yield _row(*("---" for _ in names))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def as_json(results: Sequence[Result], missing: Mapping[str, str]) -> str:
    contests = [
        {
            "work": result.work,
            "size": result.size,
            "unit": result.unit,
            "tool": name,
            "seconds": {"median": timing.wall, "min": timing.spread[0], "max": timing.spread[1]},
            "user_seconds": timing.user,
            "peak_mb": round(timing.peak, 1),
            "runs": len(timing.runs),
        }
        for result in results
        for name, timing in result.timings.items()
    ]
    targets = [
        {
            "what": one.what,
            "beside": one.beside,
            "ratio": one.ratio,
            "user_ratio": one.user_ratio,
            "at_most": one.most,
            "met": one.is_met,
        }
        for one in verdicts(results)
    ]
    whole = {
        "specc": __version__,
        "machine": machine(),
        "missing": dict(missing),
        "targets": targets,
        "contests": contests,
    }
    return json.dumps(whole, indent=2) + "\n"
