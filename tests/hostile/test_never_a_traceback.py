"""No input ends in a traceback: each of these did, or is a relative of one that did."""

import pytest
from projects import Place

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


@pytest.mark.parametrize(
    ("expression", "column"),
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


@pytest.mark.parametrize("attribute", ["'²'", f"'{'1' * 5000}'", "'a.²'", "'__class__'", "1.5", "['a']", "''", "'.'"])
def test_an_attribute_that_is_none_is_a_diagnostic(place: Place, attribute: str) -> None:
    for form in ("map(attribute={})", "groupby({})", "sort(attribute={})", "selectattr({})", "sum(attribute={})"):
        expression = f"vars.cases | {form.format(attribute)}"
        checked(place, f'specc: 1\n{CASES}job: {{name: "{{{{ {expression} | list }}}}"}}\n')


@pytest.mark.parametrize(
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
