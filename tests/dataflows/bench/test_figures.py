"""What a benchmark reports follows from what it measured; its workload is the same in every run and can be run."""

from itertools import pairwise
from typing import cast

import pytest

from dataflows.bench.engine import Throughput
from dataflows.bench.latency import Identity, Probe, latency
from dataflows.bench.measure import Usage
from dataflows.bench.workload import GeneratedCandles, pulse, strategies
from dataflows.errors import BenchFailed
from dataflows.replay import replay
from operators.strategy.compile import compile_strategy
from schemas.candle import candle_problem


class Received:
    """A probe that has received already."""

    def __init__(self, received: dict[Identity, float]) -> None:
        self.received = received

    def has(self, wanted: dict[Identity, float]) -> bool:
        return self.received.keys() >= wanted.keys()

    def close(self) -> dict[Identity, float]:
        return self.received


def test_rates_and_ratios_are_of_all_rounds_together() -> None:
    engine = (Usage(100, 500, 2.0, 1.0, 30.0), Usage(100, 500, 3.0, 2.0, 40.0))
    bare = (Usage(100, 0, 1.0, 0.5, 20.0), Usage(100, 0, 1.0, 0.25, 20.0))
    found = Throughput(5, engine, bare)
    assert found.candles_per_s == pytest.approx(200 / 5)
    assert found.evaluations_per_s == pytest.approx(1_000 / 5)
    assert found.cpu_s_per_million_evaluations == pytest.approx(3.0 / 1_000 * 1e6)
    assert found.cpu_ratio_to_bare_loop == pytest.approx((3.0 / 200) / (0.75 / 200))
    assert found.bare_candles_per_s == pytest.approx(100)
    assert found.peak_memory_mb == 40.0


def test_latency_counts_what_was_sent_after_the_settling_time() -> None:
    sent: dict[Identity, float] = {("A", minute): float(minute) for minute in range(102)}
    waits = {identity: 9.0 if at < 1 else 0.001 * at for identity, at in sent.items()}
    probe = cast("Probe", Received({identity: at + waits[identity] for identity, at in sent.items()}))
    found = latency(sent, probe, settling_s=1.0)
    assert found.count == 101
    assert found.p50_ms == pytest.approx(51.0)  # of 1 to 101 ms
    assert found.p99_ms == pytest.approx(100.0)


def test_a_candle_without_a_result_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataflows.bench.latency.DRAIN_SECONDS", 0.0)
    sent: dict[Identity, float] = {("A", 0): 0.0, ("A", 1): 0.1}
    probe = cast("Probe", Received({("A", 0): 0.5}))
    with pytest.raises(BenchFailed, match=r"1 of 2 candles had no result, the first is \('A', 1\)"):
        latency(sent, probe, settling_s=0.0)


def test_generated_candles_are_candles_and_go_on_where_they_stopped() -> None:
    whole = [row for batch in GeneratedCandles(3, 50).batches() for row in batch]
    rest = [row for batch in GeneratedCandles(3, 10, first=40).batches() for row in batch]
    assert [candle_problem(row[1], *row[2:8]) for row in whole] == [None] * 150
    assert [(row[0], row[2], row[6]) for row in rest] == [(row[0], row[2], row[6]) for row in whole[120:]]
    assert whole == [row for batch in GeneratedCandles(3, 50).batches() for row in batch]


def test_fifty_strategies_differ_and_share_five_indicators() -> None:
    compiled = [compile_strategy(config) for config in strategies(50)]
    assert len({config.config.fingerprint() for config in compiled}) == 50
    kinds = {indicator.kind for one in compiled for indicator in one.indicators}
    assert kinds == {"rsi", "macd", "ema", "bbands", "sma"}
    assert len({indicator.key for one in compiled for indicator in one.indicators}) == 5


def test_pulse_signals_at_every_candle_once_it_is_warm() -> None:
    signals = replay(GeneratedCandles(1, 90), [pulse()]).signals
    last = [signal.open_time for signal in signals][-30:]
    assert [int((after - before).total_seconds()) for before, after in pairwise(last)] == [60] * 29
