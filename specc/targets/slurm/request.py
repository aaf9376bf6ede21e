"""From a payload to options of sbatch, and all that speaks against it. docs/slurm.md has this as a table.

Every value goes along as `--option=VALUE`, in one word of the command: none of them can become an option of its own.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from specc.frozen import dataclass
from specc.nodes import to_data
from specc.pattern import pattern
from specc.settings import Layout, Target
from specc.targets.faults import OUTPUTS, Fault, amount, limit_faults, number, rejected, text
from specc.targets.protocol import Rejected
from specc.targets.slurm.folder import Folder

if TYPE_CHECKING:
    from specc.lowering import Payload

IGNORED: dict[str, str] = {
    "priority": "only a cluster's staff may raise a job's priority, and 1 is what everybody has",
    "submit_type": "nothing depends on how a job was submitted",
    "cmd_line_type": "the API documents no value but `input`, a typed command",
}
"""Fields that mean nothing to Slurm. `cluster_id` and `zone` are not used either, but may not contradict the target."""

PLACE = ("cluster_id", "zone")
CONTROL = pattern(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
PARTITION = pattern(r"[\w.+@][\w.+@-]*")

MEBIBYTE, MINUTE = 1 << 20, 60
MOST_CORES = 60_000
MOST_MINUTES = 10 * 366 * 24 * 60
MOST_MEBIBYTES = 1 << 40
"""Slurm counts cores of a task in 16 bits and minutes in 32, and reads what does not fit as some other number."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What payloads are held to: the target's settings, its units, and who asks."""

    target: Target
    units: Mapping[str, str]
    caller: str

    def refuse(self, payload: "Payload") -> Rejected | None:
        """All that can be known of the payload alone."""
        return rejected(list(self._faults(payload.body)))

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
            *([f"--mem={_ceil(memory, MEBIBYTE)}M"] if memory is not None else []),
            *([f"--time={_ceil(seconds, MINUTE)}"] if seconds is not None else []),
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

    def _faults(self, body: Mapping[str, object]) -> Iterator[Fault]:
        for field in ("name", "scheduler_queue_name", *OUTPUTS, "input_file"):
            if match := CONTROL.search(text(body, field) or ""):
                message = f"`{field}` holds {_named(match[0])}, which no {_kind(field)} can"
                yield Fault("control-character", field, message, "take it out")
        if "\0" in (text(body, "cmd_line") or ""):
            yield Fault("nul-byte", "cmd_line", "`cmd_line` holds a NUL byte", "take it out: no command can")
        if not text(body, "cmd_line") and not text(body, "input_file"):
            yield Fault("no-command", "cmd_line", "there is nothing to run: `cmd_line` is missing", "write `cmd_line`")
        yield from self._user_faults(text(body, "run_user"))
        yield from self._place_faults(body)
        yield from self._queue_faults(body)
        yield from self._size_faults(body)
        yield from self._resource_faults(text(body, "resource_limit"))
        for field in OUTPUTS:
            path = text(body, field)
            if path and _leaves(path):
                message = f"`{field}` is `{path}`, which leads out of the job's directory"
                yield Fault("bad-path", field, message, "write an absolute path")

    def _user_faults(self, user: str | None) -> Iterator[Fault]:
        if user is not None and user != self.caller and self.target.run_as != "caller":
            message = f"`run_user` is `{user}`, and what `{self.caller}` submits runs as `{self.caller}`"
            help = f'write `run_as = "caller"` under `[targets.{self.target.name}]` to run it as yourself'
            yield Fault("run-user", "run_user", message, help)

    def _place_faults(self, body: Mapping[str, object]) -> Iterator[Fault]:
        own = to_data(self.target.job) if self.target.job is not None else {}
        for field in PLACE:
            if isinstance(own, dict) and field in own and field in body and own[field] != body[field]:
                message = f"`{field}` is `{body[field]}`, and the target `{self.target.name}` says `{own[field]}`"
                help = "take it out of the spec, or choose another target with `--target`"
                yield Fault("other-place", field, message, help)

    def _queue_faults(self, body: Mapping[str, object]) -> Iterator[Fault]:
        queue, queue_id = text(body, "scheduler_queue_name"), text(body, "hpcqueue_id")
        if queue is not None and not CONTROL.search(queue) and not PARTITION.fullmatch(queue):
            message = f"`scheduler_queue_name` is `{queue}`, which is no name of a partition"
            yield Fault("bad-queue", "scheduler_queue_name", message, "`sinfo -s` lists the partitions")
        if queue_id is None:
            return
        mapped = self.target.hpcqueues.get(queue_id)
        if mapped is None:
            message = f"`hpcqueue_id` is `{queue_id}`, and Slurm has no such ids"
            help = f'write `hpcqueues = {{"{queue_id}" = "PARTITION"}}` under `[targets.{self.target.name}]`'
            yield Fault("unmapped-queue", "hpcqueue_id", message, help)
        elif queue is not None and queue != mapped:
            message = f"`hpcqueue_id` `{queue_id}` is the partition `{mapped}`, and `scheduler_queue_name` is `{queue}`"
            yield Fault("two-queues", "hpcqueue_id", message, "leave one of them out")

    def _size_faults(self, body: Mapping[str, object]) -> Iterator[Fault]:
        cores = number(body, "core_limit")
        if cores is not None and not 1 <= cores <= MOST_CORES:
            wanted = "1 or more" if cores < 1 else f"{MOST_CORES} or less"
            yield Fault("bad-limit", "core_limit", f"`core_limit` is {cores}, expected {wanted}")
        found = list(limit_faults(body, self.units))
        yield from found
        if found:
            return
        sizes = (("mem_limit", MEBIBYTE, MOST_MEBIBYTES), ("time_limit", MINUTE, MOST_MINUTES))
        for field, unit, most in sizes:
            size = amount(body, field, self.units)
            if size is not None and _ceil(size, unit) > most:
                message = f"`{field}` is {body[field]} {self.units[field]}, which is more than Slurm can count"
                yield Fault("bad-limit", field, message, "leave it out for no limit of your own")

    def _resource_faults(self, resources: str | None) -> Iterator[Fault]:
        if resources is not None and resources not in self.target.resource_limits:
            message = f"`resource_limit` is `{resources}`, and the API does not say what such a text means"
            entry = f'"{resources}" = ["--gres=gpu:1"]'
            table = f"[targets.{self.target.name}.resource_limits]"
            help = f"say what Slurm shall read for it, as in `{entry}` under `{table}`"
            yield Fault("unmapped-resource", "resource_limit", message, help)


def escaped(path: Path) -> str:
    """A path as Slurm writes one that holds no pattern. It has no way to say a backslash, see `cli.target_slurm`."""
    return str(path).replace("%", "%%")


def _ceil(amount: int, unit: int) -> int:
    return -(-amount // unit)


def _leaves(path: str) -> bool:
    parts = Path(path).parts
    depth = 0
    for part in () if path.startswith("/") else parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return True
    return False


def _kind(field: str) -> str:
    return {"name": "job name", "scheduler_queue_name": "partition"}.get(field, "path here")


def _named(character: str) -> str:
    return {"\n": "a line break", "\r": "a carriage return", "\t": "a tab", "\0": "a NUL byte"}.get(
        character, f"the control character U+{ord(character):04X}"
    )
