"""The four commands of a target for OpenPBS and PBS Professional: qsub, qstat and qdel. UNTESTED on a real one.

It reads a request from its standard input and answers in lines of JSON, as docs/schedulers.md of specc says. The key
of a job is its variable SPECC_KEY. qstat keeps ended jobs only where the server has `job_history_enable`; without it,
the record that specc's own script leaves says how a job ended.
"""

import getpass
import json
import re
import subprocess
import sys
import time

NOT_CONNECTED = (
    "cannot connect to server", "Connection refused", "could not connect to trqauthd", "No free connections",
    "Server connection table full", "Server shutting down", "Resource temporarily unavailable",
)  # fmt: skip
FULL = ("would exceed", "Maximum number of jobs")
OPEN = ("protocol error", "End of File", "timed out", "System error", "internal error", "Communication failure")
"""Texts after which the server may have the job. Every other answer of qsub is a refusal."""

NO_QUEUE = ("Unknown queue", "Queue is not enabled", "Access to queue is denied", "No default queue")
STATES = {"Q": "pending", "H": "pending", "W": "pending", "T": "pending", "M": "pending", "S": "suspended",
          "U": "suspended", "R": "running", "E": "running", "B": "running"}  # fmt: skip
KILLED = {-29: "time", -28: "time", -27: "memory", -26: "memory"}
"""Exit statuses that PBS gives to a job that it ended for a limit: walltime, processor time, memory, address space."""

UNITS = {"b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40}


def submit(request):
    settings, payload = request["settings"], request["payload"]
    chunk = [f"ncpus={request['cores']}"]
    if request["memory_bytes"] is not None:
        chunk.append(f"mem={-(-request['memory_bytes'] // 1024)}kb")
    chunk += (payload.get("resource_limit") or "").split()
    words = ["qsub", "-N", re.sub(r"[^A-Za-z0-9_.-]+", "_", request["name"])[:200], "-r", "n", "-j", "oe"]
    words += ["-o", request["log"], "-S", "/bin/bash", "-v", f"SPECC_KEY={request['key']}"]
    words += ["-l", "select=1:" + ":".join(chunk)]
    if request["time_seconds"] is not None:
        words += ["-l", f"walltime={request['time_seconds']}"]
    if request["queue"]:
        words += ["-q", request["queue"]]
    if settings.get("project"):
        words += ["-P", str(settings["project"])]
    ran = run(*words, request["script"])
    found = re.findall(r"(?m)^(\d+[A-Za-z0-9_.\[\]-]*)$", ran.stdout)
    said = words_of(ran)
    if ran.returncode == 0 and len(found) == 1:
        return [{"job": found[0]}]
    if found or ran.returncode <= 0 or has(said, OPEN):
        return [{"unclear": said}]
    if has(said, NOT_CONNECTED + FULL):
        return [{"not_sent": said}]
    if has(said, NO_QUEUE) and request["queue"]:
        return [{"rejected": said, "code": "bad-queue", "fields": {"scheduler_queue_name": said}}]
    return [{"rejected": said}] if said.startswith("qsub: ") else [{"unclear": said}]


def status(request):
    jobs = listed("-x", *request["jobs"])
    return [told(job, jobs[job]) if job in jobs else {"job": job, "state": "gone"} for job in request["jobs"]]


def told(job, found):
    line = {"job": job, "raw": found.get("job_state", ""), "reason": found.get("comment", "")}
    for name, key in (("submitted_at", "ctime"), ("started_at", "stime"), ("ended_at", "obittime")):
        at = moment(found.get(key))
        line.update({name: at} if at is not None else {})
    if found.get("exec_host"):
        line["node"] = found["exec_host"].partition("/")[0]
    used = found.get("resources_used", {})
    line.update({"cpu_seconds": seconds(used["cput"])} if "cput" in used else {})
    line.update({"peak_memory": memory(used["mem"])} if "mem" in used else {})
    if found.get("job_state") not in ("F", "X"):
        return {**line, "state": STATES.get(found.get("job_state"), "pending")}
    code = found.get("Exit_status")
    if code is None:  # deleted before it ran
        return {**line, "state": "cancelled"}
    if code == 0:
        return {**line, "state": "finished", "exit_code": 0}
    if code < 0:
        return {**line, "state": "exited", "end": KILLED.get(code, "stopped")}
    return {**line, "state": "exited", "exit_code": min(255, code - 256 + 128 if code > 256 else code)}


def cancel(request):
    ran = run("qdel", *request["jobs"])
    said = words_of(ran)
    lines = ran.stderr.splitlines()
    answers = []
    for job in request["jobs"]:
        wrong = [line for line in lines if line.rstrip().endswith(job)]
        if lines and not wrong and has(said, NOT_CONNECTED):
            raise Failed(said)
        answers.append({"job": job, "cancelled": not wrong, "message": "; ".join(wrong)})
    return answers


def find(request):
    answers = []
    for job, found in listed().items():
        key = found.get("Variable_List", {}).get("SPECC_KEY")
        mine = found.get("Job_Owner", "").partition("@")[0] == getpass.getuser()
        if mine and key in request["keys"]:
            at = moment(found.get("ctime"))
            answers.append({"key": key, "job": job, **({"submitted_at": at} if at is not None else {})})
    return answers


class Failed(Exception):
    """PBS could not be asked."""


def listed(*words):
    """Return jobs by their ids. qstat leaves out those that it does not know, and ends with 153 or 35 for them."""
    ran = run("qstat", "-f", "-F", "json", *words)
    try:
        return json.loads(ran.stdout).get("Jobs", {})
    except ValueError:
        known = "Unknown Job Id" in ran.stderr or "has finished" in ran.stderr
        if ran.returncode == 0 or (known and not has(ran.stderr, NOT_CONNECTED)):
            return {}
        raise Failed(words_of(ran)) from None


def run(*words):
    try:
        return subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    except OSError as error:
        raise Failed(f"cannot run {words[0]}: {error.strerror}") from error


def has(said, texts):
    return any(text.lower() in said.lower() for text in texts)


def words_of(ran):
    return "; ".join((ran.stderr + ran.stdout).split("\n")).strip("; ") or f"exit code {ran.returncode}"


def moment(text):
    try:
        return time.mktime(time.strptime(text, "%a %b %d %H:%M:%S %Y"))
    except (TypeError, ValueError):
        return None


def seconds(text):
    parts = [int(part) for part in str(text).split(":")]
    return sum(part * 60**power for power, part in enumerate(reversed(parts)))


def memory(text):
    match = re.fullmatch(r"(\d+)([kmgt]?b)", str(text))
    return int(match[1]) * UNITS[match[2]] if match else 0


def main():
    action = sys.argv[1]
    try:
        for line in {"submit": submit, "status": status, "cancel": cancel, "find": find}[action](json.load(sys.stdin)):
            print(json.dumps(line))
    except Failed as error:
        if action != "submit":
            sys.exit(str(error))
        print(json.dumps({"not_sent": str(error)}))


if __name__ == "__main__":
    main()
