"""Results as Markdown."""

from collections.abc import Sequence

from benchmarks.bench import Result


def markdown(results: Sequence[Result]) -> str:
    lines = ["| work | tool | seconds | from .. to | user | peak MB | times specc |", "|---|---|---|---|---|---|---|"]
    for result in results:
        ours = result.timings["specc"].wall
        for name, timing in result.timings.items():
            low, high = timing.spread
            cells = (
                f"{result.work} {result.size:,} {result.unit}",
                name,
                f"{timing.wall:.3f}",
                f"{low:.3f} .. {high:.3f}",
                f"{timing.user:.3f}",
                f"{timing.peak:.0f}",
                f"{timing.wall / ours:.2f}",
            )
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
