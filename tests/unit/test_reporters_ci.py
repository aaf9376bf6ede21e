"""The reports that code hosts and build servers read, held to their own schemas."""

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
from support.tables import each

from specc.diagnostics import Edit, Fix, Label
from specc.diagnostics.codes import DEAD_EXCLUDE, UNKNOWN_FIELD, WRONG_TYPE
from specc.diagnostics.codes import SAME_JOB_NAME as NAME
from specc.reporters import Report, ReportFormat, Summary, report_text
from specc.reporters.counts import statistics
from specc.reporters.text import Links
from specc.reporters.text import render as text_report
from specc.source import Source

DATA = Path(__file__).parent.parent / "data"
SARIF = jsonschema.Draft4Validator(
    json.loads((DATA / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")),
    format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER,
)
SUMMARY = Summary(files=2, specs=1, payloads=0, errors=2, warnings=1)

SOURCE = Source("jobs/流体 1.job.yaml", "job:\n  😀名: x\n  core_limit: 1\n")
BASE = Source("../base/a,b:c%.job.yaml", "job:\n  cmd_line: |\n    a\n    b\n\n\n")
FIELD = UNKNOWN_FIELD.at(
    SOURCE.span(8, 9),
    "unknown field `名`",
    label="here",
    labels=(Label(BASE.span(0, 3), "inherited from here"), Label(Source("--set", "job.a=1").span(0, 5), "and here")),
    notes=("a note",),
    help="did you mean `name`?",
)
BLOCK = WRONG_TYPE.at(BASE.span(17, len(BASE.text)), "a\nb 100%")
WARNING = DEAD_EXCLUDE.at(SOURCE.span(14, 24), "changes nothing")
OPTION = UNKNOWN_FIELD.at(Source("--set", "job.nmae=1").span(4, 8), "unknown field `nmae`")
SHIPPED = WRONG_TYPE.at(Source("specc:mpi", "x").span(0, 1), "wrong")
ALL = (WARNING, OPTION, BLOCK, FIELD, SHIPPED)


def report(*found, folder="/repo/cfd", repository="/repo"):
    return Report(found, SUMMARY, folder, repository)


def sarif(*found, **places):
    document = json.loads(report_text(report(*found, **places), ReportFormat.SARIF))
    SARIF.validate(document)
    return document["runs"][0]


def results(*found, **places):
    return sarif(*found, **places)["results"]


def test_sarif_says_the_rules():
    run = sarif(*ALL)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["SPC224", "SPC401", "SPC402"]
    assert [rule["name"] for rule in rules] == ["dead-exclude", "unknown-field", "wrong-type"]
    assert rules[1]["shortDescription"] == {"text": "A field that the API does not have."}
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert [rule["defaultConfiguration"]["level"] for rule in rules] == ["warning", "error", "error"]


def test_sarif_holds_what_the_manual_says():
    help = sarif(NAME.at(SOURCE.span(0, 3), "two jobs"), FIELD)["tool"]["driver"]["rules"]
    assert help[0]["help"]["text"].startswith("A field that the API does not have.\n\n## What\n")
    assert "\n\n## Fix\nCorrect the name" in help[0]["help"]["text"]
    for rule in help:
        assert all(f"## {part}\n" in rule["help"]["markdown"] for part in ("What", "Why", "Bad", "Good"))


@each("is_safe", [False, True])
def test_sarif_offers_fixes(is_safe):
    edits = (Edit(SOURCE.span(8, 9), "name"), Edit(SOURCE.span(14, 28), ""))
    (result,) = results(replace(FIELD, fix=Fix("mend it", edits, is_safe)))
    (fix,) = result["fixes"]
    assert fix["description"]["text"] == ("mend it" if is_safe else "mend it (a guess: read the change first)")
    (change,) = fix["artifactChanges"]
    assert unquote(change["artifactLocation"]["uri"]) == "cfd/jobs/流体 1.job.yaml"
    assert [patched(SOURCE.text, each) for each in change["replacements"]] == [
        SOURCE.text[:8] + "name" + SOURCE.text[9:],
        SOURCE.text[:14] + SOURCE.text[28:],
    ]


def patched(text, replacement):
    """The text after a replacement, as a viewer makes it that counts in UTF-16."""
    region, lines = replacement["deletedRegion"], text.split("\n")
    starts = [len("\n".join([*lines[:number], ""]).encode("utf-16-le")) // 2 for number in range(len(lines))]
    start, end = (2 * (starts[region[f"{at}Line"] - 1] + region[f"{at}Column"] - 1) for at in ("start", "end"))
    units = text.encode("utf-16-le")
    inserted = replacement.get("insertedContent", {"text": ""})["text"].encode("utf-16-le")
    return (units[:start] + inserted + units[end:]).decode("utf-16-le")


def test_sarif_offers_no_fix_of_what_is_in_no_file():
    fix = Fix("mend it", (Edit(OPTION.span, "name"),), is_safe=True)
    assert "fixes" not in results(replace(OPTION, fix=fix))[0]


def test_sarif_without_findings():
    run = sarif()
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True}]


def test_sarif_counts_columns_in_utf_16():
    run = sarif(FIELD)
    (result,) = run["results"]
    assert run["columnKind"] == "utf16CodeUnits"
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 2, "startColumn": 5, "endLine": 2, "endColumn": 6}
    line = SOURCE.line(2).encode("utf-16-le")
    assert line[(region["startColumn"] - 1) * 2 : (region["endColumn"] - 1) * 2].decode("utf-16-le") == "名"


