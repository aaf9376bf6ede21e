"""What a repository holds is read only where it is a file of the repository, and never without a bound."""

import ast
import os
import re
import subprocess
from pathlib import Path

import pytest
from support.projects import Place
from support.tables import each

import specc
from specc.cli.main import run
from specc.config import MAX_BYTES
from specc.disk.outputs import write_file
from specc.errors import SpeccError

SECRET = "hunter2-is-not-for-you"
HERE = Path(specc.__file__).parent

READERS = {
    "system/reader.py": "it is the reader",
    "disk/files.py": "it hands on to the reader",
    "gateway/keys.py": "it reads its own file, and asks for its owner and mode on the same descriptor",
    "targets/ehpc/credentials.py": "it reads the user's file, and asks for its mode on the same descriptor",
    "submission/output.py": "it shows the outputs of jobs in pieces, from regular files only",
    "submission/owners.py": "it opens lock files of its own",
    "submission/database.py": "it makes the ledger",
    "gateway/store.py": "it makes its own store",
    "targets/local/wakeup.py": "it opens its own lock and bell",
    "targets/local/store.py": "it makes its own store",
    "targets/local/record.py": "it writes its own record",
    "targets/local/supervisor.py": "it writes its own log",
    "targets/local/paths.py": "it writes its own notices",
    "targets/local/command.py": "it opens what the job's own user asked for, as the job",
    "targets/local/files.py": "it tries what the job will open",
    "targets/local/processes.py": "it reads /proc",
    "targets/local/environment.py": "it reads /proc",
    "targets/local/machine.py": "it reads names of this machine from /proc and /etc",
    "targets/batch/folder.py": "it writes its own request",
    "targets/batch/batches.py": "it writes its own list of cells",
    "targets/command/target.py": "it writes its own request",
    "targets/command/trials.py": "it reads what its own trial wrote, in a folder of its own",
    "extraction.py": "it reads what jobs wrote: part by part of the path, regular files alone, no links out",
    "language/catalogue.py": "it reads what ships with specc",
    "lsp/language.py": "it reads what ships with specc",
    "reporters/guidance.py": "it reads what ships with specc",
    "reporters/page/document.py": "it reads what ships with specc",
    "schemagen/generate.py": "it reads what ships with specc",
    "disk/outputs.py": "it writes what the user asked for, over what it has just read",
    "project/processes.py": "it passes results between its own processes",
    "comparison/past.py": "it writes settings that git gave into a folder of its own",
    "cli/main.py": "it opens /dev/null",
    "app/scaffolding.py": "it reads what ships with specc",
    "cli/commands/schema.py": "it reads what ships with specc",
    "system/private.py": "it opens files of the user's own, whose owner and mode it checks on the same descriptor",
    "system/locks.py": "it opens lock files of its own",
    "cache/": "it reads and writes its own cache",
}
"""The modules and folders that open files themselves, each with its reason."""


def opens_files(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    if re.search(r"\bopen\b|\bread_text\b|\bread_bytes\b", text) is None:
        return False  # parsing all modules takes a second
    tree = ast.parse(text)
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {call.id for call in calls if isinstance(call, ast.Name)}
    methods = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    of_os = {
        call.attr
        for call in calls
        if isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name) and call.value.id in ("os", "io")
    }
    takes_a_mode = any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "open"
        and any(isinstance(each, ast.Constant) and str(each.value).strip("+") in MODES for each in node.args)
        for node in ast.walk(tree)
    )
    return "open" in names or "open" in of_os or takes_a_mode or bool(methods & {"read_text", "read_bytes"} - names)


MODES = {"r", "rb", "rt", "w", "wb", "wt", "a", "ab", "x", "xb"}


def test_no_other_module_opens_a_file() -> None:
    found = {path.relative_to(HERE).as_posix() for path in HERE.rglob("*.py") if opens_files(path)}
    others = {name for name in found if not name.startswith(tuple(READERS))}
    assert not others, "read through specc.system.reader, which is bounded and takes regular files only"


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outside")
    (folder / "secret").write_text(f"{SECRET} = [unclosed\n")
    (folder / "list.json").write_text(f'{{"version": "{SECRET[:15]}"}}')
    return folder


