"""Did-you-mean, in the one wording that every message uses."""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

from specc.pattern import pattern

MOST_COMPARED = 60
NUMBERED = pattern(r"SPC\d+")


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `word` was probably meant to be, or None when nothing is near."""
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    if len(by_folded) > MOST_COMPARED:
        # Comparing is slow, and a spec with thousands of names can have thousands of wrong ones.
        alike = (name for name in by_folded if name[:1] == word[:1].casefold() and abs(len(name) - len(word)) <= 2)
        by_folded = {name: by_folded[name] for name in islice(alike, MOST_COMPARED)}
    near = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[near[0]] if near else None


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
