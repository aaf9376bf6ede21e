"""Law: what a target reports of a job's times and usage, the ledger gives back; what was known is never lost."""

from dataclasses import astuple

from hypothesis import given
from hypothesis import strategies as st
from support.laws import law
from support.submitting import FakeClock, record

from specc.submission import Ledger, State, life_of
from specc.submission.records import damage_in, row_of
from specc.targets import EndReason, JobReport, JobState, Life, Usage
from specc.targets.lives import life_from, life_text

SECONDS = st.none() | st.floats(0, 1e11, allow_nan=False) | st.integers(0, 10**11)
BYTES = st.none() | st.integers(0, 2**62)
LIVES = st.builds(
    Life,
    SECONDS,
    SECONDS,
    SECONDS,
    SECONDS,
    st.text(max_size=20).filter(lambda text: text.isprintable()),
    st.builds(Usage, BYTES, SECONDS, st.none() | st.integers(1, 10**6), BYTES, SECONDS),
    st.none() | st.sampled_from(EndReason),
)
ENDED = st.sampled_from([state for state in JobState if state not in (JobState.PENDING, JobState.UNKNOWN)])


@given(life=LIVES)
def test_a_life_reads_back(life: Life) -> None:
    text = life_text(life)
    assert life_from(text) == life
    assert list(damage_in(row_of(record(life=text)))) == []


@law(20)
@given(reports=st.lists(st.tuples(ENDED, LIVES), min_size=1, max_size=4))
def test_the_ledger_keeps_what_was_known_last(tmp_path_factory, reports: list[tuple[JobState, Life]]) -> None:
    folder = tmp_path_factory.mktemp("law")
    with Ledger.open(folder / "ledger.sqlite", FakeClock()) as ledger:
        ledger.begin(record("a1"))
        ledger.settle("a1", State.ACCEPTED, uuid="u")
        known = flat(Life())
        for state, life in reports:
            ledger.saw("t", [JobReport("u", state, state.value, life=life)])
            known = [new if new not in (None, "") else old for new, old in zip(flat(life), known, strict=True)]
            (one,) = ledger.all()
            assert flat(life_of(one, {})) == known


def flat(life: Life) -> list[object]:
    *times, usage, ended_for = astuple(life)
    return [*times, *usage, ended_for]
