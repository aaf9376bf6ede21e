"""The configuration as it is understood: files, values, layers, origins."""

import os

import pytest

from specc.config import find_root, read_configuration
from specc.errors import SpeccError
from specc.nodes import Layer, LayerKind, Sequence, Style, to_data
from specc.settings import Target
from specc.targets.kinds import traits_of

OWN = """\
project = "cfd"
target = "prod"
include = ["jobs/**/*.yaml"]
env = ["HOME", "USER", "UNSET"]

[defaults]
core_limit = 1
name = 'job'
cmd_line = '''
run
'''

[units]
mem_limit = "MiB"
time_limit = "min"

[targets.local]
run_as = "caller"

[targets.prod]
kind = "ehpc"
endpoint = "https://hpc-api.qingcloud.com/api"
job = {zone = "jn1a", run_user = "usr-IuZxPyn2"}
units = {time_limit = "s"}
queues = {normal = {max_cores = 64, max_time = "3-00:00:00"}}
"""


@pytest.fixture
def project(tmp_path):
    """Writes files into a project and reads its configuration."""

    def write(environment=None, **files):
        for name, text in files.items():
            path = tmp_path / {"own": "specc.toml", "local": "specc.local.toml", "shared": "pyproject.toml"}[name]
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_configuration(tmp_path, lambda path: path.name, environment or {})

    return write


def shown(configuration):
    return [
        (entry.key, entry.value, str(entry.span) if entry.span else None, entry.is_overridden)
        for entry in configuration.entries
    ]


def test_nothing_is_configured(project, tmp_path):
    configuration = project()
    settings = configuration.settings
    assert (settings.project, settings.target, settings.api) == (tmp_path.name, "local", "ehpc/v1")
    assert (settings.include, settings.exclude, settings.env) == (("**/*.job.yaml",), (), ())
    assert (settings.defaults, dict(settings.units)) == (None, {})
    assert dict(settings.targets) == {"local": Target("local", "local", traits_of("local"), units={})}
    assert configuration.diagnostics == ()
    assert configuration.root == tmp_path
    assert shown(configuration) == [
        ("project", tmp_path.name, None, False),
        ("target", "local", None, False),
        ("api", "ehpc/v1", None, False),
        ("include", ["**/*.job.yaml"], None, False),
        ("exclude", [], None, False),
        ("env", [], None, False),
        ("targets.local.kind", "local", None, False),
    ]


def test_every_setting(project):
    configuration = project(own=OWN, environment={"HOME": "/root", "SHELL": "sh", "USER": "me"})
    settings = configuration.settings
    assert configuration.diagnostics == ()
    assert configuration.env == {"HOME": "/root", "USER": "me"}
    assert (settings.project, settings.target, settings.include) == ("cfd", "prod", ("jobs/**/*.yaml",))
    assert settings.units_for("prod") == {"mem_limit": "MiB", "time_limit": "s"}
    assert settings.units_for("local") == {"mem_limit": "MiB", "time_limit": "min"}
    assert to_data(settings.defaults) == {"core_limit": 1, "name": "job", "cmd_line": "run\n"}
    assert settings.targets["local"].run_as == "caller"
    prod = settings.targets["prod"]
    assert (prod.kind, prod.endpoint) == ("ehpc", "https://hpc-api.qingcloud.com/api")
    assert to_data(prod.job) == {"zone": "jn1a", "run_user": "usr-IuZxPyn2"}
    assert prod.queues == {"normal": {"max_cores": 64, "max_time": "3-00:00:00"}}


def test_values_know_their_layer_style_and_place(project):
    settings = project(own=OWN).settings
    core_limit = settings.defaults.get("core_limit")
    assert (core_limit.layer, core_limit.raw, str(core_limit.span)) == (
        Layer(LayerKind.DEFAULTS),
        "1",
        "specc.toml:7:14",
    )
    assert settings.defaults.keys["core_limit"].span.text == "core_limit"
    assert settings.defaults.layer == Layer(LayerKind.DEFAULTS)
    assert settings.defaults.get("name").style is Style.SINGLE
    assert settings.defaults.get("cmd_line").style is Style.LITERAL
    zone = settings.targets["prod"].job.get("zone")
    assert (zone.layer, zone.style, zone.span.text) == (Layer(LayerKind.TARGET, "prod"), Style.DOUBLE, '"jn1a"')


