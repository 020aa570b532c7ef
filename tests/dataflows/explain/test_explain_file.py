"""A bar of a file explained: its records are those of a replay, and what the rules saw is what signals say."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dataflows.candle_files import CandleFile
from dataflows.errors import CandelabraError
from dataflows.explain.explain import explain_file
from dataflows.explain.explanation import Explanation
from dataflows.explain.instant import Instant, instant_of
from dataflows.explain.words import summary
from dataflows.replay import Replayed, replay
from schemas.lifecycle import StrategyStatus
from schemas.record import Record, to_milliseconds
from schemas.signal import Signal
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy
from schemas.trade import Trade
from tests.dataflows.deployment import MINUTE, START, as_file, walk

BARS = 400


def config(**sections: Any) -> StrategyConfig:  # noqa: ANN401  # any section
    """Long while a fast RSI swings, short where it is high, with exits that no rule asks for."""
    document = {
        "id": "swing",
        "symbols": ["AAA"],
        "timeframes": ["5m"],
        "indicators": {"rsi": {"period": 5}},
        "signals": [
            {"id": "dip", "type": "entry", "expression": "rsi < 45 AND close < sma_5"},
            {"id": "top", "type": "entry", "side": "short", "expression": "rsi > 65"},
            {"id": "risen", "type": "exit", "expression": "rsi > 55 OR position.bars_held > 8"},
            {"id": "fallen", "type": "exit", "side": "short", "expression": "rsi < 45"},
        ],
        "risk": {
            "stop_loss": {"fraction": 0.05},
            "take_profit": {"fraction": 0.05},
            "limits": {"max_daily_loss": 1.0, "max_drawdown": 1.0},
        },
        "execution": {"fees": {"method": "proportional", "maker": 0.0002, "taker": 0.0005}},
        **sections,
    }
    return parse_strategy(document, origin="test")


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> CandleFile:
    return as_file(walk(BARS, symbols=("AAA", "BBB")), tmp_path_factory.mktemp("walk") / "walk.parquet")


@pytest.fixture(scope="module")
def replayed(candles: CandleFile) -> Replayed:
    return replay(candles, [config()])


def at(candles: CandleFile, close: int, strategy: StrategyConfig | None = None, **more: Any) -> Explanation:  # noqa: ANN401  # any option
    return explain_file(candles, strategy or config(), "AAA", Instant(close), **more)


def closing_at(records: Sequence[Record], close: int) -> list[str]:
    return [one.model_dump_json() for one in records if close == _time(one)]


def _time(record: Record) -> int:
    """When the bar closed of which a record tells; of a trade nobody knows, it may end inside of it or at its open."""
    time = getattr(record, "close_time", None) or getattr(record, "event_time", None)
    return 0 if time is None else to_milliseconds(time)


def test_at_every_bar_the_records_are_those_of_a_replay(candles: CandleFile, replayed: Replayed) -> None:
    told = 0
    alerts = [one for one in replayed.alerts if one.strategy is not None]
    topics = (replayed.signals, replayed.positions, replayed.executions, replayed.equity, replayed.metrics, alerts)
    for close in range(START + 20 * MINUTE, START + BARS * MINUTE, 5 * MINUTE):
        explained = at(candles, close)
        expected = sorted(text for records in topics for text in closing_at(records, close))
        found = [one for one in explained.at.records if not isinstance(one, StrategyStatus | Trade)]
        assert sorted(one.model_dump_json() for one in found) == expected
        assert explained.at.before.standing.position == _held_before(replayed, close)
        told += bool(explained.at.executions)
    assert told > 20


def _held_before(replayed: Replayed, close: int) -> str:
    earlier = [one for one in replayed.executions if to_milliseconds(one.close_time) < close]
    return earlier[-1].position_after if earlier else "flat"


def test_what_the_rules_saw_is_what_their_signals_say(candles: CandleFile, replayed: Replayed) -> None:
    own = [one for one in replayed.signals if "." not in one.rule]
    assert {one.rule for one in own} == {"dip", "top", "risen", "fallen"}
    for signal in own[:12]:
        explained = at(candles, to_milliseconds(signal.close_time))
        rule = next(one for one in explained.rules if one.rule == signal.rule)
        assert (rule.holds, rule.acted, rule.error) == (True, True, "")
        assert [tuple(part) for part in rule.parts] == [tuple(one) for one in signal.conditions]
        assert rule.values == signal.values
        assert f"by {signal.rule}" in summary(explained)


def test_a_bar_at_which_nothing_happened_says_which_parts_did_not_hold(candles: CandleFile, replayed: Replayed) -> None:
    eventful = {to_milliseconds(one.close_time) for one in replayed.executions}
    close = next(one for one in range(START + 100 * MINUTE, START + BARS * MINUTE, 5 * MINUTE) if one not in eventful)
    explained = at(candles, close)
    assert explained.at.executions == ()
    asked = [one for one in explained.rules if one.asked]
    assert asked
    assert all(one.holds is False and not all(part.holds for part in one.parts) for one in asked)
    assert summary(explained).startswith("It did nothing: ")
    assert summary(explained).endswith((" did not hold.", " held."))


def test_rules_that_were_not_asked_say_why(candles: CandleFile, replayed: Replayed) -> None:
    eventful = {to_milliseconds(one.close_time) for one in replayed.executions}
    closes = (one for one in range(START + 20 * MINUTE, START + BARS * MINUTE, 5 * MINUTE) if one not in eventful)
    held = next(one for one in (at(candles, close) for close in closes) if one.at.before.standing.position == "long")
    why = {one.rule: one.why_not for one in held.rules if not one.asked}
    assert why == {
        "dip": "a long position was held",
        "top": "a long position was held",
        "fallen": "no short position was held",
    }


def test_a_rule_that_is_refused_again_is_told_why(candles: CandleFile) -> None:
    strict = config(risk={"stop_loss": {"fraction": 0.005}, "limits": {"max_daily_loss": 0.001}})
    refused = [one for one in replay(candles, [strict]).positions if getattr(one, "change", "") == "refused"]
    first = to_milliseconds(refused[0].close_time)  # type: ignore[union-attr]  # a trade is not refused
    assert "was refused: max_daily_loss: expected a loss since 00:00 UTC below" in summary(at(candles, first, strict))
    said = [summary(at(candles, close, strict)) for close in range(first, START + BARS * MINUTE, 5 * MINUTE)]
    assert any("held, and was refused as before: max_daily_loss" in one for one in said)


def test_an_order_that_waits_is_followed_to_the_next_bar(candles: CandleFile, replayed: Replayed) -> None:
    signal = next(one for one in replayed.signals if one.type == "entry")
    explained = at(candles, to_milliseconds(signal.close_time))
    assert explained.at.after.standing.position == "flat"
    [opened] = explained.at.filled_later
    assert (opened.change, opened.signal) == ("opened", signal.id)
    assert opened.fills[0].time_ms == explained.at.bar.close_time


def test_indicators_that_are_not_ready_are_named(candles: CandleFile) -> None:
    explained = at(candles, START + 10 * MINUTE)
    dip = explained.rules[0]
    assert (dip.rule, dip.asked, dip.holds, dip.not_ready) == ("dip", True, None, ("rsi", "sma_5"))
    assert [part.holds for part in dip.parts] == [None, None, None]
    assert summary(explained) == "It did nothing: no rule was ready, for rsi, sma_5 have no values yet."


def test_an_instant_that_closes_a_bar_means_that_bar_and_any_other_the_one_that_has_it(candles: CandleFile) -> None:
    closes, holds = at(candles, START + 60 * MINUTE), at(candles, START + 60 * MINUTE + 1)
    assert (closes.match, closes.at.bar.close_time) == ("closes", START + 60 * MINUTE)
    assert (holds.match, holds.at.bar.open_time) == ("holds", START + 60 * MINUTE)
    day = explain_file(candles, config(timeframes=["1h"]), "AAA", instant_of("2025-01-01"))
    assert (day.match, day.at.bar.open_time) == ("holds", START)


def test_the_bar_is_that_of_the_candles(candles: CandleFile) -> None:
    rows = [row for row in walk(BARS, symbols=("AAA", "BBB")) if row[0] == "AAA"][55:60]
    bar = at(candles, START + 60 * MINUTE).at.bar
    assert (bar.open, bar.close) == (rows[0][3], rows[-1][6])
    assert (bar.high, bar.low) == (max(row[4] for row in rows), min(row[5] for row in rows))
    assert bar.volume == pytest.approx(sum(row[7] for row in rows))


def test_a_bar_that_lacks_candles_is_said_to_and_no_rule_is_asked(tmp_path: Path) -> None:
    rows = [row for row in walk(100, symbols=("AAA",)) if row[2] != START + 57 * MINUTE]
    idle = config(signals=[{"id": "high", "type": "entry", "expression": "close > 1000"}])
    explained = at(as_file(rows, tmp_path / "holes.parquet"), START + 60 * MINUTE, idle)
    assert explained.at.bar.partial
    assert {one.why_not for one in explained.rules} == {"the bar lacks candles, and partial_bars is skip"}
    assert summary(explained) == "It did nothing: the bar lacks candles, and partial_bars is skip."


def test_the_state_and_the_version_in_force_are_told(candles: CandleFile) -> None:
    explained = at(candles, START + 60 * MINUTE)
    assert (explained.version, explained.state) == (1, "running")
    assert explained.document()["state_since"] == "2025-01-01T00:00:00Z"


def test_a_symbol_with_or_without_a_slash_is_one(tmp_path: Path) -> None:
    file = as_file(walk(100, symbols=("BTC/USDT",)), tmp_path / "slash.parquet")
    explained = explain_file(file, config(symbols=["BTCUSDT"]), "BTCUSDT", Instant(START + 60 * MINUTE))
    assert explained.at.bar.symbol == "BTC/USDT"


REFUSED = [
    ("AAB", {}, 60, "walk.parquet has no candles of 'AAB' (did you mean \"AAA\"?): it has those of AAA, BBB"),
    ("BBB", {}, 60, "swing does not run on BBB, of which walk.parquet has candles"),
    ("AAA", {"timeframe": "5min"}, 60, 'swing does not run on AAA 5min (did you mean "5m"?): it runs on 5m'),
    (
        "AAA",
        {},
        5_000,
        "it has those from 2025-01-01 00:00 to 2025-01-01 06:40; the last bar of AAA 5m closed at 2025-01-01 06:40",
    ),
    ("AAA", {}, -60, "it has those from 2025-01-01 00:00 to 2025-01-01 06:40"),
]


@pytest.mark.parametrize(("symbol", "more", "minute", "expected"), REFUSED)
def test_what_is_not_there_is_said_with_what_there_is(
    candles: CandleFile, symbol: str, more: dict[str, str], minute: int, expected: str
) -> None:
    with pytest.raises(CandelabraError) as refused:
        explain_file(candles, config(), symbol, Instant(START + minute * MINUTE), **more)  # type: ignore[arg-type]  # a timeframe
    assert expected in str(refused.value)


def test_several_timeframes_want_one_to_be_named(candles: CandleFile) -> None:
    strategy = config(timeframes=["5m", "15m"])
    with pytest.raises(CandelabraError, match="runs on several timeframes of AAA: name one of 5m, 15m"):
        at(candles, START + 60 * MINUTE, strategy)
    assert at(candles, START + 60 * MINUTE, strategy, timeframe="15m").at.bar.open_time == START + 45 * MINUTE


def test_a_time_without_candles_names_the_nearest(tmp_path: Path) -> None:
    rows = [row for row in walk(100, symbols=("AAA",)) if not START + 50 * MINUTE <= row[2] < START + 70 * MINUTE]
    file = as_file(rows, tmp_path / "gap.parquet")
    expected = "no candle of it came; the nearest candles open at 2025-01-01 00:49 and 2025-01-01 01:10"
    with pytest.raises(CandelabraError, match=expected):
        at(file, START + 60 * MINUTE + 1)


def test_what_is_no_time_is_refused_with_an_example() -> None:
    with pytest.raises(CandelabraError, match=r"expected a time such as 2025-06-01T14:05 .*, got 'noon'"):
        instant_of("noon")


def test_the_document_has_all_of_it(candles: CandleFile, replayed: Replayed) -> None:
    signal = next(one for one in replayed.signals if one.rule == "dip")
    document = at(candles, to_milliseconds(signal.close_time)).document()
    assert (document["strategy"], document["symbol"], document["timeframe"]) == ("swing", "AAA", "5m")
    [rule] = [one for one in document["rules"] if one["acted"]]
    assert (rule["rule"], rule["values"]) == ("dip", signal.values)
    kinds = [one["record"] for one in document["records"]]
    assert "Signal" in kinds
    assert "Execution" in kinds
    own = next(one for one in document["records"] if one["record"] == "Signal")
    assert Signal.model_validate_json(Signal.model_dump_json(signal)).id == own["id"]
    assert document["position_before"]["position"] == "flat"
