"""A small schema registry over HTTP on the loopback interface."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

Answer = tuple[int, object]


class HttpRegistry:
    """Numbers schemas from 1. ``script`` answers in its place; ``requests`` remembers what was asked."""

    def __init__(self) -> None:
        self.schemas: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.credentials: str | None = None
        self.script: Callable[[str, str], Answer | None] = lambda _method, _path: None
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._serve("")

            def do_POST(self) -> None:
                self._serve(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def _serve(self, body: str) -> None:
                registry.headers.append(dict(self.headers))
                status, answer = registry.answer(self.command, self.path, body, self.headers.get("Authorization"))
                payload = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_arguments: object) -> None:
                """Tests are quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, method: str, path: str, body: str, authorization: str | None) -> Answer:
        """What the registry says, as the Confluent registry's documentation has it."""
        self.requests.append((method, path))
        scripted = self.script(method, path)
        if scripted is not None:
            return scripted
        if self.credentials is not None:
            expected = "Basic " + base64.b64encode(self.credentials.encode()).decode()
            if authorization != expected:
                return 401, {"error_code": 401, "message": "Unauthorized"}
        if method == "POST":
            schema = json.loads(body)["schema"]
            if schema not in self.schemas:
                self.schemas.append(schema)
            return 200, {"id": self.schemas.index(schema) + 1}
        number = int(path.rpartition("/")[2])
        if number <= len(self.schemas):
            return 200, {"schema": self.schemas[number - 1]}
        return 404, {"error_code": 40403, "message": "Schema not found"}


@contextmanager
def serving() -> Iterator[HttpRegistry]:
    """A registry that answers for as long as the block runs."""
    registry = HttpRegistry()
    thread = Thread(target=registry.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield registry
    finally:
        registry.server.shutdown()
        thread.join()
        registry.server.server_close()
