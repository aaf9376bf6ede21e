"""`specc check` against tools that check plain YAML of the same size."""

import json
from collections.abc import Callable, Iterator

from benchmarks.corpora import Project
from benchmarks.peers import AJV, CHECK_JSONSCHEMA, SPECC, YAMLLINT, usable
from benchmarks.timing import Contestant

COLD: tuple[str, ...] = ()
"""The options under which `specc check` remembers nothing of an earlier run."""

YAMLLINT_RULES = "{extends: relaxed, rules: {line-length: disable}}"


def specc_check(project: Project, *options: str) -> Contestant:
    command = (SPECC, "check", *options, "--output", "json", *_named(project))
    return Contestant("specc", command, project.root, project.size, _payloads)


def check_peers(project: Project) -> Iterator[Contestant]:
    """Each is given the plain files. Silence is the answer of yamllint, a line that of the others."""
    root, plain = project.root, tuple(str(path.relative_to(project.root)) for path in project.plain)
    yield Contestant("yamllint", (str(YAMLLINT), "-s", "-d", YAMLLINT_RULES, *plain), root)
    schema = ("--schemafile", str(project.schema))
    command = (str(CHECK_JSONSCHEMA), "-vv", *schema, *plain)
    yield Contestant("check-jsonschema", command, root, project.size, _lines_with("plain/"))
    if usable(AJV):
        command = (
            str(AJV),
            "validate",
            "--spec=draft2020",
            "--strict=false",
            "-s",
            str(project.schema),
            "-d",
            "plain/*",
        )
        yield Contestant("ajv-cli", command, root, project.size, _lines_with(" valid"))


def _payloads(text: str) -> int:
    summary = json.loads(text)["summary"]
    return int(summary["payloads"]) if summary["errors"] + summary["warnings"] == 0 else -1


def _lines_with(part: str) -> Callable[[str], int]:
    return lambda text: sum(part in line for line in text.splitlines())


def _named(project: Project) -> tuple[str, ...]:
    """A person who has one spec names it; who has many gives none."""
    return (str(project.specs[0].relative_to(project.root)),) if project.size == 1 else ()
