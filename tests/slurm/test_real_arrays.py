"""Sweeps that are sent as job arrays: each cell runs once, whatever happens, and is a job of its own for its user."""

import contextlib
import csv
import io
import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from support.real_slurm import Project, begin_again, eventually
from support.slurm_cluster import PROGRAMS, Cluster, cluster, need

MANY = 1000
SECONDS = 1.5
"""So long may a processor work on sending so many cells. Where it does nothing else, that is the time that it takes."""


CONTENTION = 2
"""How much longer a processor that others use, too, works on the same: its caches are theirs."""


@pytest.fixture(scope="module")
def slurm() -> Iterator[Cluster]:
    need(PROGRAMS, "slurm-wlm munge")
    with cluster(cores=48, memory=48000, remembered=900) as made:
        yield made


def sweep(project: Project, command: str, count: int, **fields: object) -> None:
    """Write a spec of which each cell leaves a line in a file of its own: a command that runs twice shows."""
    (project.folder / "ran").mkdir(exist_ok=True)
    first = f"echo ran >>{project.folder}/ran/{{{{ matrix.n }}}}\n"
    results = fields.pop("results", None)
    project.spec("a", first + command, matrix={"axes": {"n": {"from": 1, "to": count}}}, **fields)
    text = (project.folder / "a.job.yaml").read_text().replace("name: a", 'name: "a-{{ matrix.n }}"')
    project.write("a.job.yaml", text + (f"results: {json.dumps(results)}\n" if results else ""))


def ran(project: Project) -> dict[int, str]:
    return {int(path.name): path.read_text() for path in (project.folder / "ran").iterdir()}


def each_ran_once(project: Project, count: int) -> None:
    found = ran(project)
    assert found.keys() == set(range(1, count + 1)), sorted(set(range(1, count + 1)) - found.keys())
    assert [number for number, text in found.items() if text != "ran\n"] == []
    jobs = project.states()
    assert len({job["uuid"] for job in jobs}) == len(jobs) == count
    assert Counter(job["job_state"] for job in jobs) == {"finished": count}


