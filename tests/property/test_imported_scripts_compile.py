"""Any script is either imported or refused with a reason, and what is imported passes `check` and `render`."""

import re
from collections.abc import Iterable

from hypothesis import example, given
from hypothesis import strategies as st
from support.compiling import Files, context, request
from support.laws import law
from support.migrating import migrated_or_refused

from specc.compiler import check_document, payloads
from specc.diagnostics import Diagnostic
from specc.migration import Migrated
from specc.migration.arrays import axis, read_tasks
from specc.migration.options import KNOWN, SHORT
from specc.parser import Parsed

many = law(100)

CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\n")
VALUES = st.one_of(
    st.text(CHARACTERS, max_size=12),
    st.text("0123456789-:,%[]", max_size=8),
    st.sampled_from(
        ["4", "1-3", "2:00:00", "4G", "%x-%j", "%A_%a.out", "{{ x }}", "{% if %}", "a,b=c", "\\", "yes", "ALL,X=1"]
    ),
)
NAMES = st.sampled_from(sorted(KNOWN))
USED = st.sampled_from(
    ["array", "nodes", "ntasks", "mem", "time", "job-name", "output", "error", "export", "partition"]
)


ARGUMENTS = st.lists(
    st.sampled_from(
        ["CASE=$1\n", "./run ${2:-fine} $3\n", "f() { echo $4; }\n", "in=${1:-}\n", "set -- a\n", "echo '$5' $10\n"]
    ),
    max_size=4,
).map("".join)


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


DIRECTIVES = st.one_of(
    st.builds(lambda name, value: f"--{name}={quoted(value)}", NAMES, VALUES),
    st.builds(lambda name, value: f"--{name} {quoted(value)}", USED, VALUES),
    st.builds(lambda letter, value: f"-{letter}{value}", st.sampled_from(sorted(SHORT)), VALUES),
    VALUES,
)
BODIES = (
    st.text(CHARACTERS, max_size=60)
    | st.sampled_from(["srun $SLURM_NTASKS ${SLURM_JOB_NAME}\n", "{{ x\n", "#SBATCH x"])
    | ARGUMENTS
)
SCRIPTS = st.builds(
    lambda lines, body: "#!/bin/bash\n" + "".join(f"#SBATCH {line}\n" for line in lines) + body,
    st.lists(DIRECTIVES, max_size=5),
    BODIES,
)
UNITS = st.fixed_dictionaries(
    {}, optional={"mem_limit": st.sampled_from(["MiB", "GB", "B"]), "time_limit": st.sampled_from(["min", "d", "s"])}
)


def mistakes(found: Iterable[object]) -> list[str]:
    """What the import did wrong. What rules (SPC5..) find was there before: a path of blanks, no command."""
    wrong = (each for each in found if isinstance(each, Diagnostic) and each.code.code[3] != "5")
    return [f"{each.code.code}: {each.message}" for each in wrong]


def assert_compiles(migrated: Migrated, units: dict[str, str]) -> list[dict[str, object]]:
    files = Files({"run.job.yaml": migrated.spec, "run.sh": migrated.script})
    parsed = files.document("run.job.yaml")
    assert isinstance(parsed, Parsed)
    assert parsed.document is not None, parsed.diagnostics
    world = context(files, units=units)
    found = [*parsed.diagnostics, *check_document(parsed.document, world, request())]
    assert mistakes(found) == []
    needed = re.findall(r"^  (\w+): \{type: string, description", migrated.spec, re.MULTILINE)
    made = list(payloads(parsed.document, world, request(p=[f"{name}=x" for name in needed])))
    assert mistakes(made) == []
    return [each.body for each in made if not isinstance(each, Diagnostic)]


@many
@given(SCRIPTS | st.text(max_size=80), UNITS)
@example("#!/bin/bash\n#SBATCH -J ''\n", {})
@example("#!/bin/bash\n#SBATCH --mem=9999999999999G -t 99999999-0 -n 2147483647 -c 2147483647\n", {})
@example("#!\n#SBATCH -n4\n", {})
@example("#!/usr/bin/env\n#SBATCH -n4\n", {})
@example("#!/bin/bash\n#SBATCH -n 1\nCASE=$1 arg2=$3 ${2:-fine}\n", {})
@example("#!/bin/sh\n#SBATCH -J a -o \x85%x\u2028\ufeff\n", {})
def test_any_script_ends_well(text: str, units: dict[str, str]) -> None:
    outcome = migrated_or_refused(text, units)
    if isinstance(outcome, Migrated):
        if len(outcome.spec) < 3000:
            assert_compiles(outcome, units)
    else:
        assert outcome
        for finding in outcome:
            assert "\n" not in finding.message
            assert 0 <= finding.span.start <= finding.span.end <= len(text)


