"""What jobs used beside what they asked for: of one job, and of all ended jobs of a spec together."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from specc.fast_dataclass import dataclass
from specc.submission import Record, life_of, state_of
from specc.targets import JobReport, Life
from specc.targets.protocol import FINAL

ENDED = frozenset(state.value for state in FINAL)


class Share(NamedTuple):
    """An amount that was used, of the amount that was asked for. None stands for what is not known."""

    used: float | None
    asked: float | None

    @property
    def efficiency(self) -> float | None:
        """Return the part of what was asked for that was used."""
        return None if self.used is None or not self.asked else self.used / self.asked


@dataclass(frozen=True, slots=True)
class Used:
    """The cores that jobs kept busy on average, the memory in bytes at their peak, and the seconds that they ran."""

    cores: Share
    memory: Share
    time: Share


@dataclass(frozen=True, slots=True)
class SpecUsage:
    """The usage of the ended jobs of a spec. `jobs` counts them; those of which nothing is known do not change it."""

    spec: str
    jobs: int
    used: Used


def used_by(life: Life) -> Used:
    """Return what a job used beside what it asked for."""
    usage, seconds = life.usage, life.seconds
    cores = None if usage.cpu_seconds is None or not seconds else usage.cpu_seconds / seconds
    return Used(
        Share(cores, usage.cores_asked),
        Share(usage.peak_memory, usage.memory_asked),
        Share(seconds, usage.seconds_asked),
    )


def has_ended(record: Record, reports: Mapping[str, JobReport]) -> bool:
    """Return whether the job of an attempt is known to have ended."""
    return record.uuid is not None and state_of(record, reports) in ENDED


def by_spec(records: Iterable[Record], reports: Mapping[str, JobReport]) -> list[SpecUsage]:
    """Return the usage of the ended jobs of each spec: of memory and time the most, of cores the average over time."""
    lives: dict[str, list[Life]] = {}
    for record in records:
        if has_ended(record, reports):
            lives.setdefault(record.key.spec, []).append(life_of(record, reports))
    return [SpecUsage(spec, len(each), _together(each)) for spec, each in sorted(lives.items())]


def _together(lives: list[Life]) -> Used:
    busy = [(life.usage.cpu_seconds, life.seconds, life.usage.cores_asked) for life in lives]
    known = [(cpu, seconds, cores) for cpu, seconds, cores in busy if cpu is not None and seconds and cores is not None]
    total = sum(seconds for _, seconds, _ in known)
    cores = Share(
        sum(cpu for cpu, _, _ in known) / total if total else None,
        sum(seconds * asked for _, seconds, asked in known) / total if total else None,
    )
    each = [used_by(life) for life in lives]
    return Used(cores, _most(used.memory for used in each), _most(used.time for used in each))


def _most(shares: Iterable[Share]) -> Share:
    """Return the share that came nearest to what was asked for; where nothing was asked for, the largest."""
    known = [share for share in shares if share.used is not None]
    return max(known, key=lambda share: (share.efficiency or 0.0, share.used), default=Share(None, None))
