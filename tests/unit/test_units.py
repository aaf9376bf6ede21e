"""Quantities: what is read, what is refused, and what the refusal says."""

import pytest
from support.tables import each

from specc.diagnostics.codes import AMBIGUOUS_QUANTITY, BAD_QUANTITY, INEXACT_QUANTITY, UNIT_NOT_SET
from specc.settings import FieldType
from specc.units import DURATION_UNITS, MEMORY_UNITS, QuantityMistake, convert, filters

MEMORY = FieldType("mem_limit", "integer", "memory", "MiB")
DURATION = FieldType("time_limit", "integer", "duration", "min")


def in_unit(field: FieldType, unit: str | None) -> FieldType:
    return FieldType(field.name, field.type, field.quantity, unit)


@each(
    "text, unit, number",
    [
        ("64GiB", "MiB", 65536),
        ("64GiB", "KiB", 64 * 1024**2),
        ("64 GiB", "MiB", 65536),
        (" 64GiB\n", "GiB", 64),
        ("1.5GiB", "MiB", 1536),
        ("0.5kB", "B", 500),
        ("2TB", "GB", 2000),
        ("1TiB", "GiB", 1024),
        ("1024MB", "kB", 1_024_000),
        ("0B", "TiB", 0),
        ("007MiB", "MiB", 7),
    ],
)
def test_memory(text, unit, number):
    assert convert(text, in_unit(MEMORY, unit)) == number


@each(
    "text, unit, number",
    [
        ("90min", "min", 90),
        ("90m", "min", 90),
        ("2h30m", "min", 150),
        ("2h 30m", "min", 150),
        ("2 h 30 min", "s", 9000),
        ("1.5h", "min", 90),
        ("1h90m", "min", 150),
        ("1d", "h", 24),
        ("1d2h3m4s", "s", 93784),
        ("12:00:00", "min", 720),
        ("72:00:00", "d", 3),
        ("0:05:00", "min", 5),
        ("1-12:00:00", "h", 36),
        ("1-12", "h", 36),
        ("3-00:00", "d", 3),
        ("1-12:30", "min", 2190),
        ("0-1", "min", 60),
        ("0s", "d", 0),
    ],
)
def test_duration(text, unit, number):
    assert convert(text, in_unit(DURATION, unit)) == number


@each(
    "text, message, help",
    [
        (
            "64G",
            "`64G` can be 64GiB or 64GB",
            "write `64GiB` (64 × 1024^3 bytes, as Slurm reads it) or `64GB` (64 × 1000^3 bytes)",
        ),
        (
            "64g",
            "`64g` can be 64GiB or 64GB",
            "write `64GiB` (64 × 1024^3 bytes, as Slurm reads it) or `64GB` (64 × 1000^3 bytes)",
        ),
        (
            "64KB",
            "`64KB` can be 64KiB or 64kB",
            "write `64KiB` (64 × 1024 bytes, as Slurm reads it) or `64kB` (64 × 1000 bytes)",
        ),
        ("1,500MB", "`1,500MB` can be 1500MB or 1.500MB", "write `1500MB` or `1.500MB`, without a comma"),
    ],
)
def test_ambiguous_memory_names_both_readings(text, message, help):
    assert convert(text, MEMORY) == QuantityMistake(AMBIGUOUS_QUANTITY, message, help)


@each(
    "text, message, help",
    [
        ("1:30", "`1:30` can be 1 h 30 min or 1 min 30 s", "write `1h30m` or `1m30s`"),
        ("30M", "`30M` can be minutes or months", "for minutes write `30min`"),
    ],
)
def test_ambiguous_duration_names_both_readings(text, message, help):
    assert convert(text, DURATION) == QuantityMistake(AMBIGUOUS_QUANTITY, message, help)


@each(
    "text, message, help",
    [
        ("64gib", "unknown unit `gib` in `64gib`, expected a unit of memory", "did you mean `64GiB`?"),
        ("64Gi", "unknown unit `Gi` in `64Gi`, expected a unit of memory", "did you mean `64GiB`?"),
        ("64 bytes", "unknown unit `bytes` in `64 bytes`, expected a unit of memory", "did you mean `64B`?"),
        (
            "5PB",
            "unknown unit `PB` in `5PB`, expected a unit of memory",
            "units here: `B`, `kB`, `KiB`, `MB`, `MiB`, `GB`, `GiB`, `TB`, `TiB`",
        ),
        (
            "90",
            'the text "90" has no unit, so it is not a memory size',
            "write 90 without quotes, or with a unit, such as `90MiB`",
        ),
        ("-5GiB", "`-5GiB` is negative, expected a memory size of 0 or more", "write `5GiB`"),
        ("1,5GiB", "`1,5GiB` has a comma in its number", "write `1.5GiB`"),
        ("６４GiB", "`６４GiB` is not written with plain characters", "write `64GiB`"),
        ("64min", "`64min` is a duration, expected a memory size", "write a number and a unit, such as `64GiB`"),
        ("1e3MiB", "`1e3MiB` is not a memory size: it has 2 numbers", "write a number and a unit"),
        ("", 'the text "" is not a memory size', "write a number and a unit"),
        ("lots", 'the text "lots" is not a memory size', "write a number and a unit"),
        ("64:00", 'the text "64:00" is not a memory size', "write a number and a unit"),
    ],
)
def test_bad_memory(text, message, help):
    problem = convert(text, MEMORY)
    assert isinstance(problem, QuantityMistake)
    assert (problem.code, problem.message) == (BAD_QUANTITY, message)
    assert (problem.help or "").startswith(help)


