"""Rules of a site: a filter in Lua before the controller's decision, one in sbatch, a wrapper of sbatch, preemption."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.real_slurm import Project, accepted, attempt, begin_again, ended, eventually, output
from support.slurm_cluster import PROGRAMS, Cluster, cluster, need, program

from specc.targets import EndReason, JobState, Rejected

SUBMIT = """\
function slurm_job_submit(job, partitions, user)
  if job.name == "words" then slurm.log_user("say your project with --account"); return slurm.ERROR end
  if job.name == "silent" then return slurm.ERROR end
  if job.name == "one" then slurm.log_user("ask for a project"); return 1 end
  if job.name == "odd" then slurm.log_user("no such thing today"); return 2024 end
  if job.name == "none" then return 9999 end
  if job.name == "comment" then job.comment = "the site's own" end
  return slurm.SUCCESS
end
function slurm_job_modify(job, record, partitions, user) return slurm.SUCCESS end
"""
FILTER = """\
function slurm_cli_setup_defaults(options, early) return slurm.SUCCESS end
function slurm_cli_pre_submit(options, offset)
  if options["job-name"] == "here" then slurm.log_error("jobs need a better name"); return slurm.ERROR end
  return slurm.SUCCESS
end
function slurm_cli_post_submit(offset, job, step) return slurm.SUCCESS end
"""
SETTINGS = {
    "JobSubmitPlugins": "lua",
    "CliFilterPlugins": "cli_filter/lua",
    "PreemptType": "preempt/partition_prio",
    "PreemptMode": "REQUEUE",
}
PARTITIONS = tuple(
    f"PartitionName={name} Nodes=n1,n2 DefaultTime=60 State=UP PriorityTier={tier} PreemptMode={mode}"
    for name, tier, mode in (("low", 1, "REQUEUE"), ("cheap", 1, "CANCEL"), ("high", 9, "OFF"))
)
ALL_CORES = 8


@pytest.fixture(scope="module")
def slurm() -> Iterator[Cluster]:
    need(PROGRAMS, "slurm-wlm munge")
    beside = {"job_submit.lua": SUBMIT, "cli_filter.lua": FILTER}
    with cluster(settings=SETTINGS, partitions=PARTITIONS, beside=beside) as made:
        yield made


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("words", "say your project with --account; Unspecified error"),
        ("silent", "Unspecified error"),
        ("one", "ask for a project; Operation not permitted"),
        ("odd", "no such thing today"),
        ("none", "Unknown error 9999"),
        ("here", "jobs need a better name"),
    ],
)
def test_a_filter_that_refuses_is_a_refusal_in_its_words_at_once(project: Project, name: str, words: str) -> None:
    start = time.monotonic()
    outcome = project.target().submit(attempt(name=name))
    assert isinstance(outcome, Rejected), outcome
    assert words in outcome.message
    assert outcome.code == "site-rule"
    assert time.monotonic() < start + 15


def test_a_filter_on_the_command_line(project: Project) -> None:
    project.spec("words", "true")
    done = project("submit", "-y")
    assert done.returncode == 3, done.stderr
    assert "say your project with --account" in done.stderr
    (listed,) = json.loads(project("ledger", "list", "--output", "json").stdout)["attempts"]
    assert listed["state"] == "rejected"
    project.spec("words", "true; # changed")
    assert project("submit", "-y").returncode == 3


def test_a_site_that_overwrites_comments(project: Project) -> None:
    """The claim is left, by which the job is known."""
    target = project.target()
    sent = attempt("echo ran", name="comment")
    uuid = accepted(target, sent)
    assert ended(target, uuid).state is JobState.FINISHED
    assert output(target, uuid) == "ran\n"
    assert accepted(target, sent) == uuid


WRAPPER = """\
#!/bin/sh
case "$*" in *--job-name=kept*) echo "ERROR: over your project's budget. Job NOT submitted."; exit 1;; esac
echo "*** Welcome. Charging project 4711. ***"
{sbatch} "$@"
code=$?
echo "*** Good luck ***"
exit $code
"""


def test_a_wrapper_of_sbatch(project: Project, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    wrapper = tmp_path / "bin" / "sbatch"
    wrapper.write_text(WRAPPER.format(sbatch=program("sbatch")))
    wrapper.chmod(0o755)
    project.environment["PATH"] = f"{tmp_path}/bin:{project.environment['PATH']}"
    project.spec("kept", "true")
    done = project("submit", "-y")
    assert done.returncode == 3, done.stderr
    assert "over your project's budget" in done.stderr
    project.spec("kept", "true")
    project.write("kept.job.yaml", (project.folder / "kept.job.yaml").read_text().replace("name: kept", "name: sent"))
    done = project("submit", "-y", "--wait")
    assert done.returncode == 0, done.stderr


def filled(project: Project, partition: str, command: str, **fields: object) -> tuple[str, Path]:
    """Start a job that has all cores of the node n1, and wait until it runs. Return its uuid and its output."""
    words = " ".join(filter(None, ("nodelist=n1", str(fields.pop("resource_limit", "")))))
    target = project.target()
    sent = attempt(command, scheduler_queue_name=partition, core_limit=ALL_CORES, resource_limit=words)
    uuid = accepted(target, sent)
    out = project.jobs / "jobs" / uuid.partition("-")[2] / "stdout"
    eventually(lambda: out.exists() and out.read_text())
    return uuid, out


def preempting(project: Project) -> str:
    sent = attempt("sleep 1", scheduler_queue_name="high", core_limit=ALL_CORES, resource_limit="nodelist=n1")
    return accepted(project.target(), sent)


@pytest.mark.parametrize("partition", ["low", "cheap"])
def test_a_job_that_another_takes_the_place_of_is_preempted(project: Project, partition: str) -> None:
    target = project.target()
    uuid, _ = filled(project, partition, "echo up; sleep 300")
    other = preempting(project)
    report = ended(target, uuid)
    assert (report.state, report.raw, report.life.ended_for) == (JobState.STOPPED, "PREEMPTED", EndReason.PREEMPTED)
    assert ended(target, other).state is JobState.FINISHED


def test_a_preempted_job_that_says_requeue_runs_again(project: Project) -> None:
    target = project.target()
    command = 'echo "run ${SLURM_RESTART_COUNT:-0}"; [ "${SLURM_RESTART_COUNT:-0}" != 0 ] || sleep 300'
    uuid, out = filled(project, "low", command, resource_limit="requeue")
    other = preempting(project)
    eventually(lambda: target.status([uuid])[uuid].state is JobState.PENDING)
    eventually(lambda: target.status([uuid])[uuid].reason == "requeued; BeginTime")
    assert ended(target, other).state is JobState.FINISHED
    begin_again(project.slurm, uuid.partition("-")[0])
    report = ended(target, uuid, 240)
    assert (report.state, report.exit_code) == (JobState.FINISHED, 0)
    assert out.read_text() == "run 0\nrun 1\n"


def test_preempted_on_the_command_line_and_tried_again(project: Project) -> None:
    project.spec(
        "a", "echo up; sleep {{ 1 if cell.attempt > 1 else 300 }}", scheduler_queue_name="cheap",
        core_limit=ALL_CORES, resource_limit="nodelist=n1",
    )  # fmt: skip
    assert project("submit", "-y").returncode == 0
    eventually(lambda: list(project.jobs.glob("jobs/*/stdout")))
    other = preempting(project)
    done = project("wait")
    assert done.returncode == 5, done.stderr
    assert "preempted" in project("status").stdout.lower()
    done = project("retry", "--reason", "preempted", "-y", "--wait")
    assert done.returncode == 0, done.stderr
    assert ended(project.target(), other).state is JobState.FINISHED
    listed = json.loads(project("ledger", "list", "--output", "json").stdout)["attempts"]
    assert sorted((one["cell_attempt"] or 1, one["ended_for"]) for one in listed) == [(1, "preempted"), (2, None)]
