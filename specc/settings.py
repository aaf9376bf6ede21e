"""What the project's configuration says, as frozen types. Reading it is the business of `specc.config`."""

from collections.abc import Mapping as Map
from dataclasses import field
from types import MappingProxyType
from typing import Literal

from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Node

Quantity = Literal["memory", "duration"]
TargetKind = Literal["local", "slurm", "ehpc"]
Layout = Literal["tasks", "threads"]

EMPTY: Map[str, str] = MappingProxyType({})
LIKELY_QUANTITIES: Map[str, str] = MappingProxyType(
    {"min_memory": "64MiB", "max_memory": "16TiB", "min_time": "1min", "max_time": "48h"}
)


@dataclass(frozen=True, slots=True)
class FieldType:
    """What the evaluator must know of an API field: its JSON type, what it measures, and in which unit (None: unset).

    `shell` says that the field is run by a shell, so a hole in it must be quoted.
    """

    name: str
    type: str
    quantity: Quantity | None = None
    unit: str | None = None
    shell: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """Where payloads go. `job` holds values of job fields that belong to the target, such as its zone.

    `tag_names` puts a short tag behind the job's name when it is sent, by which the job is found again. `needs_queue`
    wants each job to say which queue it runs in. `name_max` is the most characters that the site allows in the name of
    a job, and `name_pattern` a regular expression that a name must match as a whole. `workdir` is the folder that jobs
    start in where the target runs them itself: `project`, `spec`, `job` for a private one, or an absolute path.
    `prelude` stands before every command: a text, or `{$file: PATH}`.

    The rest is for clusters that run Slurm. `layout` says what cores are: MPI tasks, or threads of one task; a queue
    may say otherwise (`layout_of`). `hpcqueues` maps the API's queue ids to partitions, `resource_limits` texts of
    that field to options of sbatch. `options` go along with every job, as do the variables that `environment` names.
    `directory` is a folder that login node and compute nodes share, `cluster` the cluster's name.
    """

    name: str
    kind: TargetKind
    endpoint: str | None = None
    job: Mapping | None = None
    units: Map[str, str] = field(default_factory=lambda: EMPTY)
    run_as: Literal["caller"] | None = None
    queues: Map[str, Map[str, object]] = field(default_factory=dict)
    tag_names: bool = False
    needs_queue: bool = False
    layout: Layout = "threads"
    hpcqueues: Map[str, str] = field(default_factory=lambda: EMPTY)
    resource_limits: Map[str, tuple[str, ...]] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    directory: str | None = None
    cluster: str | None = None
    workdir: str = "project"
    prelude: Node | None = None
    name_max: int | None = None
    name_pattern: str | None = None

    def layout_of(self, queue: str | None) -> Layout:
        own = self.queues.get(queue or "", {}).get("layout")
        return "tasks" if own == "tasks" else "threads" if own == "threads" else self.layout


@dataclass(frozen=True, slots=True)
class RuleTable:
    """Findings, by code, that are not wanted, and severities (`error`, `warning`, `off`) in place of the usual ones."""

    ignore: frozenset[str] = frozenset()
    severity: Map[str, str] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """What the project wants of the linter. `select`: only these rules; None: all. `paths` are patterns of files.

    `quantities` says between which limits a number without a unit is likely to be meant: `min_memory`, `max_memory`,
    `min_time` and `max_time`.
    """

    select: frozenset[str] | None = None
    everywhere: RuleTable = field(default_factory=RuleTable)
    paths: tuple[tuple[str, RuleTable], ...] = ()
    max_inheritance: int = 5
    quantities: Map[str, str] = field(default_factory=lambda: LIKELY_QUANTITIES)


@dataclass(frozen=True, slots=True)
class Settings:
    """The merged configuration of one project. `env` lists the environment variables that templates may read.

    `is_named` says that `project` is the name that the configuration gives, not just the folder's, `is_target_chosen`
    that the configuration says which target is the default. `ledger` is the path of the ledger where it is not the
    usual one, as written; `ledger_shared` says that a group uses it.
    """

    project: str
    target: str = "local"
    api: str = "ehpc/v1"
    include: tuple[str, ...] = ("**/*.job.yaml",)
    exclude: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    defaults: Mapping | None = None
    units: Map[str, str] = field(default_factory=lambda: EMPTY)
    targets: Map[str, Target] = field(default_factory=dict)
    ledger: str | None = None
    ledger_shared: bool = False
    rules: RuleSettings = field(default_factory=RuleSettings)
    is_named: bool = False
    is_target_chosen: bool = False

    def units_for(self, target: str) -> dict[str, str]:
        """Units of the project with those of the target over them."""
        own = self.targets[target].units if target in self.targets else EMPTY
        return {**self.units, **own}
