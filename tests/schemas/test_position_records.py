"""Changes of positions, trades, metrics and equity: what they hold, refuse, and are called on their topics."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.ids import record_id
from schemas.metrics import CurveFigures, EquityPoint, StrategyMetrics, TradeFigures
from schemas.position import MAX_FILLS, Fill, LimitReached, PositionChange, change_id
from schemas.record import Record, from_milliseconds
from schemas.trade import Trade, trade_ids

BOUGHT = Fill(60_000, "buy", 2.0, 100.0, 0.5, "dip")
SERIES: dict[str, Any] = {"strategy": "macd", "version": 1, "symbol": "BTC/USDT", "timeframe": "1m"}
OPENED: dict[str, Any] = {
    "id": "0" * 32,
    **SERIES,
    "open_time": from_milliseconds(60_000),
    "close_time": from_milliseconds(120_000),
    "number": 0,
    "change": "opened",
    "position": "long",
    "quantity": 2.0,
    "average_price": 100.0,
    "price": 100.0,
    "fills": (BOUGHT,),
    "realised": 0.0,
    "unrealised": 0.0,
    "fees": 0.5,
    "cash": 799.5,
    "equity": 999.5,
    "reason": "dip",
}
REFUSED: dict[str, Any] = {
    "change": "refused",
    "position": "flat",
    "quantity": 0.0,
    "average_price": None,
    "fills": (),
    "fees": 0.0,
    "refusal": LimitReached("minimum_size", 0.01, 0.004),
}
CLOSED: dict[str, Any] = {"change": "closed", "position": "flat", "quantity": 0.0, "average_price": None}
TRADE: dict[str, Any] = {
    "id": "0" * 32,
    **SERIES,
    "number": 1,
    "side": "long",
    "entry_time": from_milliseconds(60_000),
    "exit_time": from_milliseconds(60_000),
    "quantity": 2.0,
    "entry_price": 100.0,
    "exit_price": 110.0,
    "gross": 20.0,
    "fees": 4.0,
    "profit": 16.0,
    "profit_fraction": 0.08,
    "entries": 1,
    "exits": 1,
    "bars_held": 0,
    "entry_reason": "dip",
    "exit_reason": "take_profit",
    "stopped": False,
    "adverse_excursion": 0.0,
    "favourable_excursion": 0.1,
    "equity": 1_016.0,
}
POINT: dict[str, Any] = {"close_time": from_milliseconds(0), "equity": 1.0, "cash": 1.0, "drawdown": 0.0}


def test_all_four_changes_are_told() -> None:
    refused = PositionChange(**OPENED | REFUSED)
    assert (refused.fills, refused.refusal) == ((), LimitReached("minimum_size", 0.01, 0.004))
    for change in (OPENED, OPENED | CLOSED, OPENED | {"change": "changed"}):
        assert PositionChange(**change).refusal is None


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"quantity": 0.0}, "expected a quantity above 0 and an average price, or flat and neither, got long with 0"),
        ({"average_price": None}, "got long with 2 at None"),
        ({**CLOSED, "quantity": 2.0}, "got flat with 2 at None"),
        ({"fills": ()}, "expected at least one fill where it is opened, got 0"),
        ({**REFUSED, "fills": (BOUGHT,)}, "expected no fills where it is refused, got 1"),
        ({"change": "closed"}, "expected flat after it is closed, got long"),
        ({**CLOSED, "change": "opened"}, "expected long or short after it is opened, got flat"),
        (
            {"refusal": LimitReached("lot_size")},
            "expected a refusal only where it is refused, got one where it is open",
        ),
        ({"fills": (BOUGHT,) * (MAX_FILLS + 1)}, "at most 256 items"),
        ({"fills": (BOUGHT._replace(quantity=0.0),)}, "greater than 0"),
        ({"fills": (BOUGHT._replace(price=float("inf")),)}, "finite number"),
        ({"fills": (BOUGHT._replace(fee=-0.1),)}, "greater than or equal to 0"),
        ({"fills": (BOUGHT._replace(reason="a b"),)}, "match pattern"),
        ({"equity": float("nan")}, "finite number"),
        ({"stop_price": 0.0}, "greater than 0"),
    ],
)
def test_what_contradicts_itself_is_no_change(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        PositionChange(**OPENED | fields)


def test_a_change_is_an_object_of_objects_in_json() -> None:
    whole = json.loads(PositionChange(**OPENED | REFUSED).model_dump_json())
    assert whole["refusal"] == {
        "limit": "minimum_size",
        "allowed": 0.01,
        "actual": 0.004,
        "until_ms": None,
        "lifted_by": "",
        "about": "",
    }
    opened = json.loads(PositionChange(**OPENED).model_dump_json())
    assert opened["fills"] == [
        {"time_ms": 60_000, "side": "buy", "quantity": 2.0, "price": 100.0, "fee": 0.5, "reason": "dip"}
    ]
    assert opened["refusal"] is None


def test_ids_follow_from_what_happened_when() -> None:
    close_time = from_milliseconds(120_000)
    expected = record_id("position", "macd", "1", "BTC/USDT", "1m", "120000", "0")
    assert change_id("macd", 1, "BTC/USDT", "1m", close_time, 0) == expected
    assert change_id("macd", 1, "BTC/USDT", "1m", close_time, 1) != expected
    assert trade_ids("macd", 1, "BTC/USDT", "1m").id("60000", "1") == record_id(
        "trade", "macd", "1", "BTC/USDT", "1m", "60000", "1"
    )


def test_a_trade_goes_forward() -> None:
    assert Trade(**TRADE).exit_time == Trade(**TRADE).entry_time  # within one bar
    with pytest.raises(ValidationError, match="expected an exit at or after the entry at 1970-01-01T00:01:00"):
        Trade(**TRADE | {"exit_time": from_milliseconds(59_999)})


CURVE: dict[str, Any] = {
    **dict.fromkeys(CurveFigures._fields, None),
    **dict.fromkeys(("bars", "exposed_bars", "longest_drawdown_bars", "longest_drawdown_ms"), 0),
    **dict.fromkeys(("exposure_time", "total_return", "drawdown", "max_drawdown"), 0.0),
    **dict.fromkeys(("traded_value", "turnover", "fees"), 0.0),
    "equity": 1_000.0,
}
COUNTS = ("trades", "wins", "losses", "streak", "longest_winning_streak", "longest_losing_streak")
TRADES: dict[str, Any] = {**dict.fromkeys(TradeFigures._fields, None), **dict.fromkeys(COUNTS, 0)}


def metrics(**fields: Any) -> StrategyMetrics:  # noqa: ANN401  # as StrategyMetrics'
    whole: dict[str, Any] = {
        **SERIES,
        "status": "running",
        "close_time": from_milliseconds(0),
        "capital": 1_000.0,
        "cash": 1_000.0,
        "position": "flat",
        "quantity": 0.0,
        "price": 100.0,
        "realised": 0.0,
        "unrealised": 0.0,
        "performance": CurveFigures(**CURVE),
        "trades": TradeFigures(**TRADES),
    }
    return StrategyMetrics(**whole | fields)


def test_metrics_are_an_object_of_objects_in_json() -> None:
    whole = json.loads(metrics(violated_limits=("max_daily_loss",)).model_dump_json())
    assert whole["violated_limits"] == ["max_daily_loss"]
    assert (whole["performance"]["equity"], whole["performance"]["calmar"]) == (1_000.0, None)
    assert (whole["trades"]["trades"], whole["trades"]["win_rate"]) == (0, None)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"risk_score": 1.1}, "less than or equal to 1"),
        ({"exposure": -1.0}, "greater than or equal to 0"),
        ({"violated_limits": ("two words",)}, "match pattern"),
        ({"status": "refused"}, "'running', 'paused', 'stopped' or 'quarantined'"),
        ({"performance": metrics().performance._replace(equity=float("nan"))}, "finite number"),
        ({"trades": metrics().trades._replace(win_rate=1.5)}, "less than or equal to 1"),
    ],
)
def test_metrics_have_their_ranges(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        metrics(**fields)


OF_A_SERIES: dict[str, Any] = {"strategy": "macd", "symbol": "BTC/USDT", "timeframe": "1m"}


@pytest.mark.parametrize(
    ("owner", "got"),
    [
        ({}, "neither"),
        ({"strategy": "macd"}, "strategy"),
        ({"strategy": "macd", "symbol": "B"}, "strategy, symbol"),
        ({"portfolio": "main", "symbol": "B"}, "portfolio, symbol"),
        ({"portfolio": "main", **OF_A_SERIES}, "portfolio, strategy, symbol, timeframe"),
    ],
)
def test_equity_is_of_a_portfolio_or_of_a_series(owner: dict[str, Any], got: str) -> None:
    with pytest.raises(ValidationError, match=f"expected a portfolio, or a strategy, symbol and timeframe, got {got} "):
        EquityPoint(**POINT | owner)


@pytest.mark.parametrize(
    ("record", "key"),
    [
        (PositionChange(**OPENED), "macd|BTC/USDT|1m"),
        (Trade(**TRADE), "macd|BTC/USDT|1m"),
        (metrics(), "macd|BTC/USDT|1m"),
        (EquityPoint(**POINT, **OF_A_SERIES), "macd|BTC/USDT|1m"),
        (EquityPoint(**POINT, portfolio="main"), "portfolio:main"),
    ],
    ids=["change", "trade", "metrics", "equity of a series", "equity of a portfolio"],
)
def test_records_know_their_key(record: Record, key: str) -> None:
    assert getattr(record, "key") == key  # noqa: B009  # not every record has one
