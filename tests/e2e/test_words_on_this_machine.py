"""What `local` does of the words of `resource_limit`, and what it says that it ignores."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.local_jobs import Place as Machine
from support.local_jobs import attempt, place_at
from support.projects import Place

from specc.targets import JobState
from specc.targets.local.refusals import ignored

FIELDS = "cluster_id: c, zone: z, run_user: u, name: n, cmd_line: ./run"
SLURM = '[targets.hpc]\nkind = "slurm"\ncluster = "c1"\n'


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with place_at(tmp_path_factory.mktemp("words") / "state") as place:
        yield place


@pytest.fixture
def project(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.delenv("CI", raising=False)  # where a ledger must be named
    for path in place.root.glob("*.job.yaml"):
        path.unlink()
    place.put("specc.toml", b'project = "p"\n')
    return place


def check(project: Place, *arguments: str) -> list[dict[str, Any]]:
    project.run("check", *arguments, "--output", "json")
    return [one for one in json.loads(project.out)["diagnostics"] if one["code"] == "SPC704"]


def test_what_is_ignored_is_said_once_a_spec(project: Place) -> None:
    words = "nodes=2 ntasks-per-node=1 gpus={{ matrix.n }} requeue"
    fields = FIELDS.replace("name: n", 'name: "n-{{ matrix.n }}"')
    head = "specc: 1\nmatrix: {axes: {n: [1, 2, 3]}}\n"
    project.write(a=f'{head}job: {{{fields}, core_limit: 2, resource_limit: "{words}"}}\n')
    (one,) = check(project)
    assert one["message"] == "`local` ignores `nodes`, `gpus`, `requeue`"
    assert one["severity"] == "warning"
    assert one["start"]["line"] == 3


def test_what_is_done_is_not_said(project: Place) -> None:
    project.write(a=f'specc: 1\njob: {{{FIELDS}, core_limit: 4, resource_limit: "ntasks=2 cpus-per-task=2"}}\n')
    assert check(project) == []
    project.write(a=f'specc: 1\njob: {{{FIELDS}, time_limit: 1, resource_limit: "nodes=1 signal=B:USR1@60"}}\n')
    assert check(project) == []


def test_a_text_that_is_no_list_of_words_is_ignored_whole(project: Place) -> None:
    project.write(a=f'specc: 1\njob: {{{FIELDS}, resource_limit: "select=1:ncpus=8"}}\n')
    assert [one["message"] for one in check(project)] == ["`local` ignores `select=1:ncpus=8`"]


def test_a_project_whose_jobs_go_elsewhere_is_not_told(project: Place) -> None:
    project.put("specc.toml", f'project = "p"\n{SLURM}'.encode())
    project.write(a=f'specc: 1\njob: {{{FIELDS}, core_limit: 1, resource_limit: "gpus=1"}}\n')
    assert check(project) == []
    assert check(project, "--target", "hpc") == []
    assert len(check(project, "--target", "local")) == 1


def test_plan_and_a_dry_run_say_it_once_for_all(project: Place) -> None:
    project.write(
        a=f'specc: 1\njob: {{{FIELDS}, resource_limit: "gpus=1"}}\n',
        b=f'specc: 1\njob: {{{FIELDS.replace("name: n", "name: m")}, resource_limit: "gpus=2 qos=a"}}\n',
    )
    project.put("specc.toml", b'project = "p"\n[targets.local]\nrun_as = "caller"\n')
    for command in (["plan"], ["submit", "--dry-run"]):
        project.run(*command)
        said = [line for line in (project.out + project.err).splitlines() if "ignores" in line]
        assert said == ["`local` ignores `gpus`, `qos` of `resource_limit`, in 2 payloads"]


def test_a_signal_to_what_srun_started_has_nobody_here() -> None:
    assert ignored({"resource_limit": "signal=USR1@60"}) == ["signal"]
    assert ignored({"resource_limit": "signal=B:SIGUSR1"}) == []


def test_cores_of_the_words_count_and_threads_are_those_of_a_task(machine: Machine) -> None:
    uuid = machine.submit("echo $SPECC_CORES $OMP_NUM_THREADS", resource_limit="ntasks=2")
    machine.wait(uuid)
    assert machine.printed(uuid) == "2 1\n"
    uuid = machine.submit("echo $SPECC_CORES $OMP_NUM_THREADS", core_limit=2, resource_limit="cpus-per-task=2")
    machine.wait(uuid)
    assert machine.printed(uuid) == "2 2\n"


def test_a_signal_comes_before_the_time_limit(machine: Machine) -> None:
    command = "trap 'echo told; exit 3' USR1; echo up; while :; do sleep 0.05; done"
    report = machine.run(command, time_limit=20, resource_limit="signal=B:USR1@19")
    assert (report.state, report.exit_code) == (JobState.EXITED, 3)


def test_a_signal_that_is_asked_for_earlier_than_the_start_comes_at_once(machine: Machine) -> None:
    report = machine.run("sleep 20", time_limit=10, resource_limit="signal=B:TERM@60")
    assert (report.state, report.exit_code) == (JobState.EXITED, 143)


def test_without_a_time_limit_no_signal_comes(machine: Machine) -> None:
    assert machine.run("sleep 0.3", resource_limit="signal=B:TERM@60").state is JobState.FINISHED


def test_more_cores_than_the_machine_has_are_refused_by_words_too(machine: Machine) -> None:
    refused = machine.open().refuse(attempt(resource_limit="ntasks=1000").payload)
    assert refused is not None
    assert refused.message == "`resource_limit` asks for 1000 cores, and this machine has 2"