def test_the_entries_are_in_a_fixed_order(project):
    assert shown(project(own=OWN)) == [
        ("project", "cfd", "specc.toml:1:11", False),
        ("target", "prod", "specc.toml:2:10", False),
        ("api", "ehpc/v1", None, False),
        ("include", ["jobs/**/*.yaml"], "specc.toml:3:11", False),
        ("exclude", [], None, False),
        ("env", ["HOME", "USER", "UNSET"], "specc.toml:4:7", False),
        ("defaults.core_limit", 1, "specc.toml:7:14", False),
        ("defaults.name", "job", "specc.toml:8:8", False),
        ("defaults.cmd_line", "run\n", "specc.toml:9:12", False),
        ("units.mem_limit", "MiB", "specc.toml:14:13", False),
        ("units.time_limit", "min", "specc.toml:15:14", False),
        ("targets.local.kind", "local", None, False),
        ("targets.local.run_as", "caller", "specc.toml:18:10", False),
        ("targets.prod.kind", "ehpc", "specc.toml:21:8", False),
        ("targets.prod.endpoint", "https://hpc-api.qingcloud.com/api", "specc.toml:22:12", False),
        ("targets.prod.job.zone", "jn1a", "specc.toml:23:15", False),
        ("targets.prod.job.run_user", "usr-IuZxPyn2", "specc.toml:23:34", False),
        ("targets.prod.units.time_limit", "s", "specc.toml:24:23", False),
        ("targets.prod.queues.normal.max_cores", 64, "specc.toml:25:33", False),
        ("targets.prod.queues.normal.max_time", "3-00:00:00", "specc.toml:25:48", False),
    ]


def test_the_personal_file_wins_and_the_loser_is_kept(project):
    configuration = project(
        own='target = "prod"\ninclude = ["a", "b"]\n[defaults]\nx = 1\ny = {z = 1}\n[targets.prod]\nkind = "ehpc"\n',
        local='target = "local"\ninclude = ["c"]\n[defaults]\nx = [2]\ny = "t"\n[targets.prod.job]\nzone = "jn1a"\n',
    )
    assert configuration.diagnostics == ()
    assert configuration.settings.target == "local"
    assert configuration.settings.include == ("c",)
    assert to_data(configuration.settings.targets["prod"].job) == {"zone": "jn1a"}
    x = configuration.settings.defaults.get("x")
    assert isinstance(x, Sequence)
    assert (str(x.span), str(x.beneath.span)) == ("specc.local.toml:4:5", "specc.toml:4:5")
    assert [
        entry for entry in shown(configuration) if entry[0] in ("target", "include", "defaults.x", "defaults.y")
    ] == [
        ("target", "local", "specc.local.toml:1:10", False),
        ("target", "prod", "specc.toml:1:10", True),
        ("include", ["c"], "specc.local.toml:2:11", False),
        ("include", ["a", "b"], "specc.toml:2:11", True),
        ("defaults.x", [2], "specc.local.toml:4:5", False),
        ("defaults.x", 1, "specc.toml:4:5", True),
        ("defaults.y", "t", "specc.local.toml:5:5", False),
        ("defaults.y", {"z": 1}, "specc.toml:5:5", True),
    ]


def test_pyproject(project):
    configuration = project(
        shared='[project]\nname = "other"\n[tool.specc]\nproject = "流体"\n[tool.specc.targets.a]\nkind = "slurm"\n'
        '[tool.specc.targets.a.job]\nzone = "z"\n[tool.ruff]\nselect = []\n'
    )
    assert configuration.diagnostics == ()
    assert configuration.settings.project == "流体"
    zone = configuration.settings.targets["a"].job.get("zone")
    assert (str(zone.span), zone.layer) == ("pyproject.toml:8:8", Layer(LayerKind.TARGET, "a"))


def test_a_pyproject_without_a_table_is_somebody_elses(project):
    assert project(shared="this is not TOML").diagnostics == ()
    assert project(shared='[project]\ndependencies = ["specc"]\n').diagnostics == ()


