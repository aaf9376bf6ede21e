"""The batch script of a job.

The user's command is in it as base64, so that no reader of the script, a scheduler or a site's wrapper, can mistake a
line of the command for one of its own.

The script runs the command at most once for each folder: the copy of the job that makes the link `claim` runs it, and a
second copy ends. A job that asked for `requeue` runs it again each time that the scheduler has started the same job
anew, which the scheduler counts: each count has a link of its own, too, and only a count above all others runs. The
script opens the command's files itself, because a scheduler would expand `%` in their names, truncate them for a copy
that does not run, and not say which file is missing.

What it needs while it runs lies in `.running.COUNT`, which it removes at its end. What is left is in the journal.
"""

import base64
from collections.abc import Mapping
from pathlib import Path
from shlex import join, quote

from specc.fast_dataclass import dataclass
from specc.targets.batch.batches import CANCELLED, GONE, LINES, Batch
from specc.targets.batch.folder import RUNNING, SCRIPT, Folder

COPY, NO_CLAIM, NO_START = 113, 114, 115
"""Exit codes of a job whose command was not run: another copy runs it, no claim could be made, a file failed."""

PASSED_ON = ("USR1", "USR2")
"""Signals that a job is sent for its own use, and that end a shell which does not expect them. TERM, which all
processes of a job get at its end, is passed on only where the job asked for it before that."""

NEVER_CAUGHT = ("KILL", "STOP", "9", "19")

FIRST = """\
#!/bin/bash
# Made by specc. The command is the base64 text below; while it runs it is also in command.sh, in .running.COUNT.
{settings}"""

OF_TASK = """\
#!/bin/bash
# Made by specc, for all cells of a batch. What differs from cell to cell is in the files cells.* of the folder below, a
# line for each: its key, and as base64 its settings, its command and its request.
batch={batch} task={task} lines={lines} job={job}
# A line that is cut has no end, and a text of which a part is missing is not decoded well: then nothing is run.
read -r key settings coded request < <(sed -n "$((task % lines + 1)){{p;q}}" "$batch/cells.$((task / lines))") &&
  settings=$(set -o pipefail; printf '%s' "$settings" | base64 -d) || settings=
if [ -z "$settings" ]; then
  printf 'specc: cannot read %s; is this a file system that the login node and this node share?\n' \
    "$batch/cells.$((task / lines))" >&2
  exit {no_claim}
fi
eval "$settings"
[ "$coded" != - ] || coded=
mkdir "$folder" 2>/dev/null
if [ -e "$folder{gone}" ] || [ -e "$folder{cancelled}" ]; then
  printf 'specc: the command is not run: the job was cancelled, or its files were removed\n' >&2
  rmdir "$folder" 2>/dev/null
  exit {copy}
fi
(set -o pipefail; printf '%s' "$request" | base64 -d && echo) >"$folder/{journal}.$job" &&
  ln "$folder/{journal}.$job" "$folder/{journal}" 2>/dev/null
rm -f "$folder/{journal}.$job"
"""

SETTINGS = """\
folder={folder} tag={tag} name={name}
stdin={stdin} stdout={stdout} stderr={stderr}
log={log} workdir={workdir} script={script}
run=({run})
variables=({variables})
"""

HEAD = """\
count={restarts} again= why= user= system= peak=
job={job}
temporary="$folder/{running}$count"
printf -v began '%(%s)T' -1
read -r up _ </proc/uptime
say() {{ printf 'specc: %s\\n' "$1" >&2; }}
# A note begins on a line of its own, because the one before it may be torn, and is whole with its full stop.
note() {{
  local field line=$'\\n'
  for field in "$@"; do line+=${{field//[$'\\t\\n']/ }}$'\\t'; done
  printf '%s.\\n' "$line" >>"$folder/job"
}}
record() {{
  newest || return 0
  printf -v ended '%(%s)T' -1
  read -r later _ </proc/uptime
  note ended "$job" "$count" "$1" "$2" "$began" "$ended" "$up" "$later" {nodes} "$user" "$system" "$peak" ||
    say "cannot note in $folder/job that the command ended with $1"
}}
stop() {{ say "$2"; record "$1" "$2"; tidy; exit "$1"; }}
copy() {{ say "the command is not run: $1"; exit {copy}; }}
owner() {{
  local line
  while IFS= read -r line; do
    [[ $line == begun$'\\t'*$'\\t.' ]] || continue
    line=${{line#*$'\\t'}}
    printf '%s' "${{line%%$'\\t'*}}"
    return
  done <"$folder/job"
}} 2>/dev/null
newest() {{ :; }}
tidy() {{ rm -rf -- "$temporary" "$folder/{script_file}"; }} 2>/dev/null
{wanted}if ! why=$(ln -T -- "$folder/job" "$folder/claim" 2>&1); then
  if [ ! -e "$folder/claim" ]; then
    say "cannot make the claim: $why; is this a file system that the login node and this node share?"
    exit {no_claim}
  fi
  before=$(owner)
{again}fi
{kept}{note_count}note begun "$job" "$count" || stop {no_start} "cannot write into $folder"
export SPECC_JOB_ID="$job-$tag" SPECC_JOB_NAME="$name" SPECC_JOB_DIR="$folder" SPECC_CORES={cores}
export OMP_NUM_THREADS={threads}
{unset}{submit_folder}[ "${{#variables[@]}}" -eq 0 ] || export "${{variables[@]}}"
mkdir -- "$temporary" || stop {no_start} "cannot make $temporary"
[ "$workdir" != "$folder/work" ] || mkdir -p "$workdir"
cd "$workdir" || stop {no_start} "cannot go to $workdir; does this node share it with the login node?"
for file in "$stdout" "$stderr"; do
  [ -d "${{file%/*}}/" ] || mkdir -p -- "${{file%/*}}/" || stop {no_start} "cannot make the folder of $file"
  [ -n "$again" ] && [ -f "$file" ] && continue
  [ ! -p "$file" ] && : >"$file" || stop {no_start} "cannot write to $file"
done
[ -r "$stdin" ] || stop {no_start} "cannot read $stdin"
if [ -z "$script" ]; then
  script="$temporary/command.sh"
  (set -o pipefail; printf '%s\\n' "$coded" | base64 -d) >"$script" || stop {no_start} "cannot write the command"
fi
run+=("$script")
"""

