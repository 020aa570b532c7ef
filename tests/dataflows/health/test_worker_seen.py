"""A real worker on Apache Kafka, seen through its metrics and its log."""

import pytest

from schemas import topics
from schemas.composite import Composite
from schemas.signal import Signal
from tests.dataflows.health.conftest import FIRST, JUNK, SECOND, Seen

pytestmark = pytest.mark.kafka

SYMBOLS = 3
TOPICS = ("signals", "composites", "status", "alerts", "dead-letter")


def test_the_metrics_are_what_happened(seen: Seen) -> None:
    first = seen.first
    assert first.value("candelabra_candles_total") == FIRST * SYMBOLS
    assert first.value("candelabra_duplicates_total") == SYMBOLS
    assert first.value("candelabra_gaps_total") == 0
    assert first.value("candelabra_dead_letters_total", reason="unknown_format") == JUNK
    assert first.value("candelabra_dead_letters_total") == JUNK
    assert [first.value("candelabra_lag_records", partition=str(number)) for number in range(2)] == [0, 0]
    assert first.value("candelabra_alive") == first.value("candelabra_ready") == 1
    assert first.value("candelabra_restarts_total") == 0
    second = seen.second
    assert second.value("candelabra_candles_total") == (SECOND - 2) * SYMBOLS
    assert second.value("candelabra_gaps_total") == SYMBOLS
    assert second.value("candelabra_alerts_total", kind="gap") == SYMBOLS


def test_what_was_handed_over_is_on_the_topics(seen: Seen) -> None:
    for topic in TOPICS:
        found = len(seen.deployment.messages(next(one for one in topics.ALL_TOPICS if one.name == topic)))
        counted = [
            life.samples.get(("candelabra_records_total", frozenset({("topic", topic)})), 0) for life in seen[1:]
        ]
        assert sum(counted) == found > 0, topic
    signals = seen.deployment.records(topics.SIGNALS, Signal)
    counted = [life.value("candelabra_signals_total", strategy="fast") for life in (seen.first, seen.second)]
    assert sum(counted) == len(signals)


def test_a_series_that_is_out_of_service_is_counted_and_stays_so_over_a_restart(seen: Seen) -> None:
    assert seen.first.value("candelabra_alerts_total", kind="quarantine") >= SYMBOLS
    in_quarantine = seen.first.value("candelabra_quarantined_keys")
    assert in_quarantine == 2 * SYMBOLS  # on 1m and on 5m
    assert seen.second.value("candelabra_quarantined_keys") == in_quarantine


def test_a_strategy_that_waits_tells_for_which_symbol_and_how_much_is_held_back(seen: Seen) -> None:
    for life, bars in ((seen.first, FIRST), (seen.second, FIRST + SECOND)):
        told = {labels: value for (name, labels), value in life.samples.items() if name == "candelabra_behind_seconds"}
        assert told == {
            frozenset({("strategy", "waits"), ("symbol", "ZZZ"), ("candles", "none")}): (bars - 1) * 60.0,
        }


def test_a_resume_says_how_many_keys_came_back_and_how_long_it_took(seen: Seen) -> None:
    assert ("candelabra_restored_keys", frozenset({("step", "market")})) not in seen.first.samples
    assert seen.second.value("candelabra_restored_keys", step="market") == SYMBOLS
    assert seen.second.value("candelabra_restored_keys", step="strategy") == 2 * 2 * SYMBOLS
    seconds = seen.second.value("candelabra_resume_seconds")
    [line] = seen.second.lines("resumed")
    assert seconds == pytest.approx(line["seconds"], abs=0.001)
    assert line["keys"] == seen.second.value("candelabra_restored_keys")
    offsets = line["offsets"]
    candles = sum(offset for part, offset in offsets.items() if part.startswith("candles/"))
    assert candles == (FIRST + 1) * SYMBOLS + JUNK
    assert [len(seen.first.lines(event)) for event in ("began", "resumed")] == [1, 0]


def test_snapshots_are_timed_counted_and_weighed(seen: Seen) -> None:
    for step in ("market", "strategy", "feed", "signals_out"):
        assert seen.second.value("candelabra_snapshot_seconds_count", step=step) > 0, step
    for step in ("market", "strategy"):
        assert seen.second.value("candelabra_snapshot_bytes_count", step=step) > 0
    mean = seen.second.value("candelabra_snapshot_bytes_sum", step="market") / seen.second.value(
        "candelabra_snapshot_bytes_count", step="market"
    )
    assert mean > FIRST * 5 * 8  # five doubles a bar, at the least
    assert seen.second.value("candelabra_recovery_store_bytes") > 0
    assert seen.second.value("candelabra_snapshot_timestamp_seconds") > 1_700_000_000


def test_at_the_markets_pace_signals_have_their_latency(seen: Seen) -> None:
    signals = seen.second.value("candelabra_signals_total", strategy="fast")
    measured = seen.second.value("candelabra_latency_seconds_count", record="signal")
    assert 0 < measured <= signals
    assert seen.second.value("candelabra_latency_seconds_bucket", record="signal", le="+Inf") == measured
    assert seen.second.value("candelabra_latency_seconds_sum", record="signal") > 0


def test_the_process_and_the_build_are_there(seen: Seen) -> None:
    for name in (
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_cpu_seconds_total",
        "candelabra_threads",
    ):
        assert seen.first.value(name) > 0, name
    assert seen.first.value("candelabra_build_info", bytewax="0.21.1") == 1


def test_every_line_has_time_level_event_and_worker(seen: Seen) -> None:
    for line in seen.first.log:
        assert list(line)[:4] == ["time", "level", "event", "worker"], line


def test_the_life_of_a_worker_is_told_in_order(seen: Seen) -> None:
    told = [line["event"] for line in seen.second.log if line["level"] == "info"]
    kept = [event for event in told if event in {"start", "health is served", "resumed", "drain", "end"}]
    assert kept == ["start", "health is served", "resumed", "drain", "end"]
    [end] = seen.second.lines("end")
    assert end["candles"] == (SECOND - 2) * SYMBOLS
    assert [line["strategy"] for line in seen.first.lines("command placed")].count("fast@1") > 0
    assert {line["reason"] for line in seen.first.lines("quarantined")} != set()


def test_a_correlation_id_finds_the_candle_and_all_that_it_caused(seen: Seen) -> None:
    composites = seen.deployment.records(topics.COMPOSITES, Composite)
    composite = next(one for one in composites if one.window_end.minute % 5 == 0)
    close = composite.window_end
    prefix = f"{composite.symbol}@{close:%Y-%m-%dT%H:%M}"
    log = [*seen.first.log, *seen.second.log]
    found = [line for line in log if str(line.get("correlation", "")).startswith(prefix)]
    events = [line["event"] for line in found]
    assert events[0] == "candle"
    assert events.count("candle") == 1
    signals = [one for one in seen.deployment.records(topics.SIGNALS, Signal) if one.symbol == composite.symbol]
    expected = {one.id for one in signals if one.close_time == close} | {composite.id}
    assert {line["id"] for line in found if line["event"] in {"signal", "composite"}} == expected
    assert len(expected) > 1


def test_a_refused_candle_is_in_the_log_with_its_place(seen: Seen) -> None:
    letters = seen.first.lines("dead letter")
    assert len(letters) == JUNK
    assert {letter["reason"] for letter in letters} == {"unknown_format"}
    summed = sum(line["count"] for line in seen.first.lines("dead letters"))
    assert summed == JUNK
