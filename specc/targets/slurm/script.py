"""The batch script of a job. The user's command is in it as base64, so that no reader of the script, Slurm or a site's
wrapper around it, can take a line of the command for one of its own.

The script runs the command at most once for each folder: whoever makes `claim` runs it, and a second copy of the job
ends. It opens the command's files itself, because Slurm would expand `%` in their names, truncate them for a copy that
does not run, and not say which of them is missing.
"""

import base64
from collections.abc import Mapping
from pathlib import Path
from shlex import join, quote

from specc.frozen import dataclass
from specc.targets.slurm.folder import Folder

COPY, NO_CLAIM, NO_START = 113, 114, 115
"""Exit codes of a job whose command was not run: another copy has it, no claim could be made, a file of it failed."""


@dataclass(frozen=True, slots=True)
class Command:
    """What is run, where, and with which files: the text `command`, or the file `script`, by the program that `starter`
    names, in the folder `workdir`. `variables` tell the job where it comes from. Paths are absolute."""

    command: str | None
    script: str | None
    stdin: str | None
    stdout: Path
    stderr: Path
    starter: tuple[str, ...]
    workdir: Path
    variables: Mapping[str, str]


def script_of(folder: Folder, tag: str, name: str, cores: int, threads: int, command: Command) -> str:
    """The text of the batch script."""
    run = quote(command.script) if command.script else '"$claim/command.sh"'
    parts = [
        HEAD.format(
            folder=quote(str(folder.root)),
            tag=tag,
            name=quote(name),
            cores=cores,
            threads=threads,
            stdin=quote(command.stdin or "/dev/null"),
            stdout=quote(str(command.stdout)),
            stderr=quote(str(command.stderr)),
            workdir=quote(str(command.workdir)),
            variables="".join(f"export {name}={quote(value)}\n" for name, value in command.variables.items()),
            copy=COPY,
            no_claim=NO_CLAIM,
            no_start=NO_START,
        )
    ]
    if command.command is not None:
        coded = base64.encodebytes(command.command.encode()).decode()
        parts.append(
            f'base64 -d <<\'_\' >"$claim/command.sh" || stop {NO_START} "cannot write the command"\n{coded}_\n'
        )
    parts.append(TAIL.format(run=f"{join(command.starter)} {run}"))
    return "".join(parts)


HEAD = """\
#!/bin/bash
# Made by specc. The command is the base64 text below; once the job has begun it is also in claim/command.sh.
folder={folder} claim={folder}/claim
stdin={stdin} stdout={stdout} stderr={stderr}
say() {{ printf 'specc: %s\\n' "$1" >&2; }}
record() {{
  printf '%s\\n%s\\n%s\\n' "$SLURM_JOB_ID" "$1" "$2" >"$claim/exit.part" && mv -f "$claim/exit.part" "$claim/exit"
}}
stop() {{ say "$2"; record "$1" "$2"; exit "$1"; }}
if ! mkdir "$claim"; then
  if [ -d "$claim" ]; then
    say "the command is not run: job $(cat "$claim/job") has begun it before"
    exit {copy}
  fi
  say "cannot make $claim; is this a file system that the login node and this node share?"
  exit {no_claim}
fi
printf '%s\\n' "$SLURM_JOB_ID" >"$claim/job" || stop {no_start} "cannot write into $claim"
export SPECC_JOB_ID="$SLURM_JOB_ID-{tag}" SPECC_JOB_NAME={name} SPECC_JOB_DIR="$folder" SPECC_CORES={cores}
export OMP_NUM_THREADS={threads}
workdir={workdir}
export SLURM_SUBMIT_DIR="$workdir"
{variables}[ "$workdir" != "$folder/work" ] || mkdir -p "$workdir"
cd "$workdir" || stop {no_start} "cannot go to $workdir; does this node share it with the login node?"
for file in "$stdout" "$stderr"; do
  [ -d "${{file%/*}}/" ] || mkdir -p -- "${{file%/*}}/" || stop {no_start} "cannot make the folder of $file"
  [ ! -p "$file" ] && : >"$file" || stop {no_start} "cannot write to $file"
done
[ -r "$stdin" ] || stop {no_start} "cannot read $stdin"
"""

TAIL = """\
# Slurm tells every process of the job to end; this one stays to write down how the command did.
trap : TERM INT HUP
{run} <"$stdin" >>"$stdout" 2>>"$stderr"
code=$?
record "$code" ""
exit "$code"
"""
