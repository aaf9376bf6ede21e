"""What the editor's server says of a text is what `specc check -` says of it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from random import Random

import pytest

from specc.app.checking import check_selected
from specc.app.editing import EditedProject, Verdict, encoded
from specc.app.selection import STDIN, Sites
from specc.app.session import Session
from specc.config import find_root
from specc.diagnostics import Diagnostic
from specc.source import Span

CASES = Path(__file__).parent.parent / "cases"
SPECS = sorted(CASES.glob("*/*/*.job.yaml"))
EXAMPLES = CASES.parent.parent / "examples"
EDITS = (": ", "\n", "  ", "{{ ", "}}", "[", "]", '"', "#", "- ", "x", "params.", "null", "job:\n", "é", "$file: ")


def told(diagnostics: tuple[Diagnostic, ...], name: str) -> list[str]:
    """Return all that a reader sees of the diagnostics of one text."""
    return sorted(_line(each) for each in diagnostics if each.span.source.name == name)


def _line(found: Diagnostic) -> str:
    labels = [(_place(label.span), label.message) for label in found.labels]
    fix = [(edit.replacement, _place(edit.span)) for edit in found.fix.edits] if found.fix else None
    words = (found.severity, found.message, found.label, labels, found.notes, found.help, fix)
    return f"{found.code.code} {_place(found.span)} {words}"


def _place(span: Span) -> str:
    return f"{span.source.path}:{span.start}-{span.end}"


def checked(path: Path, text: str, name: str) -> list[str]:
    """Return what `specc check -` says of a text."""
    sites = Sites(os.path.relpath(path), lambda: encoded(text))
    session = Session(sites)
    outcome = check_selected(session, session.specs([STDIN]), all_specs=False, remembers=False)
    return told(outcome.diagnostics, name)


def shown(project: EditedProject, name: str) -> list[str]:
    *_, verdict = (each for each in project.check(name) if each is not None)
    assert isinstance(verdict, Verdict)
    return told(verdict.found[name], name)


@pytest.mark.parametrize("folder", sorted({path.parent for path in SPECS}), ids=lambda path: path.name)
def test_of_each_golden_case(folder: Path) -> None:
    with chdir(folder):
        for path in (path for path in SPECS if path.parent == folder):
            text = path.read_bytes().decode("utf-8", "surrogatepass")
            project = EditedProject(find_root(path))
            name = project.name_of(path)
            project.put(name, text)
            assert shown(project, name) == checked(path, text, name), path


def edited(text: str, random: Random) -> str:
    """Return a text with one edit, such as somebody makes."""
    start = random.randrange(len(text) + 1)
    end = min(len(text), start + random.choice((0, 0, 1, 3, 20)))
    return text[:start] + random.choice(EDITS) + text[end:]


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Path]:
    """A copy of an example with bases, heirs, scripts and mistakes."""
    shutil.copytree(EXAMPLES / "broken", tmp_path / "p", symlinks=True)
    with chdir(tmp_path / "p"):
        yield tmp_path / "p"


@pytest.mark.parametrize("seed", range(6))
def test_of_texts_in_the_middle_of_edits(copy: Path, seed: int) -> None:
    random = Random(seed)
    project = EditedProject(find_root(copy / "x"))
    files = sorted(copy.rglob("*.job.yaml"))
    for _ in range(3):
        path = random.choice(files)
        name, text = project.name_of(path), path.read_text()
        for _ in range(8):
            text = edited(text, random)
            project.put(name, text)
            if name in project.texts and random.random() < 0.3:
                project.refresh()
            assert shown(project, name) == checked(path, text, name), text
        project.drop(name)
    assert os.getcwd() == str(copy)
