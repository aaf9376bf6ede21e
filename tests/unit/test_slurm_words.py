"""Words of `resource_limit`: what they become for sbatch, and what is refused of them before anybody is asked."""

from pathlib import Path

import pytest
from support.fake_slurm import Fake
from support.tables import each

from specc.settings import Target
from specc.targets import Accepted, Rejected
from specc.targets.batch.programs import Ran
from specc.targets.refusals import Refusal
from specc.targets.slurm.answers import Call, outcome_without_job
from specc.targets.slurm.options import mistake_in_option
from specc.targets.slurm.refusals import resource_refusals, shape_in
from specc.targets.slurm.words import Shape, mebibytes

UNITS = {"mem_limit": "MiB", "time_limit": "min"}
PLAIN = Target("hpc", "slurm")
SPREAD = ("--nodes=", "--ntasks", "--cpus-per-task=", "--mem")


def refused(words: str, cores: int | None = 1, target: Target = PLAIN, **more: object) -> list[Refusal]:
    body = {"resource_limit": words, **({"core_limit": cores} if cores is not None else {}), **more}
    return list(resource_refusals(body, target, UNITS))


def the_only(words: str, cores: int | None = 1, target: Target = PLAIN, **more: object) -> Refusal:
    (found,) = refused(words, cores, target, **more)
    return found


def sent(tmp_path: Path, settings: Target = PLAIN, **fields: object) -> list[str]:
    fake = Fake(tmp_path, settings)
    outcome = fake.target.submit(fake.attempt(**fields))
    assert isinstance(outcome, Accepted), outcome
    return fake.options()


@pytest.mark.parametrize(
    ("words", "fields", "spread"),
    [
        ("nodes=2 ntasks-per-node=8", {"core_limit": 16}, ["--nodes=2", "--ntasks-per-node=8"]),
        ("ntasks=4 cpus-per-task=2", {"core_limit": 8}, ["--ntasks=4", "--cpus-per-task=2"]),
        ("  cpus-per-task=8\n", {"core_limit": 8}, ["--cpus-per-task=8"]),
        ("nodes=2", {"core_limit": 2, "mem_limit": 101}, ["--nodes=2", "--mem=51M"]),
        ("ntasks=16 ntasks-per-node=8", {"core_limit": 16, "mem_limit": 64}, [
            "--ntasks=16", "--ntasks-per-node=8", "--mem=32M"]),
        ("ntasks=4 mem-per-cpu=1G", {"core_limit": 4, "mem_limit": 4096}, ["--ntasks=4", "--mem-per-cpu=1G"]),
        ("gpus=2", {"core_limit": 4}, ["--nodes=1", "--ntasks=1", "--cpus-per-task=4"]),
        ("gpus=2 cpus-per-gpu=4", {"core_limit": 8}, []),
        ("nodes=2-4 ntasks=8", {"core_limit": 8}, ["--nodes=2-4", "--ntasks=8"]),
    ],
)  # fmt: skip
def test_words_say_how_cores_and_memory_are_shared_out(
    tmp_path: Path, words: str, fields: dict[str, object], spread: list[str]
) -> None:
    options = sent(tmp_path, resource_limit=words, **fields)
    assert [option for option in options if option.startswith(SPREAD)] == spread


def test_a_layout_says_nothing_beside_words_that_count(tmp_path: Path) -> None:
    options = sent(tmp_path, Target("hpc", "slurm", layout="tasks"), resource_limit="cpus-per-task=4", core_limit=4)
    assert "--cpus-per-task=4" in options
    assert not [option for option in options if option.startswith("--ntasks")]


def test_words_are_options_and_the_rest_is_as_ever(tmp_path: Path) -> None:
    options = sent(tmp_path, resource_limit="gres=gpu:a100:2 constraint=a100|v100 exclusive qos=long", core_limit=1)
    assert {"--gres=gpu:a100:2", "--constraint=a100|v100", "--exclusive", "--qos=long", "--no-requeue"} <= set(options)


