"""A candle's rules: prices, enclosure, volume, time and grid."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from schemas.candle import Candle
from schemas.record import from_milliseconds, to_milliseconds
from schemas.timeframe import timeframe_ms
from tests.records import LAST_MS, candles

GOOD: dict[str, Any] = {
    "symbol": "BTC/USDT",
    "timeframe": "5m",
    "open_time": datetime(2025, 5, 9, 18, 15, tzinfo=UTC),
    "open": 100.0,
    "high": 102.0,
    "low": 99.5,
    "close": 101.0,
    "volume": 0.0,
}


def test_a_candle_is_closed_unless_it_says_otherwise() -> None:
    assert Candle(**GOOD).closed
    assert not Candle(**GOOD, closed=False).closed


@pytest.mark.parametrize(
    ("timeframe", "opened", "closes"),
    [
        ("1s", "2025-05-09T18:15:59", "2025-05-09T18:16:00"),
        ("15m", "2025-05-09T18:45:00", "2025-05-09T19:00:00"),
        ("4h", "2025-05-09T20:00:00", "2025-05-10T00:00:00"),
        ("1d", "2024-02-29T00:00:00", "2024-03-01T00:00:00"),
        ("1w", "2025-05-05T00:00:00", "2025-05-12T00:00:00"),
    ],
)
def test_a_candle_closes_one_timeframe_after_it_opens(timeframe: str, opened: str, closes: str) -> None:
    open_time = datetime.fromisoformat(opened).replace(tzinfo=UTC)
    candle = Candle(**GOOD | {"timeframe": timeframe, "open_time": open_time})
    assert candle.close_time == datetime.fromisoformat(closes).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("open", 0.0, "greater than 0"),
        ("high", float("inf"), "finite number"),
        ("low", -1.0, "greater than 0"),
        ("close", float("nan"), "finite number"),
        ("volume", -1e-9, "greater than or equal to 0"),
        ("volume", float("inf"), "finite number"),
        ("high", 99.0, "high 99.0 is below low 99.5"),
        ("high", 100.5, "high 100.5 is below close 101.0"),
        ("low", 100.5, "low 100.5 is above open 100.0"),
        ("open", 103.0, "high 102.0 is below open 103.0"),
        ("close", 99.0, "low 99.5 is above close 99.0"),
        ("open", "100.0", "valid number"),
        ("closed", 1, "valid boolean"),
        ("open_time", datetime(2025, 5, 9, 18, 16, tzinfo=UTC), r"2025-05-09T18:16:00\+00:00 is not on the grid of 5m"),
        ("symbol", "", "match pattern"),
        ("symbol", "BTC|USDT", "match pattern"),
        ("symbol", "BTCUSDT\n", "match pattern"),
        ("symbol", "B" * 65, "match pattern"),
        ("timeframe", "5min", 'expected a timeframe such as 1m, 5m, 1h, 4h, 1d or 1w, got "5min"'),
    ],
)
def test_what_is_no_candle_is_refused(field: str, value: object, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Candle(**GOOD | {field: value})


def test_weeks_open_on_mondays() -> None:
    thursday = datetime(1970, 1, 1, tzinfo=UTC)
    with pytest.raises(ValidationError, match="is not on the grid of 1w"):
        Candle(**GOOD | {"timeframe": "1w", "open_time": thursday})


@given(candles().filter(lambda candle: to_milliseconds(candle.open_time) < LAST_MS - 86_400_000))
def test_any_candle_covers_its_timeframe_and_encloses_its_prices(candle: Candle) -> None:
    length = to_milliseconds(candle.close_time) - to_milliseconds(candle.open_time)
    assert length == timeframe_ms(candle.timeframe)
    assert candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high
    assert from_milliseconds(to_milliseconds(candle.open_time)) == candle.open_time
