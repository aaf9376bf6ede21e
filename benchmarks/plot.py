"""Growth as a picture: seconds over sizes, both in powers of ten, so that what is linear has the slope of the grid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from benchmarks.result import Result, series, tools

COLUMNS = 2
WIDTH, HEIGHT = 300, 260
LEFT, TOP, RIGHT, BOTTOM = 66, 40, 134, 60
STEP_ACROSS, STEP_DOWN = LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM
APART = 16

COLOURS = {
    "specc": "#0f9d8a",
    "specc again": "#45b8e0",
    "yamllint": "#d9822b",
    "check-jsonschema": "#c9528a",
    "ajv-cli": "#8a7fd0",
    "pkl": "#8a7fd0",
    "jsonnet": "#c9528a",
    "OmegaConf": "#d9822b",
}
"""All of a middle lightness: the picture has no background, and is read on white and on black."""

GREY = "#868e96"

Points = Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Panel:
    title: str
    axis: str
    lines: dict[str, Points]


@dataclass(frozen=True, slots=True)
class Scale:
    """From powers of ten to places in a panel."""

    x_from: int
    x_to: int
    y_from: int
    y_to: int

    def place(self, size: float, seconds: float) -> tuple[float, float]:
        across = (log10(size) - self.x_from) / (self.x_to - self.x_from)
        up = (log10(seconds) - self.y_from) / (self.y_to - self.y_from)
        return LEFT + across * WIDTH, TOP + (1 - up) * HEIGHT


def growth_plot(results: Sequence[Result]) -> str:
    all_panels = (
        Panel("specc check", "files", _lines(results, "check")),
        Panel("specc render", "cells", _lines(results, "render")),
        Panel("specc check of 100 specs", "depth of inheritance", _lines(results, "depth")),
        Panel("specc check, a base changed", "specs that inherit from it", _lines(results, "changed base")),
    )
    panels = [panel for panel in all_panels if panel.lines]
    width, height = STEP_ACROSS * COLUMNS, STEP_DOWN * ceil(len(panels) / COLUMNS)
    seconds = [second for panel in panels for line in panel.lines.values() for _, second in line]
    heights = (floor(log10(min(seconds))), ceil(log10(max(seconds)))) if seconds else (0, 1)
    shapes: list[str] = []
    for index, panel in enumerate(panels):
        row, column = divmod(index, COLUMNS)
        shapes.append(f'<g transform="translate({column * STEP_ACROSS} {row * STEP_DOWN})">')
        shapes += [*_panel(panel, *heights), "</g>"]
    box = f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="14"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-label="Seconds over sizes">'
    return "\n".join([head, *shapes, "</svg>", ""])


def _lines(results: Sequence[Result], work: str) -> dict[str, Points]:
    """Of every tool that did more than one size."""
    lines = {tool: series(results, work, tool) for tool in tools(results, work) if tool in COLOURS}
    return {tool: points for tool, points in lines.items() if len(points) > 1}


def _panel(panel: Panel, y_from: int, y_to: int) -> Iterator[str]:
    sizes = [size for points in panel.lines.values() for size, _ in points]
    least = floor(log10(min(sizes)))
    scale = Scale(least, max(least + 1, ceil(log10(max(sizes)))), y_from, y_to)
    yield _text(LEFT, 20, panel.title, GREY, 'font-weight="bold" font-size="16"')
    yield from _grid(scale)
    yield _text(LEFT + WIDTH / 2, TOP + HEIGHT + 42, panel.axis, GREY, 'text-anchor="middle"')
    for name, points in panel.lines.items():
        yield from _line(name, points, scale)
    ends = {name: scale.place(*points[-1]) for name, points in panel.lines.items()}
    for name, (x, y) in _apart(ends).items():
        yield _text(x + 7, y + 4, name, COLOURS[name])


def _grid(scale: Scale) -> Iterator[str]:
    for power in range(scale.x_from, scale.x_to + 1):
        x, bottom = scale.place(10**power, 10**scale.y_from)
        yield _stroke([(x, TOP), (x, bottom)], GREY, 'stroke-opacity="0.3"')
        yield _text(x, bottom + 20, f"{10**power:,}", GREY, 'text-anchor="middle"')
    for power in range(scale.y_from, scale.y_to + 1):
        left, y = scale.place(10**scale.x_from, 10**power)
        yield _stroke([(left, y), (left + WIDTH, y)], GREY, 'stroke-opacity="0.3"')
        yield _text(left - 6, y + 4, f"{10.0**power:g} s", GREY, 'text-anchor="end"')


def _line(name: str, points: Points, scale: Scale) -> Iterator[str]:
    places = [scale.place(*point) for point in points]
    yield _stroke(places, COLOURS[name], f'stroke-width="{2.5 if name.startswith("specc") else 1.5}"')
    for x, y in places:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[name]}"/>'


def _apart(ends: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Places of names at the ends of their lines, moved down where they would cover each other."""
    placed: dict[str, tuple[float, float]] = {}
    for name, (x, y) in sorted(ends.items(), key=lambda item: item[1][1]):
        near = [other for at, other in placed.values() if abs(at - x) < RIGHT]
        placed[name] = (x, max([y, *(other + APART for other in near)]))
    return placed


def _stroke(places: Sequence[tuple[float, float]], colour: str, more: str) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline points="{points}" fill="none" stroke="{colour}" {more}/>'


def _text(x: float, y: float, text: str, colour: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" {more}>{escape(text)}</text>'
