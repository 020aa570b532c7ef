"""Bytes that are no record: each kind is refused for its own reason, and nothing else is ever raised."""

import pickle
import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.alert import Alert
from schemas.avro.known import RECORD_TYPES, current_schema
from schemas.candle import Candle
from schemas.codec import Codec, DecodeError, EncodeError
from schemas.dead_letter import MAX_KEPT_BYTES, DeadLetter, Reason, dead_letter
from schemas.framing import ConfluentWire, SingleObject
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.record import Record
from schemas.signal import Signal
from tests.records import BY_TYPE
from tests.schemas.avro_by_hand import NULL, confluent, double, long, single_object, string
from tests.schemas.fake_registry import FakeRegistry

CODEC = Codec(SingleObject())


def candle_bytes(  # noqa: PLR0913, PLR0917  # every value of a candle can be wrong
    symbol: bytes = b"BTCUSDT",
    timeframe: str = "1m",
    open_time: int = 60_000,
    open_: float = 100.0,
    high: float = 102.0,
    low: float = 99.5,
    close: float = 101.0,
    volume: float = 3.5,
) -> bytes:
    numbers = b"".join(double(number) for number in (open_, high, low, close, volume))
    body = string(symbol) + string(timeframe) + long(open_time) + numbers + b"\x01"
    return single_object(current_schema(Candle).canonical, body)


GOOD = candle_bytes()
HEADER = GOOD[:10]

REFUSALS = [
    (None, Reason.EMPTY, "expected Candle, got no value"),
    (b"", Reason.EMPTY, "expected Candle, got no bytes"),
    (bytes(65_537), Reason.OVERSIZED, "expected at most 65,536 bytes, got 65,537"),
    (b'{"symbol": "BTCUSDT"}', Reason.UNKNOWN_FORMAT, "expected the single-object marker c301 first, got 7b22"),
    (b"\xc3\x02" + GOOD[2:], Reason.UNKNOWN_FORMAT, "expected the single-object marker c301 first, got c302"),
    (confluent(7, GOOD[10:]), Reason.UNKNOWN_FORMAT, "got 0000: is it in the Confluent wire format, and no registry"),
    (
        b"\xc3\x01" + b"ABCDEFGH",
        Reason.UNKNOWN_SCHEMA,
        "no known schema has the fingerprint 4142434445464748: was it written by a newer version?",
    ),
    (b"\xc3", Reason.TRUNCATED, "expected a header of 10 bytes, got 1"),
    (GOOD[:9], Reason.TRUNCATED, "expected a header of 10 bytes, got 9"),
    (GOOD[:10], Reason.TRUNCATED, "candelabra.Candle ends early, after 10 bytes"),
    (GOOD[:-1], Reason.TRUNCATED, f"candelabra.Candle ends early, after {len(GOOD) - 1} bytes"),
    (GOOD + b"ab", Reason.INVALID, "2 bytes are left over after the end of candelabra.Candle"),
    (HEADER + long(2**62), Reason.TRUNCATED, "ends early"),
    (HEADER + long(-1) + GOOD[11:], Reason.TRUNCATED, "ends early"),
    (HEADER + b"\xff" * 30, Reason.TRUNCATED, "ends early"),
    (candle_bytes(symbol=b"\xff"), Reason.INVALID, "candelabra.Candle holds text that is not UTF-8"),
    (candle_bytes(symbol=b"A|B"), Reason.INVALID, "Candle.symbol: String should match pattern"),
    (candle_bytes(timeframe="7x"), Reason.INVALID, "Candle.timeframe: expected a timeframe such as 1m"),
    (candle_bytes(open_time=60_001), Reason.INVALID, "1970-01-01T00:01:00.001000+00:00 is not on the grid of 1m"),
    (candle_bytes(open_time=2**62), Reason.INVALID, "open_time: expected a time from year 1 to 9999, got 46116860184"),
    (candle_bytes(open_=float("nan")), Reason.INVALID, "Candle.open: Input should be a finite number, got nan"),
    (candle_bytes(high=float("inf")), Reason.INVALID, "Candle.high: Input should be a finite number, got inf"),
    (candle_bytes(low=-1.0), Reason.INVALID, "Candle.low: Input should be greater than 0, got -1.0"),
    (candle_bytes(close=0.0), Reason.INVALID, "Candle.close: Input should be greater than 0, got 0.0"),
    (candle_bytes(volume=-0.5), Reason.INVALID, "Candle.volume: Input should be greater than or equal to 0, got -0.5"),
    (candle_bytes(high=99.0), Reason.INVALID, "Candle: high 99.0 is below low 99.5"),
]


@pytest.mark.parametrize(("payload", "reason", "detail"), REFUSALS, ids=[str(n) for n in range(len(REFUSALS))])
def test_bad_candles_are_refused_with_reason_and_detail(payload: bytes | None, reason: Reason, detail: str) -> None:
    for decode in (lambda: CODEC.decode(payload, Candle), lambda: CODEC.decode_candle_row(payload)):
        with pytest.raises(DecodeError) as refused:
            decode()
        assert refused.value.reason is reason
        assert detail in refused.value.detail
        assert str(refused.value) == f"{reason.value}: {refused.value.detail}"


