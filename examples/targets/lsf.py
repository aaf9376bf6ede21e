"""The four commands of a target for IBM Spectrum LSF: bsub, bjobs and bkill. UNTESTED on a real one.

It reads a request from its standard input and answers in lines of JSON, as docs/schedulers.md of specc says. The key
of a job is its description (`-Jd`). The unit of `-M` depends on LSF_UNIT_FOR_LIMITS in lsf.conf: `memory_unit` in the
settings of the target names it, KB by default.
"""

import json
import re
import subprocess
import sys
import time

COLUMNS = "jobid stat exit_code exit_reason pend_reason submit_time start_time finish_time exec_host cpu_used max_mem"
NOT_CONNECTED = (
    "LSF is down", "Cannot connect to LSF", "Failed in an LSF library call", "master LIM", "LIM is down",
    "Timeout on connect", "Connection refused", "cannot fork", "service not registered",
)  # fmt: skip
FULL = ("job limit", "Pending job threshold")
OPEN = (
    "Communication time", "timed out", "protocol error", "internal error", "XDR", "System call failed", "End of file",
)  # fmt: skip
"""Texts after which LSF may have the job."""

FIELDS = {"No such queue": "scheduler_queue_name", "Queue has been closed": "scheduler_queue_name",
          "cannot use the queue": "scheduler_queue_name", "RUNLIMIT": "time_limit", "run limit": "time_limit",
          "MEMLIMIT": "mem_limit", "memory": "mem_limit", "Too many processors": "core_limit",
          "Too many tasks": "core_limit"}  # fmt: skip
STATES = {"PEND": "pending", "PSUSP": "pending", "WAIT": "pending", "PROV": "pending", "RUN": "running",
          "UNKWN": "running", "USUSP": "suspended", "SSUSP": "suspended", "DONE": "finished", "EXIT": "exited",
          "ZOMBI": "stopped"}  # fmt: skip
ENDS = {"TERM_RUNLIMIT": "time", "TERM_CPULIMIT": "time", "TERM_DEADLINE": "time", "TERM_MEMLIMIT": "memory",
        "TERM_SWAP": "memory", "TERM_PREEMPT": "preempted", "TERM_ORPHAN_SYSTEM": "stopped", "TERM_ADMIN": "stopped",
        "TERM_LOAD": "stopped", "TERM_WINDOW": "stopped"}  # fmt: skip
