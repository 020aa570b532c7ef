"""Portfolios in the whole graph: they follow what strategies do, on symbols that come one after the other in a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isclose, sin
from typing import Any

import pytest

from dataflows.replay import Replayed, replay
from schemas.audit import Execution
from schemas.candle_row import CandleRow
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.portfolio import PortfolioConfig
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.problems import PortfolioFileError
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy

START = 1_746_057_600_000  # 2025-05-01T00:00:00Z
MINUTE = 60_000
MINUTES = 400
SYMBOLS = ("BTCUSDT", "ETHUSDT")


@dataclass(frozen=True)
class Rows:
    """Candles of both symbols, by symbol or by time, so many at once."""

    by_symbol: bool = False
    at_once: int = 64
    name: str = "rows"

    def count(self) -> int:
        return MINUTES * len(SYMBOLS)

    def batches(self) -> Iterator[list[CandleRow]]:
        rows = [_row(symbol, minute) for minute in range(MINUTES) for symbol in SYMBOLS]
        if self.by_symbol:
            rows.sort(key=lambda row: row[0])
        for first in range(0, len(rows), self.at_once):
            yield rows[first : first + self.at_once]


def _row(symbol: str, minute: int) -> CandleRow:
    def price(at: float) -> float:
        return round(100.0 + 10.0 * sin(at / (9.0 if symbol == "BTCUSDT" else 13.0)) + at / 40.0, 4)

    opened, closed = price(minute - 1), price(minute)
    high, low = max(opened, closed) + 0.25, min(opened, closed) - 0.25
    return symbol, "1m", START + minute * MINUTE, opened, high, low, closed, 5.0, True


def strategy(name: str, fast: int, fill: str = "next_open", **risk: Any) -> StrategyConfig:  # noqa: ANN401  # of any section
    return parse_strategy(
        {
            "id": name,
            "timeframes": ["1m", "5m"],
            "rules": {
                "entry": {"condition": f"close > sma_{fast}"},
                "exit": {"condition": f"close < sma_{fast}"},
            },
            "execution": {
                "capital": 1_000,
                "fill": fill,
                "fees": {"method": "proportional", "maker": 0.001, "taker": 0.001},
            },
            "risk": {"sizing": {"method": "fixed_fraction", "fraction": 0.5}, **risk},
        },
        origin=name,
    )


STRATEGIES = (
    strategy("trend", 8),
    strategy("swift", 3, "signal_close"),
    strategy("slow", 20, stop_loss={"method": "fraction", "fraction": 0.03}),
)


def portfolio(**more: Any) -> PortfolioConfig:  # noqa: ANN401  # of any section
    return PortfolioConfig.model_validate({"id": "main", "symbols": list(SYMBOLS), **more}, strict=False)


def run(*portfolios: PortfolioConfig, rows: Rows = Rows()) -> Replayed:
    return replay(rows, STRATEGIES, portfolios=portfolios)


def of_portfolio(result: Replayed) -> list[str]:
    kinds = PortfolioEvent | PortfolioMetrics | EquityPoint
    topics = result.topics()
    found = [*topics["executions"], *topics["equity"], *topics["metrics"], *topics["alerts"]]
    return [one.model_dump_json() for one in found if isinstance(one, kinds) and one.key == "portfolio:main"]


def test_without_limits_it_is_worth_what_its_strategies_are_worth() -> None:
    result = run(portfolio())
    points = [one for one in result.equity if one.portfolio == "main"]
    assert len(points) > MINUTES / 2
    own = [one for one in result.equity if one.portfolio is None]
    for point in points[5::17]:
        newest = {
            one.key: one.equity
            for one in sorted(own, key=lambda one: one.close_time)
            if one.close_time <= point.close_time
        }
        series = len(STRATEGIES) * len(SYMBOLS) * 2
        assert isclose(point.equity, sum(newest.values()) + 1_000.0 * (series - len(newest)), rel_tol=1e-9)


def test_it_is_the_same_however_the_file_is_ordered_and_cut() -> None:
    limited = portfolio(
        limits={"max_gross_exposure": 0.2},
        conflict="first",
        kill_switch={"action": "flatten", "max_drawdown": 0.01},
    )
    expected = of_portfolio(run(limited))
    assert any('"refused"' in one for one in expected)
    assert of_portfolio(run(limited, rows=Rows(by_symbol=True))) == expected
    assert of_portfolio(run(limited, rows=Rows(at_once=1))) == expected
    assert of_portfolio(run(limited, rows=Rows(at_once=10_000))) == expected


def test_strategies_do_not_notice_it() -> None:
    with_it, without = run(portfolio(limits={"max_gross_exposure": 0.1})).topics(), run().topics()
    for topic, records in without.items():
        assert [one for one in with_it[topic] if getattr(one, "portfolio", None) is None] == list(records)


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(PortfolioFileError, match="two portfolios of one run have this id"):
        run(portfolio(), portfolio(conflict="first"))
    with pytest.raises(PortfolioFileError, match="expected the symbols on which it follows its strategies, got none"):
        run(portfolio(symbols=[]))


def test_what_it_says_goes_to_the_topics_of_strategies() -> None:
    result = run(portfolio())
    topics = result.topics()
    assert {type(one) for one in topics["metrics"]} == {StrategyMetrics, PortfolioMetrics}
    assert {type(one) for one in topics["executions"]} == {Execution, PortfolioEvent}
    last = result.portfolio_metrics[-1]
    assert last.members == len(STRATEGIES) * len(SYMBOLS) * 2
    assert last.trades.trades == sum({one.key: one.trades.trades for one in result.metrics}.values())