@each(
    "text, message, help",
    [
        ("2H", "unknown unit `H` in `2H`, expected a unit of duration", "did you mean `2h`?"),
        ("2h30M", "unknown unit `M` in `2h30M`, expected a unit of duration", "did you mean `2h30m`?"),
        (
            "2 hours 30 minutes",
            "unknown unit `hours` in `2 hours 30 minutes`, expected a unit of duration",
            "did you mean `2h30min`?",
        ),
        ("2小时", "unknown unit `小时` in `2小时`, expected a unit of duration", "did you mean `2h`?"),
        (
            "2h3q",
            "unknown unit `q` in `2h3q`, expected a unit of duration",
            "units here: `s`, `min`, `h`, `d`",
        ),
        (
            "30m2h",
            "`30m2h` does not go from the largest unit to the smallest, each once",
            "write days, hours, minutes and seconds in this order, such as `1d2h30m`",
        ),
        ("1m1min", "`1m1min` does not go from the largest unit to the smallest, each once", "write days, hours"),
        ("0:75:00", "`0:75:00` has 75 minutes, expected less than 60", "write `1h15m`"),
        ("0:60:00", "`0:60:00` has 60 minutes, expected less than 60", "write `1h`"),
        ("1-24:00:00", "`1-24:00:00` has 24 hours, expected less than 24", "write `2d`"),
        ("1:00:99", "`1:00:99` has 99 seconds, expected less than 60", "write `1h1m39s`"),
        ("1-36:00:00", "`1-36:00:00` has 36 hours, expected less than 24", "write `2d12h`"),
        ("1-24", "`1-24` has 24 hours, expected less than 24", "write `2d`"),
        ("1-12:60", "`1-12:60` has 60 minutes, expected less than 60", "write `1d13h`"),
        ("1-2:3", 'the text "1-2:3" is not a duration', "write a number and a unit"),
        ("1-", 'the text "1-" is not a duration', "write a number and a unit"),
        ("12：00：00", "`12：00：00` is not written with plain characters", "write `12:00:00`"),
        ("-1:00:00", "`-1:00:00` is negative, expected a duration of 0 or more", "write `1:00:00`"),
        ("64GiB", "`64GiB` is a memory size, expected a duration", "write a number and a unit, such as `2h30m`"),
        ("12:0:0", 'the text "12:0:0" is not a duration', "write a number and a unit"),
        (
            "1.5",
            'the text "1.5" has no unit, so it is not a duration',
            "write 1.5 without quotes, or with a unit, such as `1.5min`",
        ),
        ("PT2H", 'the text "PT2H" is not a duration', "write a number and a unit"),
        ("3 bytes", "unknown unit `bytes` in `3 bytes`, expected a unit of duration", "units here: `s`"),
    ],
)
def test_bad_duration(text, message, help):
    problem = convert(text, DURATION)
    assert isinstance(problem, QuantityMistake)
    assert (problem.code, problem.message) == (BAD_QUANTITY, message)
    assert (problem.help or "").startswith(help)


def test_long_texts_are_refused_without_being_read():
    for text in ("9" * 5000 + "GiB", "1h" * 100_000, "-" * 100_000, "1" * 5000):
        problem = convert(text, DURATION)
        assert isinstance(problem, QuantityMistake)
        assert problem.message == f"a text of {len(text)} characters is not a duration"


def test_a_text_of_64_characters_is_read_and_a_longer_one_is_not():
    assert convert("0" * 60 + "4GiB", MEMORY) == 4096
    problem = convert("0" * 61 + "4GiB", MEMORY)
    assert isinstance(problem, QuantityMistake)
    assert problem.message == "a text of 65 characters is not a memory size"


@each(
    "text, field, nearest",
    [
        ("1500000kB", MEMORY, ("1430MiB", "1431MiB")),
        ("90s", DURATION, ("1min", "2min")),
    ],
)
def test_inexact_names_the_nearest_values(text, field, nearest):
    below, above = nearest
    assert convert(text, field) == QuantityMistake(
        INEXACT_QUANTITY,
        f"`{text}` is not a whole number of {field.unit}: it lies between {below} and {above}",
        f"write `{below}` or `{above}`",
    )


