"""What a strategy is shown follows from its own commands and the candles, not from who else runs or ran before."""

import random

import pytest

from operators.strategy.compile import compile_strategy
from schemas.lifecycle import StrategyVersion
from tests.operators.plain_engine import Feed, PlainEngine, batched, command, desired, expression, row
from tests.operators.strategy.said_records import texts_of

HISTORY = 64
BARS = 600


def walk() -> list[Feed]:
    choice = random.Random(2)
    price = 100.0
    rows: list[Feed] = []
    for bar in range(BARS):
        price *= choice.uniform(0.99, 1.01)
        rows.append(row(bar, close=price, volume=choice.uniform(1, 9)))
    return rows


def records(*starts: tuple[int, StrategyVersion]) -> dict[str, list[str]]:
    """What each strategy says, with commands before these bars, one candle at a time."""
    events: list[Feed] = []
    for bar, candle in enumerate(walk()):
        events += [
            command(version, desired(version, name=f"c{version.version}")) for at, version in starts if at == bar
        ]
        events.append(candle)
    engine = PlainEngine(compile_strategy, history_bars=HISTORY)
    for part in batched(events, (1,)):
        engine.feed(*part)
    return {key: texts_of(said) for key, said in engine.out.items() if said}


@pytest.mark.parametrize("entry", ["obv > mean(obv, 5) AND rsi_5@5m < 101", "obv > 0 AND rsi_5@5m < 101"])
def test_a_latecomer_with_a_running_total_does_not_lend_it_to_others(entry: str) -> None:
    first = expression("a", entry, "obv < 0 OR position.bars_held > 3")
    late = expression("b", "obv > 0", "obv < 0")
    key = "a|BTCUSDT|1m"
    alone = records((0, first))[key]
    assert len(alone) > 1
    assert records((0, first), (300, late))[key] == alone


def test_a_running_total_on_the_series_own_timeframe_is_the_plain_one_for_a_latecomer_too() -> None:
    said = {
        name: records((300, expression("a", f"{name} > -1000000", "close < 0")))["a|BTCUSDT|1m"][1:]
        for name in ("obv", "obv@1m")
    }
    assert len(said["obv"]) == len(said["obv@1m"]) == 1


def test_an_update_waits_for_its_own_indicators_and_not_for_those_it_dropped() -> None:
    slow = expression("a", "sma_400 > 0", "close < 0")
    quick = expression("a", "sma_5 > 0", "close < 0", 2)
    fresh = records((210, quick))["a|BTCUSDT|1m"]
    assert [one for one in records((200, slow), (210, quick))["a|BTCUSDT|1m"] if '"version":2' in one] == fresh


def test_a_latecomer_is_told_that_a_timeframe_which_nobody_kept_is_young() -> None:
    hourly = expression("a", "rsi_3@7m > 50", "close < 0")
    first, late = (records((bar, hourly))["a|BTCUSDT|1m"][0] for bar in (0, 300))
    assert '"reason":null' in first
    assert "rsi(close,period=3)@7m: computed of bars of 7m since 2025-05-01 03:51" in late
    kept = expression("a", "rsi_3@15m > 50", "close < 0")
    assert '"reason":null' in records((300, kept))["a|BTCUSDT|1m"][0]
