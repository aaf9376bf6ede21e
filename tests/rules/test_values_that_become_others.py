"""Values that reach the job as something else than their author wrote, and values that must be left alone."""

import json
from typing import Any

from support.projects import SETTINGS, Place
from support.tables import each

CODES = ("SPC531", "SPC532", "SPC533", "SPC534")


def check(
    project: Place, head: str = "", job: str = "", *arguments: str, command: str = "./run"
) -> list[dict[str, Any]]:
    for file in project.root.glob("*.job.yaml"):
        file.unlink()
    project.put("specc.toml", SETTINGS.encode())
    name = "" if job.startswith("name:") else "  name: n\n"
    project.write(a=f"specc: 1\n{head}job:\n{name}  core_limit: 4\n  cmd_line: {command}\n  {job}\n")
    project.run("check", *arguments, "--output", "json")
    return [one for one in json.loads(project.out)["diagnostics"] if one["code"] in CODES]


def payload(project: Place, *arguments: str) -> dict[str, Any]:
    assert project.run("render", "a.job.yaml", *arguments) == 0, project.err
    made: dict[str, Any] = json.loads(project.out)
    return made


class TestNumbersInTexts:
    @each("raw", ["3.10", "12.10", "2024.10", "007", "1e3", "144e16", "1e999", "0x1F", "0o17", "+5"])
    @each(
        "head, command",
        [
            ("vars: {v: RAW}\n", "module load gcc/{{ vars.v }}"),
            ("vars: {v: RAW, w: 'gcc/{{ vars.v }}'}\n", "module load {{ vars.w | sh }}"),
            ("vars: {v: RAW, w: '{{ vars.v }}'}\n", "module load gcc/{{ vars.w | raw }}"),
            ("params: {v: {type: number, default: RAW}}\n", "./run {{ params.v }}"),
            ("vars: {v: [a, RAW]}\n", "./run {{ vars.v | sh }}"),
            ("vars: {v: [RAW, a]}\n", "./run {{ vars.v | join(',') | sh }}"),
            ("vars: {v: {a: [0, RAW]}}\n", "./run {{ vars.v.a[1] }}"),
            ("matrix: {axes: {v: [RAW]}}\n", "./run {{ matrix.v }}"),
            ("matrix: {axes: {v: [{a: RAW}]}}\n", "./run {{ matrix.v.a }}"),
        ],
    )
    def test_what_loses_its_form(self, place: Place, raw: str, head: str, command: str) -> None:
        if raw == "1e999" and "matrix" in head:
            return  # an axis refuses infinity
        (one,) = check(place, head.replace("RAW", raw), command=command)
        assert (one["code"], one["start"]["line"], one["help"]) == ("SPC531", 2, f'write "{raw}" to keep it as it is')

    @each("raw", ["3.9", "3", "12.5", "1e-5", "2.5e-3", "0.001", ".5", "-4", "1.0", '"3.10"', "a"])
    def test_what_keeps_it(self, place: Place, raw: str) -> None:
        assert check(place, f"vars: {{v: {raw}}}\n", command="./run {{ vars.v }}") == []

    def test_a_number_that_is_computed_with(self, place: Place) -> None:
        assert check(place, "vars: {v: 1e3}\n", command="./run {{ (vars.v * 2) | int }}") == []
        assert check(place, "vars: {v: [3.10]}\n", command="./run {{ vars.v[0] * 2 }} {{ vars.v | length }}") == []

    def test_what_a_script_is_given(self, place: Place) -> None:
        place.put("run.sh", b"echo $V\n")
        found = check(place, command="{$file: run.sh, env: {V: 3.10}, args: [007, 5]}")
        assert [one["message"] for one in found] == [
            "a text takes this number as `3.1`, and not as `3.10`",
            "a text takes this number as `7`, and not as `007`",
        ]

    def test_the_fix_keeps_what_was_written(self, place: Place) -> None:
        check(place, "vars: {v: 3.10}\n", command="./run {{ vars.v }}")
        place.run("check", "--fix", "--unsafe-fixes", "a.job.yaml")
        assert payload(place)["cmd_line"] == "./run 3.10"


class TestSetKeepsTexts:
    @each("typed", ["144e16", "007", "3.10", "1e999", "true", "5"])
    def test_over_a_text(self, place: Place, typed: str) -> None:
        check(place, "vars: {tag: latest}\n", command="./run:{{ vars.tag }}")
        assert payload(place, "--set", f"vars.tag={typed}")["cmd_line"] == f"./run:{typed}"

    def test_over_a_number_and_over_a_template(self, place: Place) -> None:
        check(place, 'vars: {n: 3, m: "{{ vars.n }}"}\n', job='mem_limit: "{{ vars.n + vars.m }}"')
        assert payload(place, "--set", "vars.n=4")["mem_limit"] == 8
        assert payload(place, "--set", "vars.m=5")["mem_limit"] == 8

    def test_a_text_can_still_be_made_null_or_a_list(self, place: Place) -> None:
        check(place, "vars: {tag: latest}\n", command="./run {{ vars.tag | default('none', true) }}")
        assert payload(place, "--set", "vars.tag=null")["cmd_line"] == "./run none"


