"""What a simulated site is like: its limits, how long its controller takes, what fails, and what its jobs do.

The times are those that a real Slurm 22.05 took on a machine with two cores, one call after the other. Probabilities
cannot be measured on one machine: they are set high, so that a short run meets each failure.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Times:
    """How many seconds Slurm's programs take. `slowness` multiplies the controller's part of each."""

    start: float = 0.005
    """A program is loaded, reads slurm.conf, and has its message signed."""

    answer: float = 0.0025
    """The controller takes a message, and answers it."""

    row: float = 6.5e-6
    """For each job in a list: 40,000 took 0.27 s."""

    timeout: float = 10.0
    """MessageTimeout, after which a program gives up a message."""

    refused: float = 4.0
    """A program gives up a controller that is not there."""

    full: float = 120.0
    """So long sbatch tries by itself where there is no room for a job."""

    slowness: float = 1.0


@dataclass(frozen=True)
class Faults:
    """The share of calls that fail, by how they fail, and how often the controller is not there."""

    unheard: float = 0.0
    """The message is lost, and the program says that it timed out."""

    unanswered: float = 0.0
    """The controller does what it is asked, and the program says that it timed out."""

    hanging: float = 0.0
    """The controller does what it is asked, and the program does not end."""

    late: float = 0.0
    """The program says that it timed out, and the controller does what it is asked only then, `late_after` seconds
    later.
    """

    late_after: float = 300.0
    refused: float = 0.0
    """The connection is refused."""

    restart_every: float = 0.0
    """Seconds between restarts of the controller, on average; 0 for none."""

    restart_takes: float = 60.0


@dataclass(frozen=True)
class Load:
    """What the jobs do: how long they run, in seconds, and what share of them ends otherwise than well."""

    least: float = 60.0
    most: float = 1800.0
    exits: float = 0.0
    times_out: float = 0.0
    out_of_memory: float = 0.0
    node_fails: float = 0.0
    preempted: float = 0.0
    """Jobs that are preempted, each time that they run. Those with `--requeue` start again."""


@dataclass(frozen=True)
class Site:
    """A cluster: how many jobs run at once, how many start in a second, and what its settings allow.

    `rate` is how many calls of a user the controller takes in a second in the long run, and `burst` how many at once;
    None for no limit.
    """

    slots: int = 2000
    starts_per_second: float = 50.0
    max_job_count: int = 10_000
    max_array_size: int = 1001
    max_submit_jobs: int | None = None
    rate: float | None = None
    burst: int = 30
    min_job_age: float = 300.0
    has_accounting: bool = True
    times: Times = field(default_factory=Times)
    faults: Faults = field(default_factory=Faults)
    load: Load = field(default_factory=Load)


STORM = Faults(
    unheard=0.03, unanswered=0.03, hanging=0.01, late=0.02, refused=0.02, restart_every=3600.0, restart_takes=90.0
)
"""A bad day: one call in nine fails, and the controller restarts each hour."""

ROUGH = Load(exits=0.02, times_out=0.01, out_of_memory=0.01, node_fails=0.005, preempted=0.02)
"""Jobs of which one in fifteen does not end well."""
