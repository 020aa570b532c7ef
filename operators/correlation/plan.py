"""The correlation settings of one version of a strategy on the timeframes that it runs on, ready to be worked by."""

from typing import NamedTuple

from schemas.correlation import CorrelationConfig, Window, weight_of, window_of
from schemas.timeframe import timeframe_ms
from schemas.trading_style import TRADING_STYLES, TradingStyle


class Plan(NamedTuple):
    """Windows by style, the shortest style first; weights and styles by timeframe."""

    version: int
    settings: CorrelationConfig
    windows: dict[TradingStyle, Window]
    weights: dict[str, float]
    styles: dict[str, TradingStyle]
    cool_down_ms: int


def plan(version: int, settings: CorrelationConfig, timeframes: tuple[tuple[str, TradingStyle], ...]) -> Plan:
    """What follows from the settings of a version for these timeframes."""
    styles = dict(timeframes)
    return Plan(
        version,
        settings,
        {style: window_of(settings, style) for style in TRADING_STYLES},
        {timeframe: weight_of(timeframe, settings.weights) for timeframe in styles},
        styles,
        0 if settings.cool_down is None else timeframe_ms(settings.cool_down),
    )
