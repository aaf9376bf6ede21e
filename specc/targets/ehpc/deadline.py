"""An end for a call as a whole. Timeouts are for single reads, and a server that drips bytes never meets one."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Any

from specc.errors import no_thread


class Deadline:
    """Breaks the connection after `seconds`. It learns of the connection through httpx's trace extension; where that
    does not tell, only the timeouts of single reads hold."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._break)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self.is_over = False

    def __enter__(self) -> "Deadline":
        """Raises SpeccError where no thread can be started: a call that may never end is not made."""
        try:
            self._timer.start()
        except RuntimeError as error:
            raise no_thread() from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def watch(self, event: str, info: dict[str, Any]) -> None:
        """Keeps a duplicate of the connection: TLS takes the original over."""
        if event == "connection.connect_tcp.complete":
            original = info["return_value"].get_extra_info("socket")
            with self._lock:
                self._connection = original.dup()
                if self.is_over:
                    self._shut()

    def _break(self) -> None:
        with self._lock:
            self.is_over = True
            self._shut()

    def _shut(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
