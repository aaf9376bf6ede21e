"""Names, payloads and digests are the same in every locale, and nothing is sent again because of one."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from chaos.hostile import Hostile

LOCALES = {"en_US.ISO-8859-1": ("en_US", "ISO-8859-1"), "zh_CN.GBK": ("zh_CN", "GBK")}
"""GB18030, of which GBK is a part, takes localedef ten times as long."""
ENVIRONMENTS = {
    "Latin-1": {"LC_ALL": "en_US.ISO-8859-1"},
    "GBK": {"LC_ALL": "zh_CN.GBK"},
    "C, as Python reads it": {"LC_ALL": "C"},
    "C, as it is": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "POSIX": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "streams of another encoding": {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "ascii:strict"},
    "all at once": {"LC_ALL": "en_US.ISO-8859-1", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"},
    "no such locale": {"LC_ALL": "xx_XX.nothing"},
}

SETTINGS = """project = "算例"
target = "cloud"
env = ["CASE"]
[targets.local]
run_as = "caller"
job = {zone = "z", cluster_id = "c", run_user = "me"}
[targets.cloud]
kind = "ehpc"
job = {zone = "z", cluster_id = "c", run_user = "u"}
"""
BASE = "specc: 1\nabstract: true\njob: {core_limit: 1, cmd_line: {$file: 脚本.sh}}\n"
SPEC = """specc: 1
extends: 基.job.yaml
params: {case: {type: string, default: 空腔}}
matrix: {axes: {网格: [粗, 细]}}
job: {name: "{{ spec.path }}-{{ params.case }}-{{ cell.slug }}-{{ env.CASE }}"}
"""


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with real locales, made from the system's own definitions."""
    if shutil.which("localedef") is None:
        pytest.skip("there is no localedef to make locales with")
    folder = tmp_path_factory.mktemp("locales")
    for name, (language, charset) in LOCALES.items():
        made = subprocess.run(
            ["localedef", "-i", language, "-f", charset, folder / name], capture_output=True, text=True, check=False
        )
        if not (folder / name).exists():
            pytest.skip(f"localedef cannot make {name}: {made.stderr}")
    return folder


class Shell:
    """A project whose names are Chinese, and `specc` as a process with an environment of its own."""

    def __init__(self, root: Path, locales: Path) -> None:
        self.root = root / "项目"
        (self.root / "作业").mkdir(parents=True)
        for name, text in {
            "specc.toml": SETTINGS, "作业/基.job.yaml": BASE, "作业/二.job.yaml": SPEC, "作业/脚本.sh": "echo 好\n",
        }.items():  # fmt: skip
            (self.root / name).write_text(text, encoding="utf-8")
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LC_", "LANG", "PYTHON", "CI")) and "proxy" not in name.lower()
        }
        self.usual = {
            **kept,
            "LOCPATH": str(locales),
            "HOME": str(root),
            "XDG_STATE_HOME": str(root / "状态"),
            "XDG_CACHE_HOME": str(root / "缓存"),
            "QY_ACCESS_KEY_ID": "KEYKEYKEYKEY",
            "QY_SECRET_ACCESS_KEY": "secret",
            "CASE": "环境",
        }

    def run(self, environment: Mapping[str, str], *arguments: str | bytes) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "specc", *arguments],
            cwd=self.root,
            env={**self.usual, **environment},
            capture_output=True,
            timeout=60,
            check=False,
        )

    def out(self, environment: Mapping[str, str], *arguments: str) -> bytes:
        ended = self.run(environment, *arguments)
        assert ended.returncode == 0, ended.stderr.decode(errors="replace")
        return ended.stdout


@pytest.fixture
def shell(tmp_path: Path, locales: Path) -> Shell:
    return Shell(tmp_path, locales)


UTF_8 = {"LC_ALL": "C.UTF-8"}


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS.keys())
@pytest.mark.slow
def test_payloads_and_digests_are_the_same_bytes(shell: Shell, environment: dict[str, str]) -> None:
    asked = ("render", "作业/二.job.yaml", "-p", "case=通道", "--only", "网格=细", "--target", "local")
    expected = shell.out(UTF_8, *asked)
    (payload,) = map(json.loads, expected.decode().splitlines())
    assert payload["name"].startswith("作业/二.job.yaml-通道-")
    assert payload["name"].endswith("-环境")
    assert shell.out(environment, *asked) == expected


