"""What lies beside a repository, or in the environment of whoever checks it, gets into nothing that specc shows."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from support.projects import Place
from support.sampling import mostly_slow

import specc

TOKEN = "extraheader = AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46Z2hzXzEyMzQ1Njc4OTA="
SECRET = "hunter2-dB-9f3kQ"
SPEC = "specc: 1\njob:\n  name: a\n  core_limit: 1\n  cmd_line: {{$file: {}}}\n"

SECRET_FILES = (
    *(
        ".git/config",
        ".git/FETCH_HEAD",
        ".git/hooks/x.sh",
        ".GIT/config",
        "sub/.git",
        "sub/.Git/config",
        "git~1/config",
    ),
    *(
        ".bare/config",
        "worktree/config",
        ".g\u200cit/config",
        ".env",
        ".ENV",
        ".env.production",
        "prod.env",
        "keys.env",
    ),
    *(
        "deep/.netrc",
        ".ssh/id_rsa",
        "x/.ssh/config",
        ".aws/credentials",
        ".git-credentials",
        ".npmrc",
        "gha-creds-1a2b.json",
        "pip.conf",
        ".pypirc",
    ),
    *(".kube/config", ".docker/config.json", ".qingcloud/config.yaml", "id_ed25519", "a.pem"),
    *("secrets.yaml", ".pgpass", ".hg/hgrc", "credentials.json", "terraform.tfstate"),
)


def put(place: Place, name: str) -> None:
    if name.startswith((".bare", "worktree")):
        folder = place.root / name.partition("/")[0]
        for part in ("objects", "refs"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "HEAD").write_text("ref: refs/heads/main\n")
    place.put(name, f"[http]\n\t{TOKEN}\n".encode())


@pytest.mark.parametrize("name", SECRET_FILES)
def test_a_spec_cannot_include_what_belongs_to_git_or_holds_passwords(place: Place, name: str) -> None:
    put(place, name)
    (place.root / "link.sh").symlink_to(name)
    (place.root / "folder").symlink_to(os.path.dirname(name) or ".")
    through = f"folder/{os.path.basename(name)}"
    for called in (f'"{name}"', f'"./x/../{name}"', f'"//{name}"', "link.sh", f'"{through}"'):
        place.write(a=SPEC.format(called))
        assert place.run("check", "a.job.yaml") == 1, called
        assert "SPC228" in place.out, called
        assert TOKEN not in place.out + place.err
    for command in (["render", "a.job.yaml"], ["explain", "a.job.yaml"]):
        assert place.run(*command) == 1
        assert TOKEN not in place.out + place.err


@pytest.mark.parametrize("name", [".git/config", ".env", "keys.env", ".bare/config"])
def test_nor_inherit_from_it_nor_be_it(place: Place, name: str) -> None:
    put(place, name)
    place.write(a=f"specc: 1\nextends: {name}\n")
    (place.root / "b.job.yaml").symlink_to(name)
    for command in (
        ["check"],
        ["check", "b.job.yaml"],
        ["fmt"],
        ["fmt", "--diff"],
        ["graph"],
        ["render", "b.job.yaml"],
    ):
        place.run(*command)
        assert TOKEN not in place.out + place.err
    assert place.run("check", "b.job.yaml") == 1
    assert "SPC228" in place.out


@pytest.mark.parametrize(
    "name", [".env.example", "environment.yaml", "env/run.sh", "gitlab/.gitignore", "key.sh", "a.sh"]
)
def test_other_files_can_be_included(place: Place, name: str) -> None:
    place.put(name, b"echo hello\n")
    place.write(a=SPEC.format(f'"{name}"'))
    assert place.run("check", "a.job.yaml") == 0, place.out


ENVIRONMENT = ("DEPLOY_PAT", "DB_URL", "MYSQL_PWD", "CORES")

MADE_OF_IT = {
    "as it is": "{{ env.DEPLOY_PAT }}",
    "a part": "{{ env.DEPLOY_PAT[2:9] }}",
    "turned round": "{{ env.DEPLOY_PAT | reverse }}",
    "other letters": "{{ env.DEPLOY_PAT | upper }}",
    "letter by letter": "{{ env.DEPLOY_PAT | list | join('_') }}",
    "replaced": "{{ env.DEPLOY_PAT | replace('-', '') }}",
    "through a variable": "{{ vars.a }}",
    "through a mapping": "{{ vars.m.inner }}",
    "through a parameter": "{{ params.p }}",
    "through an axis": "{{ matrix.x }}",
    "through the cell": "{{ cell.slug }}",
    "as JSON": "{{ vars.m | tojson }}",
    "a choice": "{{ 'ye' ~ 's-long' if 'dB' in env.DEPLOY_PAT else 'no' }}",
    "its length": "n{{ env.DEPLOY_PAT | length }}",
}
TELLTALES = (
    SECRET,
    SECRET[2:9],
    SECRET[::-1],
    SECRET.upper(),
    "_".join(SECRET),
    SECRET.replace("-", ""),
    "yes-long",
    "n16",
)

READS = """specc: 1
params: {{p: {{type: string, default: "{{{{ env.DEPLOY_PAT }}}}"}}}}
vars: {{a: "{{{{ env.DEPLOY_PAT }}}}", m: {{inner: "x{{{{ env.DEPLOY_PAT }}}}"}}}}
{matrix}
job: {{name: "{name}", core_limit: {cores}, cmd_line: "echo '{command}' {tail}"}}
"""
AXIS = 'matrix: {axes: {x: ["{{ env.DEPLOY_PAT }}"]}}'


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Place:
    for file in place.root.glob("*.job.yaml"):
        file.unlink()
    settings = (place.root / "specc.toml").read_text()
    listed = ", ".join(f'"{name}"' for name in ("DEPLOY_PAT", "CORES", "MESH"))
    place.put("specc.toml", f"env = [{listed}]\n{settings}".encode())
    monkeypatch.setenv("DEPLOY_PAT", SECRET)
    monkeypatch.setenv("CORES", "8")
    monkeypatch.setenv("MESH", "coarse-mesh")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("QY_ACCESS_KEY_ID", "K" * 20)
    monkeypatch.setenv("QY_SECRET_ACCESS_KEY", "S" * 40)
    for name in ("SPECC_SHOW_ENV", "CI"):
        monkeypatch.delenv(name, raising=False)
    return place


def spec(template: str, *, tail: str = "", cores: str = "1", name: str | None = None) -> str:
    axis = AXIS if "matrix" in template or "cell" in template else ""
    return READS.format(matrix=axis, name=name or f"run-{template}", command=template, tail=tail, cores=cores)


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def assert_hidden(place: Place, *where: str) -> None:
    shown = "\n".join((place.out, place.err, *where))
    for telltale in TELLTALES:
        assert telltale not in shown, telltale


@pytest.mark.parametrize("how", mostly_slow(MADE_OF_IT))
def test_no_report_shows_what_comes_from_the_environment(here: Place, how: str) -> None:
    template = MADE_OF_IT[how]
    here.write(a=spec(template))
    git(here.root, "init", "-q")
    git(here.root, "add", "a.job.yaml", "specc.toml")
    git(here.root, "commit", "-qm", "first")
    here.write(a=spec(template, tail="two", name=f"new-{template}"))
    report = here.root / "report.json"
    for command in (
        *(["check"], ["explain", "a.job.yaml"], ["explain", "a.job.yaml", "--output", "json"]),
        *(["explain", "a.job.yaml", each] for each in ("vars", "params", "name", "matrix")),
        *(["diff"], ["diff", "--output", "json"], ["diff", "--output", "markdown"]),
        *(["plan"], ["plan", "--output", "json"], ["plan", "--out", str(report)], ["submit", "--dry-run"]),
        *(["check", "--output", format] for format in ("json", "sarif", "github", "gitlab", "junit")),
    ):
        assert here.run(*command) in (0, 1), (command, here.err)
        assert_hidden(here)
    assert_hidden(here, report.read_text())
    assert "***" in report.read_text()


LOCAL = """[targets.local]
run_as = "caller"
job = {zone = "z", cluster_id = "c", run_user = "u"}
"""


@pytest.mark.parametrize("template", ["{{ env.DEPLOY_PAT }}", "{{ matrix.x | upper }}"])
def test_no_report_about_a_job_shows_it(here: Place, template: str) -> None:
    here.put("specc.toml", ((here.root / "specc.toml").read_text() + LOCAL).encode())
    here.write(a=spec(template, tail="; exit 3"))
    assert here.run("submit", "--target", "local", "--wait", "--timeout", "60") == 5, here.err
    assert_hidden(here)
    for command in (
        *(
            ["status"],
            ["status", "--output", "json"],
            ["results"],
            ["results", "--output", "json"],
            ["wait"],
            ["logs", "--stream", "stderr"],
            ["ledger", "list"],
        ),
        *(["ledger", "list", "--output", "json"], ["ledger", "show", "a.job.yaml"], ["usage", "--output", "json"]),
        *(
            ["ledger", "show", "a.job.yaml", "--output", "json"],
            ["ledger", "verify"],
            ["render", "--digest"],
            ["submit", "--target", "local", "--rerun", "--yes", "--wait"],
        ),
    ):
        here.run(*command)
        assert_hidden(here)
        is_bare = command[-1] in ("status", "results", "wait", "verify", "stderr")  # tables have what tells jobs apart
        assert "***" in here.out + here.err or is_bare, command
    assert here.run("report", "--no-logs", "-o", "run.html") == 0
    page = (here.root / "run.html").read_text(encoding="utf-8")
    assert_hidden(here, page)
    assert "***" in page
    for job in specc.open(here.root).jobs():
        assert_hidden(here, repr(job))


def test_a_difference_in_what_is_made_of_it_is_told_without_it(here: Place) -> None:
    here.write(a=spec("{{ env.DEPLOY_PAT }}"))
    git(here.root, "init", "-q")
    git(here.root, "add", ".")
    git(here.root, "commit", "-qm", "first")
    here.write(a=spec("{{ env.DEPLOY_PAT | upper }}"))
    for output in ("text", "json", "markdown"):
        assert here.run("diff", "--output", output) == 0, here.err
        assert_hidden(here)
        assert "***" in here.out


WRONG = {
    "a number": ("cores", "{{ env.DEPLOY_PAT }}"),
    "a number, converted": ("cores", "{{ env.DEPLOY_PAT | int }}"),
    "a quantity": ("time", "{{ env.DEPLOY_PAT }}h"),
    "an unquoted word": ("command", "{{ env.DEPLOY_PAT | replace('-', ' ') }}"),
    "a sum": ("cores", "{{ env.DEPLOY_PAT + 1 }}"),
    "a format": ("name", "{{ '%d' | format(env.DEPLOY_PAT) }}"),
    "a member": ("name", "{{ vars.m[env.DEPLOY_PAT] }}"),
    "an attribute": ("name", "{{ [vars.m] | map(attribute=env.DEPLOY_PAT) | list }}"),
    "an axis": ("axis", "{{ env.DEPLOY_PAT }}"),
    "a parameter": ("param", "{{ env.DEPLOY_PAT }}"),
    "a zone": ("zone", "{{ env.DEPLOY_PAT }}"),
}


@pytest.mark.parametrize("how", WRONG)
def test_no_message_quotes_it(here: Place, how: str) -> None:
    where, template = WRONG[how]
    fields = {
        "name": f'name: "{template}"' if where == "name" else "name: a",
        "cores": f'core_limit: "{template}"' if where == "cores" else "core_limit: 1",
        "command": f'cmd_line: "echo {template}"' if where == "command" else "cmd_line: echo",
        "time": f'time_limit: "{template}"' if where == "time" else "time_limit: 1h",
        "zone": f'zone: "{template}"' if where == "zone" else "zone: jn1a",
    }
    param = f'params: {{p: {{type: integer, default: "{template}"}}}}\n' if where == "param" else ""
    axis = f'matrix: {{axes: {{x: {{from: 1, to: "{template}"}}}}}}\n' if where == "axis" else ""
    use = ', description: "{{ params.p }}"' if where == "param" else ""
    here.write(a=f"specc: 1\nvars: {{m: {{a: 1}}}}\n{param}{axis}job: {{{', '.join(fields.values())}{use}}}\n")
    for command in (
        ["render", "a.job.yaml"],
        ["explain", "a.job.yaml"],
        ["plan"],
        ["plan", "--output", "json"],
        ["submit"],
    ):
        code = here.run(*command)
        assert code in (0, 1, 2), here.err
        if command[0] == "render" and code == 0:
            continue  # payloads are what was asked for
        assert_hidden(here)


def test_a_name_that_no_file_can_have_is_not_quoted(here: Place) -> None:
    here.write(a=spec("x", name="../{{ env.DEPLOY_PAT }}"))
    assert here.run("render", "a.job.yaml", "-o", "out") == 2
    assert_hidden(here)


def test_a_payload_holds_the_value(here: Place) -> None:
    here.write(a=spec("{{ env.DEPLOY_PAT }}"))
    assert here.run("render", "a.job.yaml") == 0, here.err
    assert SECRET in json.loads(here.out)["name"]


def test_what_comes_from_nowhere_else_is_shown(here: Place) -> None:
    here.write(a=spec("plain", cores='"{{ env.CORES }}"'))
    assert here.run("explain", "a.job.yaml") == 0
    assert 'job.name = "run-plain"' in here.out
    assert "job.core_limit = ***" in here.out
    here.write(a="specc: 1\njob: {nmae: a, name: b, core_limit: 1, cmd_line: echo}\n")
    assert here.run("render", "a.job.yaml") == 1
    assert "did you mean `name`?" in here.err


def test_the_user_can_allow_a_variable(here: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here.write(a=spec("{{ env.MESH }}"))
    assert here.run("explain", "a.job.yaml", "name") == 0
    assert "coarse-mesh" not in here.out
    monkeypatch.setenv("SPECC_SHOW_ENV", "OTHER, MESH")
    assert here.run("explain", "a.job.yaml", "name") == 0
    assert 'job.name = "run-coarse-mesh"' in here.out
    monkeypatch.delenv("SPECC_SHOW_ENV")
    own = tmp_path / "config/specc/config.toml"
    own.parent.mkdir(parents=True)
    own.write_text('show_env = ["MESH"]\n')
    assert here.run("explain", "a.job.yaml", "name") == 0
    assert 'job.name = "run-coarse-mesh"' in here.out
    for text, said in (("show_env = 1", "not a list"), ("x = 1", "unknown setting `x`"), ("=", "not TOML")):
        own.write_text(text)
        assert here.run("explain", "a.job.yaml", "name") == 2
        assert said in here.err


def test_a_repository_cannot_allow_a_variable(here: Place) -> None:
    here.write(a=spec("{{ env.DEPLOY_PAT }}"))
    settings = (here.root / "specc.toml").read_text()
    for name, text in (
        ("specc.toml", f'show_env = ["DEPLOY_PAT"]\n{settings}'),
        ("specc.local.toml", 'show_env = ["DEPLOY_PAT"]\n'),
    ):
        here.put(name, text.encode())
        here.run("explain", "a.job.yaml", "name")
        assert_hidden(here)
        here.run("config")
        assert_hidden(here)
