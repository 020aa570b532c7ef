"""The bytes themselves, put together here from the Avro specification."""

from datetime import UTC, datetime

import pytest

from schemas.avro.known import current_schema
from schemas.candle import Candle
from schemas.candle_row import varint
from schemas.codec import Codec
from schemas.dead_letter import DeadLetter, Reason
from schemas.framing import ConfluentWire, SingleObject
from schemas.lifecycle import DesiredState, State, StrategyStatus, StrategyVersion
from schemas.meta import MetaConfig
from schemas.placement import Placement
from schemas.record import Record
from schemas.signal import EvaluatedCondition, Signal
from schemas.signal_config import SignalConfig
from schemas.strategy import StrategyConfig
from tests.schemas.avro_by_hand import FALSE, NULL, TRUE, confluent, double, long, single_object, some, string
from tests.schemas.fake_registry import FakeRegistry

OPEN_TIME = datetime(2025, 5, 9, 18, 18, tzinfo=UTC)
# 20,217 days from 1970-01-01 to 2025-05-09, then 18 hours and 18 minutes.
OPEN_MS = ((20_217 * 24 + 18) * 60 + 18) * 60_000
CLOSE_MS = OPEN_MS + 60_000

CANDLE = Candle(
    symbol="BTCUSDT",
    timeframe="1m",
    open_time=OPEN_TIME,
    open=100.0,
    high=102.0,
    low=99.5,
    close=101.0,
    volume=3.5,
)
CANDLE_BODY = (
    string("BTCUSDT")
    + string("1m")
    + long(OPEN_MS)
    + double(100.0)
    + double(102.0)
    + double(99.5)
    + double(101.0)
    + double(3.5)
    + TRUE
)
SIGNAL = Signal(
    id="0123456789abcdef" * 2,
    strategy="macd",
    version=300,
    symbol="BTCUSDT",
    timeframe="1m",
    open_time=OPEN_TIME,
    close_time=OPEN_TIME.replace(minute=19),
    rule="up",
    type="entry",
    side="long",
    confidence=0.75,
    price=101.0,
    position_before="flat",
    position_after="long",
    condition="macd > 0 AND dull",
    values={"macd": 0.5},
    conditions=(
        EvaluatedCondition(0, "macd > 0 AND dull", holds=True),
        EvaluatedCondition(1, "macd > 0", holds=True, left=0.5, right=0.0),
        EvaluatedCondition(1, "dull", holds=False),
    ),
    confidence_method="weighted",
    confidence_terms={"weight.macd": 2.0},
    partial=True,
)
SIGNAL_HEAD = (
    string("0123456789abcdef" * 2)
    + string("macd")
    + long(300)
    + string("BTCUSDT")
    + string("1m")
    + long(OPEN_MS)
    + long(CLOSE_MS)
    + string("up")
    + string("entry")
    + string("long")
    + double(0.75)
    + double(101.0)
    + string("flat")
    + string("long")
    + string("macd > 0 AND dull")
)
SIGNAL_BODY = (
    SIGNAL_HEAD
    + (long(1) + string("macd") + double(0.5) + long(0))  # one block of one entry, and the end
    + long(3)  # one block of three records
    + (long(0) + string("macd > 0 AND dull") + TRUE + NULL + NULL)
    + (long(1) + string("macd > 0") + TRUE + some(double(0.5)) + some(double(0.0)))
    + (long(1) + string("dull") + FALSE + NULL + NULL)
    + long(0)
    + string("weighted")
    + (long(1) + string("weight.macd") + double(2.0) + long(0))
    + TRUE
)
CLOSING = SIGNAL.model_copy(
    update={"values": {}, "conditions": (), "confidence_method": "fixed", "confidence_terms": {}, "partial": False}
)
CLOSING_BODY = SIGNAL_HEAD + (long(0) + long(0)) + string("fixed") + long(0) + FALSE  # no entries, no records
DESIRED = DesiredState(
    strategy="macd",
    version=2,
    state="paused",
    effective_from=OPEN_TIME,
    command="c-2",
    expected_version=1,
    follows="c-1",
    author="Ada",
)
DESIRED_BODY = b"".join(
    (
        string("macd") + long(2) + string("paused") + long(0) + some(long(OPEN_MS)) + string("c-2"),
        some(long(1)) + some(string("c-1")) + string("Ada") + NULL + string(""),
    )
)
STATUS = StrategyStatus(strategy="macd", state=State.REFUSED, generation=1, reason="no version 9")
STATUS_BODY = (
    string("macd") + (NULL + NULL) + string("refused") + NULL + long(1) + (NULL + NULL) + some(string("no version 9"))
)
LETTER = DeadLetter(
    id="f" * 32,
    reason=Reason.TRUNCATED,
    detail="é",
    topic="candles",
    partition=3,
    offset=2**40,
    record_key=b"\xff",
    value=b"",
    value_size=0,
)
LETTER_BODY = (
    string("f" * 32)
    + string("truncated")
    + string(b"\xc3\xa9")
    + string("candles")
    + long(3)
    + long(2**40)
    + NULL
    + some(string(b"\xff"))
    + some(string(b""))
    + long(0)
)
VERSION = StrategyVersion(
    strategy="s",
    version=1,
    config=StrategyConfig(
        id="s",
        meta=MetaConfig(name="S"),
        signals=(SignalConfig(id="r", type="entry", expression="close > 1"),),
    ),
    created_at=OPEN_TIME,
    reason="first",
)
VERSION_JSON = (
    '{"correlation":null,"execution":{"capital":10000.0,"contract_size":1.0,"fees":null,"fill":"next_open","leverage":1.0,'
    '"lot_size":null,"maintenance_margin":0.005,"maximum_size":null,"minimum_size":null,"scale_in":null,"scale_out":[],'
    '"slippage":null,"spread":0.0,"tick_size":null},"id":"s","indicators":[],"meta":{"author":"","description":"","kind":"technical","name":"S",'
    '"tags":[],"visibility":"private"},"models":[],"partial_bars":"skip","postprocessing":[],"risk":null,"signals":'
    '[{"confidence":{"method":"fixed","value":1.0},"description":"","expression":"close > 1","id":"r","side":"long",'
    '"type":"entry"}],"symbols":["*"],"timeframes":["*"]}'
)
VERSION_BODY = (
    string("s") + long(1) + string(VERSION_JSON) + (string("") + some(long(OPEN_MS)) + string("first") + NULL)
)
PLACEMENT = Placement(partition=3, run=2, candles=2**33, first=4, end=70, records=65)
PLACEMENT_BODY = ((long(3) + long(2) + long(2**33) + long(4) + long(70)) + (string("") + string(""))) + (
    long(1) + long(65) + string("")
)
BEGIN = Placement(partition=0, run=4, candles=5, first=0, end=0, parameters='{"a":1}', feed="x|y", since=2)
BEGIN_BODY = ((long(0) + long(4) + long(5) + long(0) + long(0)) + (string('{"a":1}') + string("x|y"))) + (
    long(2) + long(0) + string("")
)
CLAIM = Placement(partition=0, run=5, candles=0, first=0, end=0, claim="a1")
CLAIM_BODY = ((long(0) + long(5) + long(0) + long(0) + long(0)) + (string("") + string(""))) + (
    long(1) + long(0) + string("a1")
)