WANTED = '[ ! -e "$folder/cancelled" ] || copy "it was cancelled"\n'
"""Of a job that was cancelled there may be another copy, of which nobody knows and which the scheduler starts later."""

KEPT = """\
# The files of the cell may have been removed since this copy looked for that: then another copy made the folder again.
[ ! -e "$folder{gone}" ] || {{ rm -rf -- "$folder"; copy "the files of the job were removed"; }}
"""

NEVER_AGAIN = """\
  copy "${before:+job }${before:-another job} has begun it before"
"""

AGAIN = """\
  [ -n "$before" ] && [ "$before" = "$job" ] || copy "${before:+job }${before:-another job} has begun it before"
  [ "$count" -gt 0 ] || copy "it has not been restarted, and it has begun before"
  again=1
"""

NOTE_COUNT = """\
# The link of a count is made before the others are looked at: of two copies, the older one sees the other, and ends.
newest() {
  for other in "$folder"/claim.*; do
    [ "${other##*.}" -le "$count" ] || return 1
  done
}
ln -T -- "$folder/job" "$folder/claim.$count" || copy "it has begun before, after $count restarts"
newest || copy "it has begun again, after more restarts than $count"
"""

TAIL = """\
# A scheduler tells every process of the job to end; this one stays to write down how the command did, and what is sent
# to it alone is for the command. bash answers no signal while it runs a command before it, and can lose the exit code
# of one beside it when a signal comes. So a second shell runs the command, and writes its exit code to a file.
trap : TERM INT HUP
for signal in {signals}; do
  trap "kill -$signal \\$(cat \\"\\$temporary/pid\\") 2>/dev/null" "$signal"
done
(
  trap - QUIT
  trap : TERM INT HUP {signals}
  (
    printf '%s\\n' "$BASHPID" >"$temporary/pid"
    exec "${{run[@]}}" <"$stdin" >>"$stdout" 2>>"$stderr"
  )
  printf '%s\\n' "$?" >"$temporary/code"
) &
runner=$!
{measure}while kill -0 "$runner" 2>/dev/null; do wait "$runner"; done
read -r code <"$temporary/code" || code=137
{measured}record "$code" ""
tidy
# Of a job that failed, the scheduler may still have something to say.
[ "$code" != 0 ] || [ -s "$log" ] || rm -f -- "$log"
exit "$code"
"""


MEASURE = """\
# The most memory that the command and all below it have at a time, as far as one looks now and then.
memory() {
  local found=("$1") pid word value task more
  sum=0
  while [ "${#found[@]}" -gt 0 ] && [ "${#found[@]}" -lt 1000 ]; do
    pid=${found[0]} found=("${found[@]:1}")
    while read -r word value _; do
      [ "$word" != VmRSS: ] || sum=$((sum + value))
    done <"/proc/$pid/status"
    for task in "/proc/$pid/task/"*/children; do
      more=()
      read -r -a more <"$task"
      found+=("${more[@]}")
    done
  done
}
(
  peak=0 tenths=1
  while kill -0 $$; do
    read -r pid <"$temporary/pid" && memory "$pid"
    [ "${sum:-0}" -le "$peak" ] || { peak=$sum; printf '%s\\n' "$peak" >"$temporary/peak"; }
    sleep "$((tenths / 10)).$((tenths % 10))"
    [ "$tenths" -ge 50 ] || tenths=$((tenths * 2))
  done
) </dev/null >/dev/null 2>&1 &
meter=$!
"""

