"""The output files of jobs, read from the beginning, from the end, and as they grow."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from specc.errors import SpeccError

BLOCK = 1 << 16


class OutputReader:
    """One output file, which is read from where the last reading ended. The file may not be there yet.

    A file that keeps no data, such as a FIFO or /dev/null, reads as empty.
    """

    def __init__(self, path: Path, tail: int | None = None) -> None:
        self.path = path
        self._offset = 0
        self._tail = tail

    def more(self) -> Iterator[bytes]:
        """Yield what was written since the last reading. A file that got shorter is read from its beginning again."""
        with self._opened() as file:
            while file is not None and (block := file.read(BLOCK)):
                self._offset = file.tell()
                yield block

    def last(self, most: int) -> tuple[bytes, bool]:
        """Return the end of what `more` would yield, in at most so many bytes, and whether that is not everything."""
        with self._opened() as file:
            if file is None:
                return b"", False
            size = os.fstat(file.fileno()).st_size
            is_cut = size - file.tell() > most
            file.seek(size - most if is_cut else file.tell())
            return file.read(most), is_cut

    @contextlib.contextmanager
    def _opened(self) -> Iterator[BinaryIO | None]:
        """Yield the file at the offset where reading continues, or None where there is nothing to read."""
        try:
            with open(self.path, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    yield None
                    return
                if self._tail is not None:
                    self._offset, self._tail = _last_lines(self.path, status.st_size, self._tail), None
                file.seek(self._offset if self._offset <= status.st_size else 0)
                yield file
        except FileNotFoundError:
            yield None
        except OSError as error:
            raise SpeccError(f"cannot read {self.path}: {error.strerror}") from error


def _last_lines(path: Path, size: int, lines: int) -> int:
    """Return the offset at which the last `lines` lines begin."""
    if lines <= 0:
        return size
    wanted = lines
    with path.open("rb") as file:
        end = size
        while end > 0:
            start = max(0, end - BLOCK)
            file.seek(start)
            block = file.read(end - start)
            at = len(block)
            if end == size and block.endswith(b"\n"):
                at -= 1
            while (at := block.rfind(b"\n", 0, at)) >= 0:
                wanted -= 1
                if wanted == 0:
                    return start + at + 1
            end = start
    return 0
