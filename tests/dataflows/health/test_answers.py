"""Workers are asked on their ports: those that answer, those that are stuck, those that are something else."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from dataflows.brokers.ports import LOOPBACK, free_port
from dataflows.health.answers import Waits, ask_workers, worker_of
from dataflows.health.metrics import registry_of
from dataflows.health.readings import Readings
from dataflows.health.server import HealthServer
from dataflows.health.vitals import Vitals
from dataflows.stop import StopFlag
from operators.tally import Tally
from operators.together.waits import Wait


@contextmanager
def worker(tally: Tally, *, ready: bool) -> Iterator[int]:
    vitals = Vitals(StopFlag())
    if ready:
        vitals.listed()
        vitals.built("candles/0")
        vitals.looked("candles/0")
    waits = {"x": Wait(90_500, silent=("A", "B")), "y": Wait(60_000, late=("C",))}
    readings = Readings(restarts=4, quarantined={"a", "b"}, waits=waits)
    server = HealthServer(LOOPBACK, 0, registry_of(tally, readings, vitals, None), vitals)
    server.start()
    assert server.wait(20)
    assert server.address is not None
    try:
        yield server.address[1]
    finally:
        server.close()


def test_a_worker_tells_how_it_is() -> None:
    with worker(Tally(lag={0: 5, 3: 0}), ready=True) as port:
        [found] = ask_workers(LOOPBACK, port, 1)
    assert (found.worker, found.address, found.ready, found.why) == (0, f"{LOOPBACK}:{port}", True, ())
    assert (found.lag, found.quarantined, found.restarts) == ({0: 5, 3: 0}, 2, 4)
    assert found.waits == (Waits("x", "A", 90.5, "none"), Waits("x", "B", 90.5, "none"), Waits("y", "C", 60.0, "late"))
    assert found.memory_bytes > 1_000_000
    assert worker_of([found], 3) is found
    assert worker_of([found], 1) is None


def test_one_that_is_not_ready_says_why() -> None:
    with worker(Tally(), ready=False) as port:
        [found] = ask_workers("0.0.0.0", port, 1)  # noqa: S104  # as it is served; asked is this machine
    assert found.ready is False
    assert found.why == ("the broker has not told the partitions of the feed yet",)


def test_a_port_where_nobody_listens_is_nobody() -> None:
    assert ask_workers(LOOPBACK, free_port(), 1) == []


def test_one_that_is_stuck_is_not_ready() -> None:
    with socket.socket() as listening:
        listening.bind((LOOPBACK, 0))
        listening.listen()
        [found] = ask_workers(LOOPBACK, int(listening.getsockname()[1]), 1)
    assert found.why == ("it accepts connections and does not answer",)


def test_something_else_on_the_port_is_said() -> None:
    class Greeting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name for it
            pass

    with HTTPServer((LOOPBACK, 0), Greeting) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        [found] = ask_workers(LOOPBACK, server.server_port, 1)
        server.shutdown()
    assert found.why == ("something answers there that is no worker",)
