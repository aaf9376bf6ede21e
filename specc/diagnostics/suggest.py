"""Did-you-mean, in the one wording that every message uses."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice

MOST_COMPARED = 60
LONGEST_COMPARED = 100
NUMBERED = re.compile(r"SPC\d+")


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `word` was probably meant to be, or None when nothing is near."""
    folded = word.casefold()
    if len(folded) > LONGEST_COMPARED:
        return None
    by_folded, alike = _folded(tuple(candidates))
    # Comparing is slow, and a spec with thousands of names can have thousands of wrong ones.
    lengths = range(len(folded) - 2, len(folded) + 3)
    names = (name for length in lengths for name in alike.get((folded[:1], length), ())) if alike else by_folded
    near = get_close_matches(folded, islice(names, MOST_COMPARED), n=1, cutoff=0.6)
    return by_folded[near[0]] if near else None


@lru_cache(maxsize=8)
def _folded(candidates: tuple[str, ...]) -> tuple[dict[str, str], dict[tuple[str, int], list[str]]]:
    """The candidates without regard to case; of many, also by their first letter and their length."""
    by_folded = {name.casefold(): name for name in candidates if len(name) <= LONGEST_COMPARED}
    alike: dict[tuple[str, int], list[str]] = {}
    for name in by_folded if len(by_folded) > MOST_COMPARED else ():
        alike.setdefault((name[:1], len(name)), []).append(name)
    return by_folded, alike


def closest_code(word: str, names: Iterable[str]) -> str | None:
    """As `closest`. Near a number there is none: the next one means something else."""
    return None if NUMBERED.fullmatch(word) else closest(word, names)


def one_of(names: Iterable[str]) -> str:
    """The names as a person would list them: `a`, `b` or `c`."""
    quoted = [f"`{name}`" for name in names]
    return " or ".join(filter(None, [", ".join(quoted[:-1]), *quoted[-1:]]))


def did_you_mean(word: str, candidates: Iterable[str], what: str) -> str | None:
    """A help line: the nearest candidate, else all that are allowed, else None when there are none.

    `what` names them in the plural: "fields", "axes".
    """
    known = list(candidates)
    near = closest(word, known)
    if near is not None:
        return f"did you mean `{near}`?"
    if not known:
        return None
    shown = known if len(known) <= 20 else known[:20]
    more = "" if len(known) <= 20 else f" and {len(known) - 20} more"
    return f"{what} here: {', '.join(f'`{name}`' for name in shown)}{more}"