def used() -> float:
    """Return the processor time of all programs that were started here and have ended."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def by_cell(project: Project) -> dict[int, dict[str, Any]]:
    return {int(job["axes"]["n"]): job for job in project.states()}


def finished(project: Project, *words: str, seconds: float = 400) -> None:
    done = project("submit", "-y", "--wait", *words, seconds=seconds)
    assert done.returncode == 0, done.stderr[-3000:]


def test_a_sweep_of_1000_is_one_call_and_each_cell_runs_once(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.count_calls()
    sweep(
        project,
        "echo value {{ matrix.n * 3 }}",
        MANY,
        results={"value": {"pattern": r"value (\d+)", "type": "integer"}},
    )
    before, start = used(), time.monotonic()
    done = project("submit", "-y")
    seconds, processor = time.monotonic() - start, used() - before
    assert done.returncode == 0, done.stderr[-3000:]
    calls = project.calls()
    with capsys.disabled():
        print(f"\n{MANY} cells sent in {seconds:.2f} s, {processor:.2f} s of a processor: {dict(calls)}")
    assert calls["sbatch"] == 1
    assert processor < SECONDS * CONTENTION
    done = project("wait", seconds=500)
    assert done.returncode == 0, done.stderr[-3000:]
    each_ran_once(project, MANY)
    rows = list(csv.DictReader(io.StringIO(project("results", "--csv").stdout)))
    assert {int(row["n"]): int(row["value"]) for row in rows} == {n: 3 * n for n in range(1, MANY + 1)}
    finished(project)
    assert project.calls()["sbatch"] == 0


def test_arrays_are_as_large_as_the_controller_takes_them(project: Project, slurm: Cluster) -> None:
    project.count_calls()
    sweep(project, "true", 250)
    with slurm.with_settings(MaxArraySize="101"):
        finished(project)
        assert project.calls()["sbatch"] == 3
    each_ran_once(project, 250)


def test_a_controller_that_takes_no_arrays(project: Project, slurm: Cluster) -> None:
    project.count_calls()
    sweep(project, "true", 12)
    with slurm.with_settings(MaxArraySize="0"):
        finished(project)
        assert project.calls()["sbatch"] == 12
    each_ran_once(project, 12)


def test_arrays_that_the_target_turns_off(project: Project) -> None:
    project.count_calls()
    project.write("specc.toml", (project.folder / "specc.toml").read_text() + "arrays = false\n")
    sweep(project, "true", 12)
    finished(project)
    assert project.calls()["sbatch"] == 12
    each_ran_once(project, 12)
    assert all("_" not in job["uuid"] for job in project.states())


def test_cells_that_ask_for_other_things_are_other_arrays(project: Project) -> None:
    project.count_calls()
    sweep(project, "true", 20, core_limit="{{ 1 if matrix.n <= 12 else 2 }}")
    finished(project)
    assert project.calls()["sbatch"] == 2
    each_ran_once(project, 20)


class TestAtMostSoManyAtATime:
    NOW = "date +%s.%N"

    def overlap(self, project: Project) -> int:
        times = [tuple(map(float, path.read_text().split())) for path in project.folder.glob("at.*")]
        moments = sorted([(start, 1) for start, _ in times] + [(end, -1) for _, end in times])
        active = most = 0
        for _, change in moments:
            active += change
            most = max(most, active)
        return most

    def test_in_one_array(self, project: Project) -> None:
        here = f"{project.folder}/at.{{{{ matrix.n }}}}"
        project.count_calls()
        sweep(project, f"{self.NOW} >>{here}; sleep 0.7; {self.NOW} >>{here}", 12)
        finished(project, "--max-active", "3")
        each_ran_once(project, 12)
        assert self.overlap(project) <= 3

    def test_in_several_arrays(self, project: Project) -> None:
        here = f"{project.folder}/at.{{{{ matrix.n }}}}"
        cores = "{{ 1 if matrix.n <= 6 else 2 }}"
        sweep(project, f"{self.NOW} >>{here}; sleep 0.7; {self.NOW} >>{here}", 12, core_limit=cores)
        finished(project, "--max-active", "3")
        each_ran_once(project, 12)
        assert self.overlap(project) <= 3


class TestWhatIsLost:
    def test_the_answer_of_sbatch(self, project: Project) -> None:
        """The program dies after the controller has taken the array."""
        flag = project.folder.parent / "died"
        project.in_front(
            "sbatch", f'[ -e {flag} ] && exec "$real" "$@"\n"$real" "$@" >/dev/null; touch {flag}; kill -9 $$'
        )
        sweep(project, "true", 60)
        finished(project)
        assert flag.exists()
        each_ran_once(project, 60)

    def test_the_request_of_sbatch(self, project: Project) -> None:
        flag = project.folder.parent / "died"
        project.in_front("sbatch", f'[ -e {flag} ] && exec "$real" "$@"\ntouch {flag}; kill -9 $$')
        sweep(project, "true", 60)
        finished(project)
        each_ran_once(project, 60)

    def test_the_answer_and_the_queue_says_nothing_of_it(self, project: Project) -> None:
        """The array runs, and the queue is said to be empty: a second array is sent, and each cell runs once."""
        died, looked = project.folder.parent / "died", project.folder.parent / "looked"
        project.in_front(
            "sbatch", f'[ -e {died} ] && exec "$real" "$@"\n"$real" "$@" >/dev/null; touch {died}; kill -9 $$'
        )
        project.in_front("squeue", f'[ -e {looked} ] || {{ touch {looked}; exit 0; }}\nexec "$real" "$@"\n')
        sweep(project, "sleep 1", 30)
        finished(project)
        each_ran_once(project, 30)

    def test_the_request_and_the_limit_of_arrays(self, project: Project, slurm: Cluster) -> None:
        """Nobody says how large an array may be, and the first call is lost: what is too large goes in other arrays."""
        died = project.folder.parent / "died"
        project.in_front("scontrol", "exit 1")
        project.in_front("sbatch", f'[ -e {died} ] && exec "$real" "$@"\ntouch {died}; kill -9 $$')
        sweep(project, "true", 60)
        with slurm.with_settings(MaxArraySize="21"):
            finished(project)
        assert died.exists()
        each_ran_once(project, 60)

    def test_the_client_at_any_moment(self, project: Project) -> None:
        sweep(project, "true", 300)
        chance = random.Random(7)
        for _ in range(9):
            process = subprocess.Popen(
                [sys.executable, "-m", "specc", "submit", "-y"],
                cwd=project.folder, env=project.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
            time.sleep(chance.uniform(0.2, 1.6))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        finished(project)
        each_ran_once(project, 300)

    def test_the_controller_while_arrays_are_sent(self, project: Project, slurm: Cluster) -> None:
        """It crashes three times, and forgets what it had accepted in the seconds before: that is sent again.

        What it lost after it had begun to start it ends for `node`, as on any day, and is tried again. On a busy
        machine Slurm also ends tasks of its own accord after such crashes, and a person tries those again. No attempt
        runs twice.
        """
        sweep(project, "echo {{ cell.attempt }} >>ran/{{ matrix.n }}", 200)
        with slurm.with_settings(MaxArraySize="21"):
            over = threading.Event()

            def crash() -> None:
                for pause in (0.9, 1.5, 2.0):
                    if over.wait(pause):
                        return
                    slurm.kill_controller()
                    over.wait(1.5)
                    slurm.start_controller()
                while not over.wait(1):
                    with contextlib.suppress(AssertionError, subprocess.TimeoutExpired):
                        slurm.undrain()

            crashing = threading.Thread(target=crash)
            crashing.start()
            try:
                done = project("submit", "-y", "--wait", "--retries", "2", "--retry-on", "node", seconds=400)
            finally:
                over.set()
                crashing.join()
                if not slurm.is_up():
                    slurm.start_controller()
            slurm.undrain()
            slurm.until_idle()
            for _ in range(2):
                if done.returncode != 0:
                    every = "memory,time,node,preempted,exit,stopped,lost,cancelled"
                    done = project("retry", "-y", "--wait", "--reason", every, seconds=400)
            assert done.returncode == 0, done.stderr[-3000:]
        done = project("results", "--output", "json")
        rows = {row["axes"]["n"]: row for row in json.loads(done.stdout)["rows"]}
        assert {n: row["state"] for n, row in rows.items()} == dict.fromkeys(range(1, 201), "finished")
        for number, text in ran(project).items():
            attempts = [word for word in text.split() if word != "ran"]
            assert len(attempts) == len(set(attempts)), (number, text)
            assert text.count("ran") <= rows[number]["attempt"], (number, text)
        assert ran(project).keys() == set(range(1, 201))

    def test_a_controller_that_freezes_meanwhile(self, project: Project, slurm: Cluster) -> None:
        sweep(project, "true", 40)
        os.kill(slurm.controller(), signal.SIGSTOP)
        try:
            process = project.begin("submit", "-y", "--wait")
            eventually(lambda: "trying again" in project.said(), 200)
        finally:
            os.kill(slurm.controller(), signal.SIGCONT)
        assert process.wait(240) == 0, project.said()
        each_ran_once(project, 40)


class TestEachCellIsAJob:
    def test_cells_are_cancelled_one_by_one_and_all(self, project: Project) -> None:
        sweep(project, "sleep 300", 120)
        assert project("submit", "-y").returncode == 0
        eventually(lambda: len(ran(project)) >= 20)
        jobs = by_cell(project)
        runs, waits = min(ran(project)), max(jobs)
        assert jobs[waits]["job_state"] == "pending"
        done = project("cancel", jobs[runs]["uuid"], jobs[waits]["uuid"], "--yes")
        assert done.returncode == 0, done.stderr
        left = eventually(lambda: cancelled(project) == {runs, waits} and by_cell(project))
        assert {job["job_state"] for n, job in left.items() if n not in (runs, waits)} <= {"running", "pending"}
        some = sorted(left.keys() - {runs, waits})[:30:3]
        done = project("cancel", *(left[n]["uuid"] for n in some), "--yes")
        assert done.returncode == 0, done.stderr
        eventually(lambda: cancelled(project) == {runs, waits, *some})
        done = project("cancel", "--all", "--yes")
        assert done.returncode == 0, done.stderr
        eventually(lambda: cancelled(project) == jobs.keys())

    def test_tasks_that_somebody_cancels_while_they_wait_are_not_sent_again(
        self, project: Project, slurm: Cluster
    ) -> None:
        settings = (project.folder / "specc.toml").read_text()
        project.write("specc.toml", settings + 'options = ["--begin=now+300"]\n')
        sweep(project, "true", 6)
        assert project("submit", "-y").returncode == 0
        jobs = by_cell(project)
        slurm.run("scancel", *(jobs[n]["uuid"].partition("-")[0] for n in (2, 4)))
        eventually(lambda: {n for n, job in by_cell(project).items() if job["job_state"] != "pending"} == {2, 4})
        project.count_calls()
        assert project("submit", "-y").returncode in (0, 5)
        assert project.calls()["sbatch"] == 0
        assert {by_cell(project)[n]["job_state"] for n in (2, 4)} <= {"lost", "cancelled"}
        assert project("cancel", "--all", "--yes").returncode == 0

    def test_what_fails_is_tried_again_and_no_other_cell(self, project: Project) -> None:
        project.count_calls()
        sweep(project, "exit {{ 3 if matrix.n % 7 == 0 and cell.attempt == 1 else 0 }}", 50)
        done = project("submit", "-y", "--wait")
        assert done.returncode == 5, done.stderr
        jobs = by_cell(project)
        assert {n for n, job in jobs.items() if job["job_state"] == "exited"} == {7, 14, 21, 28, 35, 42, 49}
        assert {job["exit_code"] for n, job in jobs.items() if n % 7 == 0} == {3}
        project.calls()
        done = project("retry", "-y", "--wait")
        assert done.returncode == 0, done.stderr
        assert project.calls()["sbatch"] == 1
        assert {n: text.count("ran") for n, text in ran(project).items()} == {n: 2 - (n % 7 > 0) for n in range(1, 51)}

    def test_logs_and_folders_of_single_cells(self, project: Project) -> None:
        sweep(project, "echo out {{ matrix.n }}; echo err {{ matrix.n }} >&2", 15)
        finished(project)
        jobs = by_cell(project)
        for n in (1, 8, 15):
            assert project("logs", jobs[n]["uuid"], "--stream", "stdout").stdout == f"out {n}\n"
            assert project("logs", jobs[n]["uuid"], "--stream", "stderr").stdout == f"err {n}\n"
        done = project("clean", jobs[8]["uuid"], "--yes")
        assert done.returncode == 0, done.stderr
        assert project("logs", jobs[9]["uuid"], "--stream", "stdout").stdout == "out 9\n"
        done = project("clean", "--all", "--yes")
        assert done.returncode == 0, done.stderr
        assert list((project.jobs / "jobs").iterdir()) == []
        assert {job["job_state"] for job in project.states()} == {"finished"}

    def test_what_slurm_does_to_one_cell_is_said_of_it(self, project: Project) -> None:
        """Of one that needs more memory than it asked for, and one that fails, without accounting."""
        eat = "python3 -c 'import time; x = bytearray(400 << 20); time.sleep(60)'"
        sweep(project, f"[ {{{{ matrix.n }}}} = 2 ] || exit 0\n{eat}", 4, mem_limit=60)
        done = project("submit", "-y", "--wait")
        assert done.returncode == 5, done.stderr
        jobs = by_cell(project)
        assert Counter(job["job_state"] for job in jobs.values()) == {"finished": 3, "exited": 1}
        assert "memory" in jobs[2]["reason"]
        done = project("retry", "--reason", "memory", "--dry-run")
        assert "1" in done.stdout + done.stderr

    def test_a_task_that_is_requeued_runs_again_where_its_job_says_so(self, project: Project, slurm: Cluster) -> None:
        wait = '[ "${SLURM_RESTART_COUNT:-0}" != 0 ] || [ {{ matrix.n }} != 3 ] || sleep 300'
        sweep(project, wait, 5, resource_limit="requeue")
        assert project("submit", "-y").returncode == 0
        eventually(lambda: len(ran(project)) == 5)
        job_id = by_cell(project)[3]["uuid"].partition("-")[0]
        slurm.run("scontrol", "requeue", job_id)
        eventually(lambda: by_cell(project)[3]["job_state"] == "pending")
        begin_again(slurm, job_id)
        done = project("wait", seconds=300)
        assert done.returncode == 0, done.stderr
        assert {n: text.count("ran") for n, text in ran(project).items()} == {1: 1, 2: 1, 3: 2, 4: 1, 5: 1}

    def test_a_task_that_is_requeued_against_its_jobs_will_does_not_run_again(
        self, project: Project, slurm: Cluster
    ) -> None:
        sweep(project, "[ {{ matrix.n }} != 3 ] || sleep 300", 5)
        assert project("submit", "-y").returncode == 0
        eventually(lambda: len(ran(project)) == 5)
        job_id = by_cell(project)[3]["uuid"].partition("-")[0]
        slurm.run("scontrol", "update", f"jobid={job_id}", "requeue=1")
        slurm.run("scontrol", "requeue", job_id)
        begin_again(slurm, job_id)
        done = project("wait", seconds=300)
        assert done.returncode == 5, done.stderr
        assert set(ran(project).values()) == {"ran\n"}
        assert Counter(job["job_state"] for job in project.states())["finished"] == 4

    def test_many_processes_send_one_sweep(self, project: Project) -> None:
        sweep(project, "true", 80)
        command = [sys.executable, "-m", "specc", "submit", "-y"]
        processes = [
            subprocess.Popen(command, cwd=project.folder, env=project.environment, stderr=subprocess.DEVNULL)
            for _ in range(3)
        ]
        for process in processes:
            process.wait(240)
        finished(project)
        each_ran_once(project, 80)


def cancelled(project: Project) -> set[int]:
    return {n for n, job in by_cell(project).items() if job["job_state"] == "cancelled"}


def test_the_times_of_cells_are_their_own(project: Project) -> None:
    begun = time.time()
    sweep(project, "sleep {{ 4 if matrix.n == 2 else 0 }}", 3)
    finished(project)
    jobs = by_cell(project)
    assert jobs[2]["seconds"] >= 4 > jobs[1]["seconds"]
    assert all(job["node"] and job["ended_at"] >= job["started_at"] >= begun - 1 for job in jobs.values())
