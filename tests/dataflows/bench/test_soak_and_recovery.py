"""`bench soak` and `bench recovery` in small on Apache Kafka: what they tell is so."""

import itertools

import pytest

from dataflows.bench import recovery, soak
from dataflows.bench.soak import Soaked, Stretches
from dataflows.bench.soak_sample import Sample
from dataflows.brokers.broker import Broker
from schemas.timeframe import timeframe_ms

pytestmark = pytest.mark.kafka


def sample(candles: int, memory_mb: float) -> Sample:
    return Sample(1.0, candles, memory_mb, files=10, threads=4, snapshots_mb=0.0, store_mb=1.0)


def test_growth_is_told_of_what_comes_after_the_warm_up_and_before_the_end() -> None:
    memories = [(10, 1.0), (20, 100.0), (40, 100.0), (60, 150.0), (80, 200.0), (100, 5.0)]
    found = Soaked(tuple(sample(candles, memory) for candles, memory in memories), 100, symbols=1)
    assert found.growth("memory_mb") == 2.0
    assert found.growth("files") == 1.0
    assert found.growth("snapshots_mb") == 1.0  # nothing is there, so nothing grew


def test_stretches_follow_each_other_without_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "STRETCH", 30)
    rows = [row for batch in Stretches(2, 75).batches() for row in batch]
    assert len(rows) == 150
    for symbol in {row[0] for row in rows}:
        times = [row[2] for row in rows if row[0] == symbol]
        assert [later - earlier for earlier, later in itertools.pairwise(times)] == [timeframe_ms("1m")] * 74


def test_a_soak_works_every_candle_and_looks_at_what_the_worker_holds(apache_kafka: Broker) -> None:
    said: list[str] = []
    found = soak.soak(apache_kafka.bootstrap_servers, candles=20_000, symbols=10, say=said.append)
    assert found.samples[-1].candles == 20_000
    assert all(one.memory_mb > 10 and one.files > 3 and one.threads > 0 for one in found.samples)
    assert found.samples[-1].snapshots_mb > 0  # the last one, on ending
    assert any("fed 20,000 of 20,000" in line for line in said)


def test_a_resume_is_timed_and_the_store_is_counted_by_keys(apache_kafka: Broker) -> None:
    found = recovery.resumes(apache_kafka.bootstrap_servers, symbols=5, keys=[10], rounds=1, say=lambda _what: None)
    assert [one.keys for one in found] == [10]
    assert 0 < found[0].resume_s < 60
    assert found[0].bytes_per_symbol > found[0].bytes_per_key > 50


def test_a_worker_is_measured_with_a_store_and_without(apache_kafka: Broker) -> None:
    found = recovery.cost(apache_kafka.bootstrap_servers, symbols=4, candles=500, rounds=1, say=lambda _what: None)
    assert [one.candles for one in (*found.saved, *found.unsaved)] == [2_000, 2_000]
    assert found.with_snapshots > 0
    assert found.without_snapshots > 0
