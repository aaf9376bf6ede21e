"""Law: a quantity that is accepted is exactly what it says, and no text makes the reader fail."""

from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st
from support.laws import law

from specc.settings import FieldType
from specc.units import DURATION_UNITS, MEMORY_UNITS, UNITS, QuantityMistake, convert, filters, read

quantities = st.sampled_from(["memory", "duration"])
near_quantities = st.text(alphabet="0123456789.,:- +KkMmGgTtiBbsnhd分６\n", max_size=20)
parts = st.tuples(
    st.sampled_from(["1", "30", "1.5", "0", "64"]), st.sampled_from([*MEMORY_UNITS, *DURATION_UNITS, "m"])
)
written = st.lists(parts.map("".join), min_size=1, max_size=2).map("".join)
"""Numbers with units, many of which are quantities."""


@given(quantities, st.one_of(written, near_quantities, st.text()), st.data())
@example("duration", "9" * 5000, None)
@law(100)
def test_any_text_gives_a_number_or_a_problem(quantity, text, data):
    unit = data.draw(st.sampled_from([None, *UNITS[quantity]])) if data else "min"
    result = convert(text, FieldType("field", "integer", quantity, unit))
    assert isinstance(result, QuantityMistake) or result >= 0
    if isinstance(result, QuantityMistake):
        assert result.help


@given(
    st.integers(0, 10**9), st.integers(0, 3), st.sampled_from(list(MEMORY_UNITS)), st.sampled_from(list(MEMORY_UNITS))
)
@law(100)
def test_memory_is_exact_or_lies_between_the_two_values_named(number, places, unit, target):
    amount = Fraction(number, 10**places)
    text = f"{number // 10**places}.{number % 10**places:0{places}}{unit}" if places else f"{number}{unit}"
    exact = amount * MEMORY_UNITS[unit] / MEMORY_UNITS[target]
    limit = FieldType("mem_limit", "integer", "memory", target)
    result = convert(text, limit)
    if exact.denominator == 1:
        assert result == exact
    else:
        assert isinstance(result, QuantityMistake)
        below = exact.numerator // exact.denominator
        named = [f"`{amount}{target}`" for amount in (below, below + 1) if amount]  # nobody wants a limit of 0
        nearest, _, binary = (result.help or "").partition(", or ")
        assert nearest == "write " + " or ".join(named)
        assert not binary or isinstance(convert(binary.split("`")[1], limit), int), "and what is proposed fits"


@given(st.integers(0, 99), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
@law(50)
def test_a_clock_time_and_its_words_are_one_duration(days, hours, minutes, seconds):
    clock = f"{days}-{hours:02}:{minutes:02}:{seconds:02}"
    words = f"{days}d {hours}h {minutes}m {seconds}s"
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    assert read(clock, "duration") == read(words, "duration") == total
    short = read(f"{days}-{hours:02}:{minutes:02}", "duration"), read(f"{days}-{hours}", "duration")
    assert short == (total - seconds, total - seconds - minutes * 60), "as sbatch reads them"


@given(st.integers(0, 10**17), st.sampled_from(["gib", "mib", "minutes", "seconds"]))
@law(50)
def test_a_filter_undoes_itself(number, name):
    apply = filters()[name]
    assert apply(apply(number)) == number


@given(st.sampled_from(list(DURATION_UNITS)), st.integers(0, 10**6))
@law(30)
def test_a_unit_converts_to_itself(unit, number):
    assert convert(f"{number}{unit}", FieldType("time_limit", "integer", "duration", unit)) == number
