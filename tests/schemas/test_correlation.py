"""How signals of several timeframes are weighed together: bounds, defaults and what follows from them."""

import pytest
from hypothesis import given
from pydantic import ValidationError

from schemas.correlation import MAX_STEPS, MAX_WINDOW_MS, CorrelationConfig, Window, WindowConfig, weight_of, window_of
from schemas.timeframe import timeframe_ms
from schemas.trading_style import TRADING_STYLES, TradingStyle
from schemas.watchlist import ConsensusConfig
from tests.strategy_configs import correlations

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


@pytest.mark.parametrize(
    ("style", "window"),
    [
        ("day", Window(HOUR_MS, MINUTE_MS, HOUR_MS // 2)),
        ("swing", Window(DAY_MS, 15 * MINUTE_MS, DAY_MS // 2)),
        ("position", Window(7 * DAY_MS, HOUR_MS, 7 * DAY_MS // 2)),
    ],
)
def test_each_style_has_a_window(style: TradingStyle, window: Window) -> None:
    assert window_of(CorrelationConfig(), style) == window
    assert window_of(ConsensusConfig(), style) == window


def test_a_window_that_was_set_counts_and_leaves_the_others() -> None:
    config = CorrelationConfig(windows={"day": WindowConfig(length="2h", every="30m", half_life="45m")})
    assert window_of(config, "day") == Window(2 * HOUR_MS, 30 * MINUTE_MS, 45 * MINUTE_MS)
    assert window_of(config, "swing") == window_of(CorrelationConfig(), "swing")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"length": "1h", "every": "7m"}, r"expected every to be a whole part of the length \(1h\), got 7m"),
        ({"length": "1h", "every": "2h"}, r"expected every to be a whole part of the length \(1h\), got 2h"),
        ({"length": "54w", "every": "1w"}, "expected a length of at most 53w, got 54w"),
        ({"length": "1d", "every": "1s"}, r"expected every to be at least a 10,000th of the length \(1d\), got 1s"),
        ({"length": "an hour", "every": "1m"}, "expected a timeframe such as 1m"),
        ({"length": "1h"}, "Field required"),
        ({"length": "1h", "every": "1m", "half_life": "0m"}, "expected a timeframe such as 1m"),
    ],
)
def test_a_window_that_cannot_slide_is_refused(fields: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        WindowConfig.model_validate(fields)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"conflict_penalty": 1.5}, "less than or equal to 1"),
        ({"conflict_penalty": float("nan")}, "finite number"),
        ({"minimum_supporting": -1}, "greater than or equal to 0"),
        ({"minimum_supporting": 64}, "less than or equal to 63"),
        ({"minimum_supporting": 1.5}, "valid integer"),
        ({"minimum_confidence": -0.1}, "greater than or equal to 0"),
        ({"top": 0}, "greater than or equal to 1"),
        ({"weights": {"1h": 0.0}}, "greater than or equal to 0.001"),
        ({"weights": {"1q": 1.0}}, "expected a timeframe such as 1m"),
        ({"windows": {"scalp": WindowConfig(length="1h", every="1m")}}, "'day', 'swing' or 'position'"),
        ({"enabled": 1}, "valid boolean"),
    ],
)
def test_every_number_has_bounds(fields: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        CorrelationConfig.model_validate(fields)


@given(correlations)
def test_any_window_moves_by_whole_parts_within_bounds(config: CorrelationConfig) -> None:
    for style in TRADING_STYLES:
        length, every, half_life = window_of(config, style)
        assert length % every == 0
        assert length // every <= MAX_STEPS
        assert 0 < length <= MAX_WINDOW_MS
        assert half_life > 0


@pytest.mark.parametrize(
    ("timeframe", "weight"),
    [("1s", 0.25), ("10s", 0.25), ("1m", 1.0), ("10m", 2.0), ("100m", 3.0), ("1000m", 4.0)],
)
def test_ten_times_as_long_weighs_one_more_and_nothing_less_than_a_quarter(timeframe: str, weight: float) -> None:
    assert weight_of(timeframe, {}) == weight


def test_weights_grow_with_the_timeframe_unless_they_are_set() -> None:
    timeframes = ["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"]
    weights = [weight_of(timeframe, {}) for timeframe in timeframes]
    assert weights == sorted(set(weights))
    assert [timeframe_ms(one) for one in timeframes] == sorted(map(timeframe_ms, timeframes))
    assert weight_of("1h", {"1h": 0.5}) == 0.5
    assert weight_of("1d", {"1h": 0.5}) == weight_of("1d", {})
