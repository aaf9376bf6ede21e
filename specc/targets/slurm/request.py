"""From a payload to options of sbatch. docs/slurm.md has this as a table.

Every value is passed as `--option=VALUE`, in one word of the command, so that no value can become an option of its own.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from specc.fast_dataclass import dataclass
from specc.settings import Layout, Target
from specc.targets.batch.script import Manner
from specc.targets.protocol import Rejected
from specc.targets.refusals import Refusal, amount, number, rejected, text
from specc.targets.slurm.options import REQUEUE
from specc.targets.slurm.refusals import MEBIBYTE, MINUTE, ceil, own_options, refusals, shape_in
from specc.targets.slurm.words import Shape, early_signal

if TYPE_CHECKING:
    from specc.lowering import Payload

IGNORED: dict[str, str] = {
    "priority": "only a cluster's staff may raise a job's priority, and 1 is what everybody has",
    "submit_type": "nothing depends on how a job was submitted",
    "cmd_line_type": "the API documents no value but `input`, a typed command",
}
"""Fields without a meaning to Slurm. `cluster_id` and `zone` have none either, but must not contradict the target."""

MEMORY_OPTIONS = ("--mem-per-cpu=", "--mem-per-gpu=")


@dataclass(frozen=True, slots=True)
class Rules:
    """What payloads are checked with: the settings of the target, its units, and the caller."""

    target: Target
    units: Mapping[str, str]
    caller: str

    def refuse(self, payload: "Payload") -> Rejected | None:
        """Return every reason why the payload cannot be sent, known without asking Slurm; None without a reason."""
        body = payload.body
        return rejected([*refusals(body, self.target, self.units), *self._own_refusals(body)])

    def options(self, body: Mapping[str, object], name: str, comment: str, root: Path, log: str) -> list[str]:
        """Return the options of sbatch for a body that was not refused. Those of the site come first, so ours win.

        The job begins in the folder `root`, and Slurm writes to the file `log`, which is a pattern of Slurm's.
        """
        partition, seconds = self._partition(body), amount(body, "time_limit", self.units)
        return [
            *self.target.options,
            *own_options(body, self.target),
            f"--job-name={name}",
            f"--comment={comment}",
            *([f"--partition={partition}"] if partition else []),
            *self._spread(body),
            *self._memory(body),
            *([f"--time={ceil(seconds, MINUTE)}"] if seconds is not None else []),
            f"--chdir={root}",
            "--input=/dev/null",
            f"--output={log}",
            f"--error={log}",
            "--open-mode=append",
            "--export=ALL",
            REQUEUE if self.is_requeued(body) else "--no-requeue",
        ]

    def shape(self, body: Mapping[str, object]) -> Shape:
        """Return how the cores of a job are shared out: as its words say, else by the layout of its queue."""
        cores = number(body, "core_limit") or 1
        usual = Shape(1, cores, 1, cores) if self.layout(body) == "tasks" else Shape(1, 1, cores, cores)
        return shape_in(body, self.target) or usual

    def manner(self, body: Mapping[str, object]) -> Manner:
        """Return how the job's script runs the command."""
        cores = number(body, "core_limit") or 1
        return Manner(cores, self.shape(body).cpus_per_task or 1, self.is_requeued(body), self.signal(body))

    def is_requeued(self, body: Mapping[str, object]) -> bool:
        """Return whether Slurm may start the job again, after the failure of a node or when asked."""
        return REQUEUE in (*self.target.options, *own_options(body, self.target))

    def signal(self, body: Mapping[str, object]) -> str | None:
        """Return the signal that the batch shell is sent before its time is over: the job's own, else the target's."""
        options = (*self.target.options, *own_options(body, self.target))
        said = [option.removeprefix("--signal=") for option in options if option.startswith("--signal=")]
        early = early_signal(said[-1]) if said else None
        return early[0] if early is not None else None

    def _spread(self, body: Mapping[str, object]) -> list[str]:
        if shape_in(body, self.target) is not None:
            return []
        shape = self.shape(body)
        return [f"--nodes={shape.nodes}", f"--ntasks={shape.tasks}", f"--cpus-per-task={shape.cpus_per_task}"]

    def _memory(self, body: Mapping[str, object]) -> list[str]:
        """Return the option of memory, of which sbatch takes one. `mem_limit` is of the whole job, `--mem` of a
        node.
        """
        memory = amount(body, "mem_limit", self.units)
        if memory is None or any(word.startswith(MEMORY_OPTIONS) for word in own_options(body, self.target)):
            return []
        return [f"--mem={ceil(memory, MEBIBYTE * (self.shape(body).nodes or 1))}M"]

    def layout(self, body: Mapping[str, object]) -> Layout:
        return self.target.layout_of(self._partition(body))

    def _partition(self, body: Mapping[str, object]) -> str | None:
        queue = text(body, "scheduler_queue_name")
        return queue or self.target.hpcqueues.get(text(body, "hpcqueue_id") or "")

    def _own_refusals(self, body: Mapping[str, object]) -> Iterator[Refusal]:
        """Yield reasons that only the submitting user's login node can tell."""
        user = text(body, "run_user")
        if user is not None and user != self.caller and self.target.run_as != "caller":
            message = f"`run_user` is `{user}`, and what `{self.caller}` submits runs as `{self.caller}`"
            help = f'write `run_as = "caller"` under `[targets.{self.target.name}]` to run it as yourself'
            yield Refusal("run-user", "run_user", message, help)


def escaped(path: Path) -> str:
    """Return a path as Slurm writes a path without a pattern. Slurm cannot write a backslash."""
    return str(path).replace("%", "%%")
