"""What a target refuses is found by `check`, at the line of the value, and `submit` says the same."""

import json
from typing import Any

import pytest
from support.projects import Place
from support.tables import each

UNITS = '[units]\nmem_limit = "MiB"\ntime_limit = "min"\n'
LOCAL = f'project = "demo"\ntarget = "local"\n{UNITS}'
SLURM = (
    f'project = "demo"\ntarget = "hpc"\n{UNITS}[targets.hpc]\nkind = "slurm"\ncluster = "c1"\njob = {{zone = "jn1a"}}\n'
    "[targets.hpc.queues.short]\nmax_cores = 8\n"
)
EHPC = (
    f'project = "demo"\ntarget = "prod"\n{UNITS}[targets.prod]\nkind = "ehpc"\n'
    'job = {zone = "jn1a", cluster_id = "ehpc-1", run_user = "usr-1"}\n[targets.prod.queues.short]\n'
)
PLACE = {"local": "cluster_id: c\n  zone: z\n  run_user: u", "slurm": "cluster_id: c\n  run_user: u", "ehpc": ""}
HERE = "cluster_id: c, zone: z, run_user: u"
SETTINGS = {"local": LOCAL, "slurm": SLURM, "ehpc": EHPC}


@pytest.fixture
def project(place: Place) -> Place:
    for path in place.root.glob("*.job.yaml"):
        path.unlink()
    return place


def diagnostics(project: Place, *arguments: str) -> list[dict[str, Any]]:
    project.run("check", *arguments, "--output", "json")
    found: list[dict[str, Any]] = json.loads(project.out)["diagnostics"]
    return found


def refused(project: Place, kind: str, field: str, settings: str = "") -> list[dict[str, Any]]:
    """The diagnostics of a spec of which line 5 is the odd field, of the code for refusals."""
    project.put("specc.toml", (SETTINGS[kind] + settings).encode())
    name = "" if field.startswith("name:") else "  name: n\n"
    project.write(a=f"specc: 1\njob:\n  core_limit: 1\n  cmd_line: ./run\n  {field}\n{name}  {PLACE[kind]}\n")
    if field.startswith(("core_limit", "cmd_line")):
        text = (project.root / "a.job.yaml").read_text()
        line = "  core_limit: 1\n" if field.startswith("core_limit") else "  cmd_line: ./run\n"
        project.write(a=text.replace(line, "  mem_limit: 64\n", 1))
    return [one for one in diagnostics(project) if one["code"] == "SPC701"]


EVERYWHERE = [
    ("core_limit: 0", "`core_limit` is 0, expected 1 or more"),
    ("core_limit: -4", "`core_limit` is -4, expected 1 or more"),
    ('core_limit: "{{ 7 // 8 }}"', "`core_limit` is 0, expected 1 or more"),
    ("mem_limit: -1", "`mem_limit` is -1, expected 1 or more"),
    ("time_limit: -5", "`time_limit` is -5, expected 1 or more"),
    ('name: ""', "`name` is empty"),
    ('name: " "', "`name` is empty"),
    ('name: "a\\nb"', "`name` holds a line break, which cannot be seen"),
    ('name: "a\\u0007b"', "`name` holds the control character U+0007, which cannot be seen"),
    ('name: "a\\u200bb"', "`name` holds the invisible character U+200B, which cannot be seen"),
    ('name: "a\\u202eb"', "`name` holds the invisible character U+202E, which cannot be seen"),
]
WHERE_LIMITS_ARE_KEPT = [
    ("mem_limit: 0", "`mem_limit` is 0, expected 1 or more"),
    ("mem_limit: 0GiB", "`mem_limit` is 0, expected 1 or more"),
    ("time_limit: 0", "`time_limit` is 0, expected 1 or more"),
]
ON_SLURM = [
    ("resource_limit: ngpus=1", "`resource_limit`: `ngpus` is not a resource option of sbatch"),
    ("hpcqueue_id: hpcq-1", "`hpcqueue_id` is `hpcq-1`, and Slurm has no such ids"),
    ("scheduler_queue_name: a b", "`scheduler_queue_name` is `a b`, which cannot be the name of a partition"),
    ("core_limit: 70000", "`core_limit` is 70000, expected 60000 or less"),
    (
        "stdout_redirect_path: ../x",
        "`stdout_redirect_path` is `../x`, which leads out of where the job starts",
    ),
    ("zone: other", "`zone` is `other`, and the target `hpc` says `jn1a`"),
]
CASES = [
    *(("local", *case) for case in EVERYWHERE + WHERE_LIMITS_ARE_KEPT),
    *(("slurm", *case) for case in EVERYWHERE + WHERE_LIMITS_ARE_KEPT + ON_SLURM),
    *(("ehpc", *case) for case in EVERYWHERE),
    ("ehpc", "zone: other", "`zone` is `other`, and the target `prod` says `jn1a`"),
]


