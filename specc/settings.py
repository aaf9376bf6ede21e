"""The configuration of a project as frozen types, which `specc.config` makes."""

from collections.abc import Mapping as Map
from dataclasses import field
from types import MappingProxyType
from typing import Literal

from specc.fast_dataclass import dataclass
from specc.nodes import Mapping, Node

Quantity = Literal["memory", "duration"]
Layout = Literal["tasks", "threads"]

BUILT_IN = "local"
"""The name of the target that every project has: this machine."""

EMPTY: Map[str, str] = MappingProxyType({})
LIKELY_QUANTITIES: Map[str, str] = MappingProxyType(
    {"min_memory": "64MiB", "max_memory": "16TiB", "min_time": "1min", "max_time": "48h"}
)


@dataclass(frozen=True, slots=True)
class FieldType:
    """An API field as the evaluator sees it: its JSON type, what the field measures, and its unit (None: unset).

    `shell` says that a shell runs the field, so that template expressions in the field must be quoted.
    """

    name: str
    type: str
    quantity: Quantity | None = None
    unit: str | None = None
    shell: bool = False


@dataclass(frozen=True, slots=True)
class Traits:
    """The facts about a kind of target that the compiler and the rules ask for. The defaults are of an unknown kind.

    `scheduler` names the scheduler that runs the jobs: they find its variables and commands. It is empty where surely
    none does, and None where that is not known. `variables` are set for jobs in the manner of another scheduler.
    With `obeys_interpreter_line` a command that begins with `#!` is started by that interpreter, with `runs_scripts` a
    command for another interpreter than bash can stand behind other lines. With `has_layout` the target's `layout`
    says what cores are, and with `has_workdir` its `workdir` says where jobs start. With `may_be_any_scheduler` a
    scheduler runs the jobs that only their user knows.
    """

    scheduler: str | None = None
    variables: frozenset[str] = frozenset()
    obeys_interpreter_line: bool = False
    runs_scripts: bool = False
    has_layout: bool = False
    has_workdir: bool = False
    may_be_any_scheduler: bool = False


UNKNOWN_KIND = Traits()


@dataclass(frozen=True, slots=True)
class Target:
    """A target, where payloads go. `kind` is a name in `specc.targets.kinds`, and `traits` are those of the kind.

    `job` holds values of job fields that belong to the target, such as its zone.

    `tag_names` adds a short tag to the job's name when the job is sent, so that the job can be found. With
    `needs_queue` each job must say its queue. `name_max` is the most characters that the site allows in the name of a
    job, and `name_pattern` a regular expression that a name must match as a whole. `workdir` is the folder that jobs
    start in where the target runs them itself: `project`, `spec`, `job` for a private one, or an absolute path.
    `prelude` stands before every command: a text, or `{$file: PATH}`.

    Some fields are for clusters of any scheduler. `hpcqueues` maps the API's queue ids to queues or partitions,
    `environment` names variables that go along with every job, `directory` is a folder that login node and compute
    nodes share, `cluster` the cluster's name. `commands` are those of a site, by what each does, and `adapter` names
    commands that ship with specc; `own_settings` are for the commands alone, and `job_variable` is the variable that
    tells a job its number.

    The other fields are for clusters that run Slurm. `layout` says what cores are: MPI tasks, or threads of one task; a
    queue may differ (`layout_of`). `resource_limits` maps texts of that field to options of sbatch, and `options` go
    along with every job. With `arrays`, cells that are equal in all that sbatch sees are sent as arrays.
    """

    name: str
    kind: str
    traits: Traits = UNKNOWN_KIND
    endpoint: str | None = None
    job: Mapping | None = None
    units: Map[str, str] = field(default_factory=lambda: EMPTY)
    run_as: Literal["caller"] | None = None
    queues: Map[str, Map[str, object]] = field(default_factory=dict)
    tag_names: bool = False
    arrays: bool = True
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
    commands: Map[str, tuple[str, ...]] = field(default_factory=dict)
    adapter: str | None = None
    own_settings: Map[str, object] = field(default_factory=dict)
    job_variable: str | None = None

    def layout_of(self, queue: str | None) -> Layout:
        """Return the layout of a queue, or of the target where the queue has none."""
        own = self.queues.get(queue or "", {}).get("layout")
        return "tasks" if own == "tasks" else "threads" if own == "threads" else self.layout


@dataclass(frozen=True, slots=True)
class RuleTable:
    """Codes of diagnostics that are ignored, and severities (`error`, `warning`, `off`) that replace the usual ones."""

    ignore: frozenset[str] = frozenset()
    severity: Map[str, str] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """The settings of the linter. `select` are the only rules, None selects all. `paths` are patterns of files.

    `quantities` are the limits between which a number without a unit is likely: `min_memory`, `max_memory`,
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

    `is_named` says that the configuration gives the name of the project, which otherwise is that of the folder;
    `is_target_chosen` says that the configuration gives the default target. `ledger` is the path of the ledger as
    written, None for the usual path; `ledger_shared` says that a group uses the ledger.
    """

    project: str
    target: str = BUILT_IN
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
        """Return the units of the project with those of the target over them."""
        own = self.targets[target].units if target in self.targets else EMPTY
        return {**self.units, **own}
