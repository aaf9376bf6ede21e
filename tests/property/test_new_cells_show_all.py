"""In a long sweep the rules look at the cells that show them something new: they miss nothing, and claim the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import event, given, note
from hypothesis import strategies as st
from support.compiling import Compiled, context, document, request
from support.laws import law
from support.sweeps import Spec, written

from specc.compiler import Context, check_document, counterpart
from specc.compiler.novelty import NUMBER
from specc.evaluator import NotByColumns
from specc.linter.examining import Takings
from specc.parser import Document
from specc.project.project import DiagnosticSet

OFTEN = ["matrix.a", "matrix.b", "matrix.w"]
SELDOM = ["vars.of[matrix.w]", "vars.both", "cell.index", "cell.slug", "matrix.w | sh", "matrix.a + 1"]
EXPRESSIONS = st.sampled_from([*OFTEN * 4, *SELDOM]).map(lambda name: f"{{{{ {name} }}}}") | st.sampled_from(["3", "x"])
LINES = (
    "mpirun -np E ./a --seed E",
    "srun -n E -c E ./a",
    "E -np E ./a",
    "mpirun -E E ./a",
    "./run E > out/E.log 2>&1",
    "./run > E",
    "./run E | tee E-E.txt",
    "cd E; ./x > yE",
    "./run E>E",
    "echo E 2>&E",
    "echo E >&E",
    "#SBATCH -n E",
    "./E/a.out --n E=E -E",
    "srun -n E ./a & mpirun --np=E ./b",
    "(./a E; ./b E) 2>E.err",
    "test E = E && ./a",
    "pythonE x.py || exit E",
    "export A=E; echo ${A:E}",
    "for i in {1..E}; do echo $i; done",
    "cat <<EOFE\nE\nEOFE",
    "kill -E $$",
    "echo 'E",
    'echo "E"E',
    "echo $E $(E) `E`",
    "./a E \\E",
    "if [ E -gt E ]; then E; fi",
    "# E",
    "module load python/E gcc/E.E",
    "./a.E.E > /tmp/E",
)
COMMANDS = st.lists(st.sampled_from(LINES), min_size=1, max_size=2).map("\n".join)
NAMES = st.sampled_from(["n", "n-E", "n-E-E", "E", "E.E", "nE"])
PATHS = st.sampled_from([None, None, "out/E.log", "E/E", "E"])
COUNTS = st.lists(st.integers(0, 12), min_size=1, max_size=4, unique=True)
WORDS = st.lists(
    st.sampled_from(
        ["mpirun", "echo", "S", "L", "x y", "2", "1.10", ">", "-np", "-n", "a1", "a2", "长", "1", "$x", ""]
    ),
    min_size=1,
    max_size=3,
    unique=True,
)
LOST = st.sampled_from([3.1, "3.10", 4, "mpirun", "-n 3", 12])
KINDS = st.sampled_from(["ehpc", "local", "slurm"])


@st.composite
def filled(draw: Any, texts: st.SearchStrategy[str | None]) -> str | None:
    """Return a text with an expression in place of each `E`."""
    text = draw(texts)
    if text is None:
        return None
    first, *others = text.split("E")
    return first + "".join(draw(EXPRESSIONS) + other for other in others)


@st.composite
def sweeps(draw: Any) -> Spec:
    job = {
        "name": draw(filled(NAMES)),
        "cmd_line": draw(filled(COMMANDS)),
        "core_limit": draw(st.sampled_from([4, 12, 18, "{{ matrix.a + 1 }}", "{{ matrix.b + 1 }}"])),
        "stdout_redirect_path": draw(filled(PATHS)),
        "stderr_redirect_path": draw(filled(PATHS)),
        "resource_limit": draw(st.sampled_from([None, None, "nodes=1", "ntasks={{ matrix.a + 1 }}"])),
        "time_limit": draw(st.sampled_from([None, "1h", "{{ matrix.b + 1 }}h", "{{ matrix.b * 3000 }}"])),
    }
    words = draw(WORDS)
    axes = {"a": draw(COUNTS), "b": draw(COUNTS), "w": words}
    return {
        "vars": {"of": {word: draw(LOST) for word in words}, "both": "{{ matrix.a }}{{ matrix.b }}"},
        "matrix": {"axes": axes, "repeat": draw(st.sampled_from([1, 1, 2]))},
        "job": {name: value for name, value in job.items() if value is not None},
    }


@contextmanager
def at_length(least: int, kinds: int) -> Iterator[None]:
    """Take sweeps of so many cells for long, and remember so many kinds of cells."""
    with patch("specc.compiler.sweeps.LONG", least), patch("specc.compiler.novelty.MOST_KEPT", kinds):
        yield


@contextmanager
def every_cell() -> Iterator[None]:
    with patch("specc.compiler.compile.checked_by_columns", side_effect=NotByColumns):
        yield


def outcome(parsed: Document, world: Context) -> tuple[object, object, int]:
    """Return all that a check says of a spec, what its payloads claim, and how many are like others."""
    made, takings = Compiled(check_document(parsed, world, request())), Takings(world.view)
    for payload in made.payloads:
        takings.add(payload)
    taken = [
        [(thing, known.count, [(str(claim.span), claim.spec) for claim in known.claims]) for thing, known in of.items()]
        for of in takings.taken
    ]
    distinct = DiagnosticSet()
    distinct.add(*made.found)
    found = [
        (each.code.code, each.message, str(each.span), each.help, each.notes, each.labels) for each in distinct.every()
    ]
    told = [(payload.cell.id, payload.canonical) for payload in made.payloads]
    return (told, found), taken, sum(payload.like is not None for payload in made.payloads)


@law(300)
@given(sweeps(), KINDS, st.sampled_from([2_000, 2]))
def test_a_check_of_new_cells_is_a_check_of_all_cells(spec: Spec, kind: str, kinds: int) -> None:
    parsed, files, _ = document(written(spec))
    world = context(files, kind=kind)
    with at_length(1, kinds):
        said, taken, alike = outcome(parsed, world)
    with every_cell():
        whole = outcome(parsed, world)
    event("some are alike" if alike else "all are new")
    note(written(spec))
    assert whole == (said, taken, 0)


@law(200)
@given(
    st.lists(st.tuples(st.text("ab. -_/>", max_size=4), st.integers(0, 999), st.integers(0, 999)), max_size=5),
    st.data(),
)
def test_a_counterpart_has_the_same_words_around_it(pieces: list[tuple[str, int, int]], data: Any) -> None:
    text, other = ("".join(f"{word}x{numbers[which]}y" for word, *numbers in pieces) for which in (0, 1))
    inside = {at for match in NUMBER.finditer(text) for at in range(match.start() + 1, match.end())}
    places = [at for at in range(len(text) + 1) if at not in inside]
    start, end = sorted((data.draw(st.sampled_from(places)), data.draw(st.sampled_from(places))))
    before, part, after = (counterpart(text, *each, other) for each in ((0, start), (start, end), (end, len(text))))
    assert before + part + after == other
    assert NUMBER.sub("0", part) == NUMBER.sub("0", text[start:end])


@pytest.mark.parametrize(
    "command", ["./run {{ matrix.mesh }} --seed {{ matrix.seed }} > {{ matrix.step }}.{{ cell.slug }}.log"]
)
def test_of_a_usual_sweep_few_cells_are_new(command: str) -> None:
    axes = {"mesh": ["S", "L"], "seed": list(range(1, 31)), "step": list(range(40, 60))}
    job = {"name": "n-{{ cell.slug }}", "core_limit": 4, "cmd_line": command}
    parsed, files, _ = document(written({"vars": {}, "matrix": {"axes": axes, "max": 2000}, "job": job}))
    said, taken, alike = outcome(parsed, context(files, kind="local"))
    assert alike > 1200 - 2 * (30 + 20) - 10
    assert [len(of) for of in taken] == [1200, 1200]
    assert said[1] == []  # type: ignore[index]