def test_words_of_newer_releases_are_passed_on(tmp_path: Path) -> None:
    words = "segment=4 spread-segments oom-kill-step no-kill stepmgr wait-all-nodes=1"
    assert {f"--{word}" for word in words.split()} <= set(sent(tmp_path, resource_limit=words, core_limit=1))


def test_a_job_is_requeued_where_it_or_its_target_says_so(tmp_path: Path) -> None:
    mapped = Target("hpc", "slurm", resource_limits={"again": ("--requeue",)})
    for number, (target, fields) in enumerate(
        [(PLAIN, {"resource_limit": "requeue"}), (mapped, {"resource_limit": "again"}),
         (Target("hpc", "slurm", options=("--requeue",)), {})]
    ):  # fmt: skip
        options = sent(tmp_path / str(number), target, **fields)
        assert "--requeue" in options
        assert "--no-requeue" not in options


def test_a_text_that_the_target_maps_keeps_its_mapping(tmp_path: Path) -> None:
    target = Target("hpc", "slurm", resource_limits={"gpus=1": ("--gres=gpu:a100:1",)})
    options = sent(tmp_path, target, resource_limit="gpus=1")
    assert "--gres=gpu:a100:1" in options
    assert "--gpus=1" not in options
    assert refused("gpus=2", target=target) == []


@each(
    "word, message, help",
    [
        ("nodse=2", "`nodse` is not a resource option of sbatch", "did you mean `nodes`?"),
        ("ntasks_per_node=8", "`ntasks_per_node` is not a resource option", "did you mean `ntasks-per-node`?"),
        ("Nodes=2", "`Nodes` is not a resource option", "did you mean `nodes`?"),
        ("gpu=1", "`gpu` is not a resource option", "did you mean `gpus`?"),
        ("tasks=4", "`tasks` is not a resource option", "did you mean `ntasks`?"),
        ("select=1:ncpus=8", "`select` is not a resource option", "write words such as `nodes=2"),
        ("--nodes=2", "`--nodes=2` begins with `-`", "write `nodes=2`"),
        ("-N=2", "`-N=2` begins with `-`", "write `nodes=2`"),
        ("nodes", "`nodes` has no value", "write `nodes=VALUE`, without blanks"),
        ("nodes=", "`nodes` has no value", "write `nodes=VALUE`, without blanks"),
        ("nodes=0", "`nodes=0` is not a value of `nodes`", "it expects a number of nodes"),
        ("ntasks=1e3", "`ntasks=1e3` is not a value of `ntasks`", "it expects an integer of at least 1"),
        ("ntasks=-4", "`ntasks=-4` is not a value of `ntasks`", "it expects an integer of at least 1"),
        ("mem-per-cpu=lots", "is not a value of `mem-per-cpu`", "it expects a size"),
        ("gpus=a100", "`gpus=a100` is not a value of `gpus`", "it expects a number of GPUs"),
        ("gres=help", "`gres=help` is not a value of `gres`", "it expects resources"),
        ("requeue=yes", "`requeue=yes` has a value", "write `requeue`, which takes no value"),
        ("exclusive=yes", "`exclusive=yes` is not a value of `exclusive`", "it expects no value, `user`"),
        ("signal=B:USR9@60", "is not a value of `signal`", "such as `B:USR1@60`"),
        ("signal=B:99@60", "is not a value of `signal`", "such as `B:USR1@60`"),
        ("signal=B:USR1@soon", "is not a value of `signal`", "such as `B:USR1@60`"),
        ("segment=0", "is not a value of `segment`", "it expects an integer of at least 1"),
        ("oom-kill-step=yes", "is not a value of `oom-kill-step`", "it expects `0` or `1`"),
        ("no-kill=on", "is not a value of `no-kill`", "it expects no value, or `off`"),
        ('account="a"', "is not a value of `account`", "it expects a value without quotation marks"),
        ("account=a\u200bb", "holds a character that cannot be seen", "remove it"),
        ("mem=4G", "`mem` cannot stand in `resource_limit`", "the memory is the field `mem_limit`"),
        ("time=60", "`time` cannot stand in `resource_limit`", "the time is the field `time_limit`"),
        ("partition=a", "`partition` cannot stand in", "the partition is the field `scheduler_queue_name`"),
        ("output=a", "`output` cannot stand in", "`stdout_redirect_path`"),
        ("chdir=/tmp", "`chdir` cannot stand in", "the setting `workdir`"),
        ("array=1-9", "`array` cannot stand in", "write a `matrix`"),
        ("wrap=id", "`wrap` cannot stand in", "`cmd_line`"),
        ("export=ALL", "`export` cannot stand in", "`env` of `cmd_line`"),
        ("dependency=afterok:1", "`dependency` cannot stand in", "`specc wait`"),
        ("uid=0", "`uid` cannot stand in", "a job runs as whoever submits it"),
        ("no-requeue", "`no-requeue` cannot stand in", "remove the word"),
        ("--mem=4G", "`--mem=4G` begins with `-`", "the field `mem_limit`"),
    ],
)  # fmt: skip
def test_a_wrong_word_is_refused_at_its_place(word: str, message: str, help: str) -> None:
    text = f"gpus-per-node=1  {word} "
    found = the_only(text)
    assert message in found.message
    assert found.help is not None
    assert help in found.help
    assert found.place is not None
    assert text[slice(*found.place)] == word