@each("kind, field, message", CASES)
def test_what_the_target_refuses_is_an_error_at_its_line(project: Place, kind: str, field: str, message: str) -> None:
    found = refused(project, kind, field)
    assert [(one["message"], one["start"]["line"], one["severity"]) for one in found] == [(message, 5, "error")]
    assert found[0]["help"]


@each("kind", ["slurm", "ehpc"])
@each("field", ["scheduler_queue_name: Short", "scheduler_queue_name: shrt"])
def test_a_queue_that_the_target_does_not_list(project: Place, kind: str, field: str) -> None:
    (one,) = refused(project, kind, field)
    assert "has no such queue" in one["message"]
    assert one["help"].startswith("did you mean `short`?")


@each("kind", ["slurm", "ehpc"])
def test_a_queue_that_is_listed_and_any_queue_where_none_is(project: Place, kind: str) -> None:
    assert refused(project, kind, "scheduler_queue_name: short") == []
    listed = SETTINGS[kind].partition("[targets.hpc.queues" if kind == "slurm" else "[targets.prod.queues")[0]
    project.put("specc.toml", listed.encode())
    project.write(a=(project.root / "a.job.yaml").read_text().replace("short", "any"))
    assert diagnostics(project) == []


@each("name", ["run_1", "a" * 9, "-x", "a b", "é"])
def test_a_site_has_rules_for_names(project: Place, name: str) -> None:
    rules = '[targets.local]\nname_max = 8\nname_pattern = "[A-Za-z][A-Za-z0-9_]*"\n'
    found = refused(project, "local", f'name: "{name}"', rules)
    assert bool(found) is (name != "run_1")
    assert all("allow" in one["message"] and one["help"] for one in found)


def test_a_pattern_that_would_take_for_ever_elsewhere_takes_no_time(project: Place) -> None:
    rules = '[targets.local]\nname_pattern = "(a+)+b"\n'
    assert "does not allow" in refused(project, "local", f"name: {'a' * 5000}", rules)[0]["message"]


def test_a_pattern_that_cannot_be_read_is_a_mistake_of_the_settings(project: Place) -> None:
    project.put("specc.toml", (LOCAL + '[targets.local]\nname_pattern = "(a"\n').encode())
    (one,) = [one for one in diagnostics(project) if one["code"] == "SPC903"]
    assert one["start"]["line"] == 7
    assert "missing )" in one["help"]


def test_a_limit_without_a_unit_where_the_target_was_chosen(project: Place) -> None:
    project.write(a=f"specc: 1\njob: {{name: n, core_limit: 1, cmd_line: ./run, mem_limit: 64, {HERE}}}\n")
    project.put("specc.toml", b'project = "demo"\ntarget = "local"\n')
    (one,) = diagnostics(project)
    assert one["message"] == "`mem_limit` is 64, and no unit is set for it"
    assert one["help"].startswith('write `mem_limit = "MiB"` under `[units]` in specc.toml')
    project.put("specc.toml", b'project = "demo"\n')
    assert diagnostics(project) == []
    assert [one["code"] for one in diagnostics(project, "--target", "local")] == ["SPC701"]


def test_what_is_not_known_is_not_refused(project: Place) -> None:
    project.put("specc.toml", LOCAL.encode())
    head = "specc: 1\nparams: {n: {type: integer}}\n"
    project.write(
        a=f'{head}job: {{name: n, core_limit: "{{{{ params.n }}}}", cmd_line: ./run, {HERE}}}\n',
        base="specc: 1\nabstract: true\njob: {name: n, core_limit: 1}\n",
        b=f"specc: 1\nextends: base.job.yaml\njob: {{cmd_line: ./run, {HERE}}}\n",
    )
    assert diagnostics(project) == []


def test_a_profile_that_the_target_refuses(project: Place) -> None:
    project.put("specc.toml", LOCAL.encode())
    head = "specc: 1\nprofiles: {none: {job: {core_limit: 0}}}\n"
    project.write(a=f"{head}job: {{name: n, core_limit: 1, cmd_line: ./run, {HERE}}}\n")
    assert [(one["code"], one["start"]["line"]) for one in diagnostics(project)] == [("SPC701", 2)]


def test_submit_refuses_with_the_same_words(project: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(project.root / "state"))
    (one,) = refused(project, "local", "core_limit: 0", '[targets.local]\nrun_as = "caller"\n')
    assert project.run("submit", "a.job.yaml") != 0
    assert one["message"] in project.err + project.out
