"""`/metrics`, `/healthz` and `/readyz` of one worker, from a thread of their own. Reads only; knows no secrets.

A port that is taken does not stop the worker, which is there to work candles: it says so once, and tries again until
the port is free, for the one who has it may be the worker before it, on its way out.
"""

import errno
import json
import logging
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from dataflows.health.logs import tell
from dataflows.health.vitals import Vitals

TRY_AGAIN_SECONDS = 1.0
_SLOW_CLIENT_SECONDS = 5.0


class HealthServer:
    """Serves until ``close``. ``port`` is the address's own, 0 for any that is free (then ``address`` tells which)."""

    def __init__(self, host: str, port: int, registry: CollectorRegistry, vitals: Vitals) -> None:
        self._host = host
        self._port = port
        self._handler = _handler(registry, vitals)
        self._server: ThreadingHTTPServer | None = None
        self._closed = threading.Event()
        self._serving = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="health", daemon=True)

    def start(self) -> None:
        """Begin to serve, at once or as soon as the port is free."""
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether it serves, at the latest after so long."""
        return self._serving.wait(seconds)

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it serves; None while it does not."""
        server = self._server
        return None if server is None else (self._host, server.server_port)

    def close(self) -> None:
        """Serve no more."""
        self._closed.set()
        server = self._server
        if server is not None:
            server.shutdown()
        if self._thread.is_alive():
            self._thread.join()

    def _serve(self) -> None:
        said = False
        while not self._closed.is_set():
            try:
                server = self._bind()
            except OSError as error:
                if not said:
                    said = True
                    tell(
                        logging.ERROR, "health is not served", address=f"{self._host}:{self._port}", cause=_cause(error)
                    )
                self._closed.wait(TRY_AGAIN_SECONDS)
                continue
            with server:
                self._server = server
                tell(logging.INFO, "health is served", address=f"{self._host}:{server.server_port}")
                self._serving.set()
                if not self._closed.is_set():
                    server.serve_forever(poll_interval=0.2)
            self._server = None

    def _bind(self) -> ThreadingHTTPServer:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET

        class Server(ThreadingHTTPServer):
            address_family = family
            daemon_threads = True
            block_on_close = False

        return Server((self._host, self._port), self._handler)


def _cause(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            "the port is in use: another worker or program has it. The worker runs on and tries again; "
            "CANDELABRA_HEALTH_PORT sets another port"
        )
    return f"{error}; the worker runs on and tries again. CANDELABRA_HEALTH_HOST names an address of this machine"


def _handler(registry: CollectorRegistry, vitals: Vitals) -> type[BaseHTTPRequestHandler]:
    """What answers requests."""

    class Handler(BaseHTTPRequestHandler):
        server_version = "candelabra"
        sys_version = ""
        timeout = _SLOW_CLIENT_SECONDS

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                encode, content_type = choose_encoder(self.headers.get("Accept", ""))
                self._answer(HTTPStatus.OK, content_type, encode(registry))
            elif path == "/healthz":
                self._verdict("alive", vitals.not_alive)
            elif path == "/readyz":
                self._verdict("ready", vitals.not_ready)
            else:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"there are /metrics, /healthz and /readyz\n")

        def _verdict(self, word: str, ask: Callable[[], list[str]]) -> None:
            why = ask()
            body = json.dumps({word: not why, "why": why}).encode() + b"\n"
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE if why else HTTPStatus.OK, "application/json", body)

        def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name for it
            """Nothing: probes come every few seconds."""

    return Handler
