"""Golden sessions of an editor: `tests/cases/editor/WHAT.txt`.

A session is one text that a person can read. `-- PATH --` begins a file of a small project; in one of them, `‸` is the
cursor. `-- < hover --` and the like begin what the server answers there. `pytest --update-cases` rewrites the answers;
read the difference before you commit it.
"""

import re
from contextlib import chdir
from pathlib import Path

import pytest
from support.editor_answers import ANSWERS, actions

from specc.app.editing import EditedProject
from specc.config import find_root

CASES = Path(__file__).parent.parent / "cases" / "editor"
HEADING = re.compile(r"^-- (.+) --\n", re.MULTILINE)
MARK = "‸"
BEFORE = "before the last keys"
"""The heading of the text that the editor showed before the one with the cursor."""


def parts(text: str) -> dict[str, str]:
    """Return the parts of a session by their headings."""
    _, *pieces = HEADING.split(text)
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


@pytest.mark.parametrize("path", sorted(CASES.glob("*.txt")), ids=lambda path: path.stem)
def test_session(path: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    text = path.read_text(encoding="utf-8")
    introduction, session = text[: text.index("-- ")], parts(text)
    files = {name: part for name, part in session.items() if not name.startswith("<") and name != BEFORE}
    asked = [name for name in session if name.startswith("<")]
    marked = next((name for name, part in files.items() if MARK in part), None)
    assert asked
    assert marked is not None, "a session has a cursor"
    for name, part in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(part.replace(MARK, ""), encoding="utf-8")
    with chdir(tmp_path):
        project = EditedProject(find_root(tmp_path / marked))
        if BEFORE in session:
            project.put(marked, session[BEFORE])
            project.snapshot(marked)  # it is read before more is typed
        project.put(marked, files[marked].replace(MARK, ""))
        offset = files[marked].index(MARK)
        answers = {name: ANSWERS[name.split()[1]](project, marked, offset, name.split()[2:]) for name in asked}
    shown = {name: f"{answers[name].rstrip()}\n" if name in answers else part for name, part in session.items()}
    told = introduction + "".join(f"-- {name} --\n{part}" for name, part in shown.items())
    if request.config.getoption("--update-cases"):
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(CASES.glob("act-*.txt")), ids=lambda path: path.stem)
def test_an_action_ends_its_lines_as_the_text_does(path: Path, tmp_path: Path) -> None:
    files = {name: part for name, part in parts(path.read_text(encoding="utf-8")).items() if not name.startswith("<")}
    marked = next(name for name, part in files.items() if MARK in part)
    for name, part in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(part.replace(MARK, "").replace("\n", "\r\n").encode())
    text = files[marked].replace("\n", "\r\n")
    with chdir(tmp_path):
        project = EditedProject(find_root(tmp_path / marked))
        project.put(marked, text.replace(MARK, ""))
        edits = [edit for action in actions(project, marked, text.index(MARK)) for edit in action.edits]
    assert not [edit for edit in edits if re.search(r"(?<!\r)\n", edit.replacement)]


def test_each_answer_has_a_session() -> None:
    asked = {name.split()[1] for path in CASES.glob("*.txt") for name in parts(path.read_text()) if name[0] == "<"}
    assert asked == set(ANSWERS)
