"""Numbers, times and sizes as sbatch reads them, and a quantity of specc for each."""

import re
from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from typing import Final, NamedTuple

from specc.settings import Quantity
from specc.units import MEMORY_UNITS, UNITS

UNLIMITED: Final = 0
"""What sbatch makes of a time of zero, and of the words for no limit."""

WHOLE = re.compile(r"[ \t\v\f\r]*\+?([0-9]{1,18})")
TIME = re.compile(r"(?:([0-9]+)-)?([0-9]+)(?::([0-9]+))?(?::([0-9]+))?")
NODES = re.compile(r"([0-9]+)([kKmM]?)(?:-([0-9]+)([kKmM]?))?")
MEMORY = re.compile(r"[ \t\v\f\r]*\+?([0-9]+)(?:([kKmMgGtT])[bB]?)?")
KIBIBYTES = {"K": 1, "M": 1024, "G": 1024**2, "T": 1024**3}
NO_LIMIT = ("-1", "infinite", "unlimited")
MULTIPLES = {"": 1, "k": 1024, "m": 1024**2}
LARGEST = 2**31 - 1
LONGEST = 64


class Amount(NamedTuple):
    """A quantity as a spec writes it; `is_rounded` where the cluster's unit is too coarse for it."""

    text: str
    is_rounded: bool


def whole_number(text: str) -> int | None:
    """The count of an option such as `--ntasks`: at least 1."""
    match = WHOLE.fullmatch(text)
    number = int(match[1]) if match else 0
    return number if 0 < number <= LARGEST else None


def nodes(text: str) -> tuple[int, int] | None:
    """The least and the largest number of `--nodes`."""
    match = NODES.fullmatch(text[:LONGEST])
    if match is None or len(text) > LONGEST:
        return None
    least = int(match[1]) * MULTIPLES[match[2].lower()]
    most = int(match[3]) * MULTIPLES[match[4].lower()] if match[3] else least
    return (least, most) if least <= most <= LARGEST else None


def minutes(text: str) -> int | None:
    """The whole minutes of `M`, `M:S`, `H:M:S`, `D-H`, `D-H:M` or `D-H:M:S`; seconds round up, as in Slurm."""
    if text.lower() in NO_LIMIT:
        return UNLIMITED
    # sbatch takes `2-` for two days.
    match = TIME.fullmatch(f"{text}0" if text.endswith("-") else text) if len(text) <= LONGEST else None
    if match is None:
        return None
    days, *parts = (None if group is None else int(group) for group in match.groups())
    first, second, third = parts
    if days is not None:
        hours, mins, secs = first or 0, second or 0, third or 0
    elif third is not None:
        hours, mins, secs = first or 0, second or 0, third
    else:
        hours, mins, secs = 0, first or 0, second or 0
    return ceil(Fraction((((days or 0) * 24 + hours) * 60 + mins) * 60 + secs, 60))


def mebibytes(text: str) -> int | None:
    """The size of `4G`, `512M`, `4GB` or `4096`, which is in MiB; parts of a MiB round up, as in Slurm."""
    match = MEMORY.fullmatch(text) if len(text) <= LONGEST else None
    return ceil(Fraction(int(match[1]) * KIBIBYTES[(match[2] or "M").upper()], 1024)) if match else None


def memory_amount(size: int, unit: str | None) -> Amount:
    """A size in MiB in the largest unit that is exact, or in the cluster's own, rounded up."""
    amount = size * 1024**2
    name = next(name for name in ("TiB", "GiB", "MiB") if amount % MEMORY_UNITS[name] == 0)
    return _fitted(amount, f"{amount // MEMORY_UNITS[name]}{name}", unit, "memory")


def time_amount(duration: int, unit: str | None) -> Amount:
    """A duration in minutes as a person writes it, or in the cluster's own unit, rounded up."""
    hours, mins = divmod(duration, 60)
    days, hours = divmod(hours, 24) if hours > 48 else (0, hours)
    parts = [f"{count}{name}" for count, name in ((days, "d"), (hours, "h"), (mins, "min")) if count]
    return _fitted(duration * 60, "".join(parts), unit, "duration")


def _fitted(amount: int, text: str, unit: str | None, quantity: Quantity) -> Amount:
    factors: Mapping[str, int] = UNITS[quantity]
    if unit is None or unit not in factors or amount % factors[unit] == 0:
        return Amount(text, False)
    return Amount(f"{ceil(Fraction(amount, factors[unit]))}{unit}", True)
