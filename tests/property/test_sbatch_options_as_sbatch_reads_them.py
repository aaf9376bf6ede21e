"""Directives, times, sizes and counts are read as the real sbatch reads them, refusals included."""

import pytest
from hypothesis import HealthCheck, assume, example, given
from hypothesis import strategies as st
from support.laws import law
from support.sbatch_oracle import SBATCH, Sbatch

from specc.diagnostics import Diagnostic
from specc.migration.directives import read_header
from specc.migration.options import ABBREVIATED, SHORT, Option, last_of_each, read_options
from specc.migration.resources import mebibytes, minutes, nodes, whole_number
from specc.source import Source

pytestmark = pytest.mark.skipif(SBATCH is None, reason="sbatch is not installed (Debian: slurm-client)")
few = law(60, suppress_health_check=[HealthCheck.function_scoped_fixture])

TIMES = st.from_regex(r"([0-9]{1,3}-)?[0-9]{1,3}(:[0-9]{1,2}){0,3}", fullmatch=True) | st.text(
    "0123456789-:.hm", max_size=8
)
SIZES = st.from_regex(r"[0-9]{1,6}([kKmMgGtTpP][bBi]?)?", fullmatch=True) | st.text(
    "0123456789-+.kKmMgGtTbBi", max_size=6
)
COUNTS = st.from_regex(r"[0-9]{1,5}", fullmatch=True) | st.text("0123456789-+.kx", max_size=5)
PIECES = [
    "-n4", "-n", "4", "--ntasks=3", "--ntasks", "-c", "2", "--mem=4G", "--mem", "-Hn2", "-H", "--hold", "--hold=x",
    "-k", "-koff", "--exclusive", "--exclusive=user", "-J", "a b", "--job-name=x y", "--part=p", "--nt=3",
    "--cl=x", "--nope", "-Z", "-", "--", "word", "#", "# x", "\\", "\"", "'", "'a\\'b'", '"a b"', '"#"', ":",
    "--time=5", "-t5", "--mail-type=END", "--requeue", "--comment=a=b", "=", "é", "\v", "--n=1", "-oa\\ b",
    " ", "--tasks-per-node=2", "a:", "\t",
]  # fmt: skip
LINES = st.lists(st.sampled_from(PIECES), max_size=5).map(" ".join) | st.lists(st.sampled_from(PIECES), max_size=4).map(
    "".join
)
STARTS = st.sampled_from(
    ["#SBATCH ", "#SBATCH ", "#SBATCH ", "#SBATCH", " #SBATCH ", "##SBATCH ", "# ", "", "\t", "echo "]
)


@pytest.fixture(scope="module")
def sbatch(tmp_path_factory: pytest.TempPathFactory) -> Sbatch:
    return Sbatch(tmp_path_factory.mktemp("sbatch"))


def with_option(option: str) -> str:
    return f'#!/bin/sh\n#SBATCH "{option}"\n'


@few
@given(TIMES)
@example("-1")
@example("InFinite")
@example("0:59")
@example("1-")
def test_times(sbatch: Sbatch, text: str) -> None:
    reading = sbatch.read(with_option(f"--time={text}"))
    found = minutes(text)
    assume((found or 0) * 60 < 2**31)  # beyond, Slurm's own sum overflows
    assume(not text.startswith("-") or found is not None)  # it takes `-5`, for a limit of 8000 years
    assert (found is not None) == reading.is_taken, reading.said
    if found:
        days, rest = divmod(found, 24 * 60)
        clock = f"{rest // 60:02}:{rest % 60:02}:00"
        assert reading.options["time"] == (f"{days}-{clock}" if days else clock)
    elif found == 0:
        assert reading.options["time"] == "UNLIMITED"


@few
@given(SIZES)
@example("0")
@example("1K")
@example(" 4")
def test_sizes(sbatch: Sbatch, text: str) -> None:
    reading = sbatch.read(with_option(f"--mem={text}"))
    found = mebibytes(text)
    assert (found is not None) == reading.is_taken, reading.said
    if found:
        shown = reading.options["mem"]
        factor = {"G": 1024, "T": 1024**2}.get(shown[-1], 1)
        assert float(shown.rstrip("GT")) * factor == found


@few
@given(COUNTS, st.sampled_from(["ntasks", "cpus-per-task", "ntasks-per-node"]))
def test_counts(sbatch: Sbatch, text: str, name: str) -> None:
    reading = sbatch.read(with_option(f"--{name}={text}"))
    found = whole_number(text)
    assert (found is not None) == reading.is_taken, reading.said
    if found is not None:
        assert reading.options[name] == str(found)


@pytest.mark.parametrize(
    "text", ["1", "2-4", "4k", "1-1k", "4-2", "x", "2-", "1-1-1", "1,3", "0x2", "1k-2k", "-", "3.5"]
)
def test_nodes(sbatch: Sbatch, text: str) -> None:
    reading = sbatch.read(with_option(f"--nodes={text}"))
    found = nodes(text)
    assert (found is not None) == reading.is_taken, reading.said
    if found:
        least, most = found
        assert reading.options["nodes"] == (str(least) if least == most else f"{least}-{most}")


@few
@given(st.lists(st.tuples(STARTS, LINES).map("".join), max_size=5).map("\n".join))
@example("#SBATCH -n\n#SBATCH 4 --part=p")
@example('#SBATCH -J "" -n4')
@example("#SBATCH -J 'a\\\\")
@example("#SBATCH --time=x")
@example("\n  # x\n#SBATCH -n3\n  :\n#SBATCH -n4")
def test_lines(sbatch: Sbatch, text: str) -> None:
    assume("argument" not in text)
    script = f"#!/bin/sh\n{text}\n"
    reading = sbatch.read(script)
    header, found = read_header(Source("x", script), "Slurm")
    words = [word.text for word in header.words]
    assert reading.words == words[: len(reading.words)]
    if found:
        assert not reading.is_taken, reading.said
        return
    assert reading.words == words
    parts = list(read_options(header.words))
    if any(isinstance(part, Diagnostic) for part in parts):
        assert not reading.is_taken, reading.said
        return
    chosen, _ = last_of_each([part for part in parts if isinstance(part, Option)])
    if reading.is_taken:
        shown = set(reading.options) - {"verbose"}
        assert shown <= set(chosen), reading.said
        assert {n: reading.options[n] for n in shown & {"job-name", "partition", "comment"}} == {
            n: chosen[n].value for n in shown & {"job-name", "partition", "comment"}
        }
    else:
        # What is left to refuse are values: a count that is none, a size that is none.
        assert any(option.value is not None for option in chosen.values()), reading.said


@pytest.mark.parametrize("name", sorted(ABBREVIATED))
def test_the_table_of_options(sbatch: Sbatch, name: str) -> None:
    """Each option takes a value, or none, or may take one, in sbatch as in the table."""
    flag = ABBREVIATED[name]
    bare = sbatch.read(f"#!/bin/sh\n#SBATCH --{name}\n").said
    assert "unrecognized" not in bare
    assert ("requires an argument" in bare) == (flag.takes == "value")
    assert ("doesn't allow an argument" in sbatch.read(with_option(f"--{name}=x")).said) == (flag.takes == "nothing")


def test_the_table_has_every_short_option(sbatch: Sbatch) -> None:
    for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ":
        said = sbatch.read(f"#!/bin/sh\n#SBATCH -{letter}\n").said
        assert ("invalid option" in said) == (letter not in SHORT), letter
        if letter in SHORT:
            assert ("requires an argument" in said) == (SHORT[letter].takes == "value"), letter
