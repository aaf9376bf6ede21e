"""What jobs wrote, read from where it is visible: from the beginning, from the end, and as it grows."""

import os
from collections.abc import Iterator
from pathlib import Path

from specc.errors import SpeccError

BLOCK = 1 << 16


class Reading:
    """One output file, read on from where the last reading ended. It may not be there yet."""

    def __init__(self, path: Path, tail: int | None = None) -> None:
        self.path = path
        self._offset = 0
        self._tail = tail

    def more(self) -> Iterator[bytes]:
        """What has been written since. A file that got shorter is read from its beginning again."""
        try:
            with self.path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if self._tail is not None:
                    self._offset, self._tail = _last_lines(self.path, size, self._tail), None
                file.seek(self._offset if self._offset <= size else 0)
                while block := file.read(BLOCK):
                    self._offset = file.tell()
                    yield block
        except FileNotFoundError:
            return
        except OSError as error:
            raise SpeccError(f"cannot read {self.path}: {error.strerror}") from error


def _last_lines(path: Path, size: int, lines: int) -> int:
    """Where the last `lines` lines begin."""
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
