"""specc in Chinese: what a person reads is translated, and what a program reads is the same in every language."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from support.projects import Place

from specc.cli.main import run
from specc.diagnostics.codes import CODES
from specc.language import choose_language
from specc.language.catalogue import catalogue_of
from specc.reporters.guidance import guidance

ROOT = Path(__file__).parent.parent.parent
CASES = ROOT / "tests/cases"
FOLDERS = sorted({path.parent for pattern in ("*.job.yaml", "case.toml") for path in CASES.glob(f"*/*/{pattern}")})
BROKEN = ROOT / "examples/broken"

HAN = re.compile(r"[\u4e00-\u9fff]")
SENTENCE = re.compile(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}")
QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"|'[^']*'")
WORDS_OF_THE_API = re.compile(r"(的文档说：|要求它（.*?）：).*", re.DOTALL)


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    """The language is chosen for a whole process: the next test must not have it."""
    yield
    choose_language({"SPECC_LANG": "en"})


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPECC_LANG", "zh")


def said_in(folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return every text of the diagnostics of a check."""
    run(["check", *arguments, "--output", "json"])
    out = capsys.readouterr().out
    if not out.startswith("{"):
        return []
    texts: list[str] = []
    for one in json.loads(out)["diagnostics"]:
        texts += [one["message"], one.get("label") or "", one.get("help") or "", *one.get("notes", [])]
        texts += [label["message"] for label in one.get("labels", [])]
    return [text for text in texts if text]


def english_in(translation: str) -> bool:
    rest = QUOTED.sub("", WORDS_OF_THE_API.sub("", translation))
    return HAN.search(translation) is None or SENTENCE.search(rest) is not None


