"""The batch script of a job.

The user's command is in it as base64, so that no reader of the script, a scheduler or a site's wrapper, can mistake a
line of the command for one of its own. The script's variables begin with `_`, because bash passes a variable on to the
command where the job has been given one of the same name.

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
from specc.targets.batch.folder import RUNNING, SCRIPT, WITHDRAWAL, Folder

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
_batch={batch} _task={task} _lines={lines} _job={job} _folder=
# A line that is cut has no end, and a text of which a part is missing is not decoded well: then nothing is run.
read -r _key _settings _coded _request < <(
  sed -n "$((_task % _lines + 1)){{p;q}}" "$_batch/cells.$((_task / _lines))"
) &&
  _settings=$(set -o pipefail; printf '%s' "$_settings" | base64 -d) || _settings=
if [ -z "$_settings" ]; then
  printf 'specc: cannot read %s; is this a file system that the login node and this node share?\n' \
    "$_batch/cells.$((_task / _lines))" >&2
  exit {no_claim}
fi
eval "$_settings"
if [ -z "$_folder" ]; then
  printf 'specc: another version of specc wrote %s\n' "$_batch/cells.$((_task / _lines))" >&2
  exit {no_claim}
fi
[ "$_coded" != - ] || _coded=
mkdir "$_folder" 2>/dev/null
if [ -e "$_folder{gone}" ] || [ -e "$_folder{cancelled}" ]; then
  printf 'specc: the command is not run: the job was cancelled, or its files were removed\n' >&2
  rmdir "$_folder" 2>/dev/null
  exit {copy}
fi
(set -o pipefail; printf '%s' "$_request" | base64 -d && echo) >"$_folder/{journal}.$_job" &&
  ln "$_folder/{journal}.$_job" "$_folder/{journal}" 2>/dev/null
rm -f "$_folder/{journal}.$_job"
"""

SETTINGS = """\
_folder={folder} _tag={tag} _name={name}
_stdin={stdin} _stdout={stdout} _stderr={stderr}
_log={log} _workdir={workdir} _script={script}
_run=({run})
_variables=({variables})
"""

HEAD = """\
_count={restarts} _again= _why= _word= _user= _system= _peak=
_job={job}
_temporary="$_folder/{running}$_count"
printf -v _began '%(%s)T' -1
read -r _up _ </proc/uptime
say() {{ printf 'specc: %s\\n' "$1" >&2; }}
# A note begins on a line of its own, because the one before it may be torn, and is whole with its full stop.
note() {{
  local field line=$'\\n'
  for field in "$@"; do line+=${{field//[$'\\t\\n']/ }}$'\\t'; done
  printf '%s.\\n' "$line" >>"$_folder/job"
}}
record() {{
  newest || return 0
  printf -v _ended '%(%s)T' -1
  read -r _later _ </proc/uptime
  note ended "$_job" "$_count" "$1" "$2" "$_began" "$_ended" "$_up" "$_later" {nodes} "$_user" "$_system" "$_peak" ||
    say "cannot note in $_folder/job that the command ended with $1"
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
  done <"$_folder/job"
}} 2>/dev/null
newest() {{ :; }}
tidy() {{ rm -rf -- "$_temporary" "$_folder/{script_file}"; }} 2>/dev/null
{wanted}if ! _why=$(ln -T -- "$_folder/job" "$_folder/claim" 2>&1); then
  if [ ! -e "$_folder/claim" ]; then
    say "cannot make the claim: $_why; is this a file system that the login node and this node share?"
    exit {no_claim}
  fi
  {{ read -r _word <"$_folder/claim"; }} 2>/dev/null
  [ "$_word" != {withdrawal} ] || copy "specc has withdrawn it, and may have sent it anew"
  _before=$(owner)
{again}fi
{kept}{note_count}note begun "$_job" "$_count" || stop {no_start} "cannot write into $_folder"
export SPECC_JOB_ID="$_job-$_tag" SPECC_JOB_NAME="$_name" SPECC_JOB_DIR="$_folder" SPECC_CORES={cores}
export OMP_NUM_THREADS={threads}
{unset}{submit_folder}[ "${{#_variables[@]}}" -eq 0 ] || export "${{_variables[@]}}"
mkdir -- "$_temporary" || stop {no_start} "cannot make $_temporary"
[ "$_workdir" != "$_folder/work" ] || mkdir -p "$_workdir"
cd "$_workdir" || stop {no_start} "cannot go to $_workdir; does this node share it with the login node?"
for _file in "$_stdout" "$_stderr"; do
  [ -d "${{_file%/*}}/" ] || mkdir -p -- "${{_file%/*}}/" || stop {no_start} "cannot make the folder of $_file"
  [ -n "$_again" ] && [ -f "$_file" ] && continue
  [ ! -p "$_file" ] && : >"$_file" || stop {no_start} "cannot write to $_file"
done
[ -r "$_stdin" ] || stop {no_start} "cannot read $_stdin"
if [ -z "$_script" ]; then
  _script="$_temporary/command.sh"
  (set -o pipefail; printf '%s\\n' "$_coded" | base64 -d) >"$_script" || stop {no_start} "cannot write the command"
fi
_run+=("$_script")
"""

