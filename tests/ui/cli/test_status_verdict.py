"""What `candelabra status` concludes: that all is well only where that is known, and how it is known."""

from dataclasses import replace

import pytest

from dataflows.health.answers import WorkerAnswer
from dataflows.health.lag import PartitionLag, patience
from dataflows.health.news import Recent
from dataflows.health.standing import Standing
from dataflows.health.troubles import Trouble, troubles
from dataflows.health.verdict import Verdict, verdict
from dataflows.kafka.topic_report import TopicReport

NOW_MS = 10_000_000
HOUR_MS = 3_600_000
IDLE = Standing(
    looked_at_ms=NOW_MS,
    epoch_seconds=10.0,
    servers="broker:9092",
    topics=TopicReport((), ("candles",), (), ()),
    group="candelabra",
    lags=(PartitionLag(0, 0, 100, committed=100, newest_ms=NOW_MS - HOUR_MS, worked_ms=NOW_MS - HOUR_MS),),
    statuses={},
    statuses_whole=True,
    dead_letters=Recent(),
    alerts=Recent(),
    workers=None,
    health="",
    store=None,
)
WORKER = WorkerAnswer(0, "127.0.0.1:9100", ready=True, lag={0: 0})


def concluded(standing: Standing) -> Verdict:
    return verdict(standing, troubles(standing))


def test_a_worker_that_answers_makes_it_known() -> None:
    assert concluded(replace(IDLE, workers=(WORKER,))) == Verdict(ok=True, words="all is well")


def test_where_nothing_tells_of_a_worker_all_is_not_well() -> None:
    ok, words = concluded(IDLE)
    assert ok is None
    assert words == (
        "nothing wrong is seen, and whether a worker runs is not known: no worker was asked (CANDELABRA_HEALTH_PORT is "
        "not set), and all candles are worked, the newest of them written 1 h ago"
    )
    ok, words = concluded(replace(IDLE, lags=(PartitionLag(0, 0, 0),)))
    assert ok is None
    assert "there are no candles that one could have worked" in words


def test_candles_that_have_just_come_are_no_sign_of_a_worker() -> None:
    fresh = PartitionLag(
        0, 0, 100, 90, waiting_since_ms=NOW_MS - 5_000, newest_ms=NOW_MS - 2_000, worked_ms=NOW_MS - HOUR_MS
    )
    ok, words = concluded(replace(IDLE, lags=(fresh,)))
    assert ok is None
    assert "the topics have no recent output: 10 candles wait, the newest written 2 s ago" in words


def test_what_was_worked_or_written_lately_is_a_sign_of_one() -> None:
    worked = PartitionLag(0, 0, 100, 100, newest_ms=NOW_MS - 4_000, worked_ms=NOW_MS - 4_000)
    ok, words = concluded(replace(IDLE, lags=(worked,)))
    assert ok is True
    assert words == (
        "nothing is wrong by what is on the topics: a candle that was written 4 s ago is worked, so a worker ran then; "
        "no worker was asked (CANDELABRA_HEALTH_PORT is not set)"
    )
    ok, words = concluded(replace(IDLE, output_ms=NOW_MS + 30_000))  # by a clock that is ahead
    assert ok is True
    assert "the newest output was written 0 s ago" in words
    limit = NOW_MS - round(patience(IDLE.epoch_seconds) * 1000)
    assert concluded(replace(IDLE, output_ms=limit)).ok is True
    assert concluded(replace(IDLE, output_ms=limit - 1)).ok is None


def test_statuses_that_were_not_all_read_leave_it_open() -> None:
    ok, words = concluded(replace(IDLE, workers=(WORKER,), statuses_whole=False))
    assert ok is None
    assert "a strategy may be in quarantine" in words


def test_a_trouble_is_never_well() -> None:
    assert verdict(replace(IDLE, workers=(WORKER,)), [Trouble("this", "that")]) == Verdict(ok=False, words="1 trouble")


@pytest.mark.parametrize(
    ("refused", "of", "told"),
    [
        (10, 1_000, []),
        (11, 1_000, ["11 of the newest 1,000 candles were refused (1.1%)"]),
        (9, 20, []),  # too few to tell of a share
        (10, 20, ["10 of the newest 20 candles were refused (50.0%)"]),
        (0, 0, []),
    ],
)
def test_many_refused_candles_are_a_trouble(refused: int, of: int, told: list[str]) -> None:
    found = troubles(replace(IDLE, dead_letters=Recent(refused, of_newest=refused), newest_candles=of))
    assert [one.what for one in found] == told
    assert all("candelabra dead-letter list" in one.do for one in found)


def test_candles_that_are_worked_again_are_told_as_such() -> None:
    waiting = PartitionLag(3, 0, 100, 10, waiting_since_ms=NOW_MS - HOUR_MS, newest_ms=NOW_MS)
    [trouble] = troubles(replace(IDLE, lags=(waiting,), again=frozenset({3})))
    assert trouble.what.startswith("partition 3: 90 candles wait that were worked before")
    assert "it is rebuilt, or what came since a snapshot is worked again" in trouble.what
    assert "nothing is written twice" in trouble.do
