"""Which line `specc diff` names as the cause."""

import json
import os
from typing import Any

import pytest
from support.projects import SETTINGS, Place
from support.repositories import begin, commit

HEAD = "specc: 1\nextends: specc:serial\n"


def causes(place: Place, before: dict[str, str], after: dict[str, str], *options: str) -> set[str]:
    """Name, values, note and place of each cause. What only the old side says has `before:` there."""
    begin(place.root)
    place.write(**before)
    commit(place.root)
    place.write(**after)
    assert place.run("diff", "HEAD", "--output", "json", *options) == 0, place.err
    groups: list[dict[str, Any]] = json.loads(place.out)["groups"]
    return {_words(group["cause"]) for group in groups}


def _words(cause: dict[str, Any]) -> str:
    at = cause["place"]
    where = f"{at['path'].rpartition(':')[2]}:{at['line']}" if at else ""
    sides = [json.dumps(cause[side]) if side in cause else "-" for side in ("before", "after")]
    note = f" ({cause['note']})" if cause["note"] else ""
    return f"{cause['name']} {' -> '.join(sides)} {'before:' if at and at['side'] == 'old' else ''}{where}{note}"


def spec(*lines: str) -> str:
    return HEAD + "".join(f"{line}\n" for line in lines)


JOB = 'job: {name: n, cmd_line: "x {{ vars.a }}"}'
LIST = "job: {name: n, cmd_line: \"x {{ vars.a | join(',') }}\"}"
SCRIPT = "job: {name: n, cmd_line: {$file: run.sh, env: {A: %s}, args: [%s]}}"


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        (spec("vars: {a: 1}", JOB), spec("vars: {a: 2}", JOB), "vars.a 1 -> 2 s.job.yaml:3"),
        (
            spec("vars:", '  a: "{{ vars.b }}"', "  b: 1", JOB),
            spec("vars:", '  a: "{{ vars.b }}"', "  b: 2", JOB),
            "vars.b 1 -> 2 s.job.yaml:5",
        ),
        (
            spec("vars:", "  a:", "  - p", "  - q", LIST),
            spec("vars:", "  a:", "  - p", "  - r", LIST),
            'vars.a[1] "q" -> "r" s.job.yaml:6',
        ),
        (
            spec("vars: {a: [p]}", LIST),
            spec("vars: {a: [p, q]}", LIST),
            'vars.a ["p"] -> ["p", "q"] s.job.yaml:3',
        ),
        (
            spec("vars:", '  a: ["{{ vars.b }}"]', "  b: 1", LIST),
            spec("vars:", '  a: ["{{ vars.b }}"]', "  b: 2", LIST),
            "vars.b 1 -> 2 s.job.yaml:5",
        ),
        (
            spec("vars: {a: {k: 1, l: 1}}", 'job: {name: n, cmd_line: "x {{ vars.a.k }}"}'),
            spec("vars: {a: {k: 2, l: 1}}", 'job: {name: n, cmd_line: "x {{ vars.a.k }}"}'),
            "vars.a.k 1 -> 2 s.job.yaml:3",
        ),
        (
            spec("vars: {a: 1, b: 2}", 'job: {name: n, cmd_line: "x {{ vars.a if vars.a == 1 else vars.b }}"}'),
            spec("vars: {a: 3, b: 2}", 'job: {name: n, cmd_line: "x {{ vars.a if vars.a == 1 else vars.b }}"}'),
            "vars.a 1 -> 3 s.job.yaml:3",
        ),
        (spec(SCRIPT % (1, 1)), spec(SCRIPT % (2, 1)), 'cmd_line.env {"A": 1} -> {"A": 2} s.job.yaml:3'),
        (spec(SCRIPT % (1, 1)), spec(SCRIPT % (1, 2)), "cmd_line.args [1] -> [2] s.job.yaml:3"),
        (
            spec("vars: {a: 1}", SCRIPT % ('"{{ vars.a }}"', 1)),
            spec("vars: {a: 2}", SCRIPT % ('"{{ vars.a }}"', 1)),
            "vars.a 1 -> 2 s.job.yaml:3",
        ),
        (
            spec("matrix: {axes: {a: [1, 2]}}", 'job: {name: n, cmd_line: "x {{ cell.index }}"}'),
            spec("matrix: {axes: {a: [2, 1]}}", 'job: {name: n, cmd_line: "x {{ cell.index }}"}'),
            "cell.index 0 -> 1 s.job.yaml:4",
        ),
        (
            spec("job: {name: n, cmd_line: x, core_limit: 4}"),
            "specc: 1\nextends: base.job.yaml\njob: {name: n, cmd_line: x, core_limit: 4}\n",
            'time_limit - -> "2h" s.job.yaml:2 (another parent)',
        ),
        (
            "specc: 1\nextends: base.job.yaml\njob: {name: n, cmd_line: x}\n",
            "specc: 1\njob: {name: n, cmd_line: x}\n",
            'time_limit "2h" -> - before:s.job.yaml:2 (another parent)',
        ),
        (
            "specc: 1\nextends: [base.job.yaml, specc:serial]\njob: {name: n, cmd_line: x, core_limit: 1}\n",
            "specc: 1\nextends: [specc:serial]\njob: {name: n, cmd_line: x, core_limit: 1}\n",
            'time_limit "2h" -> - s.job.yaml:2 (another parent)',
        ),
    ],
)
def test_causes(place: Place, before: str, after: str, cause: str) -> None:
    place.put("run.sh", b"./run $A $1\n")
    assert cause in causes(place, {"s": before}, {"s": after})


