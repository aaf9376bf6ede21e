"""What ARCHITECTURE.md says of the tree is so: its map, its paths, and the places that its recipes name."""

import ast
import re
from pathlib import Path

from specc.cli.table import COMMANDS
from specc.reporters import ReportFormat
from specc.rules import RULES
from specc.rules.documentation import function_of
from specc.targets.kinds import KINDS

ROOT = Path(__file__).parents[1]
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
FAST_PATHS = (ROOT / "docs" / "fast-paths.md").read_text(encoding="utf-8")
MODULES = {
    path.relative_to(ROOT / "specc").as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "specc").rglob("*.py")
}
UNMAPPED = {"assets", "docstrings", "errors"}
"""Modules of a few lines, which their names say."""


def test_the_map_has_every_room_and_no_other() -> None:
    table = ARCHITECTURE.split("| room |")[1].split("\n\n")[0]
    mapped = {
        name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1] if "|" in row else "")
    }
    rooms = {name.split("/")[0].removesuffix(".py") for name in MODULES} - {"__init__", "__main__"}
    assert mapped == rooms - UNMAPPED


def test_every_path_that_is_named_is_there() -> None:
    named = re.findall(r"`((?:specc|schemas|tests|docs)/[\w./-]+?)/?`", ARCHITECTURE)
    for path in named:
        is_made = "VERSION" in path or path == "specc/data"  # by whoever follows the recipe, and in a wheel
        assert is_made or (ROOT / path).exists(), path
    for path in re.findall(r"`((?:property|e2e|unit|api|hostile)/[\w*]+(?:\.py)?)`", ARCHITECTURE + FAST_PATHS):
        assert list((ROOT / "tests").glob(path)), path
    for row in FAST_PATHS.splitlines():
        if row.startswith("| ") and row.count("|") == 4 and "`" in row.split("|")[2]:
            for path in re.findall(r"`([\w/.]+)`", row.split("|")[2]):
                assert (ROOT / "specc" / path).exists(), path


def test_a_rule_is_a_function_and_an_entry_in_the_tuple() -> None:
    """Every module that defines a rule, or several, is in the tuple with all of them."""
    made = re.compile(r"\b(?:Spec|Job|Clash|Family)Rule\(([A-Z_0-9]+)")
    names = [name for path, text in MODULES.items() if path.startswith("rules/") for name in made.findall(text)]
    assert sorted(names) == sorted(rule.code.slug.replace("-", "_").upper() for rule in RULES)
    modules = {function_of(rule).__module__.rpartition(".")[2] for rule in RULES}
    assert modules == {path.split("/")[1].removesuffix(".py") for path, text in MODULES.items() if made.search(text)}


def test_a_command_is_a_module_and_an_entry_in_the_table() -> None:
    modules = {name.removesuffix(".py").split("/")[2] for name in MODULES if name.startswith("cli/commands/")}
    assert modules - {"__init__"} == {command.module for command in COMMANDS}


def test_no_command_imports_another() -> None:
    for name, text in MODULES.items():
        if name.startswith("cli/commands/") and not name.endswith("__init__.py"):
            imported = {node.module or "" for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)}
            assert not {module for module in imported if module.startswith("specc.cli.commands")}, name


def test_an_output_format_has_its_name_in_one_place() -> None:
    """All but the plain words `text` and `json`, which other formats share."""
    for format in set(ReportFormat) - {ReportFormat.TEXT, ReportFormat.JSON}:
        written = re.compile(rf'["\']{format.value}["\']')
        places = {name for name, text in MODULES.items() if written.search(text)}
        assert places == {"reporters/formats.py"}, format


def test_a_kind_of_target_is_a_folder_and_an_entry_in_the_table() -> None:
    folders = {
        name.split("/")[1]
        for name in MODULES
        if name.startswith("targets/") and name.count("/") == 2 and name.endswith("/opening.py")
    }
    assert folders == set(KINDS)


def test_a_kind_of_target_has_its_name_in_one_place() -> None:
    """Where another module means a kind, it asks the kind for what it needs to know, or uses the `Kind` by its name."""
    for kind in KINDS:
        places = {name for name, text in MODULES.items() if kind in text and kind in _texts(ast.parse(text))}
        own = {name for name in places if name.startswith(f"targets/{kind}/")}
        assert places - own <= NOT_A_KIND.get(kind, set()), kind


NOT_A_KIND = {
    "local": {"settings.py"},  # the built-in target's name
    "slurm": {"migration/site.py"},  # the name of a new project's target
    "command": {  # the operator `$command`, a heading of plans, and the word in other texts
        "checker/guesses.py",
        "migration/environment.py",
        "schemagen/editor.py",
        "submission/planfile.py",
    },
    "ehpc": {"gateway/jobs.py"},  # a value that the API's answers have
}


def _texts(tree: ast.Module) -> set[object]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}


def test_the_application_layer_prints_nothing_and_knows_no_exit_code() -> None:
    for name, text in MODULES.items():
        if name.startswith(("app/", "api/")):
            tree = ast.parse(text)
            modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
            assert not {each for each in modules if each.partition(".")[0] in ("typer", "rich", "click")}, name
            calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
            assert not calls & {"print", "input", "sys.exit"}, name
            assert "sys.argv" not in text, name
