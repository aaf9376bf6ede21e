"""An EHPC API on loopback that accepts every job at once, and counts them. It checks no request."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count


@dataclass(slots=True)
class Desk:
    """Where jobs arrive."""

    endpoint: str = ""
    names: set[str] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=count)


@contextmanager
def serving() -> Iterator[Desk]:
    desk = Desk()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            desk.names.add(body["name"])
            self._say({"ret_code": 0, "hpcjob_uuid": f"hpcjob-{next(desk.numbers)}", "job_status": "pending"})

        def do_GET(self) -> None:
            self._say({"ret_code": 0, "hpc_job_set": [], "total_count": 0})

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing: a line for each request would be measured, too."""

        def _say(self, answer: dict[str, object]) -> None:
            text = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

    with Server(("127.0.0.1", 0), Handler) as server:
        desk.endpoint = f"http://127.0.0.1:{server.server_port}/api"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield desk
        finally:
            server.shutdown()
            thread.join()
