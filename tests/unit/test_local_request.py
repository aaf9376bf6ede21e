from pathlib import Path

import pytest
from support.local_jobs import CALLER, UNITS, api, payload
from support.tables import each

from specc.settings import Target
from specc.targets import Rejected
from specc.targets.local.jobs import Run
from specc.targets.local.machine import Options
from specc.targets.local.request import IGNORED, Rules

SETTINGS = Target("here", "local")


def rules(settings: Target = SETTINGS, units: dict[str, str] = UNITS, cores: int = 4) -> Rules:
    return Rules(settings, units, CALLER, Options(cores=cores))


def refused(command: str | None = "true", settings: Target = SETTINGS, units: dict[str, str] = UNITS, **fields: object):
    return rules(settings, units).refuse(payload(command, **fields))


def run(command: str | None = "true", units: dict[str, str] = UNITS, **fields: object) -> Run:
    return rules(units=units).run(payload(command, **fields).body, {"PATH": "/bin", "QY_ACCESS_KEY_ID": "x"})


def test_a_plain_payload_is_not_refused() -> None:
    assert refused() is None
    assert refused(mem_limit=1, time_limit=1, core_limit=4, resource_limit="ncpus=3", scheduler_queue_name="q") is None


def test_every_field_of_the_api_is_either_used_or_ignored_for_a_reason() -> None:
    used = {
        "run_user", "name", "cmd_line", "input_file", "core_limit", "mem_limit", "time_limit", "stdout_redirect_path",
        "stderr_redirect_path", "timestamp", "resource_limit",
    }  # fmt: skip
    assert set(api("ehpc/v1").fields) | set(api("ehpc/v2").fields) == used | set(IGNORED)


@each(
    "fields, code, message",
    [
        ({"run_user": "bob"}, "run-user", "`run_user` is `bob`, and a job on this machine runs as `ada`"),
        ({"core_limit": 0}, "bad-limit", "`core_limit` is 0, expected 1 or more"),
        ({"core_limit": 5}, "too-many-cores", "`core_limit` is 5, and this machine has 4"),
        ({"mem_limit": 0}, "bad-limit", "`mem_limit` is 0, expected 1 or more"),
        ({"time_limit": -3}, "bad-limit", "`time_limit` is -3, expected 1 or more"),
        ({"cmd_line": "a\0b"}, "nul-byte", "`cmd_line` holds a NUL byte"),
        ({"name": "a\0b"}, "control-character", "`name` holds a NUL byte, which cannot be seen"),
        ({"input_file": "a\0b"}, "control-character", "`input_file` holds a NUL byte, which cannot be seen"),
        ({"cmd_line": " \n"}, "no-command", "there is nothing to run: `cmd_line` is missing"),
        (
            {"stdout_redirect_path": "x/../../y"},
            "bad-path",
            "`stdout_redirect_path` is `x/../../y`, which leads out of where the job starts",
        ),
    ],
)
def test_what_is_refused(fields: dict[str, object], code: str, message: str) -> None:
    answer = refused(**{"command": fields.pop("cmd_line", "true"), **fields})
    assert isinstance(answer, Rejected)
    assert (answer.code, answer.message) == (code, message)


def test_no_unit_is_guessed() -> None:
    answer = refused(units={}, mem_limit=4)
    message = "`mem_limit` is 4, and no unit is set for it"
    help = (
        'write `mem_limit = "MiB"` under `[units]` in specc.toml (one of `B`, `kB`, `KiB`, `MB`, `MiB`, `GB`, `GiB`, '
        "`TB`, `TiB`)"
    )
    assert answer == Rejected("no-unit", message, help, {"mem_limit": message}, helps={"mem_limit": help})


def test_two_faults_of_one_field_are_both_said() -> None:
    answer = refused(units={}, mem_limit=0)
    assert isinstance(answer, Rejected)
    said = "`mem_limit` is 0, expected 1 or more; `mem_limit` is 0, and no unit is set for it"
    assert answer.fields == {"mem_limit": said}
    assert answer.helps is not None
    assert answer.helps["mem_limit"].startswith("remove the field for no limit; write `mem_limit = ")


def test_a_unit_of_something_else_is_no_unit() -> None:
    answer = refused(units={"time_limit": "MiB"}, time_limit=4)
    assert isinstance(answer, Rejected)
    assert answer.message == "the unit of `time_limit` is `MiB`, which is not a unit of duration"


def test_all_faults_are_told_at_once() -> None:
    answer = refused(run_user="bob", core_limit=99, time_limit=1, units={})
    assert isinstance(answer, Rejected)
    assert answer.fields is not None
    assert list(answer.fields) == ["time_limit", "run_user", "core_limit"]
    assert answer.code == "no-unit"
    assert answer.message.count("; ") == 2
    assert answer.help is not None
    assert 'write `run_as = "caller"` under `[targets.here]`' in answer.help


def test_any_user_is_the_caller_where_the_target_says_so() -> None:
    assert refused(settings=Target("here", "local", run_as="caller"), run_user="usr-IuZxPyn2") is None


@each("unit, value, seconds", [("s", 90, 90), ("min", 90, 5400), ("h", 2, 7200), ("d", 1, 86400)])
def test_time_in_the_unit_of_the_target(unit: str, value: int, seconds: int) -> None:
    assert run(units={"time_limit": unit}, time_limit=value).seconds == seconds


@each("unit, value, memory", [("B", 5, 5), ("GiB", 2, 2 << 30), ("GB", 2, 2 * 10**9)])
def test_memory_in_the_unit_of_the_target(unit: str, value: int, memory: int) -> None:
    assert run(units={"mem_limit": unit}, mem_limit=value).memory == memory


def test_what_a_run_is_made_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    made = run("cat", input_file="in", core_limit=3, stdout_redirect_path="o/%j", stderr_redirect_path="")
    assert (made.command, made.script, made.stdin) == ("cat", None, str(tmp_path / "in"))
    assert (made.cores, made.seconds, made.memory) == (3, None, None)
    assert (made.stdout, made.stderr) == ("o/%j", None)
    assert made.environment == {"PATH": "/bin"}
    assert Run.from_json(made.to_json()) == made


def test_an_input_file_without_a_command_is_the_script(tmp_path: Path) -> None:
    made = run(None, input_file=str(tmp_path / "run.sh"))
    assert (made.command, made.script, made.stdin) == (None, str(tmp_path / "run.sh"), None)
