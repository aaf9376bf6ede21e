"""Every rule's documentation is true: its Bad example gives exactly this finding, its Good one none."""

import json

import pytest
from support.projects import SETTINGS, Place
from support.tables import each

from specc.rules import RULES
from specc.rules.documentation import Example, document, function_of
from specc.rules.rule import Rule

IDS = [rule.code.slug for rule in RULES]


@pytest.fixture
def project(place: Place) -> Place:
    """An empty project whose target says who runs the jobs, and where."""
    for path in place.root.glob("*.job.yaml"):
        path.unlink()
    place.put("specc.toml", SETTINGS.encode())
    return place


def found(example: Example, project: Place) -> set[str]:
    for name, text in example.files.items():
        project.put(name, text.encode())
    project.run("check", "--output", "json")
    return {finding["code"] for finding in json.loads(project.out)["diagnostics"]}


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_the_bad_example_gives_this_finding_alone(rule: Rule, project: Place) -> None:
    assert found(document(rule).bad, project) == {rule.code.code}


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_the_good_example_is_clean(rule: Rule, project: Place) -> None:
    assert found(document(rule).good, project) == set()


@each("rule", RULES)
def test_a_rule_is_where_its_name_says(rule: Rule) -> None:
    module = document(rule)
    assert module.what
    assert module.why
    assert not module.title.startswith(rule.code.code)
    function = function_of(rule)
    name = rule.code.slug.replace("-", "_")
    assert name in (function.__name__, function.__module__.removeprefix("specc.rules."))


def test_codes_are_unique_and_in_order() -> None:
    codes = [rule.code.code for rule in RULES]
    assert codes == sorted(set(codes))
