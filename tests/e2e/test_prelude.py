"""The lines that a target puts before every command: in payloads, explanations, diagnostics, and in the job."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import compiling
from support.local_jobs import Place as Jobs
from support.local_jobs import place_at
from support.projects import Place
from support.repositories import begin, commit
from support.tables import each

from specc.app.serving import served_target
from specc.app.session import Session
from specc.compiler import Context, check_document, payloads
from specc.diagnostics import Diagnostic
from specc.lowering import Payload, receive
from specc.nodes import Layer, LayerKind, Scalar, Style
from specc.person import Nobody
from specc.project import Apis
from specc.settings import Settings, Target
from specc.source import Source
from specc.targets import JobState
from specc.targets.kinds import traits_of

JOB = '{zone = "z", cluster_id = "c", run_user = "me"}'
TARGETS = f"""project = "demo"
target = "here"
[units]
mem_limit = "MiB"
time_limit = "min"
[targets.here]
kind = "slurm"
run_as = "caller"
job = {JOB}
prelude = '''
set -euo pipefail
module load gcc
'''
[targets.bare]
kind = "slurm"
job = {JOB}
[targets.other]
kind = "slurm"
job = {JOB}
prelude = {{file = "site/lines.sh"}}
[targets.cloud]
kind = "ehpc"
job = {JOB}
prelude = {{"$file" = "site/lines.sh"}}
"""
HERE = "set -euo pipefail\nmodule load gcc\n"
LINES = "module load site\n"
SPEC = "specc: 1\njob: {name: n, core_limit: 1, cmd_line: ./solver}\n"


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(tmp_path / "demo", capsys)
    made.write(**{"specc.toml": TARGETS, "site__lines.sh": LINES, "a": SPEC})
    monkeypatch.chdir(made.root)
    return made


def command(place: Place, *options: str) -> str:
    assert place.run("render", "a.job.yaml", *options) == 0, place.err
    return str(json.loads(place.out)["cmd_line"])


def compiled(cmd_line: str, lines: str, kind: str = "local") -> compiling.Compiled:
    """A check, and the payloads, of a command behind these lines; both are texts as files hold them."""
    text = "specc: 1\njob:\n  name: n\n  core_limit: 1\n  cmd_line: |\n" + "".join(
        f"    {line}\n" for line in cmd_line.splitlines()
    )
    spec, files, _ = compiling.document(text)
    source = Source("specc.toml", f"'''{lines}'''", "specc.toml")
    node = Scalar(lines, source.span(0, len(source.text)), lines, Style.LITERAL, Layer(LayerKind.TARGET, "t"))
    given = compiling.context(files)
    job = given.settings.targets["t"].job
    target = Target("t", kind, traits_of(kind), job=job, prelude=node)
    settings = Settings("p", "t", units=compiling.UNITS, targets={"t": target})
    context = Context(files, given.apis, settings, "t")
    made = [item for item in payloads(spec, context, compiling.request()) if not isinstance(item, Diagnostic)]
    found = [item for item in check_document(spec, context, compiling.request()) if isinstance(item, Diagnostic)]
    return compiling.Compiled([*found, *made])


def test_it_stands_before_the_command_and_target_chooses_it(place: Place) -> None:
    assert command(place) == f"{HERE}./solver"
    assert command(place, "--target", "other") == f"{LINES}./solver"
    assert command(place, "--target", "cloud") == f"{LINES}./solver"
    assert command(place, "--target", "bare") == "./solver"


def test_personal_settings_can_have_another_or_none(place: Place) -> None:
    place.write(**{"specc.local.toml": '[targets.here]\nprelude = ""\n'})
    assert command(place) == "./solver"
    place.write(**{"specc.local.toml": '[targets.here]\nprelude = {file = "site/lines.sh"}\n'})
    assert command(place) == f"{LINES}./solver"


def test_an_interpreter_line_stays_the_first(place: Place) -> None:
    place.write(
        **{"a": SPEC.replace("./solver", "{$file: run.sh, args: [x]}"), "run.sh": "#!/bin/bash -e\n./solver $1\n"}
    )
    assert command(place) == f"#!/bin/bash -e\n{HERE}set -- x\n./solver $1\n"


def test_a_text_is_a_template_and_a_file_is_not(place: Place) -> None:
    place.write(**{"specc.local.toml": '[targets.here]\nprelude = "cd /scratch/{{ spec.name }}"\n'})
    assert command(place) == "cd /scratch/a\n./solver"
    place.write(site__lines__sh="", **{"site__lines.sh": "docker ps --format '{{.Names}}'\n"})
    assert command(place, "--target", "other") == "docker ps --format '{{.Names}}'\n./solver"


def test_what_a_prelude_reads_can_vary_from_cell_to_cell(place: Place) -> None:
    place.write(
        **{
            "a": SPEC + "matrix: {axes: {n: [1, 2]}}\n",
            "specc.local.toml": '[targets.here]\nprelude = "cd {{ matrix.n }}"\n',
        }
    )
    assert place.run("render", "a.job.yaml") == 0
    assert [json.loads(line)["cmd_line"] for line in place.out.splitlines()] == ["cd 1\n./solver", "cd 2\n./solver"]


def test_explain_shows_where_the_lines_come_from(place: Place) -> None:
    assert place.run("explain", "a.job.yaml", "cmd_line") == 0
    assert "set by file a.job.yaml:2:41" in place.out
    assert 'prelude = "set -euo pipefail' in place.out
    assert "set by target here specc.toml:10:11" in place.out
    assert place.run("explain", "a.job.yaml", "cmd_line", "--target", "other") == 0
    assert 'set by target other specc.toml:20:19: {"$file": "site/lines.sh"}' in place.out


def test_diff_blames_the_line_of_the_setting(place: Place) -> None:
    begin(place.root)
    commit(place.root)
    place.write(**{"specc.toml": TARGETS.replace("load gcc", "load gcc/13")})
    assert place.run("diff") == 0
    assert place.out.startswith('1 payload altered: prelude "set -euo pipefail\\nmodule load gcc\\n" -> ')
    assert "specc.toml:10" in place.out.splitlines()[0]
    assert "+ module load gcc/13" in place.out


@pytest.mark.parametrize("target", ["other", "cloud"])
def test_diff_finds_a_change_of_the_file_alone(place: Place, target: str) -> None:
    begin(place.root)
    commit(place.root)
    place.write(**{"site__lines.sh": f"{LINES}ulimit -s unlimited\n"})
    assert place.run("diff", "--target", target) == 0
    assert place.out.startswith("1 payload altered: prelude, the text of site/lines.sh, site/lines.sh:2")
    assert place.run("diff") == 0
    assert place.out == ""


def test_diff_tells_the_prelude_from_the_command(place: Place) -> None:
    begin(place.root)
    commit(place.root)
    place.write(**{"specc.toml": TARGETS.replace("load gcc", "load gcc/13"), "a": SPEC.replace("solver", "other")})
    assert place.run("diff", "--output", "json") == 0
    causes = {group["cause"]["name"]: group["cause"]["place"] for group in json.loads(place.out)["groups"]}
    assert {name: (where["path"], where["line"]) for name, where in causes.items()} == {
        "prelude": ("specc.toml", 10),
        "cmd_line": ("a.job.yaml", 2),
    }


@pytest.mark.parametrize("is_new", [True, False])
def test_diff_blames_a_prelude_that_is_new_or_gone(place: Place, is_new: bool) -> None:
    without = TARGETS.replace(f"prelude = '''\n{HERE}'''\n", "")
    before, after = (without, TARGETS) if is_new else (TARGETS, without)
    place.write(**{"specc.toml": before})
    begin(place.root)
    commit(place.root)
    place.write(**{"specc.toml": after})
    assert place.run("diff", "--output", "json") == 0
    ((cause,)) = [group["cause"] for group in json.loads(place.out)["groups"]]
    assert (cause["name"], cause["place"]["line"]) == ("prelude", 10)
    assert cause["place"]["side"] == ("new" if is_new else "old")
    assert ("before" in cause, "after" in cause) == (not is_new, is_new)


def test_a_lost_file_is_told_at_the_setting(place: Place) -> None:
    (place.root / "site" / "lines.sh").unlink()
    assert place.run("check", "--target", "other") == 1
    assert "--> specc.toml:20:19" in place.out
    assert place.run("render", "a.job.yaml", "--target", "other") == 1
    place.write(**{"specc.toml": TARGETS.replace("site/lines.sh", "../lines.sh")})
    assert place.run("check", "--target", "other") == 1
    assert "leads out of the project" in place.out


@pytest.mark.parametrize("value", ["3", "[]", '{file = ""}', '{path = "x"}', '{file = "a", "$file" = "b"}'])
def test_a_setting_that_is_neither_text_nor_file(place: Place, value: str) -> None:
    place.write(**{"specc.local.toml": f"[targets.bare]\nprelude = {value}\n"})
    assert place.run("config") != 0
    assert 'expected a text, or `{file = "PATH"}`' in place.err


def test_check_remembers_the_file(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that found nothing is known again only while the file is the same."""
    monkeypatch.delenv("SPECC_NO_CACHE", raising=False)
    place.write(**{"specc.local.toml": 'target = "other"\n'})
    assert place.run("check") == 0, place.out
    assert place.run("check") == 0
    place.write(**{"site__lines.sh": "if true; then\n"})
    assert place.run("check") == 1
    assert place.run("check") == 1
    assert "site/lines.sh:1:1" in place.out


