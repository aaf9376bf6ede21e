"""What to ask for in place of a limit: from jobs that finished, in amounts that people write, with some room."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import NamedTuple

from specc.app.usage import Share, has_ended, used_by
from specc.submission import Ledger, Record, Step, asked_for, end_reason, life_of
from specc.targets import EndReason, JobReport, Life, Usage
from specc.wording import counted, duration_text, size_text

CORES, MEMORY, TIME = "core_limit", "mem_limit", "time_limit"
MIB, GIB, TIB = 1 << 20, 1 << 30, 1 << 40
MINUTE, HOUR, DAY = 60, 3600, 86400
STEPS: dict[str, tuple[int, ...]] = {
    MEMORY: (
        *(size * MIB for size in (64, 96, 128, 192, 256, 384, 512, 768)),
        *(size * GIB for size in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768)),
        *(size * TIB for size in (1, 2, 3, 4, 6, 8, 12, 16)),
    ),
    TIME: (
        *(MINUTE * count for count in (1, 2, 5, 10, 15, 20, 30, 45)),
        *(HOUR * count for count in (1, 2, 3, 4, 6, 8, 12, 18)),
        *(DAY * count for count in (1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, 60, 90)),
    ),
}
"""The amounts that people write. The peak of a job is measured a few times a second, and inputs differ a little."""

ROOM = {CORES: 1.1, MEMORY: 1.2, TIME: 1.5}
TIGHT, LOOSE = 0.95, 0.75
"""Worth a word is a limit of which more than TIGHT was used, or of which less than LOOSE would do, room included."""

SHORTEST = 10.0
"""Seconds. In a shorter job, starting takes more of the processors' time than working."""

ASKED = {CORES: "cores_asked", MEMORY: "memory_asked", TIME: "seconds_asked"}
ENDED_BY = {MEMORY: EndReason.MEMORY, TIME: EndReason.TIME}
UNITS = {MEMORY: (("TiB", TIB), ("GiB", GIB), ("MiB", MIB)), TIME: (("d", DAY), ("h", HOUR), ("min", MINUTE))}
RAN_OUT = {MEMORY: "ran out of memory", TIME: "ran out of time"}


class Ended(NamedTuple):
    """What a job used, and why it ended; without a reason it finished."""

    life: Life
    reason: EndReason | None


class Advice(NamedTuple):
    """What jobs show of one limit of their payload, in cores, bytes or seconds.

    `asked` is what all of them asked for; None where they asked for nothing, or differ. `used` is the most that one
    of the `jobs` that finished used, and `instead` what to ask for; None where nothing need change, or nobody can tell.
    `short` jobs were ended by the limit, the largest of which was `short_at`. With `is_shown` the jobs show enough to
    advise another amount.
    """

    field: str
    asked: float | None
    used: float | None
    instead: float | None
    jobs: int
    short: int = 0
    short_at: float | None = None
    is_shown: bool = True

    @property
    def limit(self) -> str:
        """Return what to write in the spec, such as `mem_limit: 4GiB`; nothing where nothing need change."""
        return "" if self.instead is None else f"{self.field}: {limit_text(self.field, self.instead)}"

    @property
    def shortage(self) -> str:
        """Return how many jobs the limit ended; nothing where it ended none."""
        if not self.short or self.short_at is None:
            return ""
        return f"{counted(self.short, 'job')} {RAN_OUT[self.field]} at {limit_text(self.field, self.short_at)}"


def in_words(advice: Iterable[Advice]) -> str:
    """Return what to ask for instead, and from how many jobs; nothing where nothing need change."""
    found = list(advice)
    limits = [f"{each.limit} (from {counted(each.jobs, 'finished job')})" for each in found if each.limit]
    asked = f"ask for {', '.join(limits)}" if limits else ""
    return "; ".join(filter(None, [asked, *(each.shortage for each in found)]))


def advice_of(ended: Sequence[Ended]) -> list[Advice]:
    """Return what jobs show of each limit. One that its limit ended never counts as if that had sufficed."""
    return [found for field in (CORES, MEMORY, TIME) if (found := _advice(field, ended)) is not None]


def ended_of(record: Record, reports: Mapping[str, JobReport]) -> Ended:
    """Return what an attempt whose job has ended used, and why it ended."""
    return Ended(life_of(record, reports), end_reason(record, reports))


def advice_by_spec(records: Iterable[Record], reports: Mapping[str, JobReport]) -> dict[str, list[Advice]]:
    """Return what the ended jobs of each spec show."""
    ended: dict[str, list[Ended]] = {}
    for record in records:
        if has_ended(record, reports):
            ended.setdefault(record.key.spec, []).append(ended_of(record, reports))
    return {spec: advice_of(each) for spec, each in ended.items()}


LAST = 12


