"""The graph of indicators in numbers: what is shared, and when each rule can first hold."""

from typing import Any

import pytest

from operators.strategy.compile import CompiledStrategy, compile_strategy
from operators.strategy.explain import ExplainedIndicator, Explanation, explain, named_timeframes
from schemas.lifecycle import DesiredState
from schemas.record import to_milliseconds
from schemas.signal import Signal
from schemas.strategy_file import parse_strategy
from tests.operators.plain_engine import (
    MINUTE,
    START,
    Feed,
    PlainEngine,
    batched,
    command,
    desired,
    row,
    version,
)


def strategy(identity: str, entry: str, leave: str = "close < 0", **sections: Any) -> CompiledStrategy:  # noqa: ANN401  # any section
    signals = [{"id": "in", "type": "entry", "expression": entry}, {"id": "out", "type": "exit", "expression": leave}]
    return compile_strategy(parse_strategy({"id": identity, "signals": signals, **sections}, origin="test"))


def by_key(explanation: Explanation) -> dict[str, ExplainedIndicator]:
    return {one.key: one for one in explanation.indicators}


RSI, SMA_OF_RSI = "rsi(close,period=14)", "sma(rsi(close,period=14).rsi,period=5)"
SMOOTH: dict[str, Any] = {
    "indicators": [
        {"name": "r", "type": "rsi", "parameters": {"period": 14}},
        {"name": "smooth", "type": "sma", "parameters": {"period": 5}, "source": "r"},
    ]
}


def test_an_indicator_says_what_it_reads_and_who_reads_it() -> None:
    found = by_key(explain([strategy("a", "smooth < 30", "rsi_14 > 70", **SMOOTH)], "1m"))
    assert list(found) == [RSI, SMA_OF_RSI]
    assert found[RSI].reads == ("close",)
    assert found[SMA_OF_RSI].reads == (RSI,)
    assert found[RSI].used_by == ("a.in", "a.out")
    assert found[SMA_OF_RSI].used_by == ("a.in",)


def test_what_an_indicator_reads_has_to_warm_up_before_it() -> None:
    """RSI(14) has its first value at the fifteenth close, a mean of five of those at the nineteenth."""
    explanation = explain([strategy("a", "smooth < 30", "rsi_14 > 70", **SMOOTH)], "5m")
    found = by_key(explanation)
    assert (found[RSI].warm_up_bars, found[SMA_OF_RSI].warm_up_bars) == (15, 19)
    assert [(rule.rule, rule.warm_up_bars) for rule in explanation.rules] == [("in", 19), ("out", 15)]
    assert explanation.warm_up_bars("a") == 19
    assert explanation.warm_up_ms("a") == 19 * 5 * 60_000


def test_a_rule_that_looks_back_waits_for_the_bar_before() -> None:
    explanation = explain([strategy("a", "sma_10 > sma_10[1]", "close < close[1]")], "1m")
    assert [rule.warm_up_bars for rule in explanation.rules] == [11, 2]


def test_a_rule_that_reads_prices_alone_can_hold_at_the_first_bar() -> None:
    explanation = explain([strategy("a", "close > 1", "close < 1")], "1m")
    assert explanation.warm_up_bars("a") == 1
    assert (explanation.wanted, explanation.computed, explanation.indicators) == (0, 0, ())


def test_bars_of_another_timeframe_take_their_own_time() -> None:
    """Three hours for the mean, at most: the hour in which the feed begins counts, however little of it was seen."""
    explanation = explain([strategy("a", "sma_3@1h > 0")], "1m")
    [indicator] = explanation.indicators
    assert indicator.timeframe == "1h"
    assert indicator.warm_up_bars == 3 * 60


def test_strategies_that_mean_the_same_share_it_whatever_they_call_it() -> None:
    one = strategy("one", "fast < 30", indicators=[{"name": "fast", "type": "rsi", "parameters": {"period": 14}}])
    other = strategy("other", "rsi_14 < 20", "rsi_14 > 80")
    third = strategy("third", "rsi_14 < 20 AND sma_20 < close")
    explanation = explain([one, other, third], "1m")
    assert explanation.wanted == 1 + 2 + 2
    assert explanation.computed == 2
    assert by_key(explanation)[RSI].used_by == ("one.in", "other.in", "other.out", "third.in")


def test_an_indicator_of_a_confidence_is_read_and_not_waited_for() -> None:
    signals = [
        {
            "id": "in",
            "type": "entry",
            "expression": "close > 1",
            "confidence": {"method": "scaled", "value": "sma_20", "threshold": 1, "full": 2},
        }
    ]
    config = parse_strategy({"id": "a", "signals": signals}, origin="test")
    explanation = explain([compile_strategy(config)], "1m")
    assert [(rule.reads, rule.warm_up_bars) for rule in explanation.rules] == [(("sma(close,period=20)",), 1)]


ENTRIES = ["close > 0", "sma_5 > 0", "sma_5[1] > 0", "rsi_14 >= 0", "smooth >= 0", "sma_3@5m > 0", "sma_3@5m[1] > 0"]


def first_bar(compiled: CompiledStrategy, begins: int) -> int:
    """The bar of the feed, counted from 1, at which a rule that holds wherever it is ready first fires."""
    about = version("a").model_copy(update={"config": compiled.config})
    go: DesiredState = desired(about)
    candles: list[Feed] = [row(number, close=100 + number % 7) for number in range(begins, begins + 80)]
    engine = PlainEngine()
    for one in batched([command(about, go), *candles], [10]):
        engine.feed(*one)
    first = next(one for one in engine.out["a|BTCUSDT|1m"] if isinstance(one, Signal))
    return (to_milliseconds(first.open_time) - START) // MINUTE - begins + 1


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_engine_holds_to_it(entry: str) -> None:
    compiled = strategy("a", entry, **SMOOTH)
    assert first_bar(compiled, begins=0) == explain([compiled], "1m").warm_up_bars("a")


def test_a_feed_that_begins_within_a_bar_of_another_timeframe_is_so_much_earlier() -> None:
    """The bar of 00:00, of which three minutes were seen, is the first of three: the last closes at 00:15."""
    compiled = strategy("a", "sma_3@5m > 0", **SMOOTH)
    assert first_bar(compiled, begins=2) == 15 - 2


def test_timeframes_that_strategies_name_are_those_to_explain_them_on() -> None:
    about = [strategy("a", "close > 0", timeframes=["1h", "*"]), strategy("b", "close > 0", timeframes=["90m", "day"])]
    assert named_timeframes(one.config for one in about) == ("1h", "90m")
    assert named_timeframes([strategy("c", "close > 0", timeframes=["*", "swing"]).config]) == ()


def test_no_timeframe_is_no_explanation() -> None:
    with pytest.raises(ValueError, match="1x"):
        explain([strategy("a", "close > 1")], "1x")