UNITS = {"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}


def submit(request):
    settings, payload = request["settings"], request["payload"]
    words = ["bsub", "-J", re.sub(r"[^A-Za-z0-9_.-]+", "_", request["name"])[:200], "-Jd", f"specc={request['key']}"]
    words += ["-n", str(request["cores"]), "-R", "span[hosts=1]", "-o", request["log"], "-rn"]
    if request["memory_bytes"] is not None:
        words += ["-M", str(-(-request["memory_bytes"] // UNITS[settings.get("memory_unit", "KB")]))]
    if request["time_seconds"] is not None:
        words += ["-W", str(-(-request["time_seconds"] // 60))]
    if request["queue"]:
        words += ["-q", request["queue"]]
    if settings.get("project"):
        words += ["-P", str(settings["project"])]
    if payload.get("resource_limit"):
        words += ["-R", payload["resource_limit"]]
    ran = run(*words, "/bin/bash", request["script"])
    found = re.findall(r"(?m)^Job <(\d+)> is submitted to ", ran.stdout)
    said = words_of(ran)
    if len(found) == 1:
        return [{"job": found[0]}]
    if found or ran.returncode <= 0 or any(text in said for text in OPEN):
        return [{"unclear": said}]
    if any(text in said for text in NOT_CONNECTED + FULL):
        return [{"not_sent": said}]
    if "Job not submitted" not in said:
        return [{"unclear": said}]
    return [{"rejected": said, "fields": {field: said for text, field in FIELDS.items() if text in said}}]


def status(request):
    records = {str(record.get("JOBID")): record for record in listed(COLUMNS, *request["jobs"])}
    return [told(job, records.get(job, {"ERROR": ""})) for job in request["jobs"]]


def told(job, found):
    if "ERROR" in found:
        return {"job": job, "state": "gone"}
    word = found.get("STAT", "")
    line = {"job": job, "raw": word, "state": STATES.get(word, "pending")}
    for name, key in (("submitted_at", "SUBMIT_TIME"), ("started_at", "START_TIME"), ("ended_at", "FINISH_TIME")):
        at = moment(found.get(key, ""))
        line.update({name: at} if at is not None else {})
    if found.get("EXEC_HOST"):
        line["node"] = found["EXEC_HOST"].rpartition("*")[2]
    cpu = re.match(r"([0-9.]+) second", found.get("CPU_USED", ""))
    line.update({"cpu_seconds": float(cpu[1])} if cpu else {})
    used = re.match(r"([0-9.]+) ([KMGT])(?:bytes|B)", found.get("MAX_MEM", ""))
    line.update({"peak_memory": int(float(used[1]) * UNITS[f"{used[2]}B"])} if used else {})
    if word == "PEND":
        line["reason"] = found.get("PEND_REASON", "")
    if word == "DONE":
        line["exit_code"] = 0
    if word == "EXIT":
        reason = found.get("EXIT_REASON", "")
        line["reason"] = reason
        code = str(found.get("EXIT_CODE", ""))
        line.update({"exit_code": min(255, int(code))} if code.isdigit() else {})
        why = reason.partition(":")[0]
        if why in ("TERM_OWNER", "TERM_FORCE_OWNER"):
            line["state"] = "cancelled"
        elif why in ENDS:
            line["end"] = ENDS[why]
    return line


def cancel(request):
    ran = run("bkill", *request["jobs"])
    said = words_of(ran)
    if any(text in said for text in NOT_CONNECTED):
        raise Failed(said)
    answers = []
    for job in request["jobs"]:
        lines = [line for line in (ran.stdout + ran.stderr).splitlines() if f"<{job}>" in line]
        done = any("being terminated" in line or "being requeued" in line for line in lines)
        answers.append({"job": job, "cancelled": done, "message": "" if done else "; ".join(lines) or said})
    return answers


def find(request):
    answers = []
    for record in listed("jobid job_description submit_time"):
        key = record.get("JOB_DESCRIPTION", "").partition("specc=")[2]
        if key in request["keys"] and key:
            at = moment(record.get("SUBMIT_TIME", ""))
            answers.append({"key": key, "job": record["JOBID"], **({"submitted_at": at} if at is not None else {})})
    return answers


class Failed(Exception):
    """LSF could not be asked."""


def listed(columns, *jobs):
    ran = run("bjobs", "-a", "-json", "-o", columns, *jobs)
    try:
        return json.loads(ran.stdout).get("RECORDS", [])
    except ValueError:
        if "No job found" in ran.stderr or "No unfinished job found" in ran.stderr:
            return []
        raise Failed(words_of(ran)) from None


def run(*words):
    try:
        return subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    except OSError as error:
        raise Failed(f"cannot run {words[0]}: {error.strerror}") from error


def words_of(ran):
    return "; ".join((ran.stderr + ran.stdout).split("\n")).strip("; ") or f"exit code {ran.returncode}"


def moment(text):
    """Return a time such as `Nov 29 10:00` or, with a year, `Nov 29 10:00:01 2026`, and ` L` or ` E` behind it."""
    text = re.sub(r" [LEX]$", "", text.strip())
    has_year = re.search(r" \d{4}$", text) is not None
    this_year = time.localtime().tm_year
    for form in ("%b %d %H:%M:%S %Y", "%b %d %H:%M %Y"):
        try:
            at = time.mktime(time.strptime(text if has_year else f"{text} {this_year}", form))
            is_ahead = not has_year and at > time.time() + 86400  # of last year, asked for after New Year
            return time.mktime(time.strptime(f"{text} {this_year - 1}", form)) if is_ahead else at
        except ValueError:
            continue
    return None


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
