"""The diagrams of the manual say what the code does, can be read anywhere, and stand in their pages."""

import re
import tomllib
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.submitting import FakeClock, record
from support.tables import each

import specc
from manual.commands import commands_page
from manual.diagrams import BY_USER, ENDED, GOING, OUTCOMES, SETTERS, STAGES, WIDTH, diagrams
from specc.diagnostics.codes import CODES
from specc.nodes import LayerKind
from specc.submission import Ledger, SettledAlready, State
from specc.targets import JobState

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
PAGES = {"pipeline.svg": "index.md", "precedence.svg": "language.md", "submission.svg": "submission.md"}


class TestPipeline:
    def test_the_stages_are_those_of_the_architecture(self) -> None:
        types, packages = re.findall(
            r"^    +(.*)$", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.MULTILINE
        )[:2]
        assert [stage.packages[0] for stage in STAGES] == packages.split()
        assert [stage.gives for stage in STAGES] == re.findall(r"\w+", types)[1:]

    def test_each_stage_is_a_package_that_makes_what_it_gives(self) -> None:
        for stage in STAGES[:-1]:
            assert hasattr(import_module(f"specc.{stage.packages[0]}"), stage.gives)

    def test_a_stage_stands_below_the_next_one(self) -> None:
        settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        contracts = settings["tool"]["importlinter"]["contracts"]
        layers = [
            line.split(" | ") for contract in contracts if contract["type"] == "layers" for line in contract["layers"]
        ]
        places = [next(n for n, line in enumerate(layers) if stage.packages[0] in line) for stage in STAGES]
        assert all(later < earlier for earlier, later in pairwise(places))

    def test_each_stage_reports_the_codes_beside_it(self) -> None:
        names = {code.slug.replace("-", "_").replace(".", "_").upper(): code.code for code in CODES.values()}
        for stage in STAGES:
            found = {names[word][:4] for name in stage.packages for word in words_of(name) if word in names}
            # A payload is refused, or the same as another one, where a request is made of it.
            found |= {names[word][:4] for word in words_of("app") if word in names} if stage is STAGES[-1] else set()
            assert set(stage.codes) <= found, stage

    def test_no_codes_of_specs_are_left_out(self) -> None:
        assert {code[:4] for code in CODES} - {"SPC8", "SPC9"} == {code for stage in STAGES for code in stage.codes}


def words_of(package: str) -> set[str]:
    """Return all words in the source of a package."""
    path = ROOT / "specc" / package
    files = path.rglob("*.py") if path.is_dir() else [path.with_suffix(".py")]
    return {word for file in files for word in re.findall(r"\w+", file.read_text(encoding="utf-8"))}


class TestPrecedence:
    def test_explain_finds_each_setter_in_this_order(self, tmp_path: Path) -> None:
        values = {setter.shown: setter.value for setter in SETTERS}
        write(
            tmp_path / "specc.toml",
            f"""project = "p"
api = "ehpc/v2"
target = "t"
defaults = {{core_limit = {values["[defaults] in specc.toml"]}}}
[targets.t]
kind = "ehpc"
job = {{core_limit = {values["job of the target, in specc.toml"]}, zone = "z", cluster_id = "c", run_user = "u"}}
""",
        )
        files = [setter for setter in SETTERS if setter.layer is LayerKind.FILE]
        for setter, parent in zip(files, [*files[1:], None], strict=True):
            text = f"specc: 1\njob: {{core_limit: {setter.value}, name: n, cmd_line: ./run}}\n"
            text += f"extends: //{parent.shown}\n" if parent is not None else ""
            text += (
                f"profiles: {{smoke: {{job: {{core_limit: {values['profile smoke']}}}}}}}\n"
                if setter is files[0]
                else ""
            )
            write(tmp_path / setter.shown, text)
        project = specc.open(tmp_path)
        spec, set_by = str(tmp_path / files[0].shown), SETTERS[0].shown.removeprefix("--set ").split("=")
        (found,) = project.explain(spec, "core_limit", profiles=["smoke"], set={set_by[0]: int(set_by[1])})
        assert found.value == SETTERS[0].value
        assert [writer.written for writer in found.writers] == [setter.value for setter in SETTERS]
        assert all(map(str.startswith, (one.layer for one in found.writers), (setter.layer for setter in SETTERS)))

    def test_every_layer_has_its_row(self) -> None:
        kinds = list(LayerKind)
        assert (
            list(dict.fromkeys(setter.layer for setter in reversed(SETTERS))) == kinds[: kinds.index(LayerKind.INPUT)]
        )


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


