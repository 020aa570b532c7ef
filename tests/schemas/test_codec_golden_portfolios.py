"""The bytes of what a portfolio says, put together here from the Avro specification."""

from datetime import UTC, datetime

import pytest

from schemas.avro.known import current_schema
from schemas.codec import Codec
from schemas.framing import ConfluentWire, SingleObject
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import NamedExposure, PortfolioMetrics
from schemas.position import Fill, LimitReached
from schemas.record import Record
from tests.schemas.avro_by_hand import NULL, confluent, double, long, single_object, some, string
from tests.schemas.fake_registry import FakeRegistry
from tests.schemas.test_codec_golden_positions import CURVE, CURVE_BODY, TRADES, TRADES_BODY

CLOSE = datetime(1970, 1, 2, 4, tzinfo=UTC)
CLOSE_MS = 28 * 3_600_000

FOLLOWED = PortfolioEvent(
    id="a" * 32,
    portfolio="main",
    close_time=CLOSE,
    number=2,
    event="followed",
    strategy="macd",
    symbol="BTCUSDT",
    timeframe="1h",
    fills=(Fill(CLOSE_MS, "sell", 2.0, 100.5, 0.25, "down"),),
    equity=1_000.75,
    reason="holds nothing after it",
)
FOLLOWED_BODY = b"".join(
    (
        string("a" * 32) + string("main") + long(CLOSE_MS) + long(2) + string("followed"),
        some(string("macd")) + some(string("BTCUSDT")) + some(string("1h")),
        long(1),  # one block of one record
        long(CLOSE_MS) + string("sell") + double(2.0) + double(100.5) + double(0.25) + string("down"),
        long(0),  # and the end
        NULL + NULL + double(1_000.75) + string("holds nothing after it"),
    )
)
TRIPPED = PortfolioEvent(
    id="b" * 32,
    portfolio="main",
    close_time=CLOSE,
    number=0,
    event="tripped",
    limit=LimitReached("max_drawdown", 0.125, 0.25),
    equity=750.0,
    reason="too deep",
)
TRIPPED_BODY = b"".join(
    (
        string("b" * 32) + string("main") + long(CLOSE_MS) + long(0) + string("tripped") + NULL * 3 + long(0),
        some(string("max_drawdown") + some(double(0.125)) + some(double(0.25)) + NULL + string("") + string("")),
        NULL + double(750.0) + string("too deep"),
    )
)
LIFTED = PortfolioEvent(
    id="c" * 32,
    portfolio="main",
    close_time=CLOSE,
    number=0,
    event="reset",
    command="c-3",
    equity=750.0,
    reason="entries are followed again",
)
LIFTED_BODY = b"".join(
    (
        string("c" * 32) + string("main") + long(CLOSE_MS) + long(0) + string("reset") + NULL * 3 + long(0) + NULL,
        some(string("c-3")) + double(750.0) + string("entries are followed again"),
    )
)
HELD = PortfolioMetrics(
    portfolio="main",
    command="c-1",
    close_time=CLOSE,
    equity=976.0,
    cash=-24.0,
    gross_exposure=1.5,
    net_exposure=-0.5,
    symbol_exposures=(NamedExposure("BTCUSDT", 976.0), NamedExposure("ETHUSDT", 488.0)),
    group_exposures=(NamedExposure("majors", 488.0),),
    heat=64.0,
    daily_loss=0.0,
    drawdown=0.25,
    kill_switch="tripped",
    tripped_by=LimitReached("max_drawdown", 0.125, 0.25),
    violated_limits=(LimitReached("max_gross_exposure", 1.0, 1.5),),
    positions=2,
    members=4,
    followed=70,
    refused=7,
    performance=CURVE,
    trades=TRADES,
)
HELD_BODY = b"".join(
    (
        string("main") + string("c-1") + long(CLOSE_MS) + double(976.0) + double(-24.0),
        some(double(1.5)) + some(double(-0.5)),
        long(2) + string("BTCUSDT") + double(976.0) + string("ETHUSDT") + double(488.0) + long(0),
        long(1) + string("majors") + double(488.0) + long(0),
        double(64.0) + some(double(0.0)) + some(double(0.25)) + string("tripped"),
        some(string("max_drawdown") + some(double(0.125)) + some(double(0.25)) + NULL + string("") + string("")),
        long(1) + string("max_gross_exposure") + some(double(1.0)) + some(double(1.5)) + NULL + string("") + string(""),
        long(0) + long(2) + long(4) + long(70) + long(7),
        some(CURVE_BODY) + TRADES_BODY,
    )
)
BEGUN = PortfolioMetrics(
    portfolio="main",
    command="c-1",
    close_time=CLOSE,
    equity=0.0,
    cash=0.0,
    heat=0.0,
    daily_loss=None,
    drawdown=None,
    kill_switch="none",
    positions=0,
    members=1,
    followed=0,
    refused=0,
    trades=TRADES,
)
BEGUN_BODY = b"".join(
    (
        string("main") + string("c-1") + long(CLOSE_MS) + double(0.0) + double(0.0) + NULL + NULL + long(0) + long(0),
        double(0.0) + NULL + NULL + string("none") + NULL + long(0),
        long(0) + long(1) + long(0) + long(0) + NULL + TRADES_BODY,
    )
)

GOLDEN = [
    pytest.param(FOLLOWED, FOLLOWED_BODY, id="fills that were mirrored"),
    pytest.param(TRIPPED, TRIPPED_BODY, id="kill switch that has tripped"),
    pytest.param(LIFTED, LIFTED_BODY, id="reset that took effect"),
    pytest.param(HELD, HELD_BODY, id="metrics of a portfolio"),
    pytest.param(BEGUN, BEGUN_BODY, id="metrics of one that has just begun"),
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
