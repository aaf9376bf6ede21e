"""What each field becomes for sbatch, and what is refused before anybody is asked."""

from pathlib import Path

import pytest
from support.fake_slurm import KEY, TAG, Fake
from support.local_jobs import api

from specc.nodes import Mapping, Scalar
from specc.settings import Target
from specc.source import Source
from specc.targets import Accepted, Rejected
from specc.targets.slurm.refusals import MOST_CORES
from specc.targets.slurm.request import IGNORED, Rules

SETTINGS = Target(
    "hpc",
    "slurm",
    queues={"mpi": {"layout": "tasks", "max_cores": 8}},
    hpcqueues={"queue-1": "mpi"},
    resource_limits={"ngpus=1": ("--gres=gpu:1", "--exclusive")},
    options=("--account=p1",),
)


def sent(tmp_path: Path, settings: Target = SETTINGS, **fields: object) -> list[str]:
    fake = Fake(tmp_path, settings)
    outcome = fake.target.submit(fake.attempt(**fields))
    assert isinstance(outcome, Accepted), outcome
    return fake.options()


def refusal(tmp_path: Path, settings: Target = SETTINGS, **fields: object) -> Rejected:
    fake = Fake(tmp_path, settings)
    outcome = fake.target.submit(fake.attempt(**fields))
    assert isinstance(outcome, Rejected), outcome
    assert fake.programs.calls == []
    assert not (tmp_path / "jobs").exists()
    return outcome


def test_a_plain_job(tmp_path: Path) -> None:
    folder = tmp_path / "jobs" / TAG
    assert sent(tmp_path) == [
        "--account=p1",
        "--job-name=job",
        f"--comment=specc:{KEY}",
        "--nodes=1",
        "--ntasks=1",
        "--cpus-per-task=1",
        f"--chdir={folder}",
        "--input=/dev/null",
        f"--output={folder / 'slurm.log'}",
        f"--error={folder / 'slurm.log'}",
        "--open-mode=append",
        "--export=ALL",
        "--no-requeue",
    ]


@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ({"scheduler_queue_name": "mpi"}, {"--partition=mpi"}),
        ({"hpcqueue_id": "queue-1"}, {"--partition=mpi"}),
        ({"hpcqueue_id": "queue-1", "scheduler_queue_name": "mpi"}, {"--partition=mpi"}),
        ({"core_limit": 4}, {"--ntasks=1", "--cpus-per-task=4", "--nodes=1"}),
        ({"core_limit": 4, "scheduler_queue_name": "mpi"}, {"--ntasks=4", "--cpus-per-task=1", "--nodes=1"}),
        ({"core_limit": 4, "hpcqueue_id": "queue-1"}, {"--ntasks=4"}),
        ({"mem_limit": 100}, {"--mem=100M"}),
        ({"time_limit": 60}, {"--time=1"}),
        ({"time_limit": 61}, {"--time=2"}),
        ({"resource_limit": "ngpus=1"}, {"--gres=gpu:1", "--exclusive"}),
        ({"run_user": "ada"}, set()),
        ({"name": "--uid=0 \"x\" $(id) 'y' \\"}, {"--job-name=--uid=0 \"x\" $(id) 'y' \\"}),
    ],
)
def test_what_fields_become(tmp_path: Path, fields: dict[str, object], options: set[str]) -> None:
    assert options <= set(sent(tmp_path, **fields))


def test_the_layout_of_the_target_holds_where_the_queue_says_none(tmp_path: Path) -> None:
    settings = Target("hpc", "slurm", layout="tasks", queues={"omp": {"layout": "threads"}})
    assert "--ntasks=3" in sent(tmp_path / "a", settings, core_limit=3)
    assert "--cpus-per-task=3" in sent(tmp_path / "b", settings, core_limit=3, scheduler_queue_name="omp")


