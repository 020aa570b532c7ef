"""A real worker as it is seen from outside: two lives of it, on Apache Kafka, with everything that can be counted."""

import io
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from dataflows.brokers.broker import Broker
from dataflows.brokers.ports import LOOPBACK, free_port
from dataflows.health import logs
from schemas import topics
from schemas.strategy_file import parse_strategy
from tests.dataflows.deployment import Deployment, swing, version, wait_until, walk, wanted, watched

BROKEN = parse_strategy(
    {"id": "broken", "rules": {"entry": {"condition": "close@30s > 1"}, "exit": {"condition": "close > 1"}}},
    origin="test",
)
"""It asks for bars that one-minute candles do not make, so it is in quarantine on each series from the start."""
WAITS = parse_strategy(
    {
        "id": "waits",
        "symbols": ["AAA", "BBB", "ZZZ"],
        "timeframes": ["1m"],
        "rules": {"entry": {"condition": "close > open"}, "exit": {"condition": "close < open"}},
        "risk": {"limits": {"max_concurrent_positions": 1}},
    },
    origin="test",
)
"""It counts its positions over symbols of which one never has a candle."""

FIRST, SECOND = 40, 60
"""Bars of each life."""
JUNK = 3


class Life(NamedTuple):
    """What one life of a worker showed: its metrics and verdicts when it had worked everything, and its log."""

    samples: Mapping[tuple[str, frozenset[tuple[str, str]]], float]
    labels: Mapping[str, frozenset[str]]
    log: tuple[dict[str, Any], ...]

    def value(self, name: str, **labels: str) -> float:
        """One sample, or the sum of those that have these labels."""
        wanted_labels = set(labels.items())
        found = [value for (one, have), value in self.samples.items() if one == name and wanted_labels <= have]
        assert found, f"no {name} {labels}"
        return sum(found)

    def lines(self, event: str) -> list[dict[str, Any]]:
        """The lines of one event."""
        return [line for line in self.log if line["event"] == event]


class Seen(NamedTuple):
    """Two lives, and the deployment that they worked."""

    deployment: Deployment
    first: Life
    second: Life


@pytest.fixture(scope="session")
def seen(apache_kafka: Broker, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """A worker that signals, composes, quarantines, refuses and meets a gap; it ends, and goes on."""
    folder = tmp_path_factory.mktemp("health")
    port = free_port()
    deployment = Deployment(
        apache_kafka, f"health-{folder.parent.name}-{port}.", folder, health_port=port, log_level="debug"
    ).create()
    deployment.command(
        *(watched(symbol, "1m", "5m", command=f"watch-{symbol}") for symbol in ("AAA", "BBB", "CCC")),
        version(swing("fast", 48, 52)),
        wanted("fast"),
        version(BROKEN),
        wanted("broken", command="go"),
        version(WAITS),
        wanted("waits", command="wait"),
    )
    rows = walk(FIRST + SECOND)
    deployment.candles(rows[: FIRST * 3])
    deployment.candles(rows[FIRST * 3 - 3 : FIRST * 3])  # the last bar again
    deployment.produce(topics.CANDLES, [(b"key", b"junk")] * JUNK)
    first = lived(deployment, FIRST * 3)
    later = rows[(FIRST + 2) * 3 :]  # two bars are missing
    second = lived(deployment, len(later), trickle=later)
    return Seen(deployment, first, second)


def lived(deployment: Deployment, expected: int, trickle: list[Any] | None = None) -> Life:
    """Run a worker until it has taken so many candles, look at it, and end it."""
    stream = io.StringIO()
    logs.set_up(deployment.settings.model_copy(update={"log_format": "json"}), 0, stream)
    url = f"http://{LOOPBACK}:{deployment.settings.health_port}"
    try:
        with deployment.running(), httpx.Client(base_url=url, trust_env=False) as client:
            wait_until(lambda: _answers(client, "/readyz"))
            for bar in range(0, len(trickle or []), 3):
                deployment.candles((trickle or [])[bar : bar + 3])
            wait_until(lambda: f"candelabra_candles_total {float(expected)}" in client.get("/metrics").text)
            taken = _count(client, "candelabra_snapshot_seconds_count", "feed")
            wait_until(lambda: _count(client, "candelabra_snapshot_seconds_count", "feed") >= taken + 4)
            assert client.get("/healthz").json() == {"alive": True, "why": []}
            scraped = client.get("/metrics").text
    finally:
        logs.tear_down()
    log = tuple(json.loads(line) for line in stream.getvalue().splitlines())
    samples, labels = {}, dict[str, frozenset[str]]()
    for family in text_string_to_metric_families(scraped):
        for sample in family.samples:
            samples[sample.name, frozenset(sample.labels.items())] = sample.value
            labels[sample.name] = labels.get(sample.name, frozenset()) | sample.labels.keys()
    return Life(samples, labels, log)


def _answers(client: httpx.Client, path: str) -> bool:
    try:
        return client.get(path).status_code == 200
    except httpx.TransportError:
        return False


def _count(client: httpx.Client, name: str, step: str) -> float:
    found = [line for line in client.get("/metrics").text.splitlines() if line.startswith(f'{name}{{step="{step}"}}')]
    return float(found[0].split()[-1]) if found else 0.0
