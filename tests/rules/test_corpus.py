"""The corpus of real scripts: our own part of it raises no alarm, and the gatherer finds what it is meant to find."""

from pathlib import Path

from corpus.__main__ import found, one_rank
from corpus.gather import OURS, Text, gathered
from corpus.judging import is_right
from support.tables import each

SCRIPTS = gathered(())


@each("text", SCRIPTS)
def test_a_good_script_raises_no_alarm(text: Text) -> None:
    assert found(text) == []


def test_scripts_that_start_mpi_are_told_where_the_job_has_one_task_and_only_there() -> None:
    told = {Path(text.where).name for text in SCRIPTS if one_rank(text)}
    assert told == {"hybrid.sh", "mpi.sh"}
    assert not [text for text in SCRIPTS if one_rank(text, "ntasks=4096")]


def test_scripts_and_workflows_are_gathered_once(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text("ls\n")
    (tmp_path / "b.sh").write_text("ls\n")
    (tmp_path / "c.py").write_text("#!/usr/bin/python3\n")
    (tmp_path / "c.sh").write_text("#!/usr/bin/env python3\n")
    (tmp_path / "z.sh").write_text("#compdef todo.sh\nfor a ( 1 2 ) { }\n")
    (tmp_path / "d").write_text("#!/bin/bash -e\nls\n")
    (tmp_path / "d").chmod(0o755)
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "e.yml").write_text("a:\n- run: >\n    make\n    all\n- run: ${{ x }}\n")
    texts = [text for text in gathered([str(tmp_path)]) if not text.where.startswith(str(OURS))]
    assert [(Path(text.where).name, text.is_folded) for text in texts] == [
        ("a.sh", False),
        ("d", False),
        ("e.yml:2", True),
    ]


def test_another_program_decides_where_one_can() -> None:
    assert is_right("SPC540", Text("a", "if\n"))
    assert not is_right("SPC540", Text("a", "ls\n"))
    assert is_right("SPC541", Text("a", "cat <<E\n E\n"))
    assert is_right("SPC553", Text("a", "#!/bin/sh -e\n"))
    assert not is_right("SPC553", Text("a", "#!/bin/sh\n"))
