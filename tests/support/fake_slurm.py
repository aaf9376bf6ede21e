"""Slurm's programs without Slurm: in process, for what they are asked, and on the PATH, for a whole `specc`."""

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from specc.settings import Target
from specc.targets import Attempt
from specc.targets.batch.programs import Ran, TimedOut
from specc.targets.slurm.folder import SlurmFolder
from specc.targets.slurm.queries import FIELD, RECORD, Queries
from specc.targets.slurm.request import Rules
from specc.targets.slurm.target import Place, SlurmTarget
from support import batch_folders
from support.local_jobs import UNITS, payload

CALLER = "ada"
NO_ACCOUNTING = Ran(1, "", "Slurm accounting storage is disabled\n")
KEY = "0123456789abcdef0123456789abcdef"
TAG = KEY[:16]

Answer = Ran | TimedOut | Exception | Callable[[Sequence[str]], Ran | TimedOut]


def ok(out: str = "") -> Ran:
    return Ran(0, out, "")


def failed(message: str, code: int = 1) -> Ran:
    return Ran(code, "", message + "\n")


def refused(message: str) -> Ran:
    return failed(f"sbatch: error: Batch job submission failed: {message}")


def line(job_id: str, word: str, key: str | None = KEY, reason: str = "None") -> str:
    """A job as squeue prints it."""
    comment = f"specc:{key}" if key else "(null)"
    return RECORD + FIELD.join((job_id, word, comment, "2026-01-02T03:04:05", "N/A", "N/A", "", reason)) + "\n"


def accounted(
    job_id: str,
    word: str,
    code: str = "0:0",
    times: tuple[str, str, str, str] = ("", "", "", ""),
    usage: tuple[str, str, str] = ("", "", ""),
    *,
    folder: str = "",
    comment: str = "",
) -> str:
    """A job or a step as sacct prints it: `times` end with the seconds that it ran, `usage` begins with its nodes."""
    return FIELD.join((job_id, word, code, *times, *usage, folder, comment)) + "\n"


@dataclass
class FakePrograms:
    """Answers by the program's name: one answer for always, or a list of them, used up from the front."""

    answers: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    calls: list[list[str]] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    environments: list[Mapping[str, str]] = field(default_factory=list)

    def __call__(
        self, command: Sequence[str], environment: Mapping[str, str], seconds: float, stdin: bytes = b""
    ) -> Ran | TimedOut:
        self.calls.append(list(command))
        self.environments.append(environment)
        if stdin:
            self.scripts.append(stdin.decode())
        answer = self.answers.get(command[0], NO_ACCOUNTING if command[0] == "sacct" else ok())
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer(command) if callable(answer) else answer

    def names(self) -> list[str]:
        return [call[0] for call in self.calls]


class Fake:
    """A Slurm target whose programs are made up, and its clock too."""

    def __init__(self, directory: Path, settings: Target | None = None) -> None:
        self.programs = FakePrograms({"sbatch": ok("7\n")})
        self.now = 0.0
        self.place = Place("hpc", CALLER, directory, {"PATH": "/bin"})
        self.settings = settings or Target("hpc", "slurm")
        queries = Queries(self.programs, {"PATH": "/bin"}, CALLER, lambda: self.now)
        self.target = SlurmTarget(self.place, Rules(self.settings, UNITS, CALLER), self.programs, queries)

    def folder(self, tag: str) -> SlurmFolder:
        return SlurmFolder(self.place.directory / "jobs" / tag)

    def attempt(self, command: str | None = "true", key: str = KEY, **fields: object) -> Attempt:
        made = payload(command, **fields)
        return Attempt(key, made, made.name)

    def options(self) -> list[str]:
        """Those of the last sbatch."""
        return next(call[2:] for call in reversed(self.programs.calls) if call[0] == "sbatch")

    def queue(self, *lines: str) -> None:
        self.programs.answers["squeue"] = ok("".join(lines))

    def claimed(self, job_id: str, code: int | None = None, reason: str = "", tag: str = TAG) -> None:
        """What a job that ran leaves behind."""
        folder = self.folder(tag)
        batch_folders.begun(folder, job_id)
        if code is not None:
            batch_folders.ended(folder, job_id, code, reason)


SBATCH = """\
#!/bin/bash
number=$(($(cat {folder}/number 2>/dev/null || echo 0) + 1)); echo $number >{folder}/number
for word in "$@"; do
  case $word in
    --comment=*) comment=${{word#--comment=}};;
    --chdir=*) chdir=${{word#--chdir=}};;
    --array=*) array=${{word#--array=}};;
    --partition=nope | --partition=norml) echo "sbatch: error: invalid partition specified: ${{word#--partition=}}" >&2
      echo "sbatch: error: Batch job submission failed: Invalid partition name specified" >&2; exit 1;;
  esac
done
printf '%s\\n' "$@" >{folder}/options.$number
env >{folder}/environment.$number
cat >{folder}/script.$number
times='2026-01-02T03:04:05\\037N/A\\037N/A\\037'
run() {{
  bash {folder}/script.$number >>"$2" 2>&1 </dev/null
  code=$?
  state=COMPLETED reason=None; [ $code = 0 ] || state=FAILED reason=NonZeroExitCode
  printf "\\036%s\\037%s\\037%s\\037$times\\037%s\\n" $1 $state "$comment" $reason >>{folder}/queue
}}
cd "$chdir" || exit
if [ -z "$array" ]; then
  SLURM_JOB_ID=$number run $number slurm.log
else
  for task in $(eval echo $(sed 's/%.*//; s/\\([0-9]*\\)-\\([0-9]*\\)/{{\\1..\\2}}/g; s/,/ /g' <<<"$array")); do
    SLURM_JOB_ID=$number$task SLURM_ARRAY_JOB_ID=$number SLURM_ARRAY_TASK_ID=$task run ${{number}}_$task slurm-$task.log
  done
fi
[ -e {folder}/silent ] || echo $number
"""
SQUEUE = "#!/bin/bash\ncat {folder}/queue 2>/dev/null || :\n"
SCONTROL = "#!/bin/bash\necho 'MaxArraySize            = 1001'\n"
SACCT = "#!/bin/bash\necho 'Slurm accounting storage is disabled' >&2\nexit 1\n"


def programs_in(folder: Path) -> dict[str, str]:
    """Programs that run a job at once, in `folder`/bin, and an environment in which they are found."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    for name, text in {"sbatch": SBATCH, "squeue": SQUEUE, "sacct": SACCT, "scontrol": SCONTROL}.items():
        path = programs / name
        path.write_text(text.format(folder=folder))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    conf = folder / "slurm.conf"
    conf.write_text("# a comment\n  clustername = Made_Up # that is it\n")
    return {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "SLURM_CONF": str(conf)}