def test_sarif_ends_a_block_with_its_text():
    (result,) = results(BLOCK)
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 2, "startColumn": 13, "endLine": 4, "endColumn": 6}


def test_sarif_paths_are_from_the_repository_and_encoded():
    (result,) = results(FIELD)
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact["uri"].isascii()
    assert unquote(artifact["uri"]) == "cfd/jobs/流体 1.job.yaml"
    assert artifact["uriBaseId"] == "%SRCROOT%"
    related = [place.get("physicalLocation") for place in result["relatedLocations"]]
    assert related[0]["artifactLocation"]["uri"] == "base/a%2Cb%3Ac%25.job.yaml"


def test_sarif_of_a_file_outside_of_the_repository():
    (result,) = results(BLOCK, repository="/repo/cfd")
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "file:///repo/base/a%2Cb%3Ac%25.job.yaml"}


def test_sarif_names_what_is_in_no_file():
    option, shipped = results(OPTION, SHIPPED)
    assert option["locations"] == [{"logicalLocations": [{"fullyQualifiedName": "--set job.nmae=1"}]}]
    assert shipped["locations"] == [{"logicalLocations": [{"fullyQualifiedName": "specc:mpi"}]}]


def test_sarif_messages_hold_the_way_out():
    (result,) = results(FIELD)
    assert result["message"]["text"] == "unknown field `名`\nnote: a note\nhelp: did you mean `name`?"
    assert [place["message"]["text"] for place in result["relatedLocations"]] == ["inherited from here", "and here"]
    assert [place["id"] for place in result["relatedLocations"]] == [1, 2]


def test_sarif_of_an_unreadable_file_has_no_region():
    (result,) = results(WRONG_TYPE.at(Source("a\udcff.job.yaml", "").span(), "cannot read"))
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "cfd/a%FF.job.yaml", "uriBaseId": "%SRCROOT%"}}


def prints(*found, **places):
    issues = json.loads(report_text(report(*found, **places), ReportFormat.GITLAB))
    fingerprints = [issue["fingerprint"] for issue in issues]
    partial = [result["partialFingerprints"]["speccFingerprint/v1"] for result in results(*found, **places)]
    assert fingerprints == partial
    assert len(set(fingerprints)) == len(fingerprints)
    return fingerprints


def at(text, word, path="a.job.yaml", nth=0):
    start = [match.start() for match in re.finditer(re.escape(word), text)][nth]
    return WRONG_TYPE.at(Source(path, text).span(start, start + len(word)), "wrong")


