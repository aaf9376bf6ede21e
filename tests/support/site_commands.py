"""The four commands of a made-up scheduler, as a program: `python site_commands.py FOLDER ACTION`.

It starts each job at once, beside the test, and imports nothing of specc. `support.fake_site` says which files in its
folder change what it does.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

RUN = """\
cd / && JOB_ID=$1 $4 bash "$2" >>"$3" 2>&1 </dev/null
echo $? >"$5/part" && mv "$5/part" "$5/code"
"""


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


def submit(here: Path, request: dict[str, Any]) -> None:
    if request["queue"] == "nope":
        fields = {"scheduler_queue_name": "no such queue"}
        say(rejected="there is no queue `nope`", code="no-queue", fields=fields, help="write another")
        return
    if (here / "once").exists() and (here / "jobs" / "1").exists():
        say(job="1")
        return
    folder = _new(here / "jobs", request)
    if not (here / "hold").exists():
        seconds = request["time_seconds"]
        limit = f"timeout -k 1 {seconds}" if seconds and not (here / "no-limit").exists() else ""
        words = [folder.name, request["script"], request["log"], limit, str(folder)]
        job = RUN.replace("$4", limit)
        none = subprocess.DEVNULL
        job = 'echo lost >>"$3"; echo 1 >"$5/code"' if (here / "drops").exists() else job
        child = subprocess.Popen(
            ["setsid", "bash", "-c", job, "job", *words],
            stdin=none,
            stdout=none,
            stderr=none,
            env={"PATH": os.environ["PATH"]},
        )
        (folder / "pid").write_text(str(child.pid))
    if (here / "greets").exists():
        print("Welcome to the cluster")
    if not (here / "silent").exists():
        say(job=f"job-{folder.name}" if (here / "other-number").exists() else folder.name)
    if (here / "talks").exists():
        say(note="it is submitted")


def _new(jobs: Path, request: dict[str, Any]) -> Path:
    """Make the folder of a job, whole or not at all, as a scheduler takes a job."""
    draft = Path(tempfile.mkdtemp(dir=jobs.parent))
    (draft / "key").write_text(request["key"])
    (draft / "script").write_text(request["script"])
    number = len(list(jobs.iterdir())) + 1
    while True:
        try:
            return draft.rename(jobs / str(number))
        except OSError:  # another was first
            number += 1


def status(here: Path, request: dict[str, Any]) -> None:
    flaws = {path.name for path in here.iterdir()}
    more = {"colour": "blue"} if "chatty" in flaws else {}
    for job in request["jobs"] if "silent-status" not in flaws else ():
        folder = here / "jobs" / job.removeprefix("job-")
        if not (folder / "key").exists() or "forgets" in flaws:
            if "strict" in flaws:
                sys.exit(f"no job {job}")
            if "skips" not in flaws:
                say(job=job, state="gone")
        elif (folder / "code").exists() and "never-ends" not in flaws:
            code = int((folder / "code").read_text())
            told = {"end": "time", "reason": "time limit reached"} if code == 124 and "no-end" not in flaws else {}
            code = 9 if "wrong-code" in flaws else code
            is_well = code == 0 or "all-well" in flaws
            say(job=job, state="finished" if is_well else "exited", exit_code=code, **told, **more)
        elif (folder / "cancelled").exists() and "cancels-not" not in flaws:
            say(job=job, state="cancelled", **more)
        else:
            say(job=job, state="running" if (folder / "pid").exists() else "pending", raw="R", **more)


def cancel(here: Path, request: dict[str, Any]) -> None:
    for job in request["jobs"]:
        folder = here / "jobs" / job
        if not folder.exists() or (here / "refuses").exists():
            say(job=job, cancelled=False, message="no")
            continue
        (folder / "cancelled").touch()
        if (folder / "pid").exists() and not (here / "cancels-not").exists():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(int((folder / "pid").read_text()), signal.SIGKILL)
        say(job=job, cancelled=True)


def find(here: Path, request: dict[str, Any]) -> None:
    if (here / "finds-badly").exists():
        sys.exit("grep: nothing found")
    for folder in sorted((here / "jobs").iterdir()) if not (here / "finds-nothing").exists() else ():
        key = (folder / "key").read_text() if (folder / "key").exists() else ""
        if key in request["keys"]:
            say(key=key, job=folder.name)


def meddle(here: Path, action: str, request: dict[str, Any]) -> None:
    """Do the duty of a command with the faults that a storm has chosen, by chance."""
    chances = json.loads((here / "chances").read_text())
    with open(here / "calls", "ab", buffering=0) as calls:
        calls.write(b".")
        dice = random.Random(f"{chances.pop('seed')} {calls.tell()}")
    fault = next((name for name, chance in chances.items() if dice.random() < chance), "")
    if fault:
        with open(here / "faults", "a", encoding="utf-8") as file:
            file.write(f"{fault}\n")
    duty = {"submit": submit, "status": status, "cancel": cancel, "find": find}[action]
    match fault:
        case "dies-before":
            os.kill(os.getpid(), signal.SIGKILL)
        case "refuses":
            sys.exit("no connection")
        case "full" if action == "submit":
            say(not_sent="the queue is full")
            return
        case "forgets" if action == "find":
            sys.exit("the scheduler does not answer")
        case "silent" | "garbage" | "two-lines" | "dies-after" | "lies":
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - it ends with the process
        case "slow":
            time.sleep(dice.random())
        case _:
            pass
    duty(here, request)
    sys.stdout = sys.__stdout__
    match fault:
        case "dies-after":
            os.kill(os.getpid(), signal.SIGKILL)
        case "garbage":
            print("Segmentation fault (core dumped)")
        case "two-lines":
            say(job="1")
            say(job="2")
        case "lies" if action == "submit":
            say(unclear="something went wrong")
        case _:
            pass


def main() -> None:
    here, action = Path(sys.argv[1]), sys.argv[2]
    request = json.load(sys.stdin)
    seen = {**request, "argv": sys.argv[3:], "variables": dict(os.environ), "cwd": os.getcwd()}
    with open(here / "calls", "a", encoding="utf-8") as file:
        file.write(json.dumps(seen) + "\n")
    if (here / f"{action}.raw").exists():
        sys.stdout.write((here / f"{action}.raw").read_text())
    elif (here / f"{action}.error").exists():
        sys.exit((here / f"{action}.error").read_text())
    elif (here / "chances").exists():
        meddle(here, action, request)
    else:
        {"submit": submit, "status": status, "cancel": cancel, "find": find}[action](here, request)


if __name__ == "__main__":
    main()