WANTED = '[ ! -e "$_folder/cancelled" ] || copy "it was cancelled"\n'
"""Of a job that was cancelled there may be another copy, of which nobody knows and which the scheduler starts later."""

KEPT = """\
# The files of the cell may have been removed since this copy looked for that: then another copy made the folder again.
[ ! -e "$_folder{gone}" ] || {{ rm -rf -- "$_folder"; copy "the files of the job were removed"; }}
"""

NEVER_AGAIN = """\
  copy "${_before:+job }${_before:-another job} has begun it before"
"""

AGAIN = """\
  [ -n "$_before" ] && [ "$_before" = "$_job" ] || copy "${_before:+job }${_before:-another job} has begun it before"
  [ "$_count" -gt 0 ] || copy "it has not been restarted, and it has begun before"
  _again=1
"""

NOTE_COUNT = """\
# The link of a count is made before the others are looked at: of two copies, the older one sees the other, and ends.
newest() {
  for _other in "$_folder"/claim.*; do
    [ "${_other##*.}" -le "$_count" ] || return 1
  done
}
ln -T -- "$_folder/job" "$_folder/claim.$_count" || copy "it has begun before, after $_count restarts"
newest || copy "it has begun again, after more restarts than $_count"
"""

TAIL = """\
# A scheduler tells every process of the job to end; this one stays to write down how the command did, and what is sent
# to it alone is for the command. bash answers no signal while it runs a command before it, and can lose the exit code
# of one beside it when a signal comes. So a second shell runs the command, and writes its exit code to a file.
trap : TERM INT HUP
for _signal in {signals}; do
  trap "kill -$_signal \\$(cat \\"\\$_temporary/pid\\") 2>/dev/null" "$_signal"
done
(
  trap - QUIT
  trap : TERM INT HUP {signals}
  (
    printf '%s\\n' "$BASHPID" >"$_temporary/pid"
    exec "${{_run[@]}}" <"$_stdin" >>"$_stdout" 2>>"$_stderr"
  )
  printf '%s\\n' "$?" >"$_temporary/code"
) &
_runner=$!
{measure}while kill -0 "$_runner" 2>/dev/null; do wait "$_runner"; done
read -r _code <"$_temporary/code" || _code=137
{measured}record "$_code" ""
tidy
# Of a job that failed, the scheduler may still have something to say.
[ "$_code" != 0 ] || [ -s "$_log" ] || rm -f -- "$_log"
exit "$_code"
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
  peak=0 sum=0 tenths=1
  while kill -0 $$; do
    read -r pid <"$_temporary/pid" && memory "$pid"
    [ "$sum" -le "$peak" ] || { peak=$sum; printf '%s\\n' "$peak" >"$_temporary/peak"; }
    sleep "$((tenths / 10)).$((tenths % 10))"
    [ "$tenths" -ge 50 ] || tenths=$((tenths * 2))
  done
) </dev/null >/dev/null 2>&1 &
_meter=$!
"""

MEASURED = """\
{ kill -KILL "$_meter"; wait "$_meter"; } 2>/dev/null  # bash says "Killed" at one of the two
times >"$_temporary/times"
{ read -r _; read -r _user _system; } <"$_temporary/times"
{ read -r _peak <"$_temporary/peak"; } 2>/dev/null || _peak=
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
        lines += [f'export {name}="$_name"' for name in self.names]
        return "".join(f"{line}\n" for line in lines)

    def folder_lines(self) -> str:
        """Return the lines by which the job's scripts find the folder that they start in, and not that of specc."""
        return "".join(f'[ -z "${{{name}+set}}" ] || export {name}="$_workdir"\n' for name in self.submit_folders)


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
    """Return what is done with the settings of a job and its command, which is in the variable `_coded`.

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
        withdrawal=WITHDRAWAL.decode().strip(),
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
    settings = f"{settings_of(folder, tag, name, command)}_coded='{coded(command)}'\n"
    return FIRST.format(settings=settings) + program_of(native, manner)
