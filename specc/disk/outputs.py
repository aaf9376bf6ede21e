"""Files that are written whole or not at all."""

import contextlib
import errno
import os
import re
import stat
import sys
import tempfile
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO
from unicodedata import normalize

from specc.diagnostics import Missing
from specc.disk.files import read_bytes
from specc.disk.links import check_stays
from specc.errors import SpeccError

IN_MEMORY = 1 << 20
LONGEST_NAME = 200
STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}
OPEN_FILE = re.compile(r"/(?:dev|proc/self)/fd/(\d{1,6})")


@contextmanager
def spool() -> Iterator[IO[str]]:
    """A text that may outgrow memory, and is printed once it is whole."""
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, mode="w+", encoding="utf-8", newline="") as file:
        yield file


def write_file(path: Path, text: str) -> None:
    """Replace a file in one step; a reader sees the old text or the new one.

    A pipe, a device, or what this process has open, such as /dev/stdout, is written to instead.
    """
    if (number := _descriptor(path)) is not None:
        sys.stdout.flush()
        with _said_of(path), open(os.dup(number), "w", encoding="utf-8", newline="") as file:
            file.write(text)
    elif os.path.exists(path) and not os.path.isfile(path):
        _write_through(path, text)
    else:
        write_files({path: text})


def write_files(texts: Mapping[Path, str]) -> None:
    """Replaces files, each in one step, once all texts are on the disk. A failure before that leaves no trace."""
    mode = 0o666 & ~_umask()
    for folder in {path.parent for path in texts}:
        check_stays(folder, "write into")
    with ExitStack() as leftovers:
        staged: list[tuple[str, Path]] = []
        for path, text in texts.items():
            with _said_of(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
                leftovers.callback(Path(temporary).unlink, missing_ok=True)
                with open(descriptor, "w", encoding="utf-8", newline="") as file:
                    file.write(text)
                os.chmod(temporary, mode)
                staged.append((temporary, path))
        for temporary, path in staged:
            with _said_of(path):
                os.replace(temporary, path)


def _descriptor(path: Path) -> int | None:
    """Return the number of the open file that a path stands for: its name is a link, which must not be replaced."""
    name = os.path.abspath(path).replace("//", "/", 1)
    found = OPEN_FILE.fullmatch(name)
    return int(found[1]) if found else STREAMS.get(name)


def _write_through(path: Path, text: str) -> None:
    check_stays(path, "write into")
    with _said_of(path):
        try:
            # Without O_NONBLOCK, opening a pipe waits for a reader, for ever.
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno == errno.ENXIO:
                raise SpeccError(f"cannot write {path}: nobody reads from this pipe") from error
            raise
        os.set_blocking(descriptor, True)
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    """What goes wrong is said of the file that the user asked for."""
    try:
        yield
    except OSError as error:
        raise SpeccError(f"cannot write {path}: {error.strerror or error}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


class Folder:
    """The files of `render -o DIR`, collected first, so that a clash of names is found before anything is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._texts: dict[str, tuple[str, str, str]] = {}

    def add(self, name: str, origin: str, text: str, shown: str | None = None) -> None:
        """Plan `NAME.json`. Raises SpeccError where the name is none for a file, or is taken.

        `shown` is what messages call the name, where they must not call it by itself.
        """
        shown = name if shown is None else shown
        if not name or name.startswith(".") or any(c in "/\\" or ord(c) < 32 for c in name):
            help = (
                "choose names without `/`, `\\` and line breaks, not beginning with a dot, or render to standard output"
            )
            raise SpeccError(f"the job name {shown!r} of {origin} cannot be a file's name", help=help)
        if len(name.encode()) > LONGEST_NAME:
            raise SpeccError(f"the job name of {origin} is too long for a file's name: {shown[:60]}...")
        # Two names that differ in case alone, or in how an accent is written, are one file on some disks.
        key = normalize("NFC", name).casefold()
        taken = self._texts.get(key)
        if taken is not None:
            help = "make the names differ, for example with `{{ cell.slug }}`"
            raise SpeccError(f"{taken[1]} and {origin} would both write {self.path / f'{shown}.json'}", help=help)
        self._texts[key] = (name, origin, text)

    def write(self) -> list[Path]:
        """Writes all files, or none where one of them cannot be."""
        texts = {self.path / f"{name}.json": text for name, _, text in self._texts.values()}
        for path in texts:
            if os.path.exists(path) and not os.path.isfile(path):
                raise SpeccError(f"cannot write {path}: it exists and is not a file")
        write_files(texts)
        return list(texts)


BOM = "\ufeff"


def rewrite(path: Path, before: str, text: str, shown: str) -> None:
    """Replace the file that held `before`, in one step. A symlink goes on leading to it.

    Its mode is kept, and its byte order mark, which Windows' editors write and `before` does not show.

    Raises SpeccError where the file holds something else by now, or cannot be written. `shown` is its path for people.
    """
    real = Path(os.path.realpath(path))
    data = read_bytes(real)
    if isinstance(data, Missing) or data.removeprefix(BOM_UTF8) != before.encode("utf-8", "surrogatepass"):
        raise SpeccError(f"{shown} has changed since it was read, and is left as it is", help="run the command again")
    temporary: str | None = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name[:40]}.")
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(BOM + text if data.startswith(BOM_UTF8) else text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, stat.S_IMODE(os.stat(real).st_mode))
        os.replace(temporary, real)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):  # the error that is raised says more
                os.unlink(temporary)
        raise SpeccError(f"cannot write {shown}: {error.strerror or error}") from error
