"""`specc check` against tools that check plain YAML of the same size."""

import re
import shutil
from collections.abc import Callable, Iterator

from benchmarks.corpora import Project
from benchmarks.peers import AJV, CHECK_JSONSCHEMA, PYTHON, SCRIPTS, SPECC, YAMLLINT, usable
from benchmarks.timing import Contestant

YAMLLINT_RULES = "{extends: relaxed, rules: {line-length: disable}}"

CLEAN = re.compile(r"checked [\d,]+ files?, ([\d,]+) payloads?: no problems\n")

BROKEN = "specc: 1\nvars: {}\nvars: {}\njob: {}\n"
"""A key twice: an error for every tool here."""


def specc_checks(project: Project) -> Iterator[Contestant]:
    """As on the first day, and once more. The first fills the cache in which the second looks.

    Without options, as people, editors and hooks call it.
    """
    command = (SPECC, "check", *_named(project))
    # Not in the project itself, where nothing is cached.
    caches = project.root.with_name(f"{project.root.name}-caches")
    environment = {"XDG_CACHE_HOME": str(caches), "XDG_STATE_HOME": str(caches)}

    def forget() -> None:
        shutil.rmtree(caches, ignore_errors=True)

    yield Contestant("specc", command, project.root, project.size, payloads_checked, environment, before=forget)
    yield Contestant("specc again", command, project.root, project.size, payloads_checked, environment)


def check_peers(project: Project) -> Iterator[Contestant]:
    """Each is given the plain files. Silence is the answer of yamllint; the others name each file."""
    root, plain = project.root, tuple(str(path.relative_to(project.root)) for path in project.plain)
    yield Contestant("yamllint", (str(YAMLLINT), "-s", "-d", YAMLLINT_RULES, *plain), root)
    command = (str(CHECK_JSONSCHEMA), "-vv", "--schemafile", str(project.schema), *plain)
    yield Contestant("check-jsonschema", command, root, project.size, _lines_with("plain/"))
    if usable(AJV):
        dialect = ("--spec=draft2020", "--strict=false")
        command = (str(AJV), "validate", *dialect, "-s", str(project.schema), "-d", "plain/*")
        yield Contestant("ajv-cli", command, root, project.size, _lines_with(" valid"))


def events_alone(project: Project) -> Contestant:
    """Return a reading of the same files that checks nothing: no checker of YAML can do less."""
    command = (PYTHON, str(SCRIPTS / "pyyaml_events.py"), str(project.specs[0].parent))
    return Contestant("PyYAML's events", command, project.root, project.size, int)


def breaks(project: Project) -> None:
    """One mistake in the last spec and in the last plain file."""
    for path in (project.specs[-1], project.plain[-1]):
        path.write_text(BROKEN, encoding="utf-8")


def payloads_checked(text: str) -> int:
    """Return how many payloads a clean check says that it has checked."""
    clean = CLEAN.fullmatch(text)
    return int(clean[1].replace(",", "")) if clean is not None else -1


def _lines_with(part: str) -> Callable[[str], int]:
    return lambda text: sum(part in line for line in text.splitlines())


def _named(project: Project) -> tuple[str, ...]:
    """A person who has one spec names it; who has many gives none."""
    return (str(project.specs[0].relative_to(project.root)),) if project.size == 1 else ()