def test_a_profile_has_its_own_lines(place: Place) -> None:
    lines = ["profiles:", "  p: {job: {core_limit: %d}}", "job: {name: n, cmd_line: x}"]
    before, after = (spec(*lines) % cores for cores in (2, 3))
    assert causes(place, {"s": before}, {"s": after}, "--profile", "p", "s.job.yaml") == {
        "core_limit 2 -> 3 s.job.yaml:4"
    }


def test_another_api(place: Place) -> None:
    os.remove(place.root / "sweep.job.yaml")
    job = "job: {name: n, cmd_line: x, core_limit: 1}"
    found = causes(place, {"s": spec(job)}, {"s": spec("api: ehpc/v2", job)})
    assert 'api "ehpc/v1" -> "ehpc/v2" s.job.yaml:3' in found


def test_units_that_are_new(place: Place) -> None:
    os.remove(place.root / "sweep.job.yaml")
    place.put("specc.toml", SETTINGS.replace("job =", 'units = {mem_limit = "GiB"}\njob =').encode())
    begin(place.root)
    place.write(s=spec("job: {name: n, cmd_line: x, mem_limit: 2GiB}"))
    commit(place.root)
    place.put("specc.toml", SETTINGS.encode())
    assert place.run("diff") == 0
    assert place.out.startswith("1 payload altered: units.mem_limit GiB -> MiB, ")


def test_two_specs_of_one_id(place: Place) -> None:
    one = spec("id: same", "job: {name: %s, cmd_line: x}")
    begin(place.root)
    place.write(a=one % "a", b=one % "b")
    commit(place.root)
    place.write(b=one % "c")
    assert place.run("diff", "--output", "json") == 0
    summary = json.loads(place.out)["summary"]
    assert (summary["altered"], summary["same"]) == (1, 0)


def test_a_script_that_ends_sooner(place: Place) -> None:
    place.put("run.sh", b"./run\n./more\n")
    before = spec("job: {name: n, cmd_line: {$file: run.sh}}")
    begin(place.root)
    place.write(s=before)
    commit(place.root)
    place.put("run.sh", b"./run\n")
    place.run("diff")
    assert place.out.startswith("1 payload altered: cmd_line, the text of run.sh, run.sh:2\n")
    place.put("run.sh", b"./run\n./more\n\n\n")
    place.run("diff")
    assert "run.sh:3\n" in place.out
