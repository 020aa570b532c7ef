"""What is wrong with a deployment, in words, each with what to do."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dataflows.health.answers import Waits, WorkerAnswer
from dataflows.health.lag import PartitionLag
from dataflows.health.news import Recent
from dataflows.health.standing import Standing, Store, look_at_store
from dataflows.health.troubles import troubles
from dataflows.kafka.compaction_lag import LAG
from dataflows.kafka.topic_report import TopicDifference, TopicReport
from schemas.lifecycle import State, StrategyStatus

NOW_MS = 10_000_000

WELL = Standing(
    looked_at_ms=NOW_MS,
    epoch_seconds=10.0,
    servers="broker:9092",
    topics=TopicReport((), ("candles",), (), ()),
    group="candelabra",
    lags=(PartitionLag(0, 0, 100, committed=100, newest_ms=NOW_MS),),
    statuses={},
    statuses_whole=True,
    dead_letters=Recent(),
    alerts=Recent(),
    workers=(WorkerAnswer(0, "127.0.0.1:9100", ready=True, lag={0: 0}),),
    health="127.0.0.1:9100",
    store=None,
)


def waiting(seconds: float, committed: int | None = 90) -> tuple[PartitionLag, ...]:
    since = NOW_MS - round(seconds * 1000)
    return (PartitionLag(3, 0, 100, committed=committed, waiting_since_ms=since, newest_ms=NOW_MS),)


def only(**changed: Any) -> tuple[str, str]:  # noqa: ANN401  # fields of a standing
    [trouble] = troubles(replace(WELL, **changed))
    return trouble


def test_when_all_is_well_there_is_none() -> None:
    assert troubles(WELL) == []
    assert troubles(replace(WELL, workers=None)) == []
    assert troubles(replace(WELL, lags=waiting(25))) == []  # candles wait for the next snapshot


def test_topics_that_are_missing_or_different() -> None:
    what, do = only(topics=TopicReport((), (), ("candles", "signals"), ()))
    assert what == "topics are missing: candles, signals"
    assert "candelabra topics create" in do
    what, _ = only(topics=TopicReport((), ("control",), (), (TopicDifference("control", "partitions", "1", "4"),)))
    assert what == "topic control: partitions is 4, expected 1"


def test_what_a_rebuild_may_miss_one_day_is_no_trouble_of_a_deployment_that_runs() -> None:
    less = TopicDifference("control", LAG, "691200000 or more, as long as candles may keep a candle", "0")
    assert troubles(replace(WELL, topics=TopicReport((), ("control",), (), (less,)))) == []


def test_no_worker_and_one_that_is_not_ready() -> None:
    what, do = only(workers=())
    assert what == "no worker answers at 127.0.0.1:9100"
    assert "candelabra run" in do
    draining = WorkerAnswer(2, "127.0.0.1:9102", ready=False, why=("draining: it was asked to end",))
    what, _ = only(workers=(draining,))
    assert what == "worker 2 at 127.0.0.1:9102 is not ready: draining: it was asked to end"


@pytest.mark.parametrize(
    ("committed", "workers", "told", "do"),
    [
        (90, None, "10 candles are not worked, the oldest for 3 min 20 s", "is `candelabra run` running?"),
        (None, None, "nobody has ever worked it", "start a worker with `candelabra run`"),
        (90, (WorkerAnswer(1, "a", ready=True, lag={3: 10}),), "10 candles", "worker 1 reads it and is too slow"),
    ],
    ids=["unknown", "never", "slow"],
)
def test_candles_that_wait_too_long(
    committed: int | None, workers: tuple[WorkerAnswer, ...] | None, told: str, do: str
) -> None:
    trouble = only(lags=waiting(200, committed), workers=workers)
    assert trouble[0].startswith("partition 3: ")
    assert told in trouble[0]
    assert do in trouble[1]


def test_how_long_is_too_long_follows_from_the_epochs() -> None:
    assert troubles(replace(WELL, lags=waiting(59))) == []
    assert len(troubles(replace(WELL, lags=waiting(61)))) == 1
    assert troubles(replace(WELL, epoch_seconds=60.0, lags=waiting(170))) == []


def quarantined(symbol: str, reason: str = "rule entry: division by zero") -> StrategyStatus:
    return StrategyStatus(
        strategy="bad", symbol=symbol, timeframe="1m", state=State.QUARANTINED, version=3, reason=reason
    )


def test_a_strategy_in_quarantine() -> None:
    status = quarantined("AAA")
    what, do = only(statuses={status.key: status})
    assert what == "bad version 3 is in quarantine on AAA 1m: rule entry: division by zero"
    assert "candelabra strategy restart bad" in do


def waiting_for(*waits: Waits) -> tuple[WorkerAnswer, ...]:
    return (replace(WELL.workers[0], waits=waits),) if WELL.workers else ()


def test_a_strategy_that_waits_for_a_symbol() -> None:
    what, do = only(workers=waiting_for(Waits("one", "SOL", 0.0, candles="none")))
    assert what.startswith("one waits for SOL, of which no candle has ever come: until then none of its symbols")
    assert "under another id and without the symbol" in do
    five = [Waits("one", f"S{number}", 7_260.0, candles="late") for number in range(5)]
    what, _ = only(workers=waiting_for(*five))
    assert what.startswith(
        "one waits for S0, S1, S2 and 2 more, of which no candle has come for 2 h 1 min of the others"
    )


def test_symbols_that_are_a_little_apart_or_still_to_be_worked_are_no_trouble() -> None:
    assert troubles(replace(WELL, workers=waiting_for(Waits("one", "SOL", 3_600.0, candles="late")))) == []
    behind = waiting_for(Waits("one", "SOL", 7_200.0, candles="late"))
    assert len(troubles(replace(WELL, workers=behind))) == 1
    assert len(troubles(replace(WELL, workers=behind, lags=waiting(25)))) == 1, "a feed that moves"
    assert troubles(replace(WELL, workers=behind, lags=waiting(200))) == troubles(replace(WELL, lags=waiting(200))), (
        "what is behind comes first"
    )


def test_series_that_are_in_quarantine_for_one_reason_are_one_trouble() -> None:
    statuses = [quarantined(f"S{number}") for number in range(5)]
    statuses.append(quarantined("X", "it took too long"))
    first, second = troubles(replace(WELL, statuses={one.key: one for one in statuses}))
    assert (
        first.what == "bad version 3 is in quarantine on S0 1m, S1 1m, S2 1m and 2 more: rule entry: division by zero"
    )
    assert second.what == "bad version 3 is in quarantine on X 1m: it took too long"


def test_a_recovery_store_that_cannot_be_gone_on_from(tmp_path: Path) -> None:
    store = look_at_store(tmp_path / "none", now=0.0)
    assert store == Store(tmp_path / "none", 0, store.epoch, None, ("there is no recovery store",))
    what, do = only(store=store)
    assert what == f"recovery store {tmp_path / 'none'}: there is no recovery store"
    assert f"candelabra recovery check {tmp_path / 'none'}" in do