def test_a_byte_order_mark_and_crlf(project):
    configuration = project(own=b'\xef\xbb\xbfproject = "cfd"\r\n[units]\r\nmem_limit = "MiB"\r\n')
    assert configuration.diagnostics == ()
    assert configuration.settings.project == "cfd"
    assert ("units.mem_limit", "MiB", "specc.toml:3:13", False) in shown(configuration)


def test_an_explicit_kind_of_local(project):
    configuration = project(own='[targets.local]\nkind = "local"\n')
    assert configuration.diagnostics == ()
    assert [entry for entry in shown(configuration) if entry[0] == "targets.local.kind"] == [
        ("targets.local.kind", "local", "specc.toml:2:8", False)
    ]


def test_names_are_shown_as_toml_writes_them(project):
    configuration = project(own='[targets."a.b"]\nkind = "slurm"\n')
    assert ('targets."a.b".kind', "slurm", "specc.toml:2:8", False) in shown(configuration)


def test_a_file_that_is_too_large(project):
    with pytest.raises(SpeccError, match=r"cannot read specc.toml: it is larger than 256 KiB"):
        project(own="#" * 300_000)


def test_a_file_that_cannot_be_read(project, tmp_path, monkeypatch):
    def refuse(path, flags):
        raise PermissionError(13, "Permission denied")

    touch(tmp_path / "specc.toml")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(SpeccError, match=r"cannot read specc.toml: permission denied"):
        project()


def touch(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_root_is_the_nearest_configured_folder(tmp_path):
    touch(tmp_path / "specc.toml")
    touch(tmp_path / "inner/pyproject.toml", "[tool.specc]\n")
    spec = touch(tmp_path / "inner/jobs/a.job.yaml")
    assert find_root(spec) == tmp_path / "inner"
    assert find_root(spec.parent) == tmp_path / "inner"
    assert find_root(tmp_path / "other/missing.job.yaml") == tmp_path
    assert find_root(tmp_path / "inner/jobs/../jobs") == tmp_path / "inner"


def test_configuration_goes_before_git(tmp_path):
    touch(tmp_path / "specc.toml")
    (tmp_path / "clone/.git").mkdir(parents=True)
    assert find_root(tmp_path / "clone") == tmp_path


@pytest.mark.parametrize("worktree", [False, True])
def test_else_the_root_is_gits(tmp_path, worktree):
    git = tmp_path / "clone/.git"
    if worktree:
        touch(git, "gitdir: elsewhere\n")
    else:
        git.mkdir(parents=True)
    touch(tmp_path / "clone/jobs/pyproject.toml", "[project]\nname = 'specc'\n")
    assert find_root(tmp_path / "clone/jobs") == tmp_path / "clone"


def test_else_the_root_is_the_folder_itself(tmp_path):
    assert find_root(touch(tmp_path / "jobs/a.yaml")) == tmp_path / "jobs"


@pytest.mark.parametrize(
    ("text", "configures"),
    [
        ("[tool.specc]\nx = = 1\n", True),
        ('["tool" . "specc".units]\nx = = 1\n', True),
        ("[tool.other]\nspecc = = 1\n", False),
        ("tool = 'specc'\n", False),
        ("tool.specc.project = 'x'\n", True),
        ("# specc\n" + "a." * 100 + "b = 1\n", False),
        ("# specc\nx = " + "[" * 5000, False),
    ],
)
def test_a_pyproject_with_mistakes(tmp_path, text, configures):
    (tmp_path / ".git").mkdir()
    touch(tmp_path / "inner/pyproject.toml", text)
    assert find_root(tmp_path / "inner") == (tmp_path / "inner" if configures else tmp_path)


def test_odd_files_on_the_way_up(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "inner/specc.toml").mkdir(parents=True)
    (tmp_path / "inner/pyproject.toml").symlink_to("pyproject.toml")
    assert find_root(tmp_path / "inner") == tmp_path
    touch(tmp_path / "large/pyproject.toml", "#" * 300_000 + "\n[tool.specc]\n")
    assert find_root(tmp_path / "large") == tmp_path
