"""From a payload to how it is run here.

What the fields of submitJob mean on this machine:

- `cmd_line`: the text of a script, for bash or for the program that its `#!` line names.
- `input_file`: standard input of the command; without `cmd_line` it is the script itself. It is a regular file or a
  device. A relative path starts at the folder that the job starts in, see `specc.targets.start`; for a job in its
  private folder, at the directory of the process that submits.
- `core_limit`: the cores that the job waits for, 1 without it. It is told how many, and not bound to them.
- `mem_limit`, `time_limit`: limits of all the job's processes together. They need a unit.
- `stdout_redirect_path`, `stderr_redirect_path`: files that are made anew. A relative path starts at the directory the
  job runs in. Every character stands for itself, `%` too. One file for both streams may have any two names.
- `run_user`: the caller, or anything where the target says `run_as = "caller"`.
- `name`: for people.
- `resource_limit`: words that count cores, and a signal to the command before the time limit; no others.
- All others are ignored, see `IGNORED`.
"""

import signal
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from specc.fast_dataclass import dataclass
from specc.settings import Target
from specc.targets.local import environment
from specc.targets.local.jobs import Run
from specc.targets.local.machine import Options
from specc.targets.local.refusals import refusals
from specc.targets.protocol import Origin, Rejected
from specc.targets.refusals import OUTPUTS, Refusal, amount, number, rejected, text
from specc.targets.slurm.words import early_signal, local_words, shape_of
from specc.targets.start import module_variables, path_from, start_folder, variables_of

if TYPE_CHECKING:
    from specc.lowering import Payload

IGNORED: dict[str, str] = {
    "cluster_id": "this machine is the cluster",
    "zone": "this machine is the zone",
    "hpcqueue_id": "there is one queue",
    "scheduler_queue_name": "there is one queue",
    "priority": "the queue is first come, first served",
    "submit_type": "nothing depends on how a job was submitted",
    "cmd_line_type": "the API documents no value but `input`, a typed command",
}
"""Fields without a meaning here, and why a payload with them is run all the same."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What payloads are checked with: the settings of the target, its units, the caller, and the machine."""

    target: Target
    units: Mapping[str, str]
    caller: str
    options: Options

    def refuse(self, payload: "Payload") -> Rejected | None:
        """Return every reason why the payload cannot run here, known without a look at files; None without a reason."""
        body = payload.body
        return rejected([*refusals(body, self.target, self.units), *self._own_refusals(body)])

    def run(self, body: Mapping[str, object], variables: Mapping[str, str], origin: Origin | None = None) -> Run:
        """Return how a body that was not refused is run for a caller with this environment."""
        command, file = text(body, "cmd_line"), text(body, "input_file")
        workdir = start_folder(self.target.workdir, origin)
        path = path_from(workdir, file) if file else None
        words = _words(body)
        shape = shape_of(words)
        number_of, before = _signal(words)
        return Run(
            cores=_cores(body),
            grace=self.options.grace,
            environment={**module_variables(variables), **environment.kept(variables)},
            umask=environment.umask(),
            command=command,
            script=None if command else path,
            stdin=path if command else None,
            stdout=text(body, OUTPUTS[0]),
            stderr=text(body, OUTPUTS[1]),
            seconds=amount(body, "time_limit", self.units),
            memory=amount(body, "mem_limit", self.units),
            workdir=workdir,
            variables=variables_of(origin),
            threads=(shape and shape.cpus_per_task) or 0,
            signal=number_of,
            signal_before=before,
        )

    def _own_refusals(self, body: Mapping[str, object]) -> Iterator[Refusal]:
        """Yield reasons that only this machine and its user can tell."""
        user = text(body, "run_user")
        if user is not None and user != self.caller and self.target.run_as != "caller":
            message = f"`run_user` is `{user}`, and a job on this machine runs as `{self.caller}`"
            help = f'write `run_as = "caller"` under `[targets.{self.target.name}]` to run it as yourself'
            yield Refusal("run-user", "run_user", message, help)
        cores, total = number(body, "core_limit"), self.options.total_cores
        if cores is not None and cores > total:
            message = f"`core_limit` is {cores}, and this machine has {total}"
            yield Refusal("too-many-cores", "core_limit", message, f"write {total} or less")
        elif cores is None and (asked := _cores(body)) > total:
            message = f"`resource_limit` asks for {asked} cores, and this machine has {total}"
            yield Refusal("too-many-cores", "resource_limit", message, f"ask for {total} or less")


def _words(body: Mapping[str, object]) -> Mapping[str, str | None]:
    """Return the words of a job that this machine acts on."""
    return local_words(text(body, "resource_limit") or "")[0]


def _cores(body: Mapping[str, object]) -> int:
    shape = shape_of(_words(body))
    return number(body, "core_limit") or (shape and shape.total) or 1


def _signal(words: Mapping[str, str | None]) -> tuple[int, int]:
    """Return the number of the signal that the command gets before its time limit, and how many seconds before."""
    early = early_signal(words.get("signal"))
    if early is None:
        return 0, 0
    name, seconds = early
    return int(name) if name.isdecimal() else int(signal.Signals[f"SIG{name}"]), seconds


def rejected_key(key: str, uuid: str) -> Rejected:
    """Return the answer to a key with another payload: a key belongs to one attempt, and an attempt has one payload."""
    return Rejected("key-used", f"the key {key} is that of {uuid}, which has another payload")
