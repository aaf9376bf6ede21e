"""No input ends in a traceback: each of these did, or is a relative of one that did."""

import os
import subprocess

import pytest
from support.projects import Place
from support.tables import each

HEAD = "specc: 1\njob: {core_limit: 1, name: n, zone: z, cluster_id: c, run_user: u"
JOB = "job: {name: n, cmd_line: run}\n"
CASES = "vars: {cases: [{name: a, id: 1}, {name: b, id: 2}]}\n"
NINES = "9" * 4400


def checked(place: Place, text: str) -> str:
    """What a check says of a spec; it must end with diagnostics or without."""
    place.write(**{"odd.job.yaml": text})
    assert place.run("check", "--no-cache", "odd.job.yaml") in (0, 1), place.err
    out = place.out
    assert place.run("render", "odd.job.yaml") in (0, 1), place.err
    return out


@each(
    "expression, column",
    [
        ("vars.cases | map(attribute='nmae')", "'nmae'"),
        ("vars.cases | map(attribute='nmae') | join(',')", "'nmae'"),
        ("vars.cases | map(attribute='nmae') | first", "'nmae'"),
        ("vars.cases | groupby('nmae')", "'nmae'"),
        ("vars.cases | groupby(attribute='nmae') | list", "'nmae'"),
        ("vars.cases | sort(attribute='nmae')", "'nmae'"),
        ("vars.cases[:1] | sort(attribute='nmae')", "'nmae'"),
        ("vars.cases | sort(false, false, 'id,nmae')", "'id,nmae'"),
        ("vars.cases | sum('nmae')", "'nmae'"),
        ("vars.cases | sum(attribute='nmae')", "'nmae'"),
        ("vars.cases | selectattr('nmae') | list", "'nmae'"),
        ("vars.cases | rejectattr('nmae', 'eq', 1) | list", "'nmae'"),
        ("vars.cases | unique(attribute='nmae') | list", "'nmae'"),
        ("vars.cases | min(attribute='nmae')", "'nmae'"),
        ("vars.cases | max(attribute='nmae')", "'nmae'"),
        ("vars.cases | join(',', 'nmae')", "'nmae'"),
        ("[vars.cases] | map('sum', attribute='nmae') | list", "'nmae'"),
        ("[[vars.cases | map(attribute='nmae')]]", "'nmae'"),
        ("{'a': vars.cases | map(attribute='nmae')}", "'nmae'"),
    ],
)
def test_a_misspelled_attribute_is_found_at_its_place(place: Place, expression: str, column: str) -> None:
    text = f'specc: 1\n{CASES.rstrip()[:-1]}, a: "{{{{ {expression} }}}}"}}\n{JOB}'
    place.write(**{"odd.job.yaml": text})
    assert place.run("check", "--no-cache", "--output", "concise", "odd.job.yaml") == 1
    line = text.splitlines()[1]
    (found,) = [said for said in place.out.splitlines() if "SPC302" in said]
    assert found.startswith(f"odd.job.yaml:2:{line.index(column) + 1}:")
    assert place.run("check", "--no-cache", "odd.job.yaml") == 1
    assert "did you mean `name`?" in place.out


@each("attribute", ["'²'", f"'{'1' * 5000}'", "'a.²'", "'__class__'", "1.5", "['a']", "''", "'.'"])
def test_an_attribute_that_is_none_is_a_diagnostic(place: Place, attribute: str) -> None:
    for form in ("map(attribute={})", "groupby({})", "sort(attribute={})", "selectattr({})", "sum(attribute={})"):
        expression = f"vars.cases | {form.format(attribute)}"
        checked(place, f'specc: 1\n{CASES}job: {{name: "{{{{ {expression} | list }}}}"}}\n')


