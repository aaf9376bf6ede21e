"""The four commands for Grid Engine (SGE, Son of Grid Engine, Open Cluster Scheduler): qsub, qstat, qacct and qdel.

This module is also a program by itself, `python gridengine.py submit`, which imports nothing of specc. Whoever needs
commands for another scheduler can begin with a copy. It reads one request from its standard input, and answers in lines
of JSON; docs/schedulers.md says what is asked and what may be answered.

The key of a job is its context, `specc=KEY`. Of a job that has ended, its accounting record tells how.
"""

import getpass
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

SETTINGS: dict[str, tuple[type, object]] = {
    "parallel_environment": (str, ""),
    "memory_resource": (str, "h_vmem"),
    "memory_per_slot": (bool, True),
    "time_resource": (str, "h_rt"),
    "project": (str, ""),
    "resources": (list, []),
}
"""The settings of a target that this program knows, each with its type and what it is by default."""

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*(=[A-Za-z0-9_.:/*!|&()@+-]+)?")
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*")
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.+=-]+")
JOB = re.compile(r"(?m)^([0-9]+)(?:\.[0-9-:]+)?$")
AMOUNT = re.compile(r"([0-9.]+)\s*([KMGT]?)i?B?s?")
TIME = "%a %b %d %H:%M:%S %Y"
FEW = 5
"""So many jobs are looked for in the accounting one by one. Of more, all that the user has is read once."""

NOT_CONNECTED = ("Connection refused", "can't find qmaster", "can't resolve host name", "unable to contact qmaster")
TRY_LATER = ("jobs are allowed per user", "jobs are allowed in the cluster", "submits are disabled", "max_u_jobs")
FIELDS = (
    ("unknown queue", "no-such-queue", "scheduler_queue_name", "`qconf -sql` lists the queues"),
    ("parallel environment", "no-parallel-environment", "core_limit", "`qconf -spl` lists parallel environments"),
    ("unknown resource", "bad-resource", "resource_limit", "`qconf -sc` lists the resources"),
    ("unable to parse", "bad-resource", "resource_limit", "`qconf -sc` lists the resources"),
)
"""What a refusal can be about: words of it, a code, a field of the job, and where to look."""

MEMORY, TIME_LIMIT = ("h_vmem", "s_vmem", "h_rss"), ("h_rt", "s_rt", "h_cpu", "s_cpu")
BAD_STATE = "Grid Engine could not start it, and keeps it in the queue: `qstat -explain E -j {job}` says why"


def mistake_in_resources(text: str) -> str | None:
    """Return what is wrong with the text of `resource_limit`; None if nothing is."""
    wrong = next((word for word in text.split() if not WORD.fullmatch(word)), None)
    return None if wrong is None else f"`{wrong}` is not a resource, such as `gpu=1`"


def mistake_in_settings(settings: Mapping[str, object]) -> str | None:
    """Return what is wrong with the settings of a target; None if nothing is."""
    for name, value in settings.items():
        if name not in SETTINGS:
            return f"has the setting `settings.{name}`, which Grid Engine's commands do not know"
        kind = SETTINGS[name][0]
        if type(value) is not kind:
            words = {str: "a text", bool: "true or false", list: "a list of texts"}
            return f"has a wrong value for `settings.{name}`, expected {words[kind]}"
        texts = value if isinstance(value, list) else [value] if isinstance(value, str) and value else []
        form = WORD if name == "resources" else NAME
        if not all(isinstance(text, str) and form.fullmatch(text) for text in texts):
            return f"has a wrong value for `settings.{name}`: {value}"
    return None


def submit(request: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """Submit a job with one qsub, and yield its number, or what became of it."""
    settings = _settings(request)
    mistake = mistake_in_settings(request["settings"])
    resource_limit = request["payload"].get("resource_limit") or ""
    if mistake is not None:
        yield {"rejected": f"the target {mistake}", "code": "bad-settings", "is_general": True}
    elif request["cores"] > 1 and not settings["parallel_environment"]:
        help = 'write `settings = {parallel_environment = "NAME"}` for the target; `qconf -spl` lists them'
        said = "a job of several cores needs a parallel environment"
        yield {"rejected": said, "code": "no-parallel-environment", "fields": {"core_limit": said}, "help": help}
    elif set(request["log"]) & set("$:,"):
        yield {"rejected": f"Grid Engine cannot write to {request['log']}", "code": "bad-directory", "is_general": True}
    elif wrong := mistake_in_resources(resource_limit):
        yield {"rejected": wrong, "code": "bad-resource", "fields": {"resource_limit": wrong}}
    else:
        ran = _run("qsub", *_options(request, settings), request["script"])
        yield _outcome(ran)


def _options(request: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """Return the options of qsub. A site's own come from its `sge_request` files."""
    name = NOT_IN_NAMES.sub("_", request["name"])[:200]
    cores, memory, seconds = request["cores"], request["memory_bytes"], request["time_seconds"]
    resources = [*settings["resources"], *(request["payload"].get("resource_limit") or "").split()]
    if seconds is not None and settings["time_resource"]:
        resources.append(f"{settings['time_resource']}={seconds}")
    if memory is not None and settings["memory_resource"]:
        share = cores if settings["memory_per_slot"] else 1
        resources.append(f"{settings['memory_resource']}={-(-memory // (1024 * share))}K")
    return [
        "-terse",
        *("-N", name if name[:1].isalpha() or name[:1] == "_" else f"j{name}"),
        *("-ac", f"specc={request['key']}"),
        *("-S", "/bin/bash"),
        *("-wd", request["folder"]),
        *("-o", request["log"], "-j", "y"),
        *("-r", "n", "-m", "n"),
        *(("-q", request["queue"]) if request["queue"] else ()),
        *(("-P", settings["project"]) if settings["project"] else ()),
        *(("-pe", settings["parallel_environment"], str(cores)) if cores > 1 else ()),
        *(word for resource in resources for word in ("-l", resource)),
    ]


def _outcome(ran: "subprocess.CompletedProcess[str]") -> dict[str, object]:
    """Return the answer for what qsub said. Only its own words for a refusal are one."""
    found = JOB.findall(ran.stdout)
    if ran.returncode == 0 and len(found) == 1:
        return {"job": found[0]}
    said = _said(ran)
    if any(text in said for text in NOT_CONNECTED) and not found:
        return {"not_sent": said}
    if any(text in said for text in TRY_LATER) and not found:
        return {"not_sent": said}
    reason = said.partition("Unable to run job: ")[2].removesuffix("; Exiting.") or said
    surely = ran.returncode != 0 and not found and ("rejected" in reason or "unknown" in reason or _is_refusal(reason))
    if not surely:
        return {"unclear": f"qsub ended with exit code {ran.returncode}: {said}"}
    for words, code, field, help in FIELDS:
        if words in reason:
            return {"rejected": reason, "code": code, "fields": {field: reason}, "help": help}
    return {"rejected": reason, "code": "refused"}


def _is_refusal(reason: str) -> bool:
    begins = ("warning:", "denied:", "error: ", "can't resolve hostname", "job rejected", "no suitable queues")
    return reason.startswith(begins) and "answer list" not in reason and "got" not in reason


def status(request: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """Yield a line for each job: by the queue, else by the accounting."""
    listed = {str(line["job"]): line for line in _listed()}
    missing = [job for job in request["jobs"] if job not in listed]
    ended = _accounted(missing) if missing else {}
    for job in request["jobs"]:
        yield listed.get(job) or ended.get(job) or {"job": job, "state": "gone"}


def _listed() -> Iterator[dict[str, object]]:
    """Yield the user's jobs in the queue. An array's tasks, which specc does not submit, are told as one job."""
    for element in _xml("qstat", "-u", getpass.getuser(), "-xml").iter("job_list"):
        word = _text(element, "state")
        line: dict[str, object] = {"job": _text(element, "JB_job_number"), "state": _state(word), "raw": word}
        if "E" in word:
            line["reason"] = BAD_STATE.format(job=line["job"])
        elif "h" in word:
            line["reason"] = "it is held"
        for name, tag in (("submitted_at", "JB_submission_time"), ("started_at", "JAT_start_time")):
            at = _moment(_text(element, tag), "%Y-%m-%dT%H:%M:%S")
            line |= {name: at} if at is not None else {}
        node = _text(element, "queue_name").partition("@")[2]
        yield line | ({"node": node} if node else {})


def _state(word: str) -> str:
    if set("sST") & set(word):
        return "suspended"
    return "running" if set("rtd") & set(word) and "q" not in word else "pending"


def _accounted(jobs: Sequence[str]) -> dict[str, dict[str, object]]:
    """Return what the accounting says of jobs that have ended."""
    found: dict[str, dict[str, object]] = {}
    questions = [["-j", job] for job in jobs] if len(jobs) <= FEW else [["-o", getpass.getuser(), "-j"]]
    for question in questions:
        ran = _run("qacct", *question)
        if ran.returncode != 0 and not re.search("not found|No such file", _said(ran)):
            raise Failed(f"qacct: {_said(ran)}")
        for record in _records(ran.stdout):
            job = record.get("jobnumber", "")
            is_again = record.get("failed", "").startswith("25 ")  # started again, so it has another record
            if job in jobs and not is_again and record.get("owner") == getpass.getuser():
                found[job] = _ended(job, record)  # a number that was used again is that of the last record
    return found


def _records(out: str) -> Iterator[dict[str, str]]:
    """Yield the records of qacct, which begin with a line of `=`."""
    for part in re.split(r"(?m)^=+\s*$", out)[1:]:
        lines = (line.split(None, 1) for line in part.splitlines())
        yield {words[0]: words[1].strip() if len(words) > 1 else "" for words in lines if words}


def _ended(job: str, record: Mapping[str, str]) -> dict[str, object]:
    """Return the line of a job by its accounting record."""
    failed = int((re.match(r"[0-9]+", record.get("failed", "")) or ["0"])[0])
    code = int((re.match(r"[0-9]+", record.get("exit_status", "")) or ["0"])[0])
    why = record.get("failed", "").partition(":")[2].strip()
    line: dict[str, object] = {"job": job, "state": "finished" if failed == 0 and code == 0 else "exited"}
    times = {"submitted_at": "qsub_time", "started_at": "start_time", "ended_at": "end_time"}
    for name, key in times.items():
        at = _moment(record.get(key, ""), TIME)
        line |= {name: at} if at is not None else {}
    usage = {"cpu_seconds": _amount(record.get("cpu", "")), "peak_memory": _peak(record)}
    line |= {name: value for name, value in usage.items() if value is not None}
    line |= {"node": record["hostname"]} if record.get("hostname") else {}
    if line["state"] == "exited":
        line |= {"raw": f"failed {failed}", "reason": why} if failed else {}
        line |= {"exit_code": min(code, 255)} if code else {}
        end = _end(record, failed, code)
        line |= {"end": end} if end else {}
        if end in ("time", "memory"):
            line["reason"] = {"time": "time limit reached", "memory": "memory limit reached"}[end]
    return line


def _end(record: Mapping[str, str], failed: int, code: int) -> str | None:
    """Return why a job ended: by the limits that it asked for, which the accounting keeps, and what it used."""
    asked = dict(re.findall(r"(?<![A-Za-z_])([A-Za-z_]++)=([0-9.]++[KMGTkmgt]?+)", record.get("category", "")))
    is_killed = failed in (37, 100) or code > 128
    ran, cpu = _amount(record.get("ru_wallclock", "")) or 0, _amount(record.get("cpu", "")) or 0
    for name in TIME_LIMIT:
        limit = _amount(asked.get(name, ""))
        if is_killed and limit is not None and (cpu if name.endswith("cpu") else ran) >= limit:
            return "time"
    for name in MEMORY:
        limit = _amount(asked.get(name, "").upper())
        if is_killed and limit is not None and (_amount(record.get("maxvmem", "")) or 0) >= limit:
            return "memory"
    if failed in (37, 100):
        return "stopped"
    return "node" if failed else None


def _peak(record: Mapping[str, str]) -> int | None:
    """Return the resident memory of the largest process.

    The system counts it in KiB. So it stands there without a unit, and Son of Grid Engine 8.1 puts units to it as if
    it were bytes.
    """
    resident = _amount(record.get("ru_maxrss", ""))
    return int(resident * 1024) if resident else None


def cancel(request: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """Ask for the end of jobs with one qdel, and yield what it says of each."""
    ran = _run("qdel", *request["jobs"])
    said = ran.stdout.splitlines() + ran.stderr.splitlines()
    for job in request["jobs"]:
        lines = [line for line in said if re.search(rf'job "?{job}"?(?![0-9])', line)]
        done = any("deletion" in line or "deleted" in line for line in lines)
        yield {"job": job, "cancelled": done, "message": "" if done else "; ".join(lines) or _said(ran)}


def find(request: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """Yield the jobs in the queue that have one of the keys as their context."""
    numbers = [str(line["job"]) for line in _listed()]
    for start in range(0, len(numbers), 200):
        root = _xml("qstat", "-xml", "-j", ",".join(numbers[start : start + 200]))
        for element in root.iter("element"):
            number = _text(element, "JB_job_number")
            context = {_text(pair, "VA_variable"): _text(pair, "VA_value") for pair in element.iter("context_list")}
            key = context.get("specc")
            if number and key in request["keys"]:
                at = _text(element, "JB_submission_time")
                line: dict[str, object] = {"key": key, "job": number}
                yield line | ({"submitted_at": _seconds(float(at))} if at.isdigit() else {})


class Failed(Exception):
    """Grid Engine could not be asked."""


def _run(*command: str) -> "subprocess.CompletedProcess[str]":
    """Run a program of Grid Engine, with messages in English. Raises Failed where it is missing."""
    english, none = {**os.environ, "LC_ALL": "C"}, subprocess.DEVNULL
    try:
        return subprocess.run(
            command, env=english, stdin=none, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as error:
        raise Failed(f"cannot run {command[0]}: {error.strerror}") from error


def _xml(*command: str) -> ElementTree.Element:
    ran = _run(*command)
    try:
        if ran.returncode == 0:
            return ElementTree.fromstring(ran.stdout)
    except ElementTree.ParseError as error:
        raise Failed(f"{command[0]} gave XML that cannot be read: {error}") from error
    raise Failed(f"{command[0]}: {_said(ran)}")


def _said(ran: "subprocess.CompletedProcess[str]") -> str:
    lines = (line.strip() for line in (ran.stderr + "\n" + ran.stdout).splitlines())
    return "; ".join(dict.fromkeys(line for line in lines if line)) or f"exit code {ran.returncode}"


def _seconds(at: float) -> float:
    """Return a time in seconds. Some versions give milliseconds."""
    return at if at < 1e11 else at / 1000


def _settings(request: Mapping[str, Any]) -> dict[str, Any]:
    return {name: usual for name, (_, usual) in SETTINGS.items()} | dict(request["settings"])


def _text(element: ElementTree.Element, tag: str) -> str:
    return (element.findtext(tag) or "").strip()


def _moment(text: str, form: str) -> float | None:
    """Return a time of Grid Engine, which is local, in seconds since 1970."""
    try:
        return time.mktime(time.strptime(text, form))
    except (ValueError, OverflowError):
        return None


def _amount(text: str) -> float | None:
    """Return an amount such as `4s`, `7.637KB` or `1G`."""
    match = AMOUNT.fullmatch(text.strip())
    if match is None:
        return None
    try:
        return float(match[1]) * 1024.0 ** " KMGT".index(match[2] or " ")
    except ValueError:
        return None


ACTIONS = {"submit": submit, "status": status, "cancel": cancel, "find": find}


def main(words: Sequence[str]) -> int:
    """Answer one request. Return 1, with the reason on the standard error, where Grid Engine could not be asked."""
    action = ACTIONS[words[1]]
    try:
        for line in action(json.load(sys.stdin)):
            print(json.dumps(line))
    except Failed as error:
        if words[1] == "submit":
            print(json.dumps({"not_sent": str(error)}))
            return 0
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