def test_a_fingerprint_survives_lines_above_and_other_indentation():
    before = prints(at("job:\n  a: 1\n", "1"))
    assert prints(at("# more\n\njob:\n    a: 1\n", "1")) == before
    assert prints(at("job:\n  a: 2\n", "2")) != before
    assert prints(at("job:\n  a: 1\n", "1", path="b.job.yaml")) != before


def test_a_fingerprint_does_not_depend_on_the_folder():
    one = prints(at("a: 1\n", "1", path="cfd/a.job.yaml"), folder="/repo")
    assert prints(at("a: 1\n", "1", path="a.job.yaml"), folder="/repo/cfd") == one


def test_equal_lines_have_their_own_fingerprints():
    text = "a: 1\nb:\n  a: 1\n"
    first, second = at(text, "1"), at(text, "1", nth=1)
    both = prints(first, second)
    assert both[0] == prints(first)[0]
    assert prints(second, first) == both


GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string"},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string"},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer"}}},
                },
            },
        },
    },
}


def test_gitlab():
    issues = json.loads(report_text(report(*ALL), ReportFormat.GITLAB))
    jsonschema.validate(issues, GITLAB)
    by_check = {issue["check_name"]: issue for issue in issues if issue["location"]["path"].startswith("cfd/jobs/")}
    assert by_check["SPC224"]["severity"] == "minor"
    assert by_check["SPC401"]["severity"] == "major"
    assert by_check["SPC401"]["location"] == {"path": "cfd/jobs/流体 1.job.yaml", "lines": {"begin": 2, "end": 2}}
    assert by_check["SPC401"]["description"] == "unknown-field: unknown field `名` (did you mean `name`?)"
    assert json.loads(report_text(report(), ReportFormat.GITLAB)) == []


