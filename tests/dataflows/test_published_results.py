"""The engine, whole, on published results: strategies as JSON, candles in, and what `metrics` says at the end."""

import json
from collections.abc import Iterator, Sequence

import pytest

from dataflows.replay import Replayed, replay
from operators.positions.bar import Bar
from schemas.candle_row import CandleRow
from schemas.metrics import StrategyMetrics
from schemas.position import PositionChange
from schemas.session import SessionConfig
from schemas.strategy import StrategyConfig
from schemas.strategy_file import load_strategy
from schemas.trade import Trade
from schemas.watchlist import AssetConfig
from tests.operators.positions.sma_cross import goog

SHARES = AssetConfig(symbol="GOOG", session=SessionConfig(zone="UTC", opens="00:00", days="mon-fri"))
"""252 bars a year, as those results take for granted; the days of the file begin at midnight."""


class Days:
    """Daily bars as a feed."""

    name = "GOOG"

    def __init__(self, bars: Sequence[Bar]) -> None:
        self._bars = bars

    def batches(self) -> Iterator[list[CandleRow]]:
        """In pieces of 500."""
        rows = [
            ("GOOG", "1d", one.open_time, one.open, one.high, one.low, one.close, one.volume, True)
            for one in self._bars
        ]
        for first in range(0, len(rows), 500):
            yield rows[first : first + 500]


def crossing(fast: int, slow: int, last: Bar, **execution: object) -> StrategyConfig:
    """In on the one cross, turned at the other; all of it left at the open after ``last``, as backtesting.py does."""
    up, down = f"crossover(sma_{fast}, sma_{slow})", f"crossunder(sma_{fast}, sma_{slow})"
    end = f"close == {last.close!r} AND volume == {last.volume!r}"
    signals: list[dict[str, str]] = [
        {"id": "up", "type": "entry", "side": "long", "expression": up},
        {"id": "down", "type": "entry", "side": "short", "expression": down},
        {"id": "out", "type": "exit", "side": "long", "expression": f"{down} OR ({end})"},
        {"id": "cover", "type": "exit", "side": "short", "expression": f"{up} OR ({end})"},
    ]
    series = {"id": f"sma_{fast}_{slow}", "symbols": ["GOOG"], "timeframes": ["1d"]}
    document: dict[str, object] = {**series, "signals": signals, "execution": {"lot_size": 1, **execution}}
    return load_strategy(json.dumps(document).encode(), origin="sma.json")


@pytest.fixture(scope="module")
def replayed() -> Replayed:
    bars = goog()
    fees = {"method": "proportional", "maker": 0.002, "taker": 0.002}
    nowhere = bars[-1]._replace(volume=-1.0)
    strategies = [crossing(10, 30, bars[-2]), crossing(10, 20, nowhere, fees=fees)]
    return replay(Days(bars), strategies, watchlist=[SHARES])


def last(replayed: Replayed, strategy: str) -> StrategyMetrics:
    return [one for one in replayed.metrics if one.strategy == strategy][-1]


LISTED = {
    "total_return": 414.2298999999996,
    "sharpe_geometric": 0.5806232244485349,
    "max_drawdown": 47.98012705007589,
    "equity": 51422.98999999996,
    "cagr": 21.160245705962623,
    "volatility_geometric": 36.49716090702389,
    "sortino_geometric": 1.0853434352488662,
    "calmar": 0.44166409202994605,
    "exposure_time": 96.74115456238361,
    "win_rate": 46.96969696969697,
    "profit_factor_of_gains": 2.167945974262033,
    "trades": 66,
}
"""As the README of the data has them. What is a share here is in percent there."""

PERCENT = {"total_return", "max_drawdown", "cagr", "volatility_geometric", "exposure_time", "win_rate"}


@pytest.mark.parametrize("name", LISTED)
def test_every_listed_figure_of_sma_10_30(replayed: Replayed, name: str) -> None:
    metrics = last(replayed, "sma_10_30")
    found = {**metrics.performance._asdict(), **metrics.trades._asdict()}
    value = found[name] * 100 if name in PERCENT else found[name]
    assert value == pytest.approx(LISTED[name], rel=3e-16, abs=0)  # the last digit of a float is half of one


def test_sma_10_20_with_commission(replayed: Replayed) -> None:
    metrics = last(replayed, "sma_10_20")
    assert metrics.trades.trades == 93
    assert metrics.performance.equity == pytest.approx(56263.51934, abs=5e-6)
    assert metrics.performance.total_return * 100 == pytest.approx(462.635193, abs=5e-7)
    assert metrics.performance.max_drawdown * 100 == pytest.approx(33.931592, abs=5e-7)


def test_what_changed_the_position_is_there_in_order_with_every_trade(replayed: Replayed) -> None:
    records = [one for one in replayed.positions if one.strategy == "sma_10_20"]
    changes = [one.change for one in records if isinstance(one, PositionChange)]
    assert changes == ["opened", *["closed", "opened"] * 93]
    assert [one.number for one in records if isinstance(one, Trade)] == list(range(1, 94))


def test_every_close_with_a_position_has_its_equity(replayed: Replayed) -> None:
    """Exposure is what is counted, so it is as many points as bars."""
    points = [one for one in replayed.equity if one.strategy == "sma_10_30"]
    assert len(points) == last(replayed, "sma_10_30").performance.exposed_bars
    assert points[-1].equity == last(replayed, "sma_10_30").performance.equity