def test_diagnostics_point_at_the_part_where_the_text_is_written() -> None:
    lines = "module load gcc\ncd $PBS_O_WORKDIR\n"
    found = compiled("echo one\nqstat $NSLOTS\n", lines)
    places = [(one.code.code, one.span.source.path, one.span.text) for one in found.found]
    assert ("SPC557", "specc.toml", "$PBS_O_WORKDIR") in places
    assert ("SPC557", "a.job.yaml", "$NSLOTS") in places
    assert {path for _, path, text in places if text == "qstat"} == {"a.job.yaml"}


def test_an_open_quote_is_told_where_it_opens() -> None:
    (found,) = compiled("echo 'one\n", "module load gcc\n").found
    assert (found.span.source.path, found.span.first.line) == ("a.job.yaml", 6)
    (found,) = compiled("echo one\n", "if true; then\n").found
    assert (found.span.source.path, found.span.first.line) == ("specc.toml", 1)


def test_what_the_lines_set_holds_for_the_command() -> None:
    assert compiled("./solver | tee log", "module load gcc").slugs == ["hidden-failure"]
    assert compiled("./solver | tee log", "set -o pipefail").slugs == []
    assert compiled("./solver $1", "set -- case").slugs == []


@each("command", ["# todo", " "])
def test_lines_alone_are_no_command(command: str) -> None:
    assert "no-command" in compiled(command, "module load gcc").slugs


