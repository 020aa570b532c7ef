"""The strategies of the proof: cheap to warm up, quick to trade, and together in need of every part of the engine."""

import json
from collections.abc import Mapping, Sequence

from schemas.strategy import StrategyConfig

ANY = "*"

Rule = tuple[str, str, str]
"""Type, side and expression."""


def everywhere(low: int = 40) -> StrategyConfig:
    """On all timeframes of the watchlist, both ways, its timeframes weighed together by the usual windows."""
    return _strategy(
        f"everywhere_{low}",
        [ANY],
        [
            ("entry", "long", f"rsi_4 < {low}"),
            ("exit", "long", f"rsi_4 > {95 - low}"),
            ("entry", "short", f"rsi_4 > {115 - low}"),
            ("exit", "short", f"rsi_4 < {low + 5}"),
        ],
        identity="everywhere",
        correlation={},
    )


def by_day() -> StrategyConfig:
    """On what the watchlist calls ``day``, with narrow windows, every voice a base in turn, alone or not, ranked."""
    return _strategy(
        "by_day",
        ["day"],
        [("entry", "long", "crossover(ema_3, sma_6)"), ("exit", "long", "crossunder(ema_3, sma_6)")],
        correlation={
            "windows": {"day": {"length": "30m", "every": "5m", "half_life": "10m"}},
            "weights": {"5m": 2.5},
            "minimum_supporting": 0,
            "minimum_confidence": 0.2,
            "cool_down": "10m",
            "one_per_window": False,
            "top": 2,
        },
    )


def by_style() -> StrategyConfig:
    """On the longer timeframes, whose bars are seldom whole: only exits may act on those that are not."""
    return _strategy(
        "by_style",
        ["swing", "position"],
        [("entry", "long", "close > open"), ("exit", "long", "close < open"), ("entry", "short", "close < open")],
        partial_bars="exits",
        correlation={"conflict_penalty": 1.0},
    )


def referring() -> StrategyConfig:
    """On five minutes, with a look at the hour, the quarter and a running total; bars that lack candles count."""
    return _strategy(
        "referring",
        ["5m"],
        [
            ("entry", "long", "close > ema_3@1h AND rsi_4@15m > 45 AND crossover(rsi_4, 50)"),
            ("exit", "long", "close < ema_3@1h OR position.bars_held >= 9"),
            ("entry", "short", "obv < 0 AND rsi_4@15m < 45"),
            ("exit", "short", "obv > 0 OR position.bars_held >= 5"),
        ],
        partial_bars="evaluate",
    )


def together(symbols: Sequence[str], low: int = 45) -> StrategyConfig:
    """On two timeframes of all symbols by name, with two places for positions among them all."""
    return _strategy(
        f"together_{low}",
        ["5m", "15m"],
        [
            ("entry", "long", f"rsi_4 < {low}"),
            ("exit", "long", "close < open"),
            ("entry", "short", f"rsi_4 > {100 - low}"),
            ("exit", "short", "position.bars_held >= 4"),
        ],
        identity="together",
        symbols=list(symbols),
        risk={"stop_loss": {"method": "fraction", "fraction": 0.01}, "limits": {"max_concurrent_positions": 2}},
    )


def latecomer() -> StrategyConfig:
    """Begins late, on timeframes that nobody asked for before."""
    return _strategy(
        "latecomer",
        ["7m", "2h", "1m"],
        [("entry", "long", "close > sma_3@30m AND rsi_4 < 60"), ("exit", "long", "close < sma_3@30m")],
        correlation={"windows": {"swing": {"length": "12h", "every": "1h"}}},
    )


def _strategy(
    name: str, timeframes: Sequence[str], rules: Sequence[Rule], *, identity: str = "", **more: object
) -> StrategyConfig:
    document: Mapping[str, object] = {
        "id": identity or name,
        "meta": {"name": name},
        "symbols": [ANY],
        "timeframes": timeframes,
        "signals": [
            {"id": f"{kind}_{side}", "type": kind, "side": side, "expression": expression}
            for kind, side, expression in rules
        ],
        **more,
    }
    return StrategyConfig.model_validate_json(json.dumps(document))
