"""The bytes of the watchlist, of composites and of late signals, put together here from the Avro specification."""

from datetime import UTC, datetime

import pytest

from schemas.avro.known import current_schema
from schemas.codec import Codec
from schemas.composite import Composite, Consensus, LateSignal, Voice
from schemas.framing import ConfluentWire, SingleObject
from schemas.record import Record
from schemas.session import SessionConfig
from schemas.watchlist import AssetConfig, TimeframeConfig, WatchlistEntry
from tests.schemas.avro_by_hand import NULL, confluent, double, long, single_object, some, string
from tests.schemas.fake_registry import FakeRegistry

START = datetime(1970, 1, 2, 3, tzinfo=UTC)
START_MS = 27 * 3_600_000
END = datetime(1970, 1, 2, 4, tzinfo=UTC)
END_MS = 28 * 3_600_000

ENTRY = WatchlistEntry(
    symbol="BTCUSDT",
    asset=AssetConfig(
        symbol="BTCUSDT",
        timeframes=(TimeframeConfig(name="5m"),),
        base_timeframe="1m",
        session=SessionConfig(zone="UTC"),
    ),
    effective_from=END,
    command="c-1",
    author="Ada",
)
ENTRY_JSON = (
    '{"asset_type":"stock","base_timeframe":"1m","consensus":null,"data_provider":"","enabled":true,'
    '"last_updated":null,"priority":1,"quiet_market":false,"session":{"closes":null,"days":"mon-sun","opens":"00:00",'
    '"zone":"UTC"},"symbol":"BTCUSDT","timeframes":[{"aggregation_method":"ohlc","buffer_size":null,"enabled":true,'
    '"name":"5m","trading_style":"day","update_frequency_seconds":null}]}'
)
ENTRY_BODY = (
    string("BTCUSDT")
    + some(string(ENTRY_JSON))
    + some(long(END_MS))
    + string("c-1")
    + string("Ada")
    + NULL
    + string("")
)
OFF = WatchlistEntry(symbol="BTCUSDT", asset=None, command="c-2", issued_at=START, reason="delisted")
OFF_BODY = string("BTCUSDT") + NULL + NULL + string("c-2") + string("") + some(long(START_MS)) + string("delisted")

HOUR = Voice("a" * 32, "macd", "1h", "up", "long", confidence=0.75, weight=2.0, age_ms=0, price=100.5)
HOUR_BODY = (string("a" * 32) + string("macd") + string("1h") + string("up") + string("long")) + (
    double(0.75) + double(2.0) + long(0) + double(100.5)
)
MINUTE = Voice("b" * 32, "macd", "1m", "down", "short", confidence=0.5, weight=1.0, age_ms=60_000, price=101.0)
MINUTE_BODY = (string("b" * 32) + string("macd") + string("1m") + string("down") + string("short")) + (
    double(0.5) + double(1.0) + long(60_000) + double(101.0)
)
COMPOSITE = Composite(
    id="c" * 32,
    strategy="macd",
    version=3,
    symbol="BTCUSDT",
    timeframe="1h",
    trading_style="swing",
    window_start=START,
    window_end=END,
    side="long",
    price=100.5,
    base=HOUR,
    supporting=(),
    opposing=(MINUTE,),
    timeframes={"1m": 1.0, "1h": 2.0},
    half_life_ms=1_800_000,
    conflict_penalty=0.5,
    correlation_strength=0.0,
    composite_confidence=0.625,
)
COMPOSITE_BODY = (
    (string("c" * 32) + string("macd") + long(3) + string("BTCUSDT") + string("1h") + string("swing"))
    + (long(START_MS) + long(END_MS) + string("long") + double(100.5))
    + HOUR_BODY
    + long(0)  # no records
    + (long(1) + MINUTE_BODY + long(0))  # one block of one record, and the end
    + (long(2) + string("1m") + double(1.0) + string("1h") + double(2.0) + long(0))
    + (long(1_800_000) + double(0.5) + double(0.0) + double(0.625))
)
CONSENSUS = Consensus(
    id="d" * 32,
    symbol="BTCUSDT",
    trading_style="day",
    window_start=START,
    window_end=END,
    side="long",
    agreeing=(HOUR,),
    opposing=(),
    strategies=5,
    half_life_ms=1,
    agreement=1.0,
)
CONSENSUS_BODY = (
    (string("d" * 32) + string("BTCUSDT") + string("day") + long(START_MS) + long(END_MS) + string("long"))
    + (long(1) + HOUR_BODY + long(0))
    + long(0)
    + (long(5) + long(1) + double(1.0))
)
LATE = LateSignal(
    id="e" * 32,
    strategy="macd",
    symbol="BTCUSDT",
    timeframe="1m",
    close_time=START,
    watermark=END,
    count=7,
    weighed="strategies",
)
LATE_BODY = (
    string("e" * 32) + string("macd") + string("BTCUSDT") + string("1m") + long(START_MS) + long(END_MS) + long(7)
) + string("strategies")

GOLDEN = [
    pytest.param(ENTRY, ENTRY_BODY, id="watchlist entry"),
    pytest.param(OFF, OFF_BODY, id="symbol taken off"),
    pytest.param(COMPOSITE, COMPOSITE_BODY, id="composite"),
    pytest.param(CONSENSUS, CONSENSUS_BODY, id="consensus"),
    pytest.param(LATE, LATE_BODY, id="late signal"),
]


@pytest.mark.parametrize(("record", "body"), GOLDEN)
def test_single_object_bytes(record: Record, body: bytes) -> None:
    expected = single_object(current_schema(type(record)).canonical, body)
    assert Codec(SingleObject()).encode(record) == expected
    assert Codec(SingleObject()).decode(expected, type(record)) == record


@pytest.mark.parametrize(("record", "body"), GOLDEN)
def test_confluent_bytes(record: Record, body: bytes) -> None:
    expected = confluent(1, body)
    assert Codec(ConfluentWire(FakeRegistry())).encode(record) == expected
    assert (
        Codec(ConfluentWire(FakeRegistry(current_schema(type(record)).text))).decode(expected, type(record)) == record
    )
