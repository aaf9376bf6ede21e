"""From a payload to options of sbatch. docs/slurm.md has this as a table.

Every value goes along as `--option=VALUE`, in one word of the command: none of them can become an option of its own.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from specc.frozen import dataclass
from specc.settings import Layout, Target
from specc.targets.protocol import Rejected
from specc.targets.refusals.common import Refusal, amount, number, rejected, text
from specc.targets.refusals.slurm import MEBIBYTE, MINUTE, ceil, refusals
from specc.targets.slurm.folder import Folder

if TYPE_CHECKING:
    from specc.lowering import Payload

IGNORED: dict[str, str] = {
    "priority": "only a cluster's staff may raise a job's priority, and 1 is what everybody has",
    "submit_type": "nothing depends on how a job was submitted",
    "cmd_line_type": "the API documents no value but `input`, a typed command",
}
"""Fields that mean nothing to Slurm. `cluster_id` and `zone` are not used either, but may not contradict the target."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What payloads are held to: the target's settings, its units, and who asks."""

    target: Target
    units: Mapping[str, str]
    caller: str

    def refuse(self, payload: "Payload") -> Rejected | None:
        """Return every reason why the payload cannot be sent, known without asking Slurm; None if there is none."""
        body = payload.body
        return rejected([*refusals(body, self.target, self.units), *self._own_refusals(body)])

    def options(self, body: Mapping[str, object], name: str, comment: str, folder: Folder) -> list[str]:
        """The options of sbatch for a body that was not refused. The site's own come first: ours win over them."""
        partition, cores = self._partition(body), number(body, "core_limit") or 1
        memory, seconds = amount(body, "mem_limit", self.units), amount(body, "time_limit", self.units)
        resources = text(body, "resource_limit")
        spread = (
            [f"--ntasks={cores}", "--cpus-per-task=1"]
            if self.layout(body) == "tasks"
            else ["--ntasks=1", f"--cpus-per-task={cores}"]
        )
        return [
            *self.target.options,
            *(self.target.resource_limits[resources] if resources else ()),
            f"--job-name={name}",
            f"--comment={comment}",
            *([f"--partition={partition}"] if partition else []),
            "--nodes=1",
            *spread,
            *([f"--mem={ceil(memory, MEBIBYTE)}M"] if memory is not None else []),
            *([f"--time={ceil(seconds, MINUTE)}"] if seconds is not None else []),
            f"--chdir={folder.root}",
            "--input=/dev/null",
            f"--output={escaped(folder.log)}",
            f"--error={escaped(folder.log)}",
            "--open-mode=append",
            "--export=ALL",
            "--no-requeue",
        ]

    def layout(self, body: Mapping[str, object]) -> Layout:
        return self.target.layout_of(self._partition(body))

    def _partition(self, body: Mapping[str, object]) -> str | None:
        queue = text(body, "scheduler_queue_name")
        return queue or self.target.hpcqueues.get(text(body, "hpcqueue_id") or "")

    def _own_refusals(self, body: Mapping[str, object]) -> Iterator[Refusal]:
        """What only the submitting user's login node can tell."""
        user = text(body, "run_user")
        if user is not None and user != self.caller and self.target.run_as != "caller":
            message = f"`run_user` is `{user}`, and what `{self.caller}` submits runs as `{self.caller}`"
            help = f'write `run_as = "caller"` under `[targets.{self.target.name}]` to run it as yourself'
            yield Refusal("run-user", "run_user", message, help)


def escaped(path: Path) -> str:
    """A path as Slurm writes one that holds no pattern. It has no way to say a backslash, see `cli.target_slurm`."""
    return str(path).replace("%", "%%")
