"""What can be turned about the local target: for tests, and for whoever shares the machine."""

from specc.fast_dataclass import dataclass
from specc.targets.local import machine


@dataclass(frozen=True, slots=True)
class Options:
    """`cores` None: what the machine has. `grace` is the time between TERM and KILL, `idle` the time after which a
    supervisor without jobs ends; both in seconds."""

    cores: int | None = None
    grace: float = 5.0
    idle: float = 10.0

    @property
    def total_cores(self) -> int:
        return self.cores or machine.cores()
