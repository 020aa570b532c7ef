"""The hot path and the general path say the same of any bytes."""

from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.candle import LATEST_OPEN_TIME_MS, Candle, candle_problem
from schemas.candle_row import CandleRow, CandleRows, varint
from schemas.codec import Codec, DecodeError, EncodeError
from schemas.dead_letter import Reason
from schemas.framing import ConfluentWire, SingleObject
from schemas.record import to_milliseconds
from tests.records import candles
from tests.schemas.avro_by_hand import long
from tests.schemas.fake_registry import FakeRegistry

CODECS = {"single object": Codec(SingleObject()), "confluent": Codec(ConfluentWire(FakeRegistry()))}
MINUTE = 29_113_578  # of 2025-05-09T18:18:00Z, since the epoch
ROW: CandleRow = ("BTCUSDT", "1m", MINUTE * 60_000, 100.0, 102.0, 99.5, 101.0, 3.5, True)

Answer = CandleRow | tuple[Reason, str]

any_codec = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)


def row_of(candle: Candle) -> CandleRow:
    """The model's values, in the order of a row."""
    prices = (candle.open, candle.high, candle.low, candle.close, candle.volume)
    return (candle.symbol, candle.timeframe, to_milliseconds(candle.open_time), *prices, candle.closed)


def general(codec: Codec, payload: bytes) -> Answer:
    try:
        return row_of(codec.decode(payload, Candle))
    except DecodeError as error:
        return error.reason, error.detail


def hot(codec: Codec, payload: bytes) -> Answer:
    try:
        return codec.decode_candle_row(payload)
    except DecodeError as error:
        return error.reason, error.detail


@any_codec
@settings(deadline=None)
@given(candle=candles())
def test_good_candles_are_equal_on_both_paths_and_both_ways(codec: Codec, candle: Candle) -> None:
    row = row_of(candle)
    payload = codec.encode(candle)
    assert codec.encode_candle_row(row) == payload
    assert codec.decode_candle_row(payload) == row  # by the general path, if the series is new
    assert codec.decode_candle_row(payload) == row
    assert repr(codec.decode_candle_row(payload)) == repr(row)  # to the bit: -0.0 is not 0.0


@any_codec
@settings(deadline=None, max_examples=500)
@given(candle=candles(), data=st.data())
def test_damaged_candles_get_the_same_answer(codec: Codec, candle: Candle, data: st.DataObject) -> None:
    whole = codec.encode(candle)
    assert hot(codec, whole) == row_of(candle)  # from here on, the series is known
    payload = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(payload)))
        extra = data.draw(st.binary(max_size=10) | st.just(b"\xff" * 9 + b"\x01"))
        payload[at : at + data.draw(st.integers(0, 10))] = extra
    assert hot(codec, bytes(payload)) == general(codec, bytes(payload))


@any_codec
@settings(deadline=None)
@given(candle=candles(), data=st.data())
def test_truncated_candles_get_the_same_answer(codec: Codec, candle: Candle, data: st.DataObject) -> None:
    whole = codec.encode(candle)
    assert hot(codec, whole) == row_of(candle)
    payload = whole[: data.draw(st.integers(0, len(whole) - 1))]
    answer = hot(codec, payload)
    assert answer == general(codec, payload)
    assert answer[0] in {Reason.EMPTY, Reason.TRUNCATED}


@settings(deadline=None, max_examples=500)
@given(
    open_time=st.integers(0, 2 * MINUTE).map(lambda minute: minute * 60_000) | st.integers(-(2**63), 2**63 - 1),
    numbers=st.lists(st.floats() | st.sampled_from([0.0, -0.0, 1.0, 2.0]), min_size=5, max_size=5),
    closed=st.integers(0, 255),
)
def test_any_values_in_a_known_series_get_the_same_answer(open_time: int, numbers: list[float], closed: int) -> None:
    codec = CODECS["single object"]
    head = codec.encode_candle_row(ROW)[:21]  # marker, fingerprint, and two strings of 1 + 7 and 1 + 2 bytes
    assert hot(codec, codec.encode_candle_row(ROW)) == ROW
    payload = head + long(open_time) + pack("<5d", *numbers) + bytes([closed])
    assert repr(hot(codec, payload)) == repr(general(codec, payload))


@pytest.mark.parametrize("place", range(5))
def test_a_time_that_ends_early_is_not_read_on(place: int) -> None:
    codec = CODECS["single object"]
    payload = bytearray(codec.encode_candle_row(ROW))
    assert hot(codec, bytes(payload)) == ROW
    # A carry from one byte of the varint to the next: the same sum, but the number ends here.
    payload[21 + place] -= 128
    payload[22 + place] += 1
    assert hot(codec, bytes(payload)) == general(codec, bytes(payload)) != ROW