@each("text, binary", [("4GB", "4GiB"), ("1.5 TB", "1.5 TiB"), ("2048kB", "2048KiB")])
def test_powers_of_a_thousand_are_often_not_meant(text, binary):
    problem = convert(text, MEMORY)
    assert isinstance(problem, QuantityMistake)
    assert (problem.help or "").endswith(f", or `{binary}` where powers of 1024 are meant")
    assert isinstance(convert(binary, MEMORY), int)


def test_inexact_and_less_than_one_unit_does_not_propose_zero():
    problem = convert("1.5MiB", in_unit(MEMORY, "GiB"))
    assert isinstance(problem, QuantityMistake)
    assert problem.message == "`1.5MiB` is not a whole number of GiB: it lies between 0GiB and 1GiB"
    assert problem.help == "write `1GiB`"


def test_without_a_unit_says_what_to_add_and_why():
    problem = convert("64GiB", in_unit(MEMORY, None))
    assert isinstance(problem, QuantityMistake)
    assert problem.code is UNIT_NOT_SET
    assert "the API documents no unit for `mem_limit`" in problem.message
    assert 'write `mem_limit = "MiB"` under `[units]` in specc.toml' in (problem.help or "")


def test_without_a_unit_a_bad_text_is_still_a_bad_text():
    problem = convert("soon", in_unit(DURATION, None))
    assert isinstance(problem, QuantityMistake)
    assert problem.code is BAD_QUANTITY


def test_a_unit_of_the_other_quantity():
    problem = convert("64GiB", in_unit(MEMORY, "min"))
    assert isinstance(problem, QuantityMistake)
    assert problem.code is UNIT_NOT_SET
    assert problem.message.endswith("is `min`, which is not a unit of memory")


def test_a_field_that_measures_nothing():
    assert convert("4GiB", FieldType("core_limit", "integer")) == QuantityMistake(
        BAD_QUANTITY, "`core_limit` takes no quantities", "write a plain number"
    )


def test_unit_names():
    assert list(MEMORY_UNITS) == ["B", "kB", "KiB", "MB", "MiB", "GB", "GiB", "TB", "TiB"]
    assert list(DURATION_UNITS) == ["s", "min", "h", "d"]


@each(
    "name, value, result",
    [
        ("gib", 64, "64GiB"),
        ("mib", 1.5, "1.5MiB"),
        ("gib", 64.0, "64GiB"),
        ("gib", 100, "100GiB"),
        ("minutes", 90, "90min"),
        ("seconds", 1e-05, "0.00001s"),
        ("seconds", 1e-30, f"0.{'0' * 29}1s"),
        ("gib", 10**18 - 1, "999999999999999999GiB"),
        ("mib", "64GiB", 65536),
        ("minutes", "2h30m", 150),
        ("seconds", "1-00:00:00", 86400),
    ],
)
def test_filters(name, value, result):
    assert filters()[name](value) == result


@each(
    "name, value, message",
    [
        ("gib", True, "`gib` takes a number or a quantity, not a boolean"),
        ("gib", None, "`gib` takes a number or a quantity"),
        ("gib", -1, "`gib` takes a number from 0 to 10^18"),
        ("gib", 10**500, "`gib` takes a number from 0 to 10^18"),
        ("gib", float("nan"), "`gib` takes a number from 0 to 10^18"),
        ("gib", float("inf"), "`gib` takes a number from 0 to 10^18"),
        ("gib", 10**18, "`gib` takes a number from 0 to 10^18"),
        ("gib", 1e-300, "`gib` takes a number of at most 32 digits"),
        ("gib", 1e-31, "`gib` takes a number of at most 32 digits"),
        ("minutes", "90s", "`90s` is not a whole number of min: it lies between 1min and 2min"),
        ("mib", "64G", "`64G` can be 64GiB or 64GB"),
    ],
)
def test_filters_refuse(name, value, message):
    with pytest.raises(ValueError) as caught:
        filters()[name](value)
    assert str(caught.value) == message


@each(
    "text, help",
    [
        ("4gb", "write `4GiB` (powers of 1024): 4GB is not a whole number of MiB"),
        ("4gib", "did you mean `4GiB`?"),
        ("512mb", "write `512MiB` (powers of 1024): 512MB is not a whole number of MiB"),
    ],
)
def test_what_the_help_says_to_write_is_taken_by_the_field(text, help):
    mistake = convert(text, MEMORY)
    assert isinstance(mistake, QuantityMistake)
    assert mistake.help == help
    assert isinstance(convert(help.split("`")[1], MEMORY), int)