@many
@given(st.text(CHARACTERS.filter(lambda c: c not in "\n,"), min_size=1, max_size=20), st.booleans())
def test_a_name_and_a_path_arrive_as_they_are(text: str, is_array: bool) -> None:
    """Whatever signs they hold of YAML, Jinja or the shell."""
    path = text.replace("\\", "/").replace("%", "%%")
    array = "#SBATCH -a 7\n" if is_array else ""
    value = quoted(text)
    script = (
        f"#!/bin/bash\n#SBATCH -p {value}\n#SBATCH -J {value}\n{array}#SBATCH -o {quoted(path)} --export=V={value}\n"
    )
    outcome = migrated_or_refused(script, {})
    assert isinstance(outcome, Migrated), [each.message for each in outcome]
    (body,) = assert_compiles(outcome, {})
    assert body["name"] == text + ("-7" if is_array else "")
    assert body["scheduler_queue_name"] == text
    assert body["stdout_redirect_path"] == text.replace("\\", "/")


FOREIGN_WORDS = st.one_of(
    st.builds(lambda name, value: f"-{name} {value}", st.sampled_from("lNqojeJtvMAPWra"), VALUES),
    st.builds(
        lambda name, value: f"-l {name}={value}",
        st.sampled_from(["walltime", "mem", "pmem", "select", "nodes", "ncpus", "h_rt", "h_vmem", "gpus", "x"]),
        VALUES | st.text("0123456789:+=ncpumgb,.", max_size=20),
    ),
    st.builds(lambda name, value: f"-{name} {value}", st.sampled_from(["pe", "pe mpi", "wd", "tc", "cwd"]), VALUES),
)


@many
@given(st.sampled_from(["#PBS", "#$"]), st.lists(FOREIGN_WORDS, min_size=1, max_size=4), BODIES)
@example("#PBS", ["-l select=+", "-l nodes=1:ppn=²"], "")
@example("#$", ["-o \x85"], "")
def test_any_script_of_another_scheduler_ends_well(mark: str, words: list[str], body: str) -> None:
    text = "#!/bin/bash\n" + "".join(f"{mark} {word}\n" for word in words) + body
    outcome = migrated_or_refused(text, {"mem_limit": "MiB", "time_limit": "min"})
    if isinstance(outcome, Migrated):
        if len(outcome.spec) < 3000:
            assert_compiles(outcome, {"mem_limit": "MiB", "time_limit": "min"})
    else:
        assert outcome
        assert all("\n" not in each.message for each in outcome)


def tasks_by_definition(text: str) -> list[int]:
    """The tasks as the manual defines them, without any of our code."""
    found: set[int] = set()
    for entry in text.split("%")[0].split(","):
        ends, _, step = entry.partition(":")
        first, _, last = ends.partition("-")
        number = int(first)
        while number <= int(last or first):
            found.add(number)
            number += int(step or 1)
    return sorted(found)


ENTRIES = st.one_of(
    st.integers(0, 60).map(str),
    st.builds(lambda a, n: f"{a}-{a + n}", st.integers(0, 40), st.integers(0, 9)),
    st.builds(lambda a, n, s: f"{a}-{a + n}:{s}", st.integers(0, 40), st.integers(0, 9), st.integers(1, 4)),
)


@many
@given(st.lists(ENTRIES, min_size=1, max_size=4).map(",".join), st.sampled_from(["", "%1", "%20"]))
def test_an_array_has_the_tasks_of_its_definition(text: str, limit: str) -> None:
    tasks = read_tasks(text + limit)
    assert not isinstance(tasks, str), tasks
    assert list(tasks.numbers) == tasks_by_definition(text)
    assert tasks.at_once == (int(limit[1:]) if limit else None)
    script = f"#!/bin/sh\n#SBATCH --array={text}{limit}\n./run\n"
    outcome = migrated_or_refused(script, {})
    assert isinstance(outcome, Migrated)
    assert f"task: {axis(tasks)}\n" in outcome.spec
    names = [body["name"] for body in assert_compiles(outcome, {})]
    assert names == [f"run-{number}" for number in tasks_by_definition(text)]