@pytest.mark.slow
def test_nothing_is_sent_again_because_of_a_locale(shell: Shell) -> None:
    server = Hostile(calm=True)
    try:
        settings = SETTINGS.replace('kind = "ehpc"', f'kind = "ehpc"\nendpoint = "{server.endpoint}"')
        (shell.root / "specc.toml").write_text(settings, encoding="utf-8")
        first = shell.out(UTF_8, "submit", "作业/二.job.yaml")
        for name in ("Latin-1", "GBK", "C, as it is", "all at once"):
            shell.out(ENVIRONMENTS[name], "submit", "作业/二.job.yaml")
        assert len(server.jobs) == 2
        assert len(first.splitlines()) == 2
    finally:
        server.close()


@pytest.mark.slow
def test_a_job_on_this_machine_gets_the_callers_locale_and_no_setting_of_python(shell: Shell) -> None:
    (shell.root / "作业/脚本.sh").write_text('echo "$LC_ALL ${PYTHONUTF8:-none} 好"\n', encoding="utf-8")
    environment = ENVIRONMENTS["Latin-1"]
    asked = ("submit", "作业/二.job.yaml", "--only", "网格=细", "--target", "local", "--wait", "--timeout", "60")
    shell.out(environment, *asked)
    assert "en_US.ISO-8859-1 none 好" in shell.out(UTF_8, "logs", "作业/二.job.yaml").decode()
    assert b"finished" in shell.out(UTF_8, "status", "作业/二.job.yaml")


@pytest.mark.parametrize("name", ["Latin-1", "GBK", "C, as it is", "streams of another encoding"])
@pytest.mark.slow
def test_names_that_are_not_utf_8_end_well(shell: Shell, name: str) -> None:
    path = os.fsencode(shell.root) + b"/caf\xe9.job.yaml"
    with open(path, "wb") as file:
        file.write(b"specc: 1\njob: {name: x, cmd_line: 'true', core_limit: 1}\n")
    there = shell.run(UTF_8, "check", b"caf\xe9.job.yaml")
    here = shell.run(ENVIRONMENTS[name], "check", b"caf\xe9.job.yaml")
    assert (here.returncode, here.stdout, here.stderr) == (there.returncode, there.stdout, there.stderr)
    sent = shell.run(ENVIRONMENTS[name], "submit", b"caf\xe9.job.yaml", "--target", "local")
    assert sent.returncode == 2
    assert b"is not UTF-8" in sent.stderr


@pytest.mark.parametrize(
    "command", [["-m", "specc"], ["-I", "-m", "specc"], ["-c", "from specc.cli.main import main; main()"]]
)
@pytest.mark.slow
def test_every_way_to_start_it_reads_names_alike(shell: Shell, command: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, *command, "render", "作业/二.job.yaml", "--digest", "--target", "local"],
        cwd=shell.root,
        env={**shell.usual, "LC_ALL": "en_US.ISO-8859-1"},
        capture_output=True,
        check=False,
    )
    assert ended.stdout == shell.out(UTF_8, "render", "作业/二.job.yaml", "--digest", "--target", "local")


@pytest.mark.slow
def test_the_console_script_reads_names_alike(shell: Shell) -> None:
    script = Path(sys.executable).with_name("specc")
    if not script.exists():
        pytest.skip("specc is not installed beside Python")
    ended = subprocess.run(
        [script, "render", "作业/二.job.yaml", "--digest", "--target", "local"],
        cwd=shell.root,
        env={**shell.usual, "LC_ALL": "zh_CN.GBK"},
        capture_output=True,
        check=False,
    )
    assert ended.stdout == shell.out(UTF_8, "render", "作业/二.job.yaml", "--digest", "--target", "local")


def test_an_answer_in_another_encoding_is_no() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", QUESTION],
        input=b"\xe9\xff\n",
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert ended.stdout == b"False\n", ended.stderr


QUESTION = """
from specc.cli.main import _settle_streams
from specc.cli.console import confirm
_settle_streams()
print(confirm("?"))
"""
