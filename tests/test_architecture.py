"""The invariants of ARCHITECTURE.md, as tests."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

from support.tables import each

import specc
from specc.diagnostics.codes import CODES, OF_RULES
from specc.diagnostics.remedies import REMEDIES
from specc.reporters.guidance import documentation
from specc.rules import RULE_CODES

ROOT = Path(specc.__file__).parent.parent
MODULES = sorted((ROOT / "specc").rglob("*.py"))


def test_imports_only_point_down() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@cache
def calls_of(path: Path) -> frozenset[str]:
    """Names of the functions that a module calls."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return frozenset(ast.unparse(call) for call in calls)


STAGES = (
    "nodes", "parser", "resolver", "expander", "expressions", "units", "evaluator", "schema", "checker", "lowering",
    "compiler", "diagnostics",
)  # fmt: skip


@each("stage", STAGES)
def test_a_stage_opens_no_file_and_prints_nothing(stage: str) -> None:
    paths = [path for path in MODULES if path.relative_to(ROOT / "specc").with_suffix("").parts[0] == stage]
    assert paths
    for path in paths:
        assert not calls_of(path) & {"open", "print", "input", "exec", "eval", "compile", "__import__"}, path


def test_a_module_says_what_it_is() -> None:
    undocumented = [path for path in MODULES if not path.read_text(encoding="utf-8").startswith(('"""', 'r"""'))]
    assert not undocumented


def test_a_late_import_gives_its_reason() -> None:
    """A function that imports says in a comment why that is not done at the top."""
    silent = []
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        if re.search(r"^[ \t]+(import|from)\b", text, re.MULTILINE) is None:
            continue  # parsing all modules takes a second
        for function in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)):
            imports = any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(function))
            if imports and "#" not in (ast.get_source_segment(text, function) or ""):
                silent.append(f"{path.relative_to(ROOT)}:{function.lineno}")
    assert not silent


def test_modules_of_specc_are_imported_by_import() -> None:
    """Then the contracts about layers see every import. The table of commands is the one exception."""
    calling = {
        str(path.relative_to(ROOT))
        for path in MODULES
        if "import_module" in path.read_text(encoding="utf-8") and any("import_module" in c for c in calls_of(path))
    }
    assert calling <= {"specc/cli/dispatch.py", "specc/docstrings.py", "specc/__main__.py"}


WRITERS = {
    "cli/console.py": "the one module that writes",
    "cli/main.py": "`--version` before any import, and streams that are closed or broken",
    "cli/drawing.py": "tables, bars and screens, whose cells `console` has made visible",
    "targets/command/gridengine.py": "a program of its own, whose output specc reads",
}
WRITING = re.compile(r"print|typer\.s?echo.*|sys\.(?:stdout|stderr)\.(?:write|writelines|buffer\..*)|.*Console")


def test_one_module_writes_to_standard_output_and_standard_error() -> None:
    """Foreign text reaches a person through the one function that makes it visible."""
    written = {
        (str(path.relative_to(ROOT / "specc")), call)
        for path in MODULES
        for call in calls_of(path)
        if WRITING.fullmatch(call)
    }
    assert {module for module, _ in written} == WRITERS.keys(), sorted(written)


def test_no_other_module_makes_characters_visible() -> None:
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        if "ascii" not in text and "isprintable" not in text:
            continue
        tree = ast.parse(text)
        choices = [ast.unparse(node.test) for node in ast.walk(tree) if isinstance(node, ast.IfExp)]
        by_hand = "ascii" in calls_of(path) or any("isprintable" in choice for choice in choices)
        assert path.name == "visible.py" or not by_hand, path


def test_payloads_can_only_be_made_from_checked_specs() -> None:
    makers = [path for path in MODULES if "Payload" in calls_of(path)]
    # the columns of a sweep hold each distinct value to the schema by themselves
    assert makers == [ROOT / "specc" / "compiler" / "by_columns.py", ROOT / "specc" / "lowering.py"]
    checked = [path for path in MODULES if "CheckedSpec" in calls_of(path)]
    assert checked == [ROOT / "specc" / "checker" / "check.py"]


def test_every_code_is_well_formed_and_unique() -> None:
    assert all(re.fullmatch(r"SPC[1-9]\d\d", code) for code in CODES)
    slugs = [code.slug for code in CODES.values()]
    assert len(slugs) == len(set(slugs))


def test_every_code_is_documented() -> None:
    page = (ROOT / "docs" / "codes.md").read_text(encoding="utf-8")
    for code in CODES.values():
        assert f"[{code.code} {code.slug}](" in page, f"docs/codes.md lacks {code.code}: run `make generate`"


def test_every_code_has_a_page_with_a_bad_and_a_good_example() -> None:
    """tests/rules/test_code_pages.py runs the examples."""
    for code in CODES.values():
        (file,) = (ROOT / "codes").glob(f"{code.code[3]}-*.md")
        assert documentation(code) is not None, (
            f"write `# {code.code} {code.slug}` in codes/{file.name}, with the sections What, Why, Bad and Good, "
            "in the order of the codes (CONTRIBUTING.md says how), and run `make generate`"
        )


def test_every_code_says_what_to_do() -> None:
    """A rule by its docstring, everything else by a sentence."""
    assert REMEDIES.keys() | RULE_CODES.keys() == CODES.keys()
    assert not REMEDIES.keys() & RULE_CODES.keys()
    assert RULE_CODES.keys() == OF_RULES
    assert all(re.fullmatch(r"[A-Z].*\.", remedy) for remedy in REMEDIES.values())


def test_every_code_is_used() -> None:
    used = "\n".join(path.read_text(encoding="utf-8") for path in MODULES if path.name != "codes.py")
    names = re.findall(
        r"^(\w+) = Code\(", (ROOT / "specc/diagnostics/codes.py").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert set(names) - set(re.findall(r"\w+", used)) == set()


def test_whatever_catches_much_says_why() -> None:
    """A broad `except`, or a `suppress` of errors that can mean many things, has its reason on its line or above it."""
    broad = re.compile(r"except (?:Base)?Exception\b|suppress\([^)]*\b(?:OSError|SpeccError|Exception|psutil\.Error)\b")
    for path in MODULES:
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if broad.search(line) and not line.lstrip().startswith(("#", '"')):
                assert "#" in line or lines[number - 1].lstrip().startswith("#"), f"{path}:{number + 1}"
