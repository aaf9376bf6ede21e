"""Files of a job that surely cannot be used are found when it is submitted."""

import os
import socket
from pathlib import Path

import pytest

from specc.targets.local.files import unusable
from specc.targets.local.jobs import Run


def said(**fields: str | None) -> str:
    rejected = unusable(Run(1, 1.0, {}, 0o022, **fields))
    return rejected.message if rejected else ""


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A folder of things that are no plain files."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "nowhere").symlink_to(tmp_path / "none")
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    return tmp_path


@pytest.mark.parametrize("name", ["file", "link", "/dev/null", "/dev/zero"])
def test_input_that_can_be_read(odd: Path, name: str) -> None:
    assert said(stdin=str(odd / name)) == said(script=str(odd / name)) == ""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("none", "No such file or directory"),
        ("nowhere", "No such file or directory"),
        ("loop", "Too many levels of symbolic links"),
        ("pipe", "it is a FIFO"),
        (".", "it is a folder"),
        ("file/x", "Not a directory"),
        ("/dev/stdin", "it is another file for each process"),
        ("/dev/fd/0", "it is another file for each process"),
    ],
)
def test_input_that_cannot(odd: Path, name: str, why: str) -> None:
    path = str(odd / name)
    assert said(stdin=path) == said(script=path) == f"`input_file` cannot be read: {path}: {why}"


@pytest.mark.parametrize("name", ["file", "new", "a/b/c", "link", "pipe", "nowhere", "/dev/null"])
def test_output_that_may_work(odd: Path, name: str) -> None:
    assert said(stdout=str(odd / name), stderr="out") == ""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (".", "it is a folder"),
        ("file/x", "{0}/file is a file, and not a folder"),
        ("file/x/y", "{0}/file is a file, and not a folder"),
        ("loop", "Too many levels of symbolic links"),
        ("loop/x", "Too many levels of symbolic links"),
        ("nowhere/x", "{0}/nowhere is a symbolic link that leads nowhere"),
        ("pipe/x/y", "{0}/pipe is a FIFO, and not a folder"),
        ("x" * 300, "File name too long"),
    ],
)
def test_output_that_cannot(odd: Path, name: str, why: str) -> None:
    path = str(odd / name)
    message = f"cannot be written: {path}: {why.format(odd)}"
    assert said(stdout=path, stderr=path) == f"`stdout_redirect_path` {message}; `stderr_redirect_path` {message}"


def test_output_that_is_a_socket_or_the_jobs_folder(odd: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(odd / "s"))
        assert said(stdout=str(odd / "s")).endswith("it is a socket")
    assert said(stderr="./") == "`stderr_redirect_path` cannot be written: ./: it is the job's own folder"


@pytest.mark.parametrize(("name", "why"), [("new", "no permission to write into {}"), ("file", "Permission denied")])
def test_where_nothing_may_be_written(odd: Path, name: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert said(stdout=str(odd / name)).endswith(why.format(odd))