def made(place: Place, name: str, kind: str, outside: Path) -> None:
    """Put something odd in the place of a file."""
    path = place.root / name
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    match kind:
        case "link out":
            path.symlink_to(outside / "secret")
        case "relative link out":
            path.symlink_to(os.path.relpath(outside / "secret", path.parent))
        case "link to a link out":
            (place.root / "between").symlink_to(outside / "secret")
            path.symlink_to(os.path.relpath(place.root / "between", path.parent))
        case "link to a device":
            path.symlink_to("/dev/zero")
        case "link to /proc":
            path.symlink_to("/proc/self/environ")
        case "fifo":
            os.mkfifo(path)
        case "dangling link":
            path.symlink_to("nowhere")
        case "link to git":
            (place.root / ".git").mkdir(exist_ok=True)
            (place.root / ".git/config").write_text(f"{SECRET} = [unclosed\n")
            path.symlink_to(os.path.relpath(place.root / ".git/config", path.parent))
        case "link to passwords":
            (place.root / ".env").write_text(f"{SECRET} = [unclosed\n")
            path.symlink_to(os.path.relpath(place.root / ".env", path.parent))
        case "huge":
            with path.open("wb") as file:
                file.truncate(1 << 40)


KINDS = (
    *("link out", "relative link out", "link to a link out", "link to a device", "link to /proc", "fifo"),
    *("dangling link", "link to git", "link to passwords", "huge"),
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["specc.toml", "specc.local.toml"])
def test_settings_that_are_no_file_of_the_project(place: Place, outside: Path, name: str, kind: str) -> None:
    made(place, name, kind, outside)
    for command in (["check"], ["config"], ["render", "sweep.job.yaml"]):
        assert place.run(*command) == 2, place.out + place.err
        assert f"cannot read {name}" in place.err
        assert SECRET not in place.out + place.err


@pytest.mark.parametrize("kind", ["link out", "link to a device", "fifo", "huge", "link to /proc"])
def test_a_pyproject_that_is_no_file_of_the_project_configures_nothing(place: Place, outside: Path, kind: str) -> None:
    made(place, "pyproject.toml", kind, outside)
    assert place.run("check") == 0
    (place.root / "specc.toml").unlink()
    (place.root / ".git").mkdir()
    assert place.run("check") in (0, 1)
    assert SECRET not in place.out + place.err


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("used", ["extends: odd.job.yaml", "job: {cmd_line: {$file: odd.job.yaml}, name: a}"])
def test_a_parent_or_script_that_is_no_file_of_the_project(place: Place, outside: Path, used: str, kind: str) -> None:
    made(place, "odd.job.yaml", kind, outside)
    place.write(a=f"specc: 1\n{used}\n")
    for command in (["check", "a.job.yaml"], ["check"], ["render", "a.job.yaml"], ["fmt"], ["graph"]):
        assert place.run(*command) in (0, 1, 2), place.err
        assert SECRET not in place.out + place.err
    assert place.run("check", "a.job.yaml") == 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "dangling link"])
def test_a_baseline_that_is_no_file_of_the_project(place: Place, outside: Path, kind: str) -> None:
    place.write(a="specc: 1\njob: {nmae: a}\n")
    made(place, "baseline.json", kind, outside)
    assert place.run("check", "--baseline", "baseline.json") == 2
    assert "baseline.json" in place.err
    assert SECRET[:15] not in place.out + place.err


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "dangling link"])
def test_a_plan_that_is_no_file_of_the_project(place: Place, outside: Path, kind: str) -> None:
    made(place, "plan.json", kind, outside)
    assert place.run("submit", "--plan", "plan.json") == 2
    assert SECRET not in place.out + place.err


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["submitjob.md", "submitjob.patch.yaml", "request.schema.json"])
def test_a_page_patch_or_schema_that_is_no_file_of_the_project(
    place: Place, outside: Path, name: str, kind: str
) -> None:
    page = HERE.parent / "schemas/ehpc/v1/submitjob.md"
    place.put("specc/x/submitjob.md", page.read_bytes())
    made(place, f"specc/x/{name}", kind, outside)
    assert place.run("schema", "check", "specc") in (1, 2), place.err
    assert SECRET not in place.out + place.err
    assert place.run("schema", "build", f"specc/x/{name}") == 2 or kind in ("dangling link", "fifo")
    assert SECRET not in place.out + place.err


