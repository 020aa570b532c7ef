"""`/metrics`, `/healthz`, `/readyz` over HTTP, and a port that somebody else has."""

import io
import json
import socket
from collections.abc import Callable, Iterator

import httpx
import pytest

from dataflows.brokers.ports import LOOPBACK, free_port
from dataflows.health import logs
from dataflows.health.metrics import registry_of
from dataflows.health.readings import Readings
from dataflows.health.server import HealthServer
from dataflows.health.vitals import Vitals
from dataflows.settings import Settings
from dataflows.stop import StopFlag
from operators.tally import Tally

PATIENCE_SECONDS = 20.0


@pytest.fixture
def stop() -> StopFlag:
    return StopFlag()


@pytest.fixture
def vitals(stop: StopFlag) -> Vitals:
    return Vitals(stop)


@pytest.fixture
def serve(vitals: Vitals) -> Iterator[Callable[[int], HealthServer]]:
    made: list[HealthServer] = []

    def start(port: int) -> HealthServer:
        server = HealthServer(LOOPBACK, port, registry_of(Tally(candles=7), Readings(), vitals, None), vitals)
        made.append(server)
        server.start()
        return server

    yield start
    for one in made:
        one.close()


@pytest.fixture
def client(serve: Callable[[int], HealthServer]) -> Iterator[httpx.Client]:
    server = serve(0)
    assert server.wait(PATIENCE_SECONDS)
    assert server.address is not None
    host, port = server.address
    with httpx.Client(base_url=f"http://{host}:{port}", trust_env=False) as client:
        yield client


def test_metrics_come_in_prometheus_own_form(client: httpx.Client) -> None:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "candelabra_candles_total 7.0" in answer.text.splitlines()


def test_open_metrics_come_to_who_asks_for_them(client: httpx.Client) -> None:
    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_the_verdicts_follow_the_worker(client: httpx.Client, vitals: Vitals, stop: StopFlag) -> None:
    assert client.get("/healthz").json() == {"alive": True, "why": []}
    starting = client.get("/readyz")
    assert starting.status_code == 503
    assert starting.json() == {"ready": False, "why": ["the broker has not told the partitions of the feed yet"]}
    vitals.listed()
    vitals.built("candles/0")
    vitals.looked("candles/0")
    assert client.get("/readyz").status_code == 200
    stop.set()
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    vitals.ended("the flow has ended")
    assert client.get("/healthz").status_code == 503


def test_other_paths_and_methods_are_refused(client: httpx.Client) -> None:
    assert client.get("/").status_code == 404
    assert client.get("/metrics/../secrets").status_code == 404
    assert client.post("/readyz").status_code == 501


def test_a_port_in_use_is_said_once_and_taken_when_it_is_free(
    serve: Callable[[int], HealthServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataflows.health.server.TRY_AGAIN_SECONDS", 0.05)
    said = io.StringIO()
    logs.set_up(Settings(_env_file=None, log_format="json"), 1, said)  # type: ignore[call-arg]  # as in test_logs
    try:
        with socket.socket() as other:
            other.bind((LOOPBACK, 0))
            other.listen()
            port = int(other.getsockname()[1])
            server = serve(port)
            assert not server.wait(0.3)
            assert server.address is None
        assert server.wait(PATIENCE_SECONDS)
    finally:
        logs.tear_down()
    refused, served = (json.loads(line) for line in said.getvalue().splitlines())
    assert (refused["level"], refused["event"]) == ("error", "health is not served")
    assert refused["address"] == f"{LOOPBACK}:{port}"
    assert "the port is in use: another worker or program has it. The worker runs on" in refused["cause"]
    assert "CANDELABRA_HEALTH_PORT" in refused["cause"]
    assert served["event"] == "health is served"


def test_an_address_that_is_not_this_machines_stops_nobody(vitals: Vitals) -> None:
    said = io.StringIO()
    logs.set_up(Settings(_env_file=None), 1, said)  # type: ignore[call-arg]  # as in test_logs
    server = HealthServer("192.0.2.1", free_port(), registry_of(Tally(), Readings(), vitals, None), vitals)
    server.start()
    try:
        assert not server.wait(0.3)
    finally:
        server.close()
        logs.tear_down()
    assert "CANDELABRA_HEALTH_HOST names an address of this machine" in said.getvalue()
