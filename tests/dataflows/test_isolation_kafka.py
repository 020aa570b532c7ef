"""Thirty strategies of which six are broken, on Apache Kafka: the others' topics are those of a run without them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from schemas import topics
from schemas.alert import Alert
from schemas.lifecycle import State, StrategyStatus
from schemas.strategy import StrategyConfig
from schemas.topics import TopicSpec
from tests.dataflows.broken_ones import Broken, broken, plant_all, sound, strategy, walk
from tests.dataflows.deployment import Deployment, version, wanted

SOUND = 24
NAMES = ("raises_once", "gives_too_few", "reads_a_mean_of_it", "gives_infinity", "raises", "storm")
ROWS = walk()
HUGE = "+".join(["1"] * 490)

Written = dict[str, list[bytes]]


@pytest.fixture(autouse=True)
def planted() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        plant_all(monkeypatch)
        yield


def six() -> list[Broken]:
    found = [one for one in broken() if one.config.id in NAMES]
    assert len(found) == len(NAMES)
    return found


def deployed(broker: Broker, prefix: str, folder: Path, configs: Sequence[StrategyConfig], stops: int) -> Deployment:
    """All of them from the first candle on; the worker is stopped and resumed so often."""
    folder.mkdir()
    deployment = Deployment(broker, prefix, folder).create()
    deployment.command(*(record for one in configs for record in (version(one), wanted(one.id, command=f"c-{one.id}"))))
    size = -(-len(ROWS) // (stops + 1))
    for start in range(0, len(ROWS), size):
        deployment.candles(ROWS[start : start + size])
        deployment.run()
    return deployment


def written(deployment: Deployment, topic: TopicSpec, of: Sequence[StrategyConfig]) -> Written:
    """The bytes under each key of these strategies, in their order."""
    known = {config.id for config in of}
    found: Written = defaultdict(list)
    for message in deployment.messages(topic):
        key = (message.key() or b"").decode()
        if key.partition("|")[0] in known:
            found[key].append(message.value() or b"")
    return found


@pytest.mark.kafka
@pytest.mark.slow
def test_the_others_topics_are_those_of_a_run_without_them(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    healthy, bad = sound(SOUND), six()
    refused = strategy("huge", f"close > {HUGE}", "close < 0")
    many = refused.model_copy(
        update={"signals": tuple(refused.signals[0].model_copy(update={"id": f"s{number}"}) for number in range(42))}
    )
    mixed = [one for pair in zip(healthy[:6], [one.config for one in bad], strict=True) for one in pair]
    alone = deployed(apache_kafka, f"{topic_prefix}alone.", tmp_path / "alone", healthy, stops=0)
    together = deployed(
        apache_kafka, f"{topic_prefix}together.", tmp_path / "together", [many, *mixed, *healthy[6:]], stops=3
    )
    for topic in (
        topics.SIGNALS,
        topics.STATUS,
        topics.COMPOSITES,
        topics.ALERTS,
        topics.LATE_SIGNALS,
        topics.POSITIONS,
        topics.METRICS,
        topics.EQUITY,
        topics.EXECUTIONS,
    ):
        assert written(together, topic, healthy) == written(alone, topic, healthy), topic.name
    assert sum(map(len, written(alone, topics.SIGNALS, healthy).values())) > 500
    statuses = together.records(topics.STATUS, StrategyStatus)
    alerts = together.records(topics.ALERTS, Alert)
    for one in bad:
        reasons = [
            status.reason or ""
            for status in statuses
            if status.strategy == one.config.id and status.state is State.QUARANTINED
        ]
        messages = [alert.message for alert in alerts if alert.strategy == one.config.id]
        assert len(reasons) == len(messages) == len(one.symbols)
        assert all(one.said in said for said in (*reasons, *messages))
    refusals = [
        status.reason or "" for status in statuses if status.strategy == "huge" and status.state is State.REFUSED
    ]
    assert "expected a strategy that takes at most 20,000 operations a candle, got 20,706" in refusals[0]
    assert "the costliest part is signals.s0 with 493" in refusals[0]