def test_a_time_that_goes_on_is_read_on() -> None:
    codec = CODECS["single object"]
    payload = bytearray(codec.encode_candle_row(ROW))
    assert hot(codec, bytes(payload)) == ROW
    left = 2 * 40_000_000 * 60_000  # a minute of 2046, whose zig-zag form has 43 bits
    for place in range(5):
        payload[21 + place] = left % 128 + 128
        left //= 128
    payload[26] = left
    assert left > 127
    assert hot(codec, bytes(payload)) == general(codec, bytes(payload))


@pytest.mark.parametrize("closed", [0, 1, 2, 128, 255])
def test_any_byte_of_truth_gets_the_same_answer(closed: int) -> None:
    codec = CODECS["single object"]
    payload = codec.encode_candle_row(ROW)[:-1] + bytes([closed])
    assert hot(codec, payload) == hot(codec, payload) == general(codec, payload)


def test_the_hot_path_reads_only_series_that_it_was_told_of() -> None:
    payload = CODECS["single object"].encode_candle_row(ROW)
    rows = CandleRows(header_size=10)
    assert rows.read(payload) is None
    rows.learn(payload[:10], "BTCUSDT", "5m")  # not the series of this payload
    assert rows.read(payload) is None
    rows.learn(payload[:10], "BTCUSDT", "1m")
    assert rows.read(payload) == ROW
    assert rows.read(payload[:1] + b"\x02" + payload[2:]) is None


def test_the_known_series_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemas.candle_row.MAX_SERIES", 2)
    codec = Codec(SingleObject())
    for symbol in ("A", "B", "C", "A"):
        row: CandleRow = (symbol, *ROW[1:])
        payload = codec.encode_candle_row(row)
        assert [codec.decode_candle_row(payload) for _ in range(2)] == [row, row]
    assert len(codec._rows._series) <= 2  # noqa: SLF001  # nothing else shows that memory is bounded


@pytest.mark.parametrize(
    "open_time", [0, 2**34 - 60_000, 2_199_023_220_000, 2_199_023_280_000, LATEST_OPEN_TIME_MS - 60_000]
)
def test_times_of_any_length_are_read(open_time: int) -> None:
    codec = CODECS["single object"]
    row: CandleRow = (*ROW[:2], open_time // 60_000 * 60_000, *ROW[3:])
    payload = codec.encode_candle_row(row)
    assert [codec.decode_candle_row(payload) for _ in range(2)] == [row, row]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (("A|B", *ROW[1:]), r"symbol 'A\|B': String should match pattern"),
        (("A", "7x", *ROW[2:]), "candle of 'A': expected a timeframe such as 1m"),
        (("A", "1m", 1, *ROW[3:]), r"candle of 'A' 1m: open_time 1970-01-01T00:00:00.001000\+00:00 is not on the grid"),
        (
            ("A", "1m", 2**62, *ROW[3:]),
            "candle of 'A': expected a time from year 1 to 9999, got 4611686018427387904 ms",
        ),
        (("A", "1m", 0, 1.0, 0.5, 0.5, 0.5, 0.0, True), "candle of 'A' 1m: high 0.5 is below open 1.0"),
        (("A", "1m", 0, 1.0, 1.0, 1.0, float("nan"), 0.0, True), "close nan is not a finite price above zero"),
        (("A", "1m", 0, 1.0, 1.0, 1.0, 1.0, -1.0, True), r"volume -1\.0 is not a finite number of zero or more"),
    ],
)
def test_rows_that_are_no_candles_are_not_written(row: CandleRow, complaint: str) -> None:
    with pytest.raises(EncodeError, match=complaint):
        Codec(SingleObject()).encode_candle_row(row)


@settings(deadline=None, max_examples=400)
@given(st.lists(st.floats() | st.sampled_from([0.0, 1.0, 2.0, 3.0]), min_size=5, max_size=5))
def test_the_numbers_rule_and_the_model_accept_the_same(numbers: list[float]) -> None:
    codec = CODECS["single object"]
    body = codec.encode_candle_row(ROW)[:-41] + pack("<5d", *numbers) + b"\x01"
    accepted = candle_problem("1m", MINUTE * 60_000, *numbers) is None
    assert isinstance(general(codec, body)[0], Reason) is not accepted


@given(st.integers(-(2**63), 2**63 - 1))
def test_any_long_is_written_as_the_specification_says(number: int) -> None:
    assert varint(number) == long(number)
