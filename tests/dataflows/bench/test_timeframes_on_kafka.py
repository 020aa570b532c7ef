"""`bench timeframes` as a whole, with little to do, on Apache Kafka: its workers, its meter and its check."""

import pytest

from dataflows.bench.timeframes import Plan, throughput
from dataflows.bench.timeframes_check import checked
from dataflows.bench.timeframes_live import Pace, live
from dataflows.bench.timeframes_topics import BenchTopics
from dataflows.bench.timeframes_workload import calculations, five, watchlist
from dataflows.bench.workload import GeneratedCandles
from dataflows.brokers.broker import Broker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def test_a_worker_and_a_bare_loop_are_measured_and_checked(apache_kafka: Broker) -> None:
    said: list[str] = []
    found = throughput(apache_kafka.bootstrap_servers, Plan(symbols=2, candles_per_symbol=480, rounds=1), said.append)
    assert [(one.candles, one.evaluations) for one in found.engine] == [(960, 2 * calculations(480, 5))]
    assert [one.candles for one in found.bare] == [960]
    by_name = {one.name: one.us_per_candle for one in found.parts}
    assert [
        name for name in ("consume", "decode", "clean", "fold", "rules", "encode", "sink") if not by_name[name]
    ] == []
    assert found.records["Signal"] > 0
    assert said[-1] == "comparing the last round with the graph run in memory"


def test_a_live_worker_gives_latency_and_memory(apache_kafka: Broker) -> None:
    pace = Pace(2, 250, seconds=3, settling_s=1, history=70, few=1, few_seconds=1)
    waits, memory = live(apache_kafka.bootstrap_servers, pace, lambda _what: None)
    assert waits.signals.keys() >= {"all", "day", "swing", "position"}
    assert waits.signals.keys() == waits.bare.keys()
    assert waits.composites["all"].count > 0
    assert min(memory.few_mb, memory.many_mb) > memory.start_mb > 0


def test_topics_that_lack_what_the_graph_gives_are_told(apache_kafka: Broker) -> None:
    candles = GeneratedCandles(1, 240)
    assets, configs = watchlist(candles.names(), consensus=False), five()
    topics = BenchTopics(apache_kafka.bootstrap_servers, assets, configs)
    found = checked(topics.settings, candles, configs, assets)
    expected = found.records["Signal"]
    assert f"signals: expected {expected:,} records, got 0, of which 0 are right" in found.difference
