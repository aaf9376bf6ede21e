"""What the project's configuration says, as frozen types. Reading it is the business of `specc.config`."""

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from specc.nodes import Mapping

Quantity = Literal["memory", "duration"]
TargetKind = Literal["local", "slurm", "ehpc"]

EMPTY: Map[str, str] = MappingProxyType({})


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

    `tag_names` puts a short tag behind the job's name when it is sent, by which the job is found again.
    """

    name: str
    kind: TargetKind
    endpoint: str | None = None
    job: Mapping | None = None
    units: Map[str, str] = field(default_factory=lambda: EMPTY)
    run_as: Literal["caller"] | None = None
    queues: Map[str, Map[str, object]] = field(default_factory=dict)
    tag_names: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """The merged configuration of one project. `env` lists the environment variables that templates may read.

    `is_named` says that `project` is the name that the configuration gives, not just the folder's. `ledger` is the
    path of the ledger where it is not the usual one, as written.
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
    is_named: bool = False

    def units_for(self, target: str) -> dict[str, str]:
        """Units of the project with those of the target over them."""
        own = self.targets[target].units if target in self.targets else EMPTY
        return {**self.units, **own}
