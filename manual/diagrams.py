"""The diagrams of the manual, as SVG: drawn from data that `tests/unit/test_diagrams.py` holds to the code.

An SVG in an `<img>` cannot take the colours of the page. It has its own for light and dark, and browsers choose by the
`color-scheme` of the page. Where a viewer does not, all is readable on either ground: text in a box has the box as its
ground, and lines and other texts are grey. A diagram is narrow, so that a phone shows its text large enough to read.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple
from xml.sax.saxutils import escape

from specc.nodes import LayerKind
from specc.submission import State
from specc.targets import JobState

WIDTH = 440
SANS, MONO = (
    "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', sans-serif",
    "ui-monospace, 'Noto Sans Mono', monospace",
)
STYLE = f"""
text {{ font: 14px {SANS}; fill: #768390; }}
.code {{ font-family: {MONO}; font-size: 13px; }}
.small {{ font-size: 12.5px; }}
.middle {{ text-anchor: middle; }}
.end {{ text-anchor: end; }}
.strong {{ font-weight: 600; }}
.box {{ fill: #eaf1fb; stroke: #5b7fb5; }}
.good {{ fill: #e3f4e7; stroke: #3f9159; }}
.bad {{ fill: #fbe9e7; stroke: #c2605a; }}
.wait {{ fill: #fdf3d8; stroke: #b08a2e; }}
.plain {{ fill: #f0f2f4; stroke: #8b949e; }}
.in {{ fill: #1f2933; }}
.group {{ fill: none; stroke: #8b949e; stroke-dasharray: 4 3; }}
.line {{ fill: none; stroke: #8b949e; stroke-width: 1.5; }}
.head {{ fill: #8b949e; }}
@media (prefers-color-scheme: dark) {{
  text {{ fill: #9aa7b4; }}
  .box {{ fill: #1d3048; stroke: #6f97cf; }}
  .good {{ fill: #173822; stroke: #56b377; }}
  .bad {{ fill: #452322; stroke: #dd7f79; }}
  .wait {{ fill: #3d3216; stroke: #cda94c; }}
  .plain {{ fill: #2a3038; stroke: #8b949e; }}
  .in {{ fill: #e6edf3; }}
}}
"""


class Stage(NamedTuple):
    """A stage of the compiler: its packages, what it gives to the next stage, what it does, its codes."""

    packages: tuple[str, ...]
    gives: str
    does: str
    codes: tuple[str, ...]


STAGES = (
    Stage(("parser",), "Document", "reads YAML; each value keeps its line", ("SPC1",)),
    Stage(("resolver",), "ResolvedSpec", "merges parents, profiles and --set", ("SPC2",)),
    Stage(("expander",), "Cell", "makes the cells of the matrix", ("SPC2",)),
    Stage(("evaluator",), "EvaluatedSpec", "evaluates the templates of a cell", ("SPC3",)),
    Stage(("checker", "rules"), "CheckedSpec", "holds fields to the API and to rules", ("SPC4", "SPC5")),
    Stage(("lowering",), "Payload", "writes canonical JSON with a digest", ("SPC6",)),
    Stage(("submission",), "Submission", "sends each payload once", ("SPC7",)),
)


class Setter(NamedTuple):
    """Something that sets `core_limit`, and to what."""

    layer: LayerKind
    shown: str
    value: int


SETTERS = (
    Setter(LayerKind.SET, "--set job.core_limit=64", 64),
    Setter(LayerKind.PROFILE, "profile smoke", 32),
    Setter(LayerKind.FILE, "jobs/cavity.job.yaml", 16),
    Setter(LayerKind.FILE, "base/mpi.job.yaml", 8),
    Setter(LayerKind.FILE, "base/site.job.yaml", 4),
    Setter(LayerKind.TARGET, "job of the target, in specc.toml", 3),
    Setter(LayerKind.DEFAULTS, "[defaults] in specc.toml", 2),
    Setter(LayerKind.API, "the default of ehpc/v2", 1),
)
"""From the strongest to the weakest. Each file extends the one below it."""

OUTCOMES = {
    State.NOT_SENT: (State.INTENT,),
    State.REJECTED: (State.INTENT,),
    State.ACCEPTED: (State.INTENT, State.UNKNOWN),
    State.UNKNOWN: (State.INTENT,),
    State.DISMISSED: (State.UNKNOWN,),
    State.SUPERSEDED: (State.UNKNOWN,),
}
"""The states that an attempt comes to, each with those that it comes from."""
BY_USER = {
    State.ACCEPTED: "specc ledger resolve --uuid",
    State.DISMISSED: "specc ledger resolve --dismiss",
    State.SUPERSEDED: "specc submit --resend-unknown",
}
"""What a user says of an attempt whose outcome is unknown."""
GOING = (JobState.PENDING, JobState.RUNNING, JobState.SUSPENDED)
ENDED = (JobState.FINISHED, JobState.EXITED, JobState.STOPPED, JobState.CANCELLED, JobState.LOST)


def diagrams() -> dict[str, str]:
    """Return each diagram by the name of its file."""
    makers: tuple[Callable[[], str], ...] = (pipeline, precedence, submission)
    return {f"{make.__name__}.svg": make() for make in makers}


def pipeline() -> str:
    """Return the stages of the compiler, from a file to a submission."""
    step, top = 62, 44
    parts = [_box(8, 6, 124, 26, "plain"), _text(70, 24, "job.yaml", "in code middle")]
    for number, stage in enumerate(STAGES):
        y = top + number * step
        kind = "good" if stage is STAGES[-1] else "box"
        codes = ", ".join(f"{code}xx" for code in stage.codes)
        parts += [
            _arrow((70, y - 12), (70, y)) if number == 0 else _arrow((70, y - step + 40), (70, y)),
            _box(8, y, 124, 40, kind),
            _text(70, y + 25, ", ".join(stage.packages), "in code middle strong"),
            _text(148, y + 16, stage.does),
            _text(148, y + 35, f"gives {stage.gives}", "code small"),
            _text(WIDTH - 6, y + 35, codes, "code small end"),
        ]
    said = "; ".join(f"{', '.join(stage.packages)} {stage.does}" for stage in STAGES)
    return _svg(top + len(STAGES) * step - 14, "The stages of the compiler", said, parts)


def precedence() -> str:
    """Return the layers that can set a value, the strongest at the top."""
    step, top, left = 48, 34, 34
    rows = [top + number * step for number in range(len(SETTERS))]
    files = [y for y, setter in zip(rows, SETTERS, strict=True) if setter.layer is LayerKind.FILE]
    parts = [
        _text(left, 18, "What sets core_limit, the strongest at the top", "strong"),
        _arrow((14, rows[-1] + 32), (14, rows[0])),
        _group(left - 8, files[0] - 7, WIDTH - left + 4, files[-1] - files[0] + 46),
    ]
    for number, (y, setter) in enumerate(zip(rows, SETTERS, strict=True)):
        wins = number == 0
        parts += [
            _box(left, y, WIDTH - left - 12, 32, "good" if wins else "box" if y in files else "plain"),
            _text(left + 12, y + 21, setter.shown, "in code"),
            _text(WIDTH - 24, y + 21, str(setter.value), f"in code end{' strong' if wins else ''}"),
        ]
    parts += [_arrow((330, y + 32), (330, y + step)) for y in files[:-1]]
    parts += [_text(340, y + 44, "extends", "small") for y in files[:-1]]
    said = ", then ".join(f"{setter.shown} ({setter.value})" for setter in SETTERS)
    return _svg(rows[-1] + 44, "Which value wins", f"The strongest first: {said}", parts)


def submission() -> str:
    """Return the states of an attempt, and of the job that comes of it."""
    x, width = {"left": 4, "middle": 150, "right": 318}, 118
    a, b, c = (value + width // 2 for value in x.values())
    parts = [
        _box(x["middle"] - 66, 6, width + 132, 46, "wait"),
        _text(b, 26, State.INTENT.value, "in code middle strong"),
        _text(b, 44, "on the disk before a byte goes out", "in small middle"),
        _arrow((b - 60, 52), (a, 112)),
        _text(a + 2, 78, "a clear no", "small middle"),
        _arrow((b, 52), (b, 112)),
        _text(b + 8, 90, "a job", "small"),
        _arrow((b + 60, 52), (c, 112)),
        _text(c + 8, 78, "no clear answer", "small middle"),
        *_state(x["left"], 112, width, State.NOT_SENT.value, "plain"),
        *_state(x["left"], 148, width, State.REJECTED.value, "bad"),
        _text(a, 200, "Nothing started:", "small middle"),
        _text(a, 217, "submit sends it.", "small middle"),
        *_state(x["middle"], 112, width, State.ACCEPTED.value, "good"),
        *_state(x["right"], 112, width, State.UNKNOWN.value, "wait"),
        _arrow((x["right"], 127), (x["middle"] + width, 127)),
        _text((x["middle"] + width + x["right"]) / 2, 118, _option(State.ACCEPTED), "code small middle"),
        _arrow((c, 142), (c, 172)),
        _text(c - 8, 161, "you decide", "small end"),
    ]
    for y, state in ((172, State.DISMISSED), (222, State.SUPERSEDED)):
        parts += [
            _box(x["right"] - 22, y, width + 22, 42, "plain"),
            _text(c - 11, y + 18, state.value, "in code middle"),
            _text(c - 11, y + 35, _option(state), "in code small middle"),
        ]
    top = 280
    parts += [
        _arrow((b, 142), (b, top)),
        _group(4, top, WIDTH - 8, 146),
        _text(14, top + 20, "the job, as the target tells", "small"),
    ]
    wide = 100
    starts = (14, 162, 310)
    for start, job in zip(starts, GOING, strict=True):
        parts += _state(start, top + 34, wide, job.value, "box")
    parts += [
        _arrow((starts[0] + wide, top + 49), (starts[1], top + 49)),
        _arrow((starts[1] + wide, top + 44), (starts[2], top + 44)),
        _arrow((starts[2], top + 54), (starts[1] + wide, top + 54)),
        _arrow((starts[1] + wide / 2, top + 64), (starts[1] + wide / 2, top + 100)),
    ]
    narrow = 80
    for number, job in enumerate(ENDED):
        kind = "good" if job.is_success else "bad"
        parts += _state(12 + number * (narrow + 4), top + 106, narrow, job.value, kind)
    below = "specc retry: the next attempt, with an intent of its own"
    parts.append(_text(WIDTH / 2, top + 168, below, "small middle"))
    said = "An attempt is written down as intent, and then accepted, rejected, not-sent or unknown. An unknown one is "
    said += "accepted, dismissed or superseded by its user. An accepted job is pending, running or suspended, and ends."
    return _svg(top + 180, "The life of a submission", said, parts)


def _option(state: State) -> str:
    return BY_USER[state].rpartition(" ")[2]


def _state(x: float, y: float, width: float, name: str, kind: str) -> list[str]:
    return [_box(x, y, width, 30, kind), _text(x + width / 2, y + 20, name, "in code middle")]


def _svg(height: int, title: str, description: str, parts: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img">\n<title>{escape(title)}</title>\n<desc>{escape(description)}</desc>\n<style>{STYLE}</style>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _box(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5"/>'


def _group(x: float, y: float, width: float, height: float) -> str:
    return _box(x, y, width, height, "group")


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    classes = f' class="{kind}"' if kind else ""
    return f'<text{classes} x="{x:g}" y="{y:g}">{escape(text)}</text>'


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Return a straight line with a head, which ends at the edge of what it points to."""
    (x, y), (to_x, to_y) = start, end
    length = ((to_x - x) ** 2 + (to_y - y) ** 2) ** 0.5
    along_x, along_y = (to_x - x) / length, (to_y - y) / length
    neck_x, neck_y = to_x - 8 * along_x, to_y - 8 * along_y
    corners = (
        (to_x, to_y),
        (neck_x - 4 * along_y, neck_y + 4 * along_x),
        (neck_x + 4 * along_y, neck_y - 4 * along_x),
    )
    points = " ".join(f"{round(corner_x, 1):g},{round(corner_y, 1):g}" for corner_x, corner_y in corners)
    return (
        f'<path class="line" d="M{x:g} {y:g}L{round(neck_x, 1):g} {round(neck_y, 1):g}"/>'
        f'<polygon class="head" points="{points}"/>'
    )
