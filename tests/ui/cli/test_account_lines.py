"""What accounts say, as lines of a table: one for each record, readable at a glance."""

from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from dataflows.kafka.record_types import RECORDS_OF
from schemas.audit import Execution
from schemas.metrics import CurveFigures, EquityPoint, StrategyMetrics, TradeFigures
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.position import Fill, LimitReached, PositionChange
from schemas.trade import Trade
from ui.cli.columns import header
from ui.cli.topic_lines import OF_TOPIC, line_of

OPEN = datetime(2025, 5, 1, 23, tzinfo=UTC)
CLOSE = datetime(2025, 5, 2, tzinfo=UTC)
WHEN = ["2025-05-02", "00:00"]
SERIES = ["macd", "BTCUSDT", "1h"]
FILL = Fill(0, "buy", 0.25, 40_000.0, 4.0, "up")
CHANGE = PositionChange(
    id="0" * 32,
    strategy="macd",
    version=1,
    symbol="BTCUSDT",
    timeframe="1h",
    open_time=OPEN,
    close_time=CLOSE,
    number=0,
    change="opened",
    position="long",
    quantity=0.25,
    average_price=40_000.0,
    price=40_100.5,
    fills=(FILL,),
    realised=0.0,
    unrealised=25.125,
    fees=4.0,
    cash=0.0,
    equity=10_021.125,
    reason="up",
)
REFUSED = CHANGE.model_copy(
    update={
        "change": "refused",
        "position": "flat",
        "quantity": 0.0,
        "unrealised": 0.0,
        "fees": 0.0,
        "reason": "below the smallest size of 0.5",
    }
)
TRADE = Trade(
    id="0" * 32,
    strategy="macd",
    version=1,
    symbol="BTCUSDT",
    timeframe="1h",
    number=1,
    side="short",
    entry_time=OPEN,
    exit_time=CLOSE,
    quantity=2.0,
    entry_price=100.0,
    exit_price=110.0,
    gross=-20.0,
    fees=4.0,
    profit=-24.0,
    profit_fraction=-0.12,
    entries=1,
    exits=1,
    bars_held=1,
    entry_reason="down",
    exit_reason="stop_loss",
    stopped=True,
    adverse_excursion=0.1,
    favourable_excursion=0.0,
    equity=976.0,
)
CURVE: dict[str, Any] = dict.fromkeys(CurveFigures._fields, 0)
TRADES: dict[str, Any] = dict.fromkeys(TradeFigures._fields, 0)
METRICS = StrategyMetrics(
    strategy="macd",
    version=1,
    symbol="BTCUSDT",
    timeframe="1h",
    status="running",
    close_time=CLOSE,
    capital=1_000.0,
    cash=1_250.0,
    position="flat",
    quantity=0.0,
    price=110.0,
    realised=250.0,
    unrealised=0.0,
    violated_limits=("max_daily_loss", "cool_down"),
    performance=CurveFigures(**CURVE)._replace(
        exposure_time=0.0, equity=1_250.0, total_return=0.25, max_drawdown=0.125, sharpe_arithmetic=1.5
    ),
    trades=TradeFigures(**TRADES)._replace(trades=1_200, win_rate=0.5),
)
POINT = EquityPoint(
    strategy="macd",
    symbol="BTCUSDT",
    timeframe="1h",
    close_time=CLOSE,
    equity=976.0,
    cash=-24.0,
    drawdown=0.024,
    gross_exposure=1.0,
    net_exposure=-1.0,
    positions=1,
)
STOPPED = Execution(
    id="0" * 32,
    strategy="macd",
    version=1,
    symbol="BTCUSDT",
    timeframe="1h",
    open_time=OPEN,
    close_time=CLOSE,
    number=0,
    outcome="refused",
    position_before="long",
    position_after="flat",
    signals=("0" * 32,),
    rules=("position.stop_loss",),
    refusals=(LimitReached("cool_down"),),
    reason="cool_down: [3 bars]",
    equity=976.0,
)