@pytest.mark.parametrize("kind", ["link to a device", "fifo", "huge"])
def test_a_copy_of_the_editor_schema_that_never_ends(place: Place, outside: Path, kind: str) -> None:
    made(place, "schemas/jobspec.schema.json", kind, outside)
    assert place.run("schema", "check", "schemas/jobspec.schema.json") in (1, 2)


def test_files_outside_of_any_project_can_be_named(place: Place, outside: Path) -> None:
    place.write(a="specc: 1\njob: {nmae: a, cmd_line: echo, core_limit: 1}\n")
    allowed = outside / "allowed.json"
    assert place.run("check", "--baseline", str(allowed), "--update-baseline") == 0, place.err
    assert place.run("check", "--baseline", str(allowed)) == 0
    link = outside / "link.json"
    link.symlink_to(allowed)
    assert place.run("check", "--baseline", str(link)) == 0


def test_a_pipe_of_the_shell_can_be_named(place: Place) -> None:
    page = HERE.parent / "schemas/ehpc/v1/submitjob.md"
    script = f'exec "$0" schema build <(cat {page})'
    tool = Path(os.sys.executable).with_name("specc")  # type: ignore[attr-defined]
    done = subprocess.run(["bash", "-c", script, tool], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '"cmd_line"' in done.stdout


WRITES = {
    "a baseline": ["check", "--baseline", "out/x.json", "--update-baseline"],
    "a report": ["check", "--output", "sarif:out/x.sarif"],
    "payloads": ["render", "sweep.job.yaml", "-o", "out"],
    "a plan": ["plan", "sweep.job.yaml", "--out", "out/plan.json"],
    "a project": ["init", "out", "--mem-unit", "MiB", "--time-unit", "min"],
    "imported scripts": ["init", "--from", "run.sh", "out"],
    "a schema": ["schema", "check", "out", "--write"],
}


@pytest.mark.parametrize("what", WRITES)
@pytest.mark.parametrize("leads", ["out", "into git"])
def test_nothing_is_written_through_a_link_that_the_repository_holds(
    place: Place, outside: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str, leads: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("QY_ACCESS_KEY_ID", "K" * 20)
    monkeypatch.setenv("QY_SECRET_ACCESS_KEY", "S" * 40)
    monkeypatch.delenv("CI", raising=False)
    (place.root / ".git/hooks").mkdir(parents=True)
    target = outside if leads == "out" else place.root / ".git/hooks"
    place.put("run.sh", b"#!/bin/bash\n#SBATCH --ntasks=1\necho\n")
    if what == "a schema":
        (target / "v").mkdir()
        (target / "v/submitjob.md").write_bytes((HERE.parent / "schemas/ehpc/v1/submitjob.md").read_bytes())
    (place.root / "out").symlink_to(target)
    before = sorted(target.rglob("*"))
    code = place.run(*WRITES[what])
    assert code == 2, place.out + place.err
    assert "the link" in place.err
    assert sorted(target.rglob("*")) == before


def test_a_link_to_a_file_is_replaced_and_not_followed(place: Place, outside: Path) -> None:
    place.write(a="specc: 1\njob: {nmae: a, cmd_line: echo, core_limit: 1}\n")
    victim = outside / "secret"
    before = victim.read_bytes()
    (place.root / "report.sarif").symlink_to(victim)
    place.run("check", "--output", "sarif:report.sarif")
    assert victim.read_bytes() == before


def test_a_report_does_not_go_into_a_device_or_pipe_that_the_repository_links_to(place: Place, outside: Path) -> None:
    os.mkfifo(outside / "pipe")
    (place.root / ".git").mkdir()
    (place.root / "report.sarif").symlink_to(outside / "pipe")
    assert place.run("check", "--output", "sarif:report.sarif") == 2
    assert "leads out" in place.err


def test_a_pipe_that_nobody_reads_is_not_waited_for(place: Place) -> None:
    os.mkfifo(place.root / "report.sarif")
    assert place.run("check", "--output", "sarif:report.sarif") == 2
    assert "cannot write report.sarif: nobody reads from this pipe" in place.err


def test_what_is_open_is_written_to_and_its_name_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """`/dev/stdout` is a link. With standard output in a file, root would replace it for the whole machine."""

    def refuse(**_: object) -> None:
        raise AssertionError("a file is made beside the link")

    monkeypatch.setattr("specc.disk.outputs.tempfile.mkstemp", refuse)
    with (tmp_path / "out").open("wb") as file:
        file.write(b"before\n")
        file.flush()
        for name in ("/dev/fd/{}", "//dev/./fd/{}", "/proc/self/fd/{}"):
            write_file(Path(name.format(file.fileno())), "report\n")
    assert (tmp_path / "out").read_bytes() == b"before\n" + 3 * b"report\n"
    write_file(Path("/dev/stdout"), "report\n")
    write_file(Path("//dev/stderr"), "report\n")
    assert capfd.readouterr() == ("report\n", "report\n")
    with pytest.raises(SpeccError, match="cannot write /dev/fd/999999"):
        write_file(Path("/dev/fd/999999"), "report\n")


@each(
    "number",
    [
        "9" * 4400,
        "-" + "9" * 4400,
        "9_" * 2200 + "9",
        "0x" + "f" * 4400,
        "0o" + "7" * 5000,
        "0b" + "1" * 16000,
        str(2**63),
    ],
)
@each(
    "line",
    [
        "rules.max_inheritance = {}",
        "defaults.core_limit = {}",
        "targets.local.queues.q.max_cores = {}",
        "env = [{}]",
        "project = {}",
        "nobody = {{a = [1, {{b = {}}}]}}",
        "units = {{mem_limit = {}}}",
    ],
)
def test_a_number_of_thousands_of_digits_in_the_settings(place: Place, number: str, line: str) -> None:
    place.put("specc.toml", f"{line.format(number)}\n".encode())
    for command in (["check"], ["config"], ["config", "--output", "json"], ["check", "--output", "json"]):
        assert place.run(*command) in (1, 2), place.err
        assert "too large" in place.out + place.err or "too many digits" in place.out + place.err


def test_settings_are_read_up_to_their_limit(place: Place) -> None:
    data = (place.root / "specc.toml").read_bytes()
    place.put("specc.toml", data + b"#" * (MAX_BYTES - len(data)))
    assert place.run("check") == 0
    place.put("specc.toml", data + b"#" * (MAX_BYTES - len(data) + 1))
    assert place.run("check") == 2


LONG = "a" * 300
"""More characters than a file system allows in a name."""


@pytest.mark.parametrize(
    "line",
    [
        f"job: {{$file: {LONG}/x}}",
        f"job: {{cmd_line: {{$file: {LONG}/run.sh}}}}",
        f"extends: {LONG}/x",
        f"extends: {LONG}",
        f"extends: specc:{LONG}",
        f"matrix: {{axes: {{n: {{$file: {LONG}/x.csv}}}}}}",
    ],
)
def test_a_name_that_no_file_can_have_is_a_mistake_of_the_spec(
    tmp_path: Path, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "specc.toml").write_text('project = "long"\n')
    (tmp_path / "a.job.yaml").write_text(f"specc: 1\n{line}\n")
    monkeypatch.chdir(tmp_path)
    assert run(["check", "a.job.yaml"]) == 1
    assert "a.job.yaml:2" in capsys.readouterr().out
