"""The schema of specc.toml: every file that is good is good by it, and what it refuses is refused by specc, too."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from support.tables import each

from specc.cli.main import run
from specc.config import read_configuration, shapes
from specc.config.meanings import MEANINGS, TABLES
from specc.config.shapes import Each, Items, Shape, Value
from specc.schemagen.settings import VALUES

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "schemas" / "specc.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft7Validator(SCHEMA)
GOOD = [
    *(path for path in ROOT.glob("examples/**/specc.toml") if "broken" not in path.parts),
    *ROOT.glob("tests/cases/*/*/specc.toml"),
]

BAD = {
    "a setting that does not exist": 'projct = "a"',
    "a number for a text": "project = 1",
    "a text for a list": 'include = "*.yaml"',
    "a unit that is none": '[units]\nmem_limit = "megabytes"',
    "an unknown kind": '[targets.a]\nkind = "pbs"',
    "an unknown key of a target": '[targets.a]\nkind = "slurm"\npartition = "x"',
    "a duration without a unit": '[targets.a.queues.b]\nmax_time = "90"',
    "no cores": "[targets.a.queues.b]\nmax_cores = 0",
    "a relative folder": '[targets.a]\nworkdir = "out"',
    "an option of sbatch that the job decides": '[targets.a]\noptions = ["--time=5"]',
    "an option of sbatch without a value": '[targets.a]\noptions = ["--account"]',
    "an unknown rule": '[rules]\nignore = ["no-such-rule"]',
    "an error that cannot be ignored": '[rules]\nignore = ["missing-field"]',
    "an error that cannot be a warning": '[rules.severity]\nmissing-field = "warning"',
    "an unknown level": '[rules.severity]\nSPC501 = "info"',
    "a limit of another quantity": '[rules.quantities]\nmin_memory = "5min"',
    "an address without a scheme": '[targets.a]\nkind = "ehpc"\nendpoint = "api.example.org"',
    "a name of a variable with blanks": 'env = ["MY HOME"]',
    "a text for a flag": '[ledger]\nshared = "yes"',
}


def leaves(shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Value | None, bool]]:
    """Yield each setting with its kind of value, and whether it is a list of them."""
    match shape:
        case dict():
            for name, inner in shape.items():
                yield from leaves(inner, (*path, name))
        case Each():
            yield from leaves(shape.value, (*path, "n"))
        case Items(Value() as value):
            yield path, value, True
        case Value() | None:
            yield path, shape, False


LEAVES = [leaf for leaf in leaves(shapes.SETTINGS) if "severity" not in leaf[0]]


def test_the_schema_is_one() -> None:
    Draft7Validator.check_schema(SCHEMA)


def test_every_kind_of_value_is_known() -> None:
    assert {value for _, value, _ in leaves(shapes.SETTINGS) if value is not None} == VALUES.keys()


def test_every_table_and_setting_has_its_sentence() -> None:
    def tables(shape: Shape, path: str) -> Iterator[str]:
        if path and isinstance(shape, dict | Each):
            yield path
        inner = shape.items() if isinstance(shape, dict) else [("NAME", shape.value)] if isinstance(shape, Each) else []
        for name, each_shape in inner:
            if not path.endswith("severity"):
                yield from tables(each_shape, f"{path}.{name}".lstrip("."))

    assert set(tables(shapes.SETTINGS, "")) == TABLES.keys()
    assert not TABLES.keys() & MEANINGS.keys()


@each("path", GOOD)
def test_good_settings(path: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(tomllib.loads(path.read_text(encoding="utf-8")))] == []


@each("page", sorted((ROOT / "docs").glob("*.md")))
def test_settings_of_the_manual(page: Path) -> None:
    for block in re.findall(r"^```toml[^\n]*\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        settings = tomllib.loads(block)
        if not settings.keys() & {"tool", "trusted_hosts", "show_env"}:
            assert [error.message for error in VALIDATOR.iter_errors(settings)] == [], block


def test_settings_that_init_makes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, options in {"plain": [], "units": ["--mem-unit", "MiB", "--time-unit", "min"]}.items():
        assert run(["init", str(tmp_path / name), *options]) == 0
        settings = tomllib.loads((tmp_path / name / "specc.toml").read_text(encoding="utf-8"))
        assert VALIDATOR.is_valid(settings), settings
    capsys.readouterr()


@each("text", BAD.values())
def test_bad_settings(text: str) -> None:
    assert not VALIDATOR.is_valid(tomllib.loads(text)), text


def errors(text: str, folder: Path) -> list[str]:
    (folder / "specc.toml").write_text(text, encoding="utf-8")
    return [each.message for each in read_configuration(folder, str, {}).diagnostics if each.is_error]


@each("text", BAD.values())
def test_specc_refuses_them_too(text: str, tmp_path: Path) -> None:
    assert errors(text, tmp_path), text


WORDS = st.sampled_from(
    [
        *(
            "",
            " ",
            "a",
            "local",
            "slurm",
            "ehpc",
            "MiB",
            "min",
            "64GiB",
            "2h30m",
            "1-12:00:00",
            "12:00:00",
            "90",
            "5 min",
        ),
        *("/scratch", "project", "spec", "~/x", "https://a", "http://b:1", "ftp://c", "HOME", "A-B", "--gres=gpu:1"),
        *(
            "--exclusive",
            "--time=5",
            "-A x",
            "--account",
            "tasks",
            "off",
            "SPC501",
            "missing-field",
            "error",
            "sge",
            ".",
        ),
    ]
)
ANYTHING = st.one_of(
    WORDS, st.integers(-2, 70000), st.booleans(), st.floats(-1, 5, width=16), st.text("aZ0-_.:/ é", max_size=6)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which no other test finds settings."""
    return tmp_path_factory.mktemp("settings")


@given(st.sampled_from(LEAVES), st.one_of(ANYTHING, st.lists(ANYTHING, max_size=2)))
def test_what_the_schema_refuses_specc_refuses(
    folder: Path, leaf: tuple[tuple[str, ...], Value | None, bool], value: object
) -> None:
    line = f"{'.'.join(leaf[0])} = {json.dumps(value, ensure_ascii=False)}\n"
    if not VALIDATOR.is_valid(tomllib.loads(line)):
        assert errors(line, folder), line
