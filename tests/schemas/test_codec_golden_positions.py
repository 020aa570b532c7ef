"""The bytes of positions, trades, metrics, executions and portfolios, put together here from the Avro specification."""

from datetime import UTC, datetime

import pytest

from schemas.audit import Execution
from schemas.avro.known import current_schema
from schemas.codec import Codec
from schemas.framing import ConfluentWire, SingleObject
from schemas.metrics import CurveFigures, EquityPoint, StrategyMetrics, TradeFigures
from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset
from schemas.position import Fill, LimitReached, PositionChange
from schemas.record import Record
from schemas.trade import Trade
from tests.schemas.avro_by_hand import FALSE, NULL, TRUE, confluent, double, long, single_object, some, string
from tests.schemas.fake_registry import FakeRegistry

OPEN = datetime(1970, 1, 2, 3, tzinfo=UTC)
OPEN_MS = 27 * 3_600_000
CLOSE = datetime(1970, 1, 2, 4, tzinfo=UTC)
CLOSE_MS = 28 * 3_600_000

SERIES = string("macd") + long(3) + string("BTCUSDT") + string("1h")
FILL = Fill(OPEN_MS, "buy", 2.0, 100.5, 0.25, "up")
FILL_BODY = long(OPEN_MS) + string("buy") + double(2.0) + double(100.5) + double(0.25) + string("up")
OPENED = PositionChange(
    id="a" * 32,
    strategy="macd",
    version=3,
    symbol="BTCUSDT",
    timeframe="1h",
    open_time=OPEN,
    close_time=CLOSE,
    number=0,
    change="opened",
    position="long",
    quantity=2.0,
    average_price=100.5,
    price=101.0,
    fills=(FILL,),
    realised=0.0,
    unrealised=1.0,
    fees=0.25,
    cash=798.75,
    equity=1_000.75,
    stop_price=98.5,
    liquidation_price=0.5,
    reason="up",
    signal="b" * 32,
)
OPENED_BODY = b"".join(
    (
        string("a" * 32) + SERIES + long(OPEN_MS) + long(CLOSE_MS) + long(0) + string("opened") + string("long"),
        double(2.0) + some(double(100.5)) + double(101.0),
        long(1) + FILL_BODY + long(0),  # one block of one record, and the end
        double(0.0) + double(1.0) + double(0.25) + double(798.75) + double(1_000.75),
        some(double(98.5)) + NULL + some(double(0.5)) + string("up") + some(string("b" * 32)) + NULL,
    )
)
REFUSED = PositionChange(
    id="a" * 32,
    strategy="macd",
    version=3,
    symbol="BTCUSDT",
    timeframe="1h",
    open_time=OPEN,
    close_time=CLOSE,
    number=1,
    change="refused",
    position="flat",
    quantity=0.0,
    price=101.0,
    realised=0.0,
    unrealised=0.0,
    fees=0.0,
    cash=1_000.0,
    equity=1_000.0,
    reason="too small",
    refusal=LimitReached("max_daily_loss", 0.02, 0.025, CLOSE_MS, about="macd"),
)
REFUSED_BODY = b"".join(
    (
        string("a" * 32) + SERIES + long(OPEN_MS) + long(CLOSE_MS) + long(1) + string("refused") + string("flat"),
        double(0.0) + NULL + double(101.0) + long(0),
        double(0.0) + double(0.0) + double(0.0) + double(1_000.0) + double(1_000.0),
        NULL + NULL + NULL + string("too small") + NULL,
        some(string("max_daily_loss") + some(double(0.02)) + some(double(0.025)) + some(long(CLOSE_MS))),
        string("") + string("macd"),
    )
)
TRADE = Trade(
    id="c" * 32,
    strategy="macd",
    version=3,
    symbol="BTCUSDT",
    timeframe="1h",
    number=7,
    side="short",
    entry_time=OPEN,
    exit_time=CLOSE,
    quantity=2.0,
    entry_price=100.0,
    exit_price=110.0,
    gross=-20.0,
    fees=4.0,
    profit=-24.0,
    profit_fraction=-0.125,
    entries=1,
    exits=2,
    bars_held=3,
    entry_reason="down",
    exit_reason="stop_loss",
    stopped=True,
    adverse_excursion=0.125,
    favourable_excursion=0.0,
    equity=976.0,
    exit_signal="d" * 32,
)
TRADE_BODY = b"".join(
    (
        string("c" * 32) + SERIES + long(7) + string("short") + long(OPEN_MS) + long(CLOSE_MS),
        double(2.0) + double(100.0) + double(110.0) + double(-20.0) + double(4.0) + double(-24.0) + double(-0.125),
        long(1) + long(2) + long(3) + string("down") + string("stop_loss") + TRUE,
        double(0.125) + double(0.0) + double(976.0) + long(0) + NULL + some(string("d" * 32)),
    )
)
CURVE = CurveFigures(
    bars=300,
    exposed_bars=30,
    exposure_time=0.125,
    equity=976.0,
    total_return=-0.25,
    annual_return=-0.5,
    cagr=None,
    volatility_arithmetic=0.5,
    volatility_geometric=None,
    sharpe_arithmetic=-1.0,
    sharpe_geometric=None,
    sortino_arithmetic=-2.0,
    sortino_geometric=None,
    calmar=-2.0,
    drawdown=0.25,
    max_drawdown=0.5,
    longest_drawdown_bars=9,
    longest_drawdown_ms=9 * 3_600_000,
    traded_value=420.0,
    turnover=0.5,
    annual_turnover=None,
    fees=4.0,
)
CURVE_BODY = b"".join(
    (
        long(300) + long(30) + double(0.125) + double(976.0) + double(-0.25) + some(double(-0.5)) + NULL,
        (some(double(0.5)) + NULL) + (some(double(-1.0)) + NULL) + (some(double(-2.0)) + NULL) + some(double(-2.0)),
        double(0.25) + double(0.5) + long(9) + long(9 * 3_600_000) + double(420.0) + double(0.5) + NULL + double(4.0),
    )
)
TRADES = TradeFigures(
    trades=1,
    wins=0,
    losses=1,
    win_rate=0.0,
    profit_factor=0.0,
    profit_factor_of_gains=0.0,
    expectancy=-24.0,
    expectancy_of_gains=-0.125,
    average_win=None,
    average_loss=-24.0,
    best_trade=-24.0,
    worst_trade=-24.0,
    best_gain=-0.125,
    worst_gain=-0.125,
    streak=-1,
    longest_winning_streak=0,
    longest_losing_streak=1,
    average_adverse=0.125,
    worst_adverse=0.125,
    average_favourable=0.0,
    best_favourable=0.0,
)
TRADES_BODY = b"".join(
    (
        long(1) + long(0) + long(1) + some(double(0.0)) * 3 + some(double(-24.0)) + some(double(-0.125)),
        NULL + some(double(-24.0)) * 3 + some(double(-0.125)) * 2 + long(-1) + long(0) + long(1),
        some(double(0.125)) * 2 + some(double(0.0)) * 2,
    )
)
METRICS = StrategyMetrics(
    strategy="macd",
    version=3,
    symbol="BTCUSDT",
    timeframe="1h",
    name="MACD",
    status="running",
    close_time=CLOSE,
    capital=1_000.0,
    cash=976.0,
    position="flat",
    quantity=0.0,
    price=110.0,
    realised=-20.0,
    unrealised=0.0,
    last_signal="d" * 32,
    exposure=0.0,
    risk_score=1.0,
    violated_limits=("max_drawdown", "cool_down"),
    performance=CURVE,
    trades=TRADES,
)
METRICS_BODY = b"".join(
    (
        SERIES + string("MACD") + string("running") + long(CLOSE_MS) + double(1_000.0) + double(976.0),
        string("flat") + double(0.0) + NULL + double(110.0) + double(-20.0) + double(0.0),
        some(string("d" * 32)) + some(double(0.0)) + double(1.0),
        (long(2) + string("max_drawdown") + string("cool_down") + long(0)) + FALSE,
        CURVE_BODY + TRADES_BODY,
    )
)
POINT = EquityPoint(
    strategy="macd", symbol="BTCUSDT", timeframe="1h", close_time=CLOSE, equity=976.0, cash=976.0, drawdown=0.25
)
POINT_BODY = b"".join(
    (
        long(CLOSE_MS) + NULL + some(string("macd")) + some(string("BTCUSDT")) + some(string("1h")),
        double(976.0) + double(976.0) + double(0.25) + NULL + NULL + long(0),
    )
)
WHOLE = EquityPoint(
    portfolio="main",
    close_time=CLOSE,
    equity=976.0,
    cash=1_096.0,
    drawdown=0.0,
    gross_exposure=0.5,
    net_exposure=-0.125,
    positions=4,
)
WHOLE_BODY = b"".join(
    (
        long(CLOSE_MS) + some(string("main")) + NULL + NULL + NULL + double(976.0) + double(1_096.0) + double(0.0),
        some(double(0.5)) + some(double(-0.125)) + long(4),
    )
)
STOPPED = Execution(
    id="e" * 32,
    strategy="macd",
    version=3,
    symbol="BTCUSDT",
    timeframe="1h",
    open_time=OPEN,
    close_time=CLOSE,
    number=0,
    outcome="filled",
    position_before="long",
    position_after="flat",
    evaluated=("up", "down"),
    signals=("b" * 32,),
    rules=("exit.stop_loss",),
    fills=(FILL,),
    refusals=(LimitReached("cool_down", until_ms=CLOSE_MS), LimitReached("kill_switch", lifted_by="an owner")),
    equity=976.0,
).timed(17)
STOPPED_BODY = b"".join(
    (
        string("e" * 32) + SERIES + long(OPEN_MS) + long(CLOSE_MS) + long(0) + string("filled"),
        string("long") + string("flat") + long(2) + string("up") + string("down") + long(0),
        long(1) + string("b" * 32) + long(0) + long(1) + string("exit.stop_loss") + long(0),
        long(1) + FILL_BODY + long(0),
        long(2) + string("cool_down") + NULL + NULL + some(long(CLOSE_MS)) + string("") + string(""),
        string("kill_switch") + NULL + NULL + NULL + string("an owner") + string("") + long(0),
        string("") + double(976.0) + string(""),
    )
)
FAILED = Execution(
    id="e" * 32,
    strategy="macd",
    version=3,
    symbol="BTCUSDT",
    timeframe="1h",
    open_time=OPEN,
    close_time=CLOSE,
    number=1,
    outcome="failed",
    position_before="flat",
    position_after="flat",
    reason="rule 'up'",
    equity=0.0,
    error="ZeroDivisionError",
)
FAILED_BODY = b"".join(
    (
        string("e" * 32) + SERIES + long(OPEN_MS) + long(CLOSE_MS) + long(1) + string("failed"),
        string("flat") + string("flat") + long(0) * 5,
        string("rule 'up'") + double(0.0) + string("ZeroDivisionError"),
    )
)
ENTRY = PortfolioEntry(portfolio="main", config=PortfolioConfig(id="main"), effective_from=OPEN, command="c-1")
ENTRY_JSON = (
    '{"conflict":"net","groups":{},"id":"main","kill_switch":null,"limits":{"max_daily_loss":null,'
    '"max_gross_exposure":null,"max_group_exposure":{},"max_heat":null,"max_net_exposure":null,'
    '"max_symbol_exposure":null},"patience_seconds":null,"priorities":[],"strategies":[],"symbols":[]}'
)
ENTRY_BODY = b"".join(
    (
        string("main") + some(string(ENTRY_JSON)) + some(long(OPEN_MS)) + string("c-1"),
        string("") + NULL + string(""),
    )
)
TAKEN_AWAY = PortfolioEntry(portfolio="main", config=None, command="c-2", author="Ada")
TAKEN_AWAY_BODY = string("main") + NULL + NULL + string("c-2") + string("Ada") + NULL + string("")
RESET = PortfolioReset(portfolio="main", command="c-3", issued_at=CLOSE, reason="the feed was wrong")
RESET_BODY = string("main") + NULL + string("c-3") + string("") + some(long(CLOSE_MS)) + string("the feed was wrong")

