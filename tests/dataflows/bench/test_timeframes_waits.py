"""Latency is from the candle that closed at a record's instant to that record, and nothing may be missing."""

import pytest

from dataflows.bench.latency import Identity
from dataflows.bench.timeframes_arrivals import Arrival
from dataflows.bench.timeframes_waits import copies_of, waits_of
from dataflows.bench.timeframes_workload import STYLES, pulse, watchlist
from dataflows.bench.workload import GeneratedCandles
from dataflows.errors import BenchFailed
from dataflows.replay import Replayed, replay
from schemas.codec import Codec
from schemas.framing import SingleObject

MINUTES = 60
CODEC = Codec(SingleObject())
CANDLES = GeneratedCandles(1, MINUTES)
ROWS = [row for batch in CANDLES.batches() for row in batch]
SENT: dict[Identity, float] = {(row[0], row[2]): float(number) for number, row in enumerate(ROWS)}
"""One candle a second."""


@pytest.fixture(scope="module")
def replayed() -> Replayed:
    return replay(CANDLES, [pulse()], watchlist=watchlist(CANDLES.names(), consensus=False))


def arrivals(found: Replayed) -> list[Arrival]:
    """Signals 10 ms after their candle, those of an hour 500 ms; composites 20 ms after theirs."""
    signals = [
        Arrival(
            "signals", CODEC.encode(one), _sent(one.close_time.timestamp()) + (0.5 if one.timeframe == "1h" else 0.01)
        )
        for one in found.signals
    ]
    composites = [
        Arrival("composites", CODEC.encode(one), _sent(one.window_end.timestamp()) + 0.02) for one in found.composites
    ]
    return [*composites, *signals]


def _sent(closes_s: float) -> float:
    return SENT["SYM000", round(closes_s * 1000) - 60_000]


def test_waits_are_by_trading_style(replayed: Replayed) -> None:
    signals, composites = waits_of(SENT, arrivals(replayed), CODEC, settling_s=0.0)
    # In an hour: 60 bars of a minute, 12 of five, 4 of a quarter, 1 of an hour.
    assert {style: one.count for style, one in signals.items()} == {"all": 77, "day": 72, "swing": 5}
    assert signals["day"].p99_ms == pytest.approx(10)
    assert signals["swing"].p50_ms == pytest.approx(10)
    assert signals["swing"].p99_ms > 400
    assert composites["all"].count == len(replayed.composites) > 0
    assert composites["all"].p99_ms == pytest.approx(20)


def test_what_comes_of_candles_while_all_settles_does_not_count(replayed: Replayed) -> None:
    signals, _ = waits_of(SENT, arrivals(replayed), CODEC, settling_s=45.0)
    # The last 15 minutes: three bars of five minutes, one of a quarter, one of an hour.
    assert {style: one.count for style, one in signals.items()} == {"all": 20, "day": 18, "swing": 2}


def test_a_bar_without_its_signal_is_no_figure(replayed: Replayed) -> None:
    lacking = [one for one in arrivals(replayed) if one.at != 14.01]
    with pytest.raises(BenchFailed, match=r"3 closed bars had no signal, the first is \('SYM000', '15m', "):
        waits_of(SENT, lacking, CODEC, settling_s=0.0)


def test_a_copy_counts_for_every_bar_that_closes_with_its_candle() -> None:
    copies = [Arrival("echo", CODEC.encode_candle_row(row), SENT[row[0], row[2]] + 0.003) for row in ROWS]
    found = copies_of(SENT, copies, CODEC, settling_s=0.0)
    assert {style: one.count for style, one in found.items()} == {"all": 77, "day": 72, "swing": 5}
    assert found["all"].p99_ms == pytest.approx(3)
    assert set(STYLES.values()) - found.keys() == {"position"}, "four hours have not passed"


def test_a_candle_without_a_copy_is_no_figure() -> None:
    copies = [Arrival("echo", CODEC.encode_candle_row(row), 99.0) for row in ROWS[1:]]
    with pytest.raises(BenchFailed, match=r"1 of 60 candles had no copy, the first is \('SYM000', 1735689600000\)"):
        copies_of(SENT, copies, CODEC, settling_s=0.0)