def test_a_percent_sign_in_the_folder_is_no_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "100%j"
    options = sent(folder)
    assert f"--output={tmp_path}/100%%j/jobs/{TAG}/slurm.log" in options
    assert f"--chdir={folder}/jobs/{TAG}" in options


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        ({"name": "x\n#SBATCH --uid=0"}, "control-character", "`name` holds a line break, which cannot be seen"),
        ({"name": "x\ry"}, "control-character", "`name` holds a carriage return, which cannot be seen"),
        ({"name": "x\0"}, "control-character", "`name` holds a NUL byte, which cannot be seen"),
        ({"name": "x\x1fy"}, "control-character", "`name` holds the control character U+001F, which cannot be seen"),
        ({"scheduler_queue_name": "a\nb"}, "control-character", "holds a line break, which cannot be seen"),
        ({"scheduler_queue_name": "--uid=0"}, "bad-queue", "is `--uid=0`, which cannot be the name of a partition"),
        ({"scheduler_queue_name": "a,b"}, "bad-queue", "is `a,b`, which cannot be the name of a partition"),
        ({"stdout_redirect_path": "a\nb"}, "control-character", "holds a line break, which cannot be seen"),
        ({"stderr_redirect_path": "a/../../b"}, "bad-path", "is `a/../../b`, which leads out of where the job starts"),
        ({"command": "a\0b"}, "nul-byte", "`cmd_line` holds a NUL byte"),
        ({"command": " "}, "no-command", "there is nothing to run: `cmd_line` is missing"),
        ({"run_user": "bob"}, "run-user", "`run_user` is `bob`, and what `ada` submits runs as `ada`"),
        ({"core_limit": 0}, "bad-limit", "`core_limit` is 0, expected 1 or more"),
        ({"core_limit": MOST_CORES + 1}, "bad-limit", f"is {MOST_CORES + 1}, expected {MOST_CORES} or less"),
        ({"mem_limit": 0}, "bad-limit", "`mem_limit` is 0, expected 1 or more"),
        ({"time_limit": -5}, "bad-limit", "`time_limit` is -5, expected 1 or more"),
        ({"time_limit": 10**12}, "bad-limit", "`time_limit` is 1000000000000 s, which is more than Slurm can count"),
        ({"mem_limit": 10**15}, "bad-limit", "`mem_limit` is 1000000000000000 MiB, which is more than Slurm can count"),
        ({"hpcqueue_id": "other"}, "unmapped-queue", "`hpcqueue_id` is `other`, and Slurm has no such ids"),
        ({"hpcqueue_id": "queue-1", "scheduler_queue_name": "b"}, "two-queues", "and `scheduler_queue_name` is `b`"),
        ({"resource_limit": "ngpus=2"}, "bad-resource", "`ngpus` is not a resource option of sbatch"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, fields: dict[str, object], code: str, message: str) -> None:
    answer = refusal(tmp_path, **fields)
    assert answer.code == code
    assert answer.message.endswith(message)
    assert answer.fields is not None


def test_limits_need_units(tmp_path: Path) -> None:
    fake = Fake(tmp_path)
    answer = Rules(SETTINGS, {}, "ada").refuse(fake.attempt(mem_limit=1, time_limit=1).payload)
    assert answer is not None
    assert answer.fields is not None
    assert list(answer.fields) == ["mem_limit", "time_limit"]


def test_any_user_is_the_caller_where_the_target_says_so(tmp_path: Path) -> None:
    sent(tmp_path, Target("hpc", "slurm", run_as="caller"), run_user="usr-1")


def test_another_cluster_than_the_targets_is_refused(tmp_path: Path) -> None:
    span = Source("specc.toml", "").span()
    job = Mapping({"cluster_id": Scalar("c9", span)}, {}, span)
    answer = refusal(tmp_path, Target("hpc", "slurm", job=job))
    assert answer.code == "other-place"
    assert answer.message == "`cluster_id` is `c`, and the target `hpc` says `c9`"


def test_an_input_file_must_be_there(tmp_path: Path) -> None:
    assert refusal(tmp_path, input_file=str(tmp_path / "gone")).code == "no-input-file"
    (tmp_path / "in").write_text("")
    sent(tmp_path, input_file=str(tmp_path / "in"))


def test_every_field_of_the_api_is_either_used_or_ignored_for_a_reason() -> None:
    used = {
        "run_user", "name", "cmd_line", "input_file", "core_limit", "mem_limit", "time_limit", "stdout_redirect_path",
        "stderr_redirect_path", "timestamp", "cluster_id", "zone", "hpcqueue_id", "scheduler_queue_name",
        "resource_limit",
    }  # fmt: skip
    assert set(api("ehpc/v1").fields) | set(api("ehpc/v2").fields) == used | set(IGNORED)