class TestBooleans:
    @each("flag", ["true", "false"])
    @each(
        "hole",
        ["{{ vars.b }}", "{{ vars.b | string }}", "{{ '' ~ vars.b }}", "{{ [vars.b] | join }}", "{{ vars.b | sh }}"],
    )
    def test_in_a_text_they_are_written_as_yaml_writes_them(self, place: Place, flag: str, hole: str) -> None:
        place.put("run.sh", b"if $B; then :; fi\n")
        assert (
            check(
                place, f"vars: {{b: {flag}}}\n", f"stdout_redirect_path: e-{hole}", command=f'"if {hole}; then :; fi"'
            )
            == []
        )
        made = payload(place)
        assert (made["cmd_line"], made["stdout_redirect_path"]) == (f"if {flag}; then :; fi", f"e-{flag}")
        check(place, f"vars: {{b: {flag}}}\n", command=f'{{$file: run.sh, env: {{B: "{hole}"}}}}')
        assert payload(place)["cmd_line"].startswith(f"export B={flag}\n")


class TestMissingBraces:
    @each(
        "text, help",
        [
            ("params.n", '"{{ params.n }}"'),
            ("matrix.m", '"{{ matrix.m }}"'),
            ("cell.slug", '"{{ cell.slug }}"'),
            ("'a{params.n}}b'", "{{ params.n }}"),
        ],
    )
    def test_a_text_that_was_meant_to_be_a_template(self, place: Place, text: str, help: str) -> None:
        head = f"params: {{n: {{type: integer, default: 1}}}}\nmatrix: {{axes: {{m: [1, 2]}}}}\nvars:\n  v: {text}\n"
        (one,) = check(place, head, command="./run {{ params.n }} {{ matrix.m }} {{ vars.v | sh }}")
        assert (one["code"], one["start"]["line"]) == ("SPC532", 5)
        assert help in one["help"]

    @each("text", ["params.m", "jobs.n", "my.params.n", "see params.n", "'{params.n}'", "'${params.n}'"])
    def test_what_only_looks_like_one(self, place: Place, text: str) -> None:
        head = f"params: {{n: {{type: integer, default: 1}}}}\nvars: {{v: {text}}}\n"
        assert check(place, head, command="./run {{ params.n }} {{ vars.v | sh }}") == []


class TestForeignQuotes:
    @each("text, plain", [("‘x’", "x"), ("“算例”", "算例"), ("「x」", "x"), ("＂x＂", "x"), ("x’", "x")])
    @each("field", ["name", "stdout_redirect_path"])
    def test_around_a_name_or_a_path(self, place: Place, field: str, text: str, plain: str) -> None:
        (one,) = check(place, job=f"{field}: {text}")
        assert (one["code"], one["help"]) == ("SPC533", f'write `{field}: "{plain}"`')

    def test_around_a_number(self, place: Place) -> None:
        place.write(a="specc: 1\njob:\n  name: n\n  core_limit: “4”\n  cmd_line: ./run\n")
        place.run("check", "--output", "json")
        helps = {one["code"]: one["help"] for one in json.loads(place.out)["diagnostics"]}
        assert helps["SPC533"] == "write `core_limit: 4`"

    @each("text", ["it’s", "a “b” c", "x", '"x"', "’"])
    def test_within_a_name(self, place: Place, text: str) -> None:
        assert check(place, job=f"name: {text}") == []


class TestUnlikelyQuantities:
    @each(
        "line, one, other",
        [
            ("time_limit: 3600", "60h", "1h"),
            ("time_limit: 86400", "60d", "1d"),
            ("mem_limit: 16", "16MiB", "16GiB"),
            ("mem_limit: 64000000", "64000000MiB", "64000000GiB"),
        ],
    )
    def test_both_readings_are_shown(self, place: Place, line: str, one: str, other: str) -> None:
        (found,) = check(place, job=line)
        assert found["code"] == "SPC534"
        assert f"`{one}`" in found["help"]
        assert f"`{other}`" in found["help"]
        field, number = line.split(": ")
        unit = "min" if field == "time_limit" else "MiB"
        assert found["message"] == f"`{field}`: {number} means {one} here: `[units]` counts {field} in {unit}"
        written = line.split(": ")[0] + ": " + one
        assert check(place, job=written) == []

    @each("line", ["time_limit: 120", "time_limit: 2880", "mem_limit: 4096", "mem_limit: 64", "time_limit: 60h"])
    def test_what_people_ask_for(self, place: Place, line: str) -> None:
        assert check(place, job=line) == []

    def test_a_unit_of_another_quantity_says_nothing_of_a_number(self, place: Place) -> None:
        check(place, job="mem_limit: 4096\n  scheduler_queue_name: q")
        settings = SETTINGS.replace('"MiB"', '"min"') + '[targets.hpc.queues.q]\nmax_mem = "1GiB"\n'
        place.put("specc.toml", settings.encode())
        assert place.run("check") == 0, place.out + place.err

    def test_the_project_sets_the_limits(self, place: Place) -> None:
        check(place, job="time_limit: 3600")
        place.put("specc.toml", (SETTINGS + '[rules.quantities]\nmax_time = "100h"\n').encode())
        assert place.run("check") == 0
        place.put("specc.toml", (SETTINGS + '[rules.quantities]\nmax_time = "1:30"\n').encode())
        assert place.run("check") == 2
        assert "1h30m" in place.out
