"""Trading styles by the length of a timeframe."""

import pytest

from schemas.trading_style import TRADING_STYLES, TradingStyle, default_style


@pytest.mark.parametrize(
    ("timeframe", "style"),
    [
        ("1s", "day"),
        ("59m", "day"),
        ("60m", "swing"),
        ("1h", "swing"),
        ("23h", "swing"),
        ("24h", "position"),
        ("1d", "position"),
        ("2w", "position"),
    ],
)
def test_it_is_day_below_an_hour_and_swing_below_a_day(timeframe: str, style: TradingStyle) -> None:
    assert default_style(timeframe) == style
    assert style in TRADING_STYLES


def test_what_is_no_timeframe_has_no_style() -> None:
    with pytest.raises(ValueError, match="expected a timeframe such as 1m"):
        default_style("swing")
