"""What follows from settings for the timeframes that are run on, worked once and not again at every window's end."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from schemas.correlation import CorrelationConfig, Window, Windowed, weight_of, window_of
from schemas.timeframe import timeframe_ms
from schemas.trading_style import TRADING_STYLES, TradingStyle
from schemas.watchlist import ConsensusConfig

Timeframes = tuple[tuple[str, TradingStyle], ...]
"""What is run on, as rolls have it: each timeframe with its style."""


class Plan(NamedTuple):
    """The settings of one version of a strategy on the timeframes that it runs on.

    ``windows`` has every style, the shortest first; ``worked`` those of them that a timeframe has. The others are by
    timeframe; of ``ranks`` the longest has the lowest, of two names for one length the first.
    """

    version: int
    settings: CorrelationConfig
    windows: dict[TradingStyle, Window]
    worked: list[tuple[TradingStyle, Window]]
    weights: dict[str, float]
    styles: dict[str, TradingStyle]
    lengths: dict[str, int]
    ranks: dict[str, int]
    cool_down_ms: int


def plan(version: int, settings: CorrelationConfig, timeframes: Timeframes) -> Plan:
    """What follows from the settings of a version for these timeframes."""
    styles = dict(timeframes)
    windows = _windows(settings)
    return Plan(
        version,
        settings,
        windows,
        _worked(windows, styles),
        {timeframe: weight_of(timeframe, settings.weights) for timeframe in styles},
        styles,
        {timeframe: timeframe_ms(timeframe) for timeframe in styles},
        _ranks(styles),
        0 if settings.cool_down is None else timeframe_ms(settings.cool_down),
    )


class ConsensusPlan(NamedTuple):
    """The consensus settings of a symbol on the timeframes that its strategies run on; as ``Plan``.

    ``ranks`` are by style, then by timeframe of that style.
    """

    config: ConsensusConfig
    windows: dict[TradingStyle, Window]
    worked: list[tuple[TradingStyle, Window]]
    weights: dict[str, float]
    ranks: dict[TradingStyle, dict[str, int]]
    cool_down_ms: int


def consensus_plan(config: ConsensusConfig, timeframes: Timeframes) -> ConsensusPlan:
    """What follows from the settings of a symbol for these timeframes."""
    styles = dict(timeframes)
    windows = _windows(config)
    return ConsensusPlan(
        config,
        windows,
        _worked(windows, styles),
        {timeframe: weight_of(timeframe, config.weights) for timeframe in styles},
        {style: _ranks(name for name, its in styles.items() if its == style) for style in TRADING_STYLES},
        0 if config.cool_down is None else timeframe_ms(config.cool_down),
    )


def _windows(config: Windowed) -> dict[TradingStyle, Window]:
    return {style: window_of(config, style) for style in TRADING_STYLES}


def _worked(
    windows: Mapping[TradingStyle, Window], styles: Mapping[str, TradingStyle]
) -> list[tuple[TradingStyle, Window]]:
    return [(style, window) for style, window in windows.items() if style in styles.values()]


def _ranks(timeframes: Iterable[str]) -> dict[str, int]:
    longest_first = sorted(timeframes, key=lambda timeframe: (-timeframe_ms(timeframe), timeframe))
    return {timeframe: rank for rank, timeframe in enumerate(longest_first)}