def test_a_word_that_is_said_twice() -> None:
    found = the_only("qos=a gpus=1 qos=b")
    assert found.message == "`resource_limit`: `qos` is said twice: `qos=a` and `qos=b`"
    assert found.place == (13, 18)
    assert [found.place for found in refused("requeue requeue requeue")] == [(8, 15), (16, 23)]


def test_a_word_that_the_target_says_for_all_jobs() -> None:
    target = Target("hpc", "slurm", options=("--account=p1", "--exclusive"))
    found = the_only("account=p2", target=target)
    assert found.message == "`account=p2` is set by the target `hpc`, too: `--account=p1`"
    assert the_only("exclusive=user", target=target).place == (0, 14)


@each(
    "words, cores, message, help",
    [
        ("nodes=2 ntasks-per-node=8", 8, "`nodes=2 ntasks-per-node=8` is 16 cores, and `core_limit` is 8",
         "write `core_limit: 16`, or `ntasks-per-node=4`"),
        ("ntasks=4 cpus-per-task=2", 16, "`ntasks=4 cpus-per-task=2` is 8 cores, and `core_limit` is 16",
         "write `core_limit: 8`, or `ntasks=8`"),
        ("ntasks=4 cpus-per-task=2", 5, "is 8 cores, and `core_limit` is 5", "write `core_limit: 8`"),
        ("nodes=2", 16, "is 2 cores, and `core_limit` is 16", "write `core_limit: 2`, or `ntasks-per-node=8`"),
        ("cpus-per-task=4", 8, "is 4 cores, and `core_limit` is 8", "write `core_limit: 4`, or `cpus-per-task=8`"),
        ("ntasks=4", None, "`ntasks=4` is 4 cores, and `core_limit` is not set, which is 1 core",
         "write `core_limit: 4`"),
        ("gres=gpu:2 cpus-per-gpu=4", 4, "`cpus-per-gpu=4` is 8 cores, and `core_limit` is 4", "write `core_limit: 8`"),
        ("nodes=2-4", 4, "`nodes=2-4` leaves open how many cores the job has", "write `ntasks=`"),
        ("nodes=2 ntasks-per-node=4 ntasks=16", 16, "`ntasks=16` is more than `nodes=2 ntasks-per-node=4`, which is 8",
         "write `ntasks=8`"),
        ("cpus-per-task=4 cpus-per-gpu=2", 4, "sbatch refuses `cpus-per-task` beside `cpus-per-gpu`", "keep one"),
    ],
)  # fmt: skip
def test_words_agree_with_the_cores(words: str, cores: int | None, message: str, help: str) -> None:
    found = refused(words, cores)[0]
    assert message in found.message
    assert found.help is not None
    assert help in found.help