def test_a_blank_behind_a_backslash_in_the_lines() -> None:
    (found,) = compiled("./solver", "module load gcc \\ \n  openmpi\n").found
    assert (found.code.slug, found.span.source.path) == ("lost-continuation", "specc.toml")


PYTHON = "#!/usr/bin/env python3\nimport os, sys\nprint(os.environ['A'], sys.stdin.read())"


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    with place_at(tmp_path_factory.mktemp("local") / "state") as place:
        yield place


def ran(jobs: Jobs, command: str, **fields: object) -> tuple[str, JobState, int | None]:
    uuid = jobs.submit(command, **fields)
    (report,) = jobs.wait(uuid)
    return jobs.printed(uuid), report.state, report.exit_code


def test_it_runs_before_a_script_of_another_interpreter(jobs: Jobs, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("input")
    (payload,) = compiled(PYTHON, "export A='lines'").payloads
    text = str(payload.body["cmd_line"])
    assert ran(jobs, text, input_file=str(tmp_path / "in"))[:2] == ("lines input\n", JobState.FINISHED)


def test_a_failing_line_keeps_the_script_from_running(jobs: Jobs) -> None:
    (payload,) = compiled("#!/usr/bin/env python3\nprint('ran')", "set -e\nfalse\n").payloads
    assert ran(jobs, str(payload.body["cmd_line"])) == ("", JobState.EXITED, 1)


def test_the_wrapper_keeps_any_text_of_a_script(jobs: Jobs) -> None:
    script = '#!/usr/bin/env -S python3 -u\nprint("""\nSPECC_END\n$HOME `x` \\\\n\n""", end="")'
    (payload,) = compiled(script, ":").payloads
    assert ran(jobs, str(payload.body["cmd_line"]))[0] == "\nSPECC_END\n$HOME `x` \\n\n"


def test_the_cloud_refuses_it_before_another_interpreter(place: Place) -> None:
    """Through the command line: the refusals are handed to a check from outside."""
    place.write(a=SPEC.replace("./solver", r'"#!/usr/bin/env python3\nprint()"'))
    assert place.run("check", "--target", "cloud") == 1
    refusal = (
        "the `prelude` of the target `cloud` cannot stand before a script that starts with `#!/usr/bin/env python3`"
    )
    assert refusal in place.out
    assert place.run("check", "--target", "other") == 0, place.out
    place.write(a=SPEC.replace("./solver", r'"#!/bin/bash\n./run"'))
    assert place.run("check", "--target", "cloud") == 0, place.out


def test_a_script_in_the_input_file_is_refused(place: Place) -> None:
    place.write(a=SPEC.replace("cmd_line: ./solver", "input_file: run.sh"))
    place.run("check")
    assert "the `prelude` of the target `here` cannot stand before the script of `input_file`" in place.out


def test_rules_see_the_lines_before_another_interpreter_and_not_the_script() -> None:
    found = compiled("#!/usr/bin/env python3\nprint('$NSLOTS", "cd $PBS_O_WORKDIR").found
    assert [(one.code.code, one.span.source.path) for one in found] == [("SPC557", "specc.toml")]


def test_another_prelude_is_a_changed_payload() -> None:
    first = compiled("./solver", "module load gcc").payloads[0]
    assert first.digest != compiled("./solver", "module load gcc/13").payloads[0].digest
    assert first.digest == compiled("./solver", "module load gcc\n").payloads[0].digest


def test_the_options_of_its_own_first_line_are_judged_where_nobody_obeys_it() -> None:
    found = compiled("./solver", "#!/bin/bash -e\nmodule load gcc", "ehpc").found
    assert [(one.code.slug, one.span.source.path) for one in found] == [("interpreter-line", "specc.toml")]
    assert compiled("./solver", "#!/bin/bash -e\nmodule load gcc").slugs == []


def test_serve_adds_none(place: Place) -> None:
    """Who sends a job has put the lines of their own target before it; a script in a file is not refused there."""
    place.write(**{"specc.local.toml": "[targets.local]\nrun_as = 'caller'\nprelude = 'module load gcc'\n"})
    target = served_target(Session().project(place.root), "local", Nobody())
    body = {"name": "n", "cmd_line": "", "input_file": "run.sh", "zone": "z", "cluster_id": "c", "run_user": "me"}
    payload = receive(body, Apis()["ehpc/v1"])
    assert isinstance(payload, Payload)
    assert target.refuse(payload) is None


def test_what_the_lines_read_is_used(place: Place) -> None:
    """A parameter, a variable and an axis that nothing else reads."""
    lines = "cd {{ params.folder | sh }}/{{ vars.part }}/{{ matrix.n }}"
    place.write(**{"specc.local.toml": f'[targets.here]\nprelude = "{lines}"\n'})
    place.write(
        a="specc: 1\nparams: {folder: {type: string, default: /scratch}}\nvars: {part: x}\n"
        "matrix: {axes: {n: [1, 2]}}\njob: {name: 'n-{{ cell.slug }}', core_limit: 1, cmd_line: ./solver}\n"
    )
    assert place.run("check") == 0
    assert "no problems" in place.out
    place.write(**{"specc.local.toml": ""})
    place.run("check", "--output", "concise")
    assert {code for code in ("SPC501", "SPC502", "SPC503", "SPC559") if code in place.out} >= {"SPC501", "SPC502"}