def unescape(text):
    for code, char in (("%0A", "\n"), ("%0D", "\r"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


def commands(*found):
    """Read as GitHub's runner does."""
    lines = report_text(report(*found), ReportFormat.GITHUB).splitlines()
    parsed = [re.fullmatch(r"::(\w+) (.*?)::(.*)", line) for line in lines]
    return [
        (command[1], dict(map(unescape, pair.split("=", 1)) for pair in command[2].split(",")), unescape(command[3]))
        for command in parsed
        if command
    ]


def test_github_errors_come_first():
    assert [kind for kind, _, _ in commands(*ALL)] == ["error", "error", "error", "error", "warning"]
    assert commands() == []


def test_github_escapes():
    ((_, place, message),) = commands(BLOCK)
    assert place == {"file": "base/a,b:c%.job.yaml", "line": "2", "endLine": "4", "title": "SPC402 wrong-type"}
    assert message == "a\\nb 100%"


def test_github_says_columns_within_a_line():
    ((_, place, message),) = commands(FIELD)
    assert (place["col"], place["endColumn"]) == ("4", "5")
    assert place["file"] == "cfd/jobs/流体 1.job.yaml"
    assert message == "unknown field `名`\nnote: a note\nhelp: did you mean `name`?"


def test_github_names_the_option():
    ((_, place, message),) = commands(OPTION)
    assert place == {"title": "SPC401 unknown-field"}
    assert message == "--set job.nmae=1: unknown field `nmae`"


@each(
    "errors, warnings, shown, said",
    [
        (10, 10, 20, None),
        (11, 0, 10, "1 error more not annotated"),
        (0, 12, 10, "2 warnings more not annotated"),
        (1510, 11, 20, "1,500 errors and 1 warning more not annotated"),
    ],
)
def test_github_says_how_many_it_left_out(errors, warnings, shown, said):
    found = commands(*[FIELD] * errors, *[WARNING] * warnings)
    annotations = [kind for kind, _, _ in found if kind != "notice"]
    assert len(annotations) == shown
    assert annotations == sorted(annotations)
    notices = [message for kind, _, message in found if kind == "notice"]
    assert len(notices) == (said is not None)
    assert all(notice.startswith(f"{said}: GitHub shows 10 of each kind") for notice in notices)


@cache
def junit_schema():
    import xmlschema  # half a second, for which no process waits that runs other tests

    return xmlschema.XMLSchema(str(DATA / "junit-10.xsd"))


def junit(*found):
    text = report_text(report(*found), ReportFormat.JUNIT)
    junit_schema().validate(text)
    return ElementTree.fromstring(text)


def test_junit_one_suite_for_each_file():
    root = junit(*ALL)
    assert root.attrib == {"name": "specc", "tests": "5", "failures": "4", "errors": "0"}
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == {"--set", "specc:mpi", "../base/a,b:c%.job.yaml", "jobs/流体 1.job.yaml"}
    field, warning = suites["jobs/流体 1.job.yaml"]
    assert field.get("name") == "SPC401 unknown-field: unknown field `名`"
    failure = field.find("failure")
    assert failure is not None
    assert failure.get("message") == "unknown field `名`"
    assert failure.text == (
        "jobs/流体 1.job.yaml:2:4: error: unknown field `名`\nnote: a note\nhelp: did you mean `name`?"
    )
    assert warning.find("failure") is None
    assert "changes nothing" in (warning.findtext("system-out") or "")


def test_junit_without_findings_is_one_test_that_passed():
    root = junit()
    assert root.get("tests") == "1"
    assert [case.get("name") for case in root.iter("testcase")] == ["no problems"]


def test_junit_tests_have_names_of_their_own():
    text = "a: 1\nb: 1\n"
    names = [case.get("name") for case in junit(at(text, "1"), at(text, "1", nth=1)).iter("testcase")]
    assert names == ["SPC402 wrong-type: wrong", "SPC402 wrong-type: wrong (2)"]


@each("odd", ["\0", "\x1b[31m", "\ud800", "\ufffe", "]]>", "<&\"'>", "\x85", "a\nb"])
def test_junit_holds_any_text(odd):
    root = junit(WRONG_TYPE.at(Source(f"a{odd}.job.yaml", "x").span(0, 1), f"odd {odd}", help=odd))
    assert "odd" in (root.find(".//failure").get("message") or "")


@each("name", ["github", "gitlab", "junit", "sarif"])
def test_each_can_be_written_as_utf_8(name):
    odd = WRONG_TYPE.at(Source("a\udcff\n::error::.job.yaml", "\x1b").span(0, 1), "\udcff", help="\ud800\n::error::")
    text = report_text(report(odd, *ALL), ReportFormat(name))
    assert text.encode("utf-8")
    assert name != "github" or not any(line.startswith("::error::") for line in text.splitlines())


def test_statistics():
    assert statistics(report(FIELD, OPTION, WARNING, BLOCK, SHIPPED, OPTION), color=False) == (
        "3  error    SPC401  unknown-field  a field that the API does not have\n"
        "2  error    SPC402  wrong-type     a value of another type than the API's table says\n"
        "1  warning  SPC224  dead-exclude   an exclude or include entry that changes nothing\n"
    )
    assert statistics(report(), color=False) == ""
    assert "\x1b[1;31merror  \x1b[0m" in statistics(report(FIELD), color=True)


def test_links_in_text():
    links = Links("/repo/cfd", "login-1")
    plain = text_report(report(FIELD, OPTION), color=False)
    linked = text_report(report(FIELD, OPTION), color=False, links=links)
    found = re.findall(r"\x1b\]8;;(file:[^\x1b]*)\x1b\\(.*?)\x1b\]8;;\x1b\\", linked)
    uri, shown = found[0]
    assert unquote(uri) == "file://login-1/repo/cfd/jobs/流体 1.job.yaml"
    assert shown == "jobs/流体 1.job.yaml:2:4"
    assert not any("--set" in shown for _, shown in found)
    assert re.sub(r"\x1b\]8;;[^\x1b]*\x1b\\", "", linked) == plain
    assert "file://login-1/a.yaml" in links.path("/a.yaml", "a.yaml")


def test_many_findings_are_all_shown_with_a_way_to_count_them():
    text = text_report(report(*[FIELD] * 51), color=False)
    assert text.count("unknown-field") == 51
    assert text.endswith("help: `--statistics` counts them by code\n")
    assert "--statistics" not in text_report(report(*[FIELD] * 50), color=False)