@pytest.mark.parametrize(
    ("payload", "reason", "detail"),
    [
        (GOOD, Reason.UNKNOWN_FORMAT, "expected the magic byte 00 first, got c3: is it single-object encoded?"),
        (b"{}", Reason.UNKNOWN_FORMAT, "expected the magic byte 00 first, got 7b"),
        (b"\x00\x00", Reason.TRUNCATED, "expected a header of 5 bytes, got 2"),
        (confluent(9, GOOD[10:]), Reason.UNKNOWN_SCHEMA, "the registry knows no schema with the id 9"),
        (confluent(1, GOOD[10:]), Reason.UNKNOWN_SCHEMA, "schema 1 of the registry: expected an Avro record schema"),
        (confluent(2, GOOD[10:]), Reason.UNKNOWN_SCHEMA, "candelabra.Candle.open_time: expected timestamp-millis, its"),
        (confluent(3, GOOD[10:]), Reason.WRONG_TYPE, "expected Candle, got com.example.Order"),
    ],
)
def test_bad_confluent_payloads_are_refused(payload: bytes, reason: Reason, detail: str) -> None:
    registry = FakeRegistry(
        "syntax = proto3",
        current_schema(Candle).text.replace("timestamp-millis", "timestamp-micros"),
        '{"type": "record", "name": "com.example.Order", "fields": [{"name": "id", "type": "string"}]}',
    )
    with pytest.raises(DecodeError) as refused:
        Codec(ConfluentWire(registry)).decode(payload, Candle)
    assert refused.value.reason is reason
    assert detail in refused.value.detail


def test_a_registry_that_cannot_be_asked_is_no_fault_of_the_record() -> None:
    class Down(FakeRegistry):
        def schema(self, schema_id: int) -> str:
            message = f"no connection to ask for {schema_id}"
            raise ConnectionError(message)

    with pytest.raises(ConnectionError, match="no connection to ask for 5"):
        Codec(ConfluentWire(Down())).decode(confluent(5, b"x"), Candle)


def test_a_schema_is_looked_up_once() -> None:
    registry = FakeRegistry(current_schema(Candle).text)
    codec = Codec(ConfluentWire(registry))
    assert codec.decode_candle_row(confluent(1, GOOD[10:])) == codec.decode_candle_row(confluent(1, GOOD[10:]))
    assert registry.lookups == 1


@settings(deadline=None)
@given(record=st.one_of(*BY_TYPE.values()))
def test_a_record_of_another_kind_is_the_wrong_type(record: Record) -> None:
    payload = CODEC.encode(record)
    others = tuple(model for model in RECORD_TYPES if not isinstance(record, model))
    with pytest.raises(DecodeError, match=f"wrong_type: expected .*, got candelabra.{type(record).__name__}$"):
        CODEC.decode_any(payload, others)


def test_a_topic_of_two_kinds_gives_either() -> None:
    state = DesiredState(strategy="a", version=1, state="running", command="c")
    kinds: tuple[type[Record], ...] = (StrategyVersion, DesiredState)
    assert CODEC.decode_any(CODEC.encode(state), kinds) == state
    with pytest.raises(DecodeError, match="wrong_type: expected StrategyVersion or DesiredState, got candelabra"):
        CODEC.decode_any(GOOD, kinds)


def _state(state: str) -> bytes:
    body = string("macd") + long(1) + string(state) + long(0) + NULL + string("c")
    body += NULL + NULL + string("") + NULL + string("")  # what later releases added
    return single_object(current_schema(DesiredState).canonical, body)


def test_a_value_of_a_later_version_is_invalid_and_named() -> None:
    with pytest.raises(DecodeError, match=r"invalid: DesiredState\.state: .*, got 'draining'"):
        CODEC.decode(_state("draining"), DesiredState)


def _version(config: str) -> bytes:
    body = string("s") + long(1) + string(config) + string("") + NULL + string("") + NULL
    return single_object(current_schema(StrategyVersion).canonical, body)


def _parameter(value: str) -> str:
    rule = '{"id":"r","type":"entry","condition":"x"}'
    indicator = f'{{"name":"i","type":"t","parameters":{{"n":{value}}}}}'
    return f'{{"id":"s","name":"S","rules":[{rule}],"indicators":[{indicator}]}}'


