"""Paths in fields are read by no shell. What people write all the same, and what they must be able to write."""

import json
from typing import Any

from support.projects import SETTINGS, Place
from support.tables import each


def found(project: Place, field: str, path: str) -> list[dict[str, Any]]:
    for file in project.root.glob("*.job.yaml"):
        file.unlink()
    project.put("specc.toml", SETTINGS.encode())
    head = "specc: 1\nvars: {dir: ~/data}\njob:\n  name: n\n  core_limit: 4\n"
    project.write(a=f"{head}  cmd_line: ./run {{{{ vars.dir | raw }}}}\n  {field}: {json.dumps(path)}\n")
    project.run("check", "--output", "json")
    return [one for one in json.loads(project.out)["diagnostics"] if one["code"] in ("SPC530", "SPC511")]


FIELDS = ("stdout_redirect_path", "stderr_redirect_path", "input_file")


@each("field", FIELDS)
@each(
    "path, word, help",
    [
        ("~/logs/o.txt", "~", "/home/NAME/logs/o.txt"),
        ("~ada/o.txt", "~ada", "/home/NAME/o.txt"),
        ("~", "~", "/home/NAME"),
        ("$HOME/e.txt", "$HOME", "{{ env.HOME }}"),
        ("${SCRATCH}/x", "${SCRATCH}", "{{ env.SCRATCH }}"),
        ("out/$(date).log", "$(date)", "{{ cell.slug }}"),
        ("out/`date`.log", "`date`", "{{ cell.slug }}"),
        ("$SLURM_JOB_ID.out", "$SLURM_JOB_ID", "{{ cell.slug }}"),
        ("$PBS_O_WORKDIR/o.txt", "$PBS_O_WORKDIR", "remove it"),
        ("{{ vars.dir }}/o.txt", "~", "/home/NAME/data/o.txt"),
        ("logs/", "`logs/`", "`logs/"),
        ("/scratch/../", "`/scratch/../`", "`/scratch/../"),
        (".", "`.`", "`./"),
        ("..", "`..`", "`../"),
        ("", "empty", "remove the field"),
        ("  ", "empty", "remove the field"),
        (" o.txt", "blanks", "remove the blanks"),
        ("o.txt\t", "blanks", "remove the blanks"),
        ("o.txt\u3000", "blanks", "remove the blanks"),
    ],
)
def test_what_only_a_shell_would_expand(place: Place, field: str, path: str, word: str, help: str) -> None:
    (one, *_) = found(place, field, path)
    assert (one["code"], one["start"]["line"]) == ("SPC530", 7)
    assert word in one["message"]
    assert help in one["help"]


@each("field", FIELDS)
@each(
    "path",
    [
        "logs/o.txt",
        "/scratch/a b/o.txt",
        "o~",
        "a~1/o",
        "50$.txt",
        "算例/输出.txt",
        "..data/o",
        "./o.txt",
        ".o",
        "a/../o",
        "/dev/null",
    ],
)
def test_plain_paths(place: Place, field: str, path: str) -> None:
    assert found(place, field, path) == []


def test_the_diagnostic_points_at_the_word(place: Place) -> None:
    (one,) = found(place, "stdout_redirect_path", "out/$HOME.txt")
    assert (one["start"]["column"], one["end"]["column"]) == (30, 35)


@each(
    "path, patterns",
    [
        ("o/%A_%a.txt", ["%A", "%a"]),
        ("%4a.out", ["%4a"]),
        ("%x-%J.%03t", ["%x", "%J", "%03t"]),
        ("run.%s", ["%s"]),
        ("100%.txt", []),
        ("a%%j.out", []),
        ("%job.out", []),
    ],
)
def test_patterns_of_sbatch_are_named_each(place: Place, path: str, patterns: list[str]) -> None:
    named = found(place, "stdout_redirect_path", path)
    assert [one["message"].split("`")[1] for one in named] == patterns
    assert all("{{" in (one["help"] or "") for one in named)
