"""The pictures of a page as static SVG: when jobs waited and ran, what they used, and values over an axis.

A picture that has more marks than anybody can see leaves some out, and says so.
"""

from collections.abc import Callable, Sequence
from math import inf, nextafter

from markupsafe import Markup

from specc.fast_dataclass import dataclass
from specc.reporters.page.elements import EMPTY, element, joined, number
from specc.reporters.page.model import Column, Job, Outcome, value_text
from specc.reporters.page.scales import Scale, grouped, levels, median, of_numbers, scale_of, time_ticks
from specc.wording import counted, duration_text, size_text

WIDTH = 960
MOST_LINES, MOST_POINTS, MOST_GROUPS = 2000, 2000, 7
TALLEST, LARGEST_LINE = 420, 14.0
CURVE = 56
TICK_ROOM = 22
OPEN = (Outcome.RUNNING, Outcome.WAITING)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture, and a sentence about what it does not show, if anything."""

    svg: Markup
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Bars:
    """When a job waited and ran, in seconds from the beginning of the picture."""

    waited: tuple[float, float] | None
    ran: tuple[float, float] | None


def timeline(jobs: Sequence[Job], seen_at: float | None) -> Drawing | None:
    """Return when each job waited and ran, a line for each, below how many ran at a time.

    None where no time is known.
    """
    times = [at for job in jobs for at in (job.submitted_at, job.started_at, job.ended_at) if at is not None]
    if not times:
        return None
    start = min(times)
    is_open = any(job.outcome in OPEN for job in jobs)
    end = max([*times, seen_at if seen_at is not None and is_open else start])
    span = max(end - start, 0.1)
    every = -(-len(jobs) // MOST_LINES)
    drawn = [_bars(job, start, end) for job in jobs[::every]]
    height = min(LARGEST_LINE, TALLEST / len(drawn))
    slope = WIDTH / span
    paths: dict[str, list[str]] = {}
    for at, (job, bars) in enumerate(zip(jobs[::every], drawn, strict=True)):
        middle = CURVE + TICK_ROOM + (at + 0.5) * height
        for name, bar in (("w", bars.waited), (f"o-{job.outcome}", bars.ran)):
            if bar is not None:
                left, width = bar[0] * slope, max((bar[1] - bar[0]) * slope, 0.7)
                paths.setdefault(name, []).append(f"M{number(min(left, WIDTH - 0.7))} {number(middle)}h{number(width)}")
    thick = number(max(0.3, height * 0.8))
    lines = (
        element("path", class_=name, d="".join(parts), stroke_width=thick) for name, parts in sorted(paths.items())
    )
    bottom = CURVE + TICK_ROOM + len(drawn) * height
    curve, most = _running(jobs, start, end, slope)
    ticks = joined(
        _tick(position * slope, text, CURVE + TICK_ROOM - 7, (CURVE + TICK_ROOM, bottom))
        for position, text in time_ticks(span)
    )
    label = f"{counted(len(jobs), 'job')} over {duration_text(span)}; at most {most:,} ran at a time"
    caption = element("text", f"{most:,} at a time" if most else "", x=WIDTH, y=10, class_="end")
    svg = element(
        "svg", ticks, curve, caption, *lines,
        viewBox=f"0 0 {WIDTH} {number(bottom + 4)}", role="img", aria_label=label, class_="timeline",
        data_top=CURVE + TICK_ROOM, data_line=f"{height:.4f}", data_every=every,
    )  # fmt: skip
    note = f"Every {every}th of {len(jobs):,} jobs has a line." if every > 1 else ""
    return Drawing(svg, note)


def _bars(job: Job, start: float, end: float) -> _Bars:
    """Return the bars of a job. What goes on is drawn up to the end of the picture."""
    submitted, started, ended = job.submitted_at, job.started_at, job.ended_at
    if job.outcome in OPEN:
        ended = end
    left = submitted if submitted is not None else started
    until = started if started is not None else ended
    waited = (left - start, until - start) if left is not None and until is not None and until >= left else None
    if started is None or ended is None or ended < started:
        return _Bars(waited, None)
    return _Bars(waited, (started - start, ended - start))


def _running(jobs: Sequence[Job], start: float, end: float, slope: float) -> tuple[Markup, int]:
    """Return the curve of how many jobs ran at a time, and the most.

    The curve has a step for each two units at most, which shows the most that ran at a time within the step.
    """
    spans = [ran for job in jobs if (ran := _bars(job, start, end).ran) is not None]
    # Of a job that ends when another begins, the end comes first.
    events = sorted(
        [*((first, 1) for first, _ in spans), *((max(last, nextafter(first, inf)), -1) for first, last in spans)]
    )
    counts, level, at = [0] * (WIDTH // 2 + 2), 0, 0
    for moment, change in events:
        before, at = at, int(moment * slope / 2)
        counts[before + 1 : at + 1] = [level] * (at - before)
        level += change
        counts[at] = max(counts[at], level)
    most = max(counts)
    if not most:
        return EMPTY, 0
    path, before = [f"M0 {CURVE}"], 0
    for at, count in enumerate(counts):
        if count != before:
            path.append(f"H{min(at * 2, WIDTH)}V{number(CURVE - count / most * (CURVE - 14))}")
            before = count
    return element("path", class_="running", d=f"{''.join(path)}H{WIDTH}V{CURVE}Z"), most


def _tick(x: float, text: str, y: float, line: tuple[float, float]) -> Markup:
    place = "end" if x > WIDTH - 20 else "mid" if x > 12 else None
    return element("line", x1=x, x2=x, y1=line[0], y2=line[1]) + element("text", text, x=x, y=y, class_=place)


@dataclass(frozen=True, slots=True)
class UsedShare:
    """What jobs used of one thing that they asked for, as a picture and in words."""

    title: str
    words: str
    svg: Markup


def used_shares(jobs: Sequence[Job]) -> list[UsedShare]:
    """Return what jobs used of the cores, memory and time that they asked for, of each where it is known."""
    ended = [job for job in jobs if job.outcome not in OPEN]
    found = (
        _used_share("Cores", [(job.cores, job.cores_asked) for job in ended], lambda value: f"{value:.3g}"),
        _used_share("Memory", [(job.memory, job.memory_asked) for job in ended], size_text),
        _used_share("Time", [(job.seconds, job.seconds_asked) for job in ended], duration_text),
    )
    return [share for share in found if share is not None]


def _used_share(
    title: str, pairs: Sequence[tuple[float | None, float | None]], text: Callable[[float], str]
) -> UsedShare | None:
    known = [(used, asked) for used, asked in pairs if used is not None and asked]
    if not known:
        return None
    shares = [used / asked for used, asked in known]
    used, asked = max(known, key=lambda pair: (pair[0] / pair[1], pair[0]))
    words = f"{text(used)} of {text(asked)} ({used / asked:.0%})"
    if len(known) > 1:
        words = f"half of {counted(len(known), 'job')} used at most {median(shares):.0%}; the most: {words}"
    return UsedShare(title, words, _histogram(shares, f"{title}: {words}"))


def _histogram(shares: Sequence[float], label: str) -> Markup:
    """Return how many jobs used which tenth of what they asked for; the last bar is of those that used more."""
    counts = [0] * 11
    for share in shares:
        counts[10 if share > 1 else min(9, int(share * 10))] += 1
    most, bars = max(counts), []
    for at, count in enumerate(counts):
        if count:
            tall = max(2.0, count / most * 84)
            words = f"{counted(count, 'job')}: " + (
                "more than was asked" if at == 10 else f"{at * 10} to {at * 10 + 10}%"
            )
            bars.append(
                element("rect", element("title", words), x=4 + at * 26, y=100 - tall, width=22, height=tall,
                        class_="over" if at == 10 else None)
            )  # fmt: skip
            bars.append(element("text", f"{count:,}", x=15 + at * 26, y=96 - tall, class_="mid"))
    scale = [("0", 4, None), ("50%", 134, "mid"), ("100%", 264, "mid")]
    texts = [element("text", text, x=x, y=116, class_=place) for text, x, place in scale]
    line = element("line", x1=0, x2=292, y1=100, y2=100)
    return element("svg", line, *bars, *texts, viewBox="0 0 292 120", role="img", aria_label=label, class_="bars")


LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT = 64, 14, 640, 320


def plot(jobs: Sequence[Job], across: Column, value: Column, lines: Column | None) -> Drawing | None:
    """Return the values of jobs over an axis as points, with a line through the medians of each value of another axis.

    None where no value is a number.
    """
    seen = [job for job in jobs if value.number(job) is not None and across.text(across.value(job))]
    if not seen:
        return None
    numbers = [found for job in seen if (found := value.number(job)) is not None]
    x = scale_of(across, seen, LEFT + 14, PLOT_WIDTH - 24)
    y = of_numbers(numbers, PLOT_HEIGHT - 34, TOP + 10, value.text)
    names = levels(lines, seen) if lines is not None else []
    is_grouped = lines is not None and 1 < len(names) <= MOST_GROUPS
    groups = grouped(seen, lambda job: lines.text(lines.value(job))) if lines is not None and is_grouped else {"": seen}
    order = [name for name in names if name in groups] if is_grouped else [""]
    parts = [_axes(x, y)]
    for at, name in enumerate(order):
        parts.append(_group(groups[name], across, value, x, y, at, has_points=len(seen) <= MOST_POINTS))
    label = f"{value.head} over {across.head}" + (f", a line for each {lines.name}" if lines and is_grouped else "")
    svg = element("svg", *parts, viewBox=f"0 0 {PLOT_WIDTH} {PLOT_HEIGHT}", role="img", aria_label=label, class_="plot")
    legend = joined(
        element("li", element("i", class_=f"s{at}"), f"{lines.name} {name}") for at, name in enumerate(order) if lines
    )
    note = "" if len(seen) <= MOST_POINTS else f"The medians of {len(seen):,} jobs."
    return Drawing(svg + (element("ul", legend, class_="legend") if is_grouped else EMPTY), note)


def _axes(x: Scale, y: Scale) -> Markup:
    bottom = PLOT_HEIGHT - 24
    parts = [element("line", x1=LEFT, x2=PLOT_WIDTH, y1=bottom, y2=bottom, class_="axis")]
    parts += [element("text", text, x=place, y=PLOT_HEIGHT - 6, class_="mid") for place, text in x.ticks]
    for place, text in y.ticks:
        parts.append(element("line", x1=LEFT, x2=PLOT_WIDTH, y1=place, y2=place))
        parts.append(element("text", text, x=LEFT - 8, y=place + 4, class_="end"))
    return joined(parts)


def _group(
    jobs: Sequence[Job], across: Column, value: Column, x: Scale, y: Scale, at: int, *, has_points: bool
) -> Markup:
    """Return the points of one group, and the line through the median at each value of the axis."""
    places: dict[float, list[float]] = {}
    points = []
    for job in jobs:
        left, found = x.place(across.value(job)), value.number(job)
        top = y.place(found)
        if left is None or found is None or top is None:
            continue
        places.setdefault(left, []).append(found)
        if has_points:
            words = f"{value.name} {value.text(found)}, {cell_text(job)}"
            points.append(element("circle", element("title", words), cx=left, cy=top, r=4))
    line = "L".join(
        f"{number(left)} {number(top)}"
        for left, found in sorted(places.items())
        if (top := y.place(median(found))) is not None
    )
    return element("g", element("path", d=f"M{line}") if line else EMPTY, *points, class_=f"s{at}")


def cell_text(job: Job) -> str:
    """Return what tells a job from others: the values of its axes, or else its name."""
    return ", ".join(f"{name} {value_text(value)}" for name, value in job.axes.items()) or job.name or job.uuid