FUND = PortfolioMetrics(
    portfolio="main",
    command="apply",
    close_time=CLOSE,
    equity=1_900.0,
    cash=900.0,
    heat=0.01,
    daily_loss=0.05,
    drawdown=0.05,
    kill_switch="tripped",
    tripped_by=LimitReached("max_drawdown", 0.05, 0.05),
    violated_limits=(LimitReached("max_drawdown", 0.05, 0.05),),
    positions=2,
    members=3,
    followed=4,
    refused=5,
    trades=TradeFigures(**TRADES)._replace(trades=1_200, win_rate=0.5),
)
TRIPPED = PortfolioEvent(
    id="0" * 32, portfolio="main", close_time=CLOSE, number=0, event="tripped", equity=1_900.0, reason="it fell"
)


def shown(record: object) -> str:
    """The line as it is read, without its colours."""
    line = line_of(record)
    assert line is not None
    return Text.from_markup(line).plain


def test_a_change_says_what_is_held_and_what_it_has_come_to() -> None:
    cells = [*WHEN, *SERIES, "opened", "long", "0.25", "40,100.5", "21.12", "10,021.12", "up"]
    assert shown(CHANGE).split() == cells  # 25.125 less a fee of 4


def test_a_refused_order_says_why() -> None:
    assert shown(REFUSED).endswith("10,021.12  below the smallest size of 0.5")


def test_a_trade_stands_in_the_same_columns() -> None:
    cells = [*WHEN, *SERIES, "trade", "short", "2", "110", "-24.00", "976.00", "stop_loss"]
    assert shown(TRADE).split() == cells
    assert shown(TRADE).index("short") == shown(CHANGE).index("long")


def test_metrics_are_fractions_in_percent_and_limits_by_name() -> None:
    figures = ["1,250.00", "25.00%", "12.50%", "1.50", "1,200", "50%"]
    expected = [*WHEN, *SERIES, "running", "flat", *figures, "max_daily_loss", "cool_down"]
    assert shown(METRICS).split() == expected


def test_a_portfolio_has_its_switch_and_its_open_positions_where_a_strategy_has_status_and_side() -> None:
    figures = ["tripped", "2", "1,900.00", "-", "-", "-", "1,200", "50%", "max_drawdown"]
    assert shown(FUND).split() == [*WHEN, "portfolio:main", "-", "-", *figures]
    said = ["tripped", "-", "-", "1,900.00", "-", "-", "it", "fell"]
    assert shown(TRIPPED).split() == [*WHEN, "portfolio:main", "-", "-", *said]


def test_what_has_no_value_yet_is_a_dash() -> None:
    early = METRICS.model_copy(
        update={
            "performance": METRICS.performance._replace(sharpe_arithmetic=None),
            "trades": METRICS.trades._replace(win_rate=None),
            "violated_limits": (),
        }
    )
    assert shown(early).split()[-4:] == ["-", "1,200", "-", "-"]


def test_equity_is_of_a_series_or_of_a_portfolio() -> None:
    assert shown(POINT).split() == [*WHEN, *SERIES, "976.00", "-24.00", "2.40%", "1.00", "-1.00", "1"]
    whole = EquityPoint(portfolio="main", close_time=CLOSE, equity=5.0, cash=5.0, drawdown=0.0)
    assert shown(whole).split() == [*WHEN, "portfolio:main", "-", "-", "5.00", "5.00", "0.00%", "-", "-", "0"]


def test_an_execution_says_what_came_of_the_bar_and_how_long_it_took() -> None:
    row = [*WHEN, *SERIES, "refused", "long", "flat", "976.00", "{}", "position.stop_loss", "cool_down:", "[3", "bars]"]
    assert shown(STOPPED).split() == [cell.format("-") for cell in row]
    assert shown(STOPPED.timed(1_250)).split() == [cell.format("1,250") for cell in row]


def test_columns_stand_below_their_titles() -> None:
    for topic, record, title, cell in (
        ("positions", CHANGE, "side", "long"),
        ("metrics", METRICS, "status", "running"),
        ("equity", POINT, "symbol", "BTCUSDT"),
        ("executions", STOPPED, "outcome", "refused"),
    ):
        assert Text.from_markup(header(OF_TOPIC[topic])).plain.index(title) == shown(record).index(cell)


def test_each_kind_of_a_topic_with_columns_is_a_line() -> None:
    of_accounts = {"positions", "metrics", "equity", "executions"}
    assert of_accounts <= OF_TOPIC.keys()
    kinds = {kind for topic in of_accounts for kind in RECORDS_OF[topic]}
    assert kinds == {type(one) for one in (CHANGE, TRADE, METRICS, POINT, STOPPED, FUND, TRIPPED)}