MEASURED = """\
{ kill -KILL "$meter"; wait "$meter"; } 2>/dev/null  # bash says "Killed" at one of the two
times >"$temporary/times"
{ read -r _; read -r user system; } <"$temporary/times"
{ read -r peak <"$temporary/peak"; } 2>/dev/null || peak=
"""


@dataclass(frozen=True, slots=True)
class Native:
    """What the scheduler tells a job, as words of bash: the job's number, its nodes, how often it was restarted.

    `submit_folders` are the variables that hold the folder a job was submitted from, where they are set. With
    `measures` the script measures what the command uses. In an array, `task` is the number of the job's task, and
    `of_tasks` are the variables that only tasks have: the command does not get them, because a script that looks for
    them is not meant to be a task of an array. `names` are the variables that hold the name of a job: an array has one
    name for all, and a script may call its files by it.
    """

    job: str
    nodes: str
    restarts: str = "0"
    submit_folders: tuple[str, ...] = ()
    measures: bool = False
    task: str = ""
    of_tasks: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def task_lines(self) -> str:
        """Return the lines by which a task of an array is to its command what a job of its own would be."""
        lines = [" ".join(("unset", *self.of_tasks))] if self.of_tasks else []
        lines += [f'export {name}="$name"' for name in self.names]
        return "".join(f"{line}\n" for line in lines)

    def folder_lines(self) -> str:
        """Return the lines by which the job's scripts find the folder that they start in, and not that of specc."""
        return "".join(f'[ -z "${{{name}+set}}" ] || export {name}="$workdir"\n' for name in self.submit_folders)


@dataclass(frozen=True, slots=True)
class Command:
    """What is run, where, and with which files.

    The text `command` is run, or the file `script`, by the program that `starter` names, in the folder `workdir`.
    `variables` tell the job where it comes from. Paths are absolute.
    """

    command: str | None
    script: str | None
    stdin: str | None
    stdout: Path
    stderr: Path
    starter: tuple[str, ...]
    workdir: Path
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a job is run: its cores, the cores of each task, whether the scheduler may start the job again, and which
    signal it is sent before its time is over.
    """

    cores: int
    threads: int
    is_requeued: bool = False
    signal: str | None = None


def settings_of(folder: Folder, tag: str, name: str, command: Command) -> str:
    """Return all that differs from job to job, but for the text of the command: assignments of bash."""
    return SETTINGS.format(
        folder=quote(str(folder.root)),
        tag=quote(tag),
        name=quote(name),
        stdin=quote(command.stdin or "/dev/null"),
        stdout=quote(str(command.stdout)),
        stderr=quote(str(command.stderr)),
        log=quote(str(folder.log)),
        workdir=quote(str(command.workdir)),
        script=quote(command.script or ""),
        run=join(command.starter),
        variables=join(f"{name}={value}" for name, value in command.variables.items()),
    )


def coded(command: Command) -> str:
    """Return the text of the command as base64; empty where a file is run."""
    return base64.encodebytes((command.command or "").encode()).decode().rstrip("\n")


def program_of(native: Native, manner: Manner) -> str:
    """Return what is done with the settings of a job and its command, which is in the variable `coded`.

    The text is the same for all jobs that a scheduler runs in the same manner.
    """
    asked = manner.signal  # or its number: `kill` and `trap` of bash take both
    own = [asked] if asked is not None and asked not in NEVER_CAUGHT else []
    measure, measured = (MEASURE, MEASURED) if native.measures else ("", "")
    head = HEAD.format(
        job=native.job,
        restarts=native.restarts,
        nodes=native.nodes,
        running=RUNNING,
        script_file=SCRIPT,
        wanted="" if native.task else WANTED,
        kept=KEPT.format(gone=GONE) if native.task else "",
        submit_folder=native.folder_lines(),
        unset=native.task_lines(),
        cores=manner.cores,
        threads=manner.threads,
        again=AGAIN if manner.is_requeued else NEVER_AGAIN,
        note_count=NOTE_COUNT if manner.is_requeued else "",
        copy=COPY,
        no_claim=NO_CLAIM,
        no_start=NO_START,
    )
    return head + TAIL.format(signals=" ".join(dict.fromkeys((*PASSED_ON, *own))), measure=measure, measured=measured)


def array_script(native: Native, batch: Batch, manner: Manner) -> str:
    """Return the text of the script that all jobs of a batch share."""
    task = OF_TASK.format(
        batch=quote(str(batch.root)),
        task=native.task,
        job=native.job,
        lines=LINES,
        gone=GONE,
        cancelled=CANCELLED,
        journal=Folder(batch.root).journal.name,
        copy=COPY,
        no_claim=NO_CLAIM,
    )
    return task + program_of(native, manner)


def script_of(native: Native, folder: Folder, tag: str, name: str, manner: Manner, command: Command) -> str:
    """Return the text of the batch script of one job."""
    settings = f"{settings_of(folder, tag, name, command)}coded='{coded(command)}'\n"
    return FIRST.format(settings=settings) + program_of(native, manner)