def test_words_agree_with_the_memory() -> None:
    found = the_only("ntasks=4 mem-per-cpu=1G", 4, mem_limit=2048)
    assert found.message == "`mem-per-cpu=1G` is 4,096 MiB for 4 cores, and `mem_limit` is 2,048 MiB"
    assert found.help == "write `mem_limit: 4096MiB`, or leave one of them out"
    assert refused("ntasks=4 mem-per-cpu=1G", 4, mem_limit=4096) == []
    assert refused("ntasks=4 mem-per-cpu=1G", 4) == []
    assert refused("gpus=2 mem-per-gpu=1G", 4, mem_limit=2048) == []


def test_numbers_that_are_not_known_yet_are_not_held_against_words() -> None:
    unknown = object()
    body = {"resource_limit": "ntasks=4 mem-per-cpu=1G", "core_limit": unknown, "mem_limit": unknown}
    assert list(resource_refusals(body, PLAIN, UNITS)) == []


def test_hundreds_of_cores_are_not_one_task(tmp_path: Path) -> None:
    assert "--nodes=1000" in sent(tmp_path, resource_limit="nodes=1000 ntasks-per-node=128", core_limit=128_000)


@each(
    "words, shape",
    [
        ("nodes=2 ntasks-per-node=8 cpus-per-task=2", Shape(2, 16, 2, 32)),
        ("ntasks=10 ntasks-per-node=4", Shape(3, 10, 1, 10)),
        ("nodes=2 gpus-per-node=4 ntasks-per-gpu=1", Shape(2, 8, 1, 8)),
        ("gpus=1 qos=a", None),
        ("nodes=zwei", None),
    ],
)
def test_the_shape_of_words(words: str, shape: Shape | None) -> None:
    assert shape_in({"resource_limit": words}, PLAIN) == shape


@each(
    "said",
    [
        "Invalid node name specified",
        "Requested nodes not in this partition",
        "Access denied to requested reservation",
        "Duplicate generic resource (gres) specification",
        "Requested node configuration is not available",
        "Invalid account or account/partition combination specified",
        "Invalid qos specification",
    ],
)
def test_what_the_cluster_refuses_of_words_is_said_at_them(said: str) -> None:
    ran = Ran(1, "", f"sbatch: error: Batch job submission failed: {said}\n")
    outcome = outcome_without_job(ran, Call(frozenset({"resource_limit", "name"})))
    assert isinstance(outcome, Rejected), outcome
    assert set(outcome.fields or {}) == {"resource_limit"}


def test_sizes_are_counted_as_slurm_counts_them() -> None:
    assert [mebibytes(text) for text in ("1", "512M", "2G", "2GB", "1t", "1025K")] == [1, 512, 2048, 2048, 1 << 20, 2]


def test_a_long_text_is_refused_in_one_go() -> None:
    found = refused("x" * 1_000_000 + " gpus=1" * 100_000)
    assert len(found) < 100
    assert all(len(one.message) < 200 for one in found)


@each("option", ["--requeue", "--signal=B:USR1@60", "--signal=TERM", "--reservation=r1"])
def test_a_target_may_say_for_all_jobs_what_a_job_may(option: str) -> None:
    assert mistake_in_option(option) is None


def test_a_target_gives_no_signal_that_slurm_does_not_know() -> None:
    assert mistake_in_option("--signal=B:USR9@60") == (
        "`--signal` expects a signal and the seconds before the time limit, such as `B:USR1@60`"
    )
    assert mistake_in_option("--requeue=yes") == "`--requeue` takes no value"