@pytest.mark.parametrize("folder", [*FOLDERS, BROKEN], ids=lambda path: path.name)
def test_no_message_stays_english(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    case = tomllib.loads((folder / "case.toml").read_text()) if (folder / "case.toml").exists() else {}
    paths = [] if folder == BROKEN else case.get("paths", ["spec.job.yaml"])
    translate = catalogue_of("zh_CN").translate
    texts = said_in(folder, [*paths, *case.get("check", [])], capsys)
    assert [(text, translate(text)) for text in texts if english_in(translate(text))] == []


def test_a_check_speaks_chinese(place: Place, chinese: None, capsys: pytest.CaptureFixture[str]) -> None:
    place.write(bad="specc: 1\njob:\n  name: 算例-a\n  core_limits: 4\n")
    assert run(["check", "bad.job.yaml"]) == 1
    out = capsys.readouterr().out
    assert "错误[SPC401 unknown-field]: 未知字段 `core_limits`" in out
    assert "建议: 是不是想写 `core_limit`？" in out
    assert re.search(r"发现 \d+ 个错误（共检查 \d+ 个文件）", out)


def test_a_clean_check_speaks_chinese(place: Place, chinese: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check"]) == 0
    assert re.fullmatch(r"已检查 \d+ 个文件，\d+ 个载荷：没有问题\n", capsys.readouterr().out)


@pytest.mark.parametrize("format", ["json", "sarif", "github", "gitlab", "junit", "concise"])
def test_what_programs_read_is_the_same_in_every_language(
    place: Place, format: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place.write(bad="specc: 1\njob:\n  name: a\n  core_limits: 4\n")
    outputs = []
    for language in ("en", "zh"):
        monkeypatch.setenv("SPECC_LANG", language)
        run(["check", "bad.job.yaml", "--output", format])
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] != ""


def test_payloads_are_the_same_in_every_language(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = []
    for language in ("en", "zh"):
        monkeypatch.setenv("SPECC_LANG", language)
        assert run(["render"]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] != ""


def test_carets_stand_under_wide_characters(place: Place, chinese: None, capsys: pytest.CaptureFixture[str]) -> None:
    place.write(bad="specc: 1\njob:\n  name: 网格-{{ params.网格数 }}-算例\n  core_limit: 4\n")
    run(["check", "bad.job.yaml"])
    lines = capsys.readouterr().out.splitlines()
    at = next(number for number, line in enumerate(lines) if "网格-" in line)
    source, carets = lines[at], lines[at + 1]
    assert cell_len(source[: source.index("params.网格数")]) == carets.index("^")
    assert cell_len("params.网格数") == carets.count("^")


def test_what_is_trusted_is_the_same_for_programs(chinese: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trust"]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith("\tships with specc")


def test_changes_of_the_api_are_said_in_chinese(chinese: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "diff", "ehpc/v1", "ehpc/v2"]) == 0
    assert "`cmd_line` 现在是必选的" in capsys.readouterr().out.splitlines()


def test_an_error_speaks_chinese(chinese: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "没有/这个.job.yaml"]) == 2
    assert capsys.readouterr().err.startswith("错误：没有/这个.job.yaml：没有这个文件或目录\n")


def test_the_pages_of_codes_stay_as_they_are(chinese: None, capsys: pytest.CaptureFixture[str]) -> None:
    for code in CODES.values():
        assert run(["rules", code.code]) == 0
        page = capsys.readouterr().out
        lines = [line for line in guidance(code).markdown.splitlines() if not line.startswith("## ")]
        assert "\n".join(lines) in re.sub(r"(?m)^## .*\n", "", page)


@pytest.mark.parametrize("command", ["check", "plan", "submit", "ledger resolve", "schema diff", "init"])
def test_help_speaks_chinese(command: str, chinese: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command.split(), "--help"]) == 0
    out = capsys.readouterr().out
    assert f"用法：specc {command}" in out
    assert "选项" in out
    assert "显示本帮助并退出。" in out
    assert "示例：" in out
    rest = out[out.index("\n", out.index("用法：")) : out.index("示例：")]
    assert not SENTENCE.search(QUOTED.sub("", rest)), rest
    assert "…" not in rest


def test_the_list_of_commands_speaks_chinese(chinese: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert "命令" in out
    assert "离线找出规格中的每一处错误" in out


def test_help_is_english_again_for_the_next_person(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPECC_LANG", "en")
    run(["plan", "--help"])
    before = capsys.readouterr().out
    monkeypatch.setenv("SPECC_LANG", "zh")
    run(["plan", "--help"])
    assert capsys.readouterr().out != before
    monkeypatch.setenv("SPECC_LANG", "en")
    run(["plan", "--help"])
    assert capsys.readouterr().out == before


def test_a_mistake_on_the_command_line_speaks_chinese(chinese: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "--bogus"]) == 2
    assert capsys.readouterr().err.startswith("错误：没有选项：--bogus")
    assert run(["explain"]) == 2
    assert capsys.readouterr().err.startswith("错误：缺少参数 'SPEC'。")


def test_who_reads_english_loads_no_catalogue(place: Place) -> None:
    code = (
        "import sys; from specc.cli.main import run; run(['check']); print('specc.language.catalogue' in sys.modules)"
    )
    environment = {**os.environ, "SPECC_LANG": "", "LC_ALL": "en_US.UTF-8"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize(
    ("english", "said"),
    [
        (
            "  line 6: `--export=ALL` is dropped: the target decides what a job inherits",
            "  第 6 行：`--export=ALL` 已去掉：作业继承什么由目标决定",
        ),
        (
            "  line 5: `--array=1-4` becomes a matrix: 4 jobs, each with its number in its name",
            "  第 5 行：`--array=1-4` 变成矩阵：4 个作业，各自的编号写在名称中",
        ),
        ("fields of ehpc/v1 here: `name`, `zone` and 28 more", "ehpc/v1 的字段：`name`, `zone` 等，另有 28 个"),
        ("`ntasks=4` is 4 cores, and `core_limit` is 16", "`ntasks=4` 是 4 核，而 `core_limit` 是 16"),
        (
            "error: Invalid value for '--max-active': 0 is not in the range x>=1.",
            "错误：'--max-active' 的值无效：0 不在范围 x>=1 之内。",
        ),
        ("failed: 方腔流-1 u (exit code 3)", "failed：方腔流-1 u（退出码 3）"),
        (
            "failed: m u (memory limit of 20 MiB exceeded: 37 MiB in use)",
            "failed：m u（超过内存限制 20 MiB：使用了 37 MiB）",
        ),
        ("failed: m u (time limit of 5 s reached)", "failed：m u（达到时限 5 s）"),
        (
            "changed: a.job.yaml@015: the payload changed since it was accepted as u; `--changed` sends the new one, "
            "`specc keep --target local` keeps the results",
            "changed：a.job.yaml@015：载荷自作为 u 被接受之后已改变；"
            "`--changed` 提交新的，`specc keep --target local` 保留结果",
        ),
        ("3 results would be kept", "将会保留 3 个结果"),
        ("2 not ended; 2 jobs could not be waited for", "2 个尚未结束；无法等待 2 个作业"),
        (
            "  line 1: `SGE_ROOT` (also in line 6, 9, ...) is set only by Grid Engine; write `$(mktemp -d)`",
            "  第 1 行：`SGE_ROOT`（还有第 6, 9 行等） 只由 Grid Engine 设置；请写 `$(mktemp -d)`",
        ),
        (
            "error: Invalid value for '--kind': 'reply' is not one of 'request', 'response'.",
            "错误：'--kind' 的值无效：'reply' 不是 'request', 'response' 之一。",
        ),
        (
            "r: over quota: of calls in an hour or a day, or of resources (no)",
            "r：超过配额：一小时或一天的调用次数，或资源（no）",
        ),
        ("1 result kept no longer", "不再保留 1 个结果"),
        ("no job is active; 2 jobs are in other states", "没有作业的状态是 active；有 2 个作业处于其他状态"),
        ("2 accepted, 1 not tried", "2 accepted, 1 个没有尝试"),
        ("1 accepted, 5 not yet sent", "1 accepted, 5 个尚未提交"),
        ("m-1: the account has no money left (no)", "m-1：账户余额不足（no）"),
        (
            "`--mem-per-cpu=24G` times 12 cores gives mem_limit 288GiB",
            "`--mem-per-cpu=24G` 乘以 12 个核，得到 mem_limit 288GiB",
        ),
        (
            "  line 2: `--nodes=2-4` is `nodes=2` in `resource_limit`: a job of specc says how many it has",
            "  第 2 行：`--nodes=2-4` 写作 `resource_limit` 中的 `nodes=2`：specc 的作业要说明节点数",
        ),
        ("`}` does not fit here: a template ends with `}}`", "`}` 不应出现在这里：模板以 `}}` 结束"),
        ("`{% raw %}` is never closed", "`{% raw %}` 没有结束"),
        ("error: cannot write a/b.yaml: Permission denied", "错误：无法写入 a/b.yaml：没有权限"),
        ("error: cannot write the output: No space left on device", "错误：无法写出输出：设备上没有空间"),
        ("error: cannot read a.yaml: Operation not permitted", "错误：无法读取 a.yaml：操作不被允许"),
        (
            "`stdout_redirect_path` cannot be written: /a/b/x.out: no permission to write into /a",
            "无法写入 `stdout_redirect_path`：/a/b/x.out：没有写入 /a 的权限",
        ),
        ("this looks like a GitHub token", "这看起来像 GitHub 令牌"),
        ("this looks like an API key", "这看起来像 API 密钥"),
        (
            "`qsub` is a command of PBS or Grid Engine, of which the API promises nothing",
            "`qsub` 是 PBS 或 Grid Engine 的命令，而 API 没有承诺提供",
        ),
        (
            "found no statement after `{%`, expected a name such as `if`",
            "`{%` 之后没有语句，应当是 `if` 之类的名称",
        ),
    ],
)
def test_a_message_of_pieces_is_translated_whole(english: str, said: str) -> None:
    assert catalogue_of("zh_CN").translate(english) == said
