"""SMA 10/30 on GOOG: every figure that backtesting.py publishes of it, to the last digit."""

from typing import Any

import pytest

from operators.performance.performance import Performance
from tests.operators.performance.runs import DAY, goog, opened, tell

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
}
"""As the README of the data has them; what is a share there in percent. Its drawdown has a minus before it."""

PERCENT = {"total_return", "max_drawdown", "cagr", "volatility_geometric", "exposure_time", "win_rate"}


@pytest.fixture(scope="module")
def measured() -> Performance:
    run = goog()
    account = opened(run)
    for bar in range(1, len(run.equity)):
        tell(account, run, bar)
    for _, closed in run.trades:
        account.closed(closed)
    return account


@pytest.mark.parametrize("name", LISTED)
def test_a_published_figure_comes_out_to_its_last_digit(measured: Performance, name: str) -> None:
    found: dict[str, Any] = {**measured.figures()._asdict(), **measured.trade_figures()._asdict()}
    value = found[name] * 100 if name in PERCENT else found[name]
    assert value == pytest.approx(LISTED[name], rel=3e-16, abs=0)  # the last digit of a float is half of one


def test_the_published_number_of_trades(measured: Performance) -> None:
    assert measured.trade_figures().trades == 66


def test_the_longest_drawdown_in_its_calendar_days(measured: Performance) -> None:
    assert measured.figures().longest_drawdown_ms == 584 * DAY