GOLDEN = [
    pytest.param(OPENED, OPENED_BODY, id="position opened"),
    pytest.param(REFUSED, REFUSED_BODY, id="order refused"),
    pytest.param(TRADE, TRADE_BODY, id="trade"),
    pytest.param(METRICS, METRICS_BODY, id="metrics"),
    pytest.param(POINT, POINT_BODY, id="equity of a series"),
    pytest.param(WHOLE, WHOLE_BODY, id="equity of a portfolio"),
    pytest.param(STOPPED, STOPPED_BODY, id="execution with fills"),
    pytest.param(FAILED, FAILED_BODY, id="execution that failed"),
    pytest.param(ENTRY, ENTRY_BODY, id="portfolio"),
    pytest.param(TAKEN_AWAY, TAKEN_AWAY_BODY, id="portfolio taken away"),
    pytest.param(RESET, RESET_BODY, id="reset"),
]


@pytest.mark.parametrize(("record", "body"), GOLDEN)
def test_single_object_bytes(record: Record, body: bytes) -> None:
    expected = single_object(current_schema(type(record)).canonical, body)
    assert Codec(SingleObject()).encode(record) == expected
    assert Codec(SingleObject()).decode(expected, type(record)) == record


@pytest.mark.parametrize(("record", "body"), GOLDEN)
def test_confluent_bytes(record: Record, body: bytes) -> None:
    expected = confluent(1, body)
    registry = FakeRegistry(current_schema(type(record)).text)
    assert Codec(ConfluentWire(FakeRegistry())).encode(record) == expected
    assert Codec(ConfluentWire(registry)).decode(expected, type(record)) == record
