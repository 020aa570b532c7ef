"""Figures of a worker from two looks at what it tells Prometheus."""

from math import inf

import pytest
from prometheus_client.parser import text_string_to_metric_families

from operators.alerts.health import Look, figures, grown, look, quantile

FIRST = """
# TYPE candelabra_alive gauge
candelabra_alive 1.0
# TYPE candelabra_lag_records gauge
candelabra_lag_records{partition="0"} 3.0
candelabra_lag_records{partition="1"} 4.0
# TYPE candelabra_behind_seconds gauge
candelabra_behind_seconds{strategy="x",symbol="BTC",candles="late"} 60.0
candelabra_behind_seconds{strategy="y",symbol="ETH",candles="none"} 7200.0
candelabra_behind_seconds{strategy="y",symbol="SOL",candles="none"} 7200.0
# TYPE candelabra_dead_letters counter
candelabra_dead_letters_total{reason="invalid"} 10.0
candelabra_dead_letters_total{reason="empty"} 2.0
# TYPE candelabra_alerts counter
candelabra_alerts_total{kind="quarantine"} 1.0
candelabra_alerts_total{kind="gap"} 50.0
# TYPE candelabra_snapshot_timestamp_seconds gauge
candelabra_snapshot_timestamp_seconds 90.0
# TYPE candelabra_latency_seconds histogram
candelabra_latency_seconds_bucket{le="0.1",record="signal"} 10.0
candelabra_latency_seconds_bucket{le="1.0",record="signal"} 10.0
candelabra_latency_seconds_bucket{le="+Inf",record="signal"} 10.0
candelabra_latency_seconds_bucket{le="+Inf",record="composite"} 99.0
"""


def seen(text: str, at_ms: int) -> Look:
    samples = [
        (sample.name, sample.labels, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]
    return look(samples, at_ms)


def test_one_look_gives_what_is_now() -> None:
    found = figures(None, seen(FIRST, 100_000))
    assert (found["up"], found["alive"], found["lag_records"]) == (1.0, 1.0, 7.0)
    assert found["snapshot_age_seconds"] == 10.0
    assert found["behind_seconds"] == 7_200.0, "the longest"
    assert figures(None, seen("", 100_000))["behind_seconds"] == 0.0, "nobody waits"
    assert found["dead_letters_per_minute"] is None
    assert found["latency_p99_seconds"] is None
    assert found["restarts"] is None


def test_two_looks_give_rates_and_percentiles_of_the_time_between() -> None:
    later = FIRST.replace('"invalid"} 10', '"invalid"} 13').replace('"quarantine"} 1', '"quarantine"} 2')
    later = later.replace('le="1.0",record="signal"} 10', 'le="1.0",record="signal"} 20')
    later = later.replace('le="+Inf",record="signal"} 10', 'le="+Inf",record="signal"} 20')
    found = figures(seen(FIRST, 100_000), seen(later, 130_000))
    assert found["dead_letters_per_minute"] == 6.0
    assert found["quarantines_per_minute"] == 2.0
    assert found["errors_per_minute"] == 8.0
    assert found["latency_p50_seconds"] == pytest.approx(0.1 + 0.9 * 0.5)
    assert found["latency_p99_seconds"] == pytest.approx(0.1 + 0.9 * 0.99)


def test_a_worker_that_began_anew_is_counted_from_nothing() -> None:
    fresh = FIRST.replace("10.0\n", "4.0\n").replace("2.0\n", "0.0\n")
    found = figures(seen(FIRST, 0), seen(fresh, 60_000))
    assert found["dead_letters_per_minute"] == 4.0
    assert found["latency_p99_seconds"] == pytest.approx(0.099)


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf"])
def test_a_value_that_is_not_finite_tells_nothing(value: str) -> None:
    found = seen(FIRST.replace("} 10.0", f"}} {value}").replace("alive 1.0", f"alive {value}"), 0)
    assert found.now["lag_records"] == 7.0
    assert "alive" not in found.now
    assert (found.dead_letters, found.latency) == (2.0, {})


def test_a_worker_that_does_not_answer_is_down_and_nothing_else_is_known() -> None:
    found = figures(seen(FIRST, 0), None)
    assert found.pop("up") == 0.0
    assert set(found.values()) == {None}


def test_a_counter_grows_or_begins_anew() -> None:
    assert (grown(3, 7), grown(7, 3), grown(3, 3)) == (4, 3, 0)


@pytest.mark.parametrize(
    ("share", "within", "value"),
    [
        (0.5, {}, None),
        (0.5, {1.0: 0, inf: 0}, None),
        (0.5, {1.0: 10, inf: 10}, 0.5),
        (0.99, {1.0: 50, 2.0: 100, inf: 100}, 1.98),
        (0.99, {1.0: 50, inf: 100}, 1.0),
        (1.0, {1.0: 5, 2.0: 5, inf: 5}, 1.0),
    ],
)
def test_a_quantile_is_prometheuss(share: float, within: dict[float, float], value: float | None) -> None:
    assert quantile(share, within) == (None if value is None else pytest.approx(value))