@pytest.mark.parametrize(
    ("config", "detail"),
    [
        ("", r"StrategyVersion\.config: expected JSON, got an error: Expecting value"),
        ("[" * 50_000, r"config: expected JSON, got an error: "),
        (_parameter("NaN"), r"config: expected JSON, got an error: NaN is not a number in JSON"),
        (_parameter("9" * 50_000), r"config\.indicators\.0\.parameters\.n: expected a finite number, got inf"),
        ('{"id":"s","name":"S","rules":[]}', r"config\.rules: expected at least 1 of them, got 0"),
        ('{"id":"s","name":' + "9" * 50_000 + ',"rules":[]}', r"config\.name: expected a finite .* \(and 1 more\)"),
        (
            '{"id":"s","name":"S","rules":[{"id":"r","type":"entry","condition":"' + "x" * 2_001 + '"}]}',
            r"config\.rules\.0\.condition: expected at most 2,000 characters, got 2,001$",
        ),
    ],
    ids=["nothing", "deep", "NaN", "huge parameter", "no rules", "huge name", "long condition"],
)
def test_a_configuration_that_is_none_is_invalid(config: str, detail: str) -> None:
    with pytest.raises(DecodeError, match=detail) as refused:
        CODEC.decode(_version(config), StrategyVersion)
    assert refused.value.reason is Reason.INVALID
    assert len(refused.value.detail) <= 400


def _signal(values: bytes) -> bytes:
    texts = ("0" * 32, "m", 1, "B", "1m", 60_000, 120_000, "r", "entry", "long", 1.0, 2.0, "flat", "long", "c")
    encode = {str: string, int: long, float: double}
    body = b"".join(encode[type(value)](value) for value in texts)  # type: ignore[operator]  # by type
    return single_object(current_schema(Signal).canonical, body + values)


@pytest.mark.parametrize(
    "values",
    [long(2**40), long(-(2**62)), long(-1) + long(2**50) + string("a"), long(2**62) + long(2**62)],
    ids=["many entries", "negative count", "count and size", "long key"],
)
def test_a_size_bomb_is_truncated_and_costs_nothing(values: bytes) -> None:
    payload = _signal(values)
    with pytest.raises(DecodeError):
        CODEC.decode(payload, Signal)
    tracemalloc.start()
    try:
        with pytest.raises(DecodeError) as refused:
            CODEC.decode(payload, Signal)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert refused.value.reason is Reason.TRUNCATED


def test_details_are_bounded() -> None:
    payload = candle_bytes(symbol=b"|" * 60_000)
    with pytest.raises(DecodeError) as refused:
        CODEC.decode(payload, Candle)
    assert len(refused.value.detail) <= 400
    assert len(DecodeError(Reason.INVALID, "x" * 1_000).detail) == 400


def test_a_refusal_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(DecodeError(Reason.TRUNCATED, "early")))  # noqa: S301  # bytes of our own
    assert (error.reason, error.detail) == (Reason.TRUNCATED, "early")


@settings(deadline=None, max_examples=400)
@given(st.binary(max_size=200), st.booleans(), st.sampled_from(RECORD_TYPES))
def test_any_bytes_give_a_record_or_a_refusal(noise: bytes, behind_a_header: bool, model: type[Record]) -> None:  # noqa: FBT001  # drawn by Hypothesis, never written at a call
    payload = b"\xc3\x01" + current_schema(model).fingerprint + noise if behind_a_header else noise
    try:
        record = CODEC.decode(payload, model)
    except DecodeError as refused:
        assert refused.detail  # noqa: PT017  # either way is right
    else:
        assert isinstance(record, model)


@settings(deadline=None, max_examples=400)
@given(st.one_of(*BY_TYPE.values()), st.data())
def test_damaged_records_give_a_record_or_a_refusal(record: Record, data: st.DataObject) -> None:
    payload = bytearray(CODEC.encode(record))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(payload) - 1))
        payload[at] = data.draw(st.integers(0, 255))
    model = type(record)
    try:
        again = CODEC.decode(bytes(payload), model)
    except DecodeError as refused:
        assert refused.detail  # noqa: PT017  # either way is right
    else:
        assert type(again) is model


def test_oversized_records_are_not_written() -> None:
    alert = Alert(
        id="0" * 32,
        kind="gap",
        severity="info",
        symbol="B",
        timeframe="1m",
        event_time=datetime(2025, 5, 9, tzinfo=UTC),
        message="x" * 2_000,
    )
    with pytest.raises(EncodeError, match="expected Alert of at most 1,024 bytes, got 2,"):
        Codec(SingleObject(), max_record_bytes=1_024).encode(alert)


def test_a_letter_may_be_longer_by_the_value_that_it_keeps() -> None:
    letter = dead_letter(Reason.OVERSIZED, "", topic="t", partition=0, offset=0, key=None, value=bytes(2_000_000))
    assert letter.value is not None
    assert (len(letter.value), letter.value_size) == (MAX_KEPT_BYTES, 2_000_000)
    assert CODEC.decode(CODEC.encode(letter), DeadLetter) == letter


def test_a_number_that_avro_cannot_hold_is_not_written() -> None:
    whole = dead_letter(Reason.EMPTY, "", topic="t", partition=0, offset=1, key=None, value=None)
    letter = whole.model_copy(update={"offset": 2**80})  # the model itself would refuse it
    with pytest.raises(EncodeError, match=r"candelabra\.DeadLetter cannot hold this record"):
        CODEC.encode(letter)


def test_a_limit_below_the_engines_own_records_is_refused() -> None:
    with pytest.raises(ValueError, match="max_record_bytes: expected at least 1,024, got 10"):
        Codec(SingleObject(), max_record_bytes=10)