class Excess(NamedTuple):
    """A limit of payloads that is too large, or too small, by the last jobs of their spec that finished."""

    spec: str
    advice: Advice

    def __str__(self) -> str:
        found = self.advice
        asked, used = limit_text(found.field, found.asked or 0.0), used_text(found.field, found.used or 0.0)
        last = "the last job that finished" if found.jobs == 1 else f"the last {found.jobs} jobs that finished"
        instead = limit_text(found.field, found.instead or 0.0)
        is_less = (found.instead or 0.0) < (found.asked or 0.0)
        facts = f"{self.spec}: `{found.field}` asks for {asked}, and {last} used at most {used}"
        short = f", and {found.shortage}" if found.shortage else ""
        return f"{facts}{short}: {instead} {'would do' if is_less else 'leaves some room'}"


def excesses(steps: Iterable[Step], ledger: Ledger, units: Mapping[str, str]) -> Iterator[Excess]:
    """Yield the limits of the payloads that would be sent for which the last jobs of their spec show another amount.

    Only the ledger is asked.
    """
    sent: dict[tuple[str, str], list[Step]] = {}
    for step in steps:
        if step.action.sends:
            sent.setdefault((step.key.spec, step.key.target), []).append(step)
    for (spec, target), each in sent.items():
        records = [one for one in ledger.recent(spec) if one.key.target == target and has_ended(one, {})]
        ended = [ended_of(record, {}) for record in records]
        lasting = [one for one in ended if one.reason is None][-LAST:]
        if lasting:
            short = [one for one in ended if one.reason in ENDED_BY.values()]
            usages = [asked_for(step.payload.shown, units) for step in each]
            yield from _excesses(spec, advice_of(lasting + short), usages)


def _excesses(spec: str, advice: Sequence[Advice], usages: Sequence[Usage]) -> Iterator[Excess]:
    """Yield the limits that all payloads of a spec share, and that its jobs show to be wrong."""
    for found in advice:
        amounts = {getattr(usage, ASKED[found.field]) for usage in usages}
        asked = amounts.pop() if len(amounts) == 1 else None
        if asked is None or found.used is None or not found.is_shown:
            continue
        instead = _instead(found.field, found.used, asked, found.short_at)
        if instead is not None:
            yield Excess(spec, found._replace(asked=asked, instead=instead))


def _advice(field: str, ended: Sequence[Ended]) -> Advice | None:
    finished = [share_of(field, each.life) for each in ended if each.reason is None]
    fits = [share for share in finished if share.used is not None]
    limit = ENDED_BY.get(field)
    short = [at for each in ended if limit and each.reason is limit and (at := share_of(field, each.life).asked)]
    most = max(short, default=None)
    if not fits:
        return Advice(field, None, None, None, 0, len(short), most) if short else None
    used = max(share.used or 0.0 for share in fits)
    asked = {share.asked for share in fits}
    (only,) = asked if len(asked) == 1 else (None,)
    is_shown = bool(short) or _shows_enough(field, used, len(finished) - len(fits))
    instead = _instead(field, used, only, most) if is_shown and len(asked) == 1 else None
    return Advice(field, only, used, instead, len(fits), len(short), most, is_shown)


def _shows_enough(field: str, used: float, unknown: int) -> bool:
    """Return whether jobs that used at most so much show what is needed. `unknown` more finished without a figure.

    Jobs that end at once are mostly tries, and the one whose peak nobody measured may have had the highest.
    """
    if field == TIME:
        return used >= SHORTEST
    return field != MEMORY or not unknown


def share_of(field: str, life: Life) -> Share:
    """Return what a job used of a limit. How busy a short job kept its cores says nothing."""
    used = used_by(life)
    if field == CORES:
        return used.cores if (life.seconds or 0.0) >= SHORTEST else Share(None, used.cores.asked)
    return used.memory if field == MEMORY else used.time


def _instead(field: str, used: float, asked: float | None, short_at: float | None) -> float | None:
    """Return what to ask for in place of an amount; None where it is right."""
    wanted = round_up(field, used * ROOM[field])
    if short_at is not None and wanted <= short_at:
        wanted = round_up(field, short_at + 1)
    if field == CORES:
        return wanted if asked is not None and wanted <= LOOSE * asked else None
    if asked is None or wanted <= LOOSE * asked or (used > TIGHT * asked and wanted > asked):
        return wanted
    return wanted if short_at is not None and wanted > asked else None


def round_up(field: str, amount: float) -> float:
    """Return the least amount that a person would write and that is not below the given one."""
    if field == CORES:
        return max(1.0, float(ceil(amount)))
    return next((step for step in STEPS[field] if step >= amount), amount)


def limit_text(field: str, amount: float) -> str:
    """Return an amount as a spec writes it: `4`, `4GiB`, `30min`, `2h`."""
    if field == CORES:
        return f"{amount:g}"
    name, unit = next((each for each in UNITS[field] if amount % each[1] == 0), UNITS[field][-1])
    return f"{ceil(amount / unit)}{name}"


def used_text(field: str, amount: float) -> str:
    """Return an amount that jobs used, for people."""
    if field == CORES:
        return f"{amount:.2f}".rstrip("0").rstrip(".")
    return size_text(amount) if field == MEMORY else duration_text(amount)