GOLDEN = [
    pytest.param(CANDLE, CANDLE_BODY, id="candle"),
    pytest.param(SIGNAL, SIGNAL_BODY, id="signal"),
    pytest.param(CLOSING, CLOSING_BODY, id="signal of a command"),
    pytest.param(DESIRED, DESIRED_BODY, id="desired state"),
    pytest.param(STATUS, STATUS_BODY, id="status"),
    pytest.param(LETTER, LETTER_BODY, id="dead letter"),
    pytest.param(VERSION, VERSION_BODY, id="strategy version"),
    pytest.param(PLACEMENT, PLACEMENT_BODY, id="placement"),
    pytest.param(BEGIN, BEGIN_BODY, id="start of a run"),
    pytest.param(CLAIM, CLAIM_BODY, id="claim of a run"),
]


@pytest.mark.parametrize(("record", "body"), GOLDEN)
def test_single_object_bytes(record: Record, body: bytes) -> None:
    expected = single_object(current_schema(type(record)).canonical, body)
    assert Codec(SingleObject()).encode(record) == expected
    assert Codec(SingleObject()).decode(expected, type(record)) == record


@pytest.mark.parametrize(("record", "body"), GOLDEN)
def test_confluent_bytes(record: Record, body: bytes) -> None:
    registry = FakeRegistry('{"type": "record", "name": "Other", "fields": []}')
    expected = confluent(2, body)
    assert Codec(ConfluentWire(registry)).encode(record) == expected
    assert Codec(ConfluentWire(registry)).decode(expected, type(record)) == record
    assert registry.subjects == [f"candelabra.{type(record).__name__}"]


def test_candle_rows_have_the_same_bytes() -> None:
    expected = single_object(current_schema(Candle).canonical, CANDLE_BODY)
    forming = single_object(current_schema(Candle).canonical, CANDLE_BODY[:-1] + FALSE)
    codec = Codec(SingleObject())
    row = ("BTCUSDT", "1m", OPEN_MS, 100.0, 102.0, 99.5, 101.0, 3.5, True)
    assert codec.encode_candle_row(row) == expected
    assert codec.decode_candle_row(expected) == row
    assert codec.decode_candle_row(forming) == (*row[:8], False)


@pytest.mark.parametrize(
    ("number", "published"),
    [(0, "00"), (-1, "01"), (1, "02"), (-2, "03"), (2, "04"), (-64, "7f"), (64, "8001")],
)
def test_variable_length_numbers_are_those_that_the_specification_lists(number: int, published: str) -> None:
    assert varint(number).hex() == published
    assert long(number).hex() == published