class TestSubmission:
    def test_every_state_of_an_attempt_and_of_a_job_is_there(self) -> None:
        assert {*OUTCOMES, State.INTENT} == set(State)
        assert {*GOING, *ENDED} == set(JobState) - {JobState.UNKNOWN}
        assert all(job.is_final for job in ENDED)
        assert not any(job.is_final for job in GOING)

    @pytest.mark.parametrize(("state", "before"), [(state, each) for state, all in OUTCOMES.items() for each in all])
    def test_the_ledger_takes_each_step(self, state: State, before: State, tmp_path: Path) -> None:
        with Ledger.open(tmp_path / "ledger.sqlite", FakeClock()) as ledger:
            ledger.begin(record("a1"))
            if before is not State.INTENT:
                ledger.settle("a1", before, message="nobody knows")
            if state is State.SUPERSEDED:
                ledger.begin(record("a2", 2), supersedes="a1")
            else:
                ledger.settle("a1", state, uuid="u1" if state is State.ACCEPTED else None, code="1", message="so")
            assert ledger.all()[0].state is state

    @pytest.mark.parametrize("end", [State.NOT_SENT, State.REJECTED, State.ACCEPTED])
    def test_a_clear_outcome_is_the_end(self, end: State, tmp_path: Path) -> None:
        with Ledger.open(tmp_path / "ledger.sqlite", FakeClock()) as ledger:
            ledger.begin(record("a1"))
            ledger.settle("a1", end, uuid="u1" if end is State.ACCEPTED else None, code="1", message="so")
            for state in OUTCOMES:
                with pytest.raises(SettledAlready):
                    ledger.settle("a1", state, uuid="u2", code="1", message="so")

    @each("state", BY_USER)
    def test_a_user_decides_by_options_that_exist(self, state: State) -> None:
        *command, option = BY_USER[state].split()
        section = commands_page().partition(f"# {' '.join(command)}\n")[2].partition("\n#")[0]
        assert f"`{option}" in section
        assert State.UNKNOWN in OUTCOMES[state]


@each("name, text", diagrams().items())
def test_a_diagram_needs_nothing_from_elsewhere_and_says_what_it_shows(name: str, text: str) -> None:
    root = ElementTree.fromstring(text)
    assert {f"{SVG}title", f"{SVG}desc"} <= {element.tag for element in root}
    assert not re.search(r"url\(|@import|@font-face|href|<script", text)
    assert "prefers-color-scheme: dark" in text


@each("name, text", diagrams().items())
def test_every_text_stays_inside(name: str, text: str) -> None:
    """With wide letters: 8 for a letter of code at 13 pixels, 7.4 on average for others at 14."""
    for element in ElementTree.fromstring(text).iter(f"{SVG}text"):
        classes = element.get("class", "").split()
        size = 12.5 if "small" in classes else 13 if "code" in classes else 14
        width = len(element.text or "") * size * (0.61 if "code" in classes else 0.53)
        x = float(element.get("x", 0))
        start = x - width / 2 if "middle" in classes else x - width if "end" in classes else x
        assert start >= 0, element.text
        assert start + width <= WIDTH, element.text


@each("name, page", PAGES.items())
def test_a_page_shows_its_diagram_with_words_for_those_who_do_not_see_it(name: str, page: str) -> None:
    assert PAGES.keys() == diagrams().keys()
    found = re.search(rf"!\[([^\]]+)\]\(assets/diagrams/{name}\)", (ROOT / "docs" / page).read_text(encoding="utf-8"))
    assert found is not None
    assert len(found[1]) > 60