@each(
    "expression",
    [
        *(
            "'' * 10 ** 20",
            "10 ** 20 * ''",
            "[] * 10 ** 20",
            "() * 10 ** 20",
            "'a' * (-(10 ** 20))",
            "[1] * (-(10 ** 20))",
        ),
        *("'a' * 10 ** 20", "[1] * 10 ** 20", "'abc'[10 ** 20:]", "'abc'[:-(10 ** 20)]", "'abc'[::10 ** 20]"),
        *("[1][10 ** 20]", "range(10 ** 20)", "range(0, 10 ** 20, 10 ** 19) | list", "1 / 0", "1 % 0", "1 // 0.0"),
        *("(-8) ** 0.5", "10 ** 400 / 3", "10 ** 400 + 1.5", "0 ** -1", "2 ** 10 ** 10", "1e308 * 10", "-(1e308 * 10)"),
        *("(1e308 * 10) | int", "(1e308 * 10 - 1e308 * 10) | int", "(1e308 * 10) | round", "10 ** 400 | float"),
        *("(1e308 * 10) | gib", "(1e308 * 10 - 1e308 * 10) | gib", "10 ** 400 | gib", "(1e308 * 10) | minutes"),
        *(
            "'9' * 5000 | int",
            "('9' * 5000) | int",
            "('f' * 5000) | int(0, 16)",
            "('9' * 5000) | float",
            "'1e999' | int",
        ),
        *("'%d' | format(10 ** 1000)", "'%c' % 10 ** 20", "'%d' % (1e308 * 10)", "'%5000d' % 1", "'%.999f' % 0.1"),
        *(
            "'abc' | center(10 ** 20)",
            "'abc'.ljust(10 ** 20)",
            "'abc' | indent(10 ** 20)",
            "'abc' | truncate(10 ** 20)",
        ),
        *(
            "'abc' | truncate(-(10 ** 20))",
            "[1] | batch(10 ** 20) | list",
            "[1] | batch(0) | list",
            "[1] | slice(0) | list",
        ),
        *(
            "[1] | slice(10 ** 20) | list",
            "1.5 | round(10 ** 20)",
            "'abc'.replace('a', 'b', 10 ** 20)",
            "'a'.zfill(10 ** 20)",
        ),
        *(
            "'abc'.split('a', 10 ** 20)",
            "'abc'.split('')",
            "'a b'.split(none, -(10 ** 20))",
            "[1].index(2)",
            "'a'.index('b')",
        ),
        *(
            "{['a'] | map('upper'): 1}",
            "1 | default(boolean=1, boolean=2)",
            "'a'.split(sep='b', sep='c')",
            "'abc'.find('a', 10 ** 20)",
            "'abc'.expandtabs(10 ** 20)",
            "[1] | sum(start=10 ** 1000)",
            "5 is divisibleby 0",
        ),
        *(
            "[{}] | sort",
            "[1, 'a'] | sort",
            "[1, 'a'] | max",
            "{[]: 1}",
            "[[]] | unique | list",
            "{'a': 1}[[]]",
            "none | abs",
        ),
    ],
)
def test_no_operator_filter_or_method_fails_on_odd_numbers(place: Place, expression: str) -> None:
    checked(place, f'{HEAD}, cmd_line: "run {{{{ {expression} }}}}"}}\nvars: {{a: "{{{{ {expression} }}}}"}}\n')


def test_a_number_of_ranks_that_python_will_not_read_is_no_traceback(place: Place) -> None:
    for launcher in ("mpirun -np ", "mpiexec -n ", "srun -n", "srun --ntasks="):
        checked(place, f'{HEAD}, cmd_line: "{launcher}{NINES} ./solver"}}\n')


LONG = ["9" * 4400, "-" + "9" * 4400, "0x" + "f" * 4400, "1e4400", "9" * 400, ".inf", ".nan"]
PLACES = [
    *("job: {{core_limit: {}}}", "job: {{mem_limit: {}}}", "job: {{time_limit: '{}:00'}}", "job: {{{}: 1}}", "id: {}"),
    *("params: {{n: {{type: integer, default: {}}}}}", "params: {{n: {{type: number, minimum: {}, default: 1}}}}"),
    *("matrix: {{axes: {{a: [{}]}}}}", "matrix: {{axes: {{a: {{from: 1, to: {}}}}}}}", "matrix: {{max: {}}}"),
    *("matrix: {{axes: {{a: [1]}}, exclude: [{{a: {}}}]}}", "vars: {{a: '{{{{ {} }}}}'}}", "vars: {{a: {}}}"),
]


@each("form", PLACES)
def test_a_number_of_any_length_may_stand_anywhere(place: Place, form: str) -> None:
    for number in LONG:
        checked(place, f"specc: 1\n{form.format(number)}\n")


@each("name", ["n", "s", "f"])
def test_a_number_of_any_length_may_be_given(place: Place, name: str) -> None:
    params = "params: {n: {type: integer, default: 1}, s: {type: string, default: a}, f: {type: number, default: 1}}\n"
    place.write(given=f'specc: 1\n{params}matrix: {{axes: {{a: [1]}}}}\n{HEAD[9:]}, cmd_line: "{{{{ params.s }}}}"}}\n')
    for number in LONG:
        for options in (("-p", f"{name}={number}"), ("--set", f"job.core_limit={number}"), ("--only", f"a={number}")):
            for command in ("check", "render"):
                if command == "render" or options[0] != "--only":
                    assert place.run(command, "given.job.yaml", *options) in (0, 1), place.err


@pytest.mark.slow
@pytest.mark.parametrize(("depth", "name"), [(1_100, "d"), (300, "d" * 20)])
def test_folders_may_be_nested_deeper_than_any_stack(
    place: Place, monkeypatch: pytest.MonkeyPatch, depth: int, name: str
) -> None:
    """Where the path is longer than what the system takes, the folder is named."""
    for _ in range(depth):
        os.mkdir(name)
        os.chdir(name)
    with open("deep.job.yaml", "w", encoding="utf-8") as spec:
        spec.write("specc: 1\njob: {name: deep, core_limit: 1, cmd_line: run}\n")
    os.chdir(place.root)
    for command in (("check", "--no-cache"), ("graph",), ("fmt", "--check")):
        code = place.run(*command)
        assert code in (0, 1) if len(name) == 1 else code == 2, place.err
        assert "Traceback" not in place.err
    if len(name) > 1:
        assert "nested too deeply" in place.err
        assert len(place.err) < 1_000
    subprocess.run(["rm", "-rf", name], cwd=place.root, check=True)
