"""The fast writer of signals gives the bytes of Avro's general one."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import signal_writer
from schemas.avro.binary import write_datum
from schemas.avro.known import current_schema
from schemas.avro.mapping import RecordMapping
from schemas.codec import Codec, EncodeError
from schemas.framing import SingleObject
from schemas.record import trusted
from schemas.signal import EvaluatedCondition, Signal
from tests.records import BY_TYPE, evaluated_conditions, numbers

MAPPING = RecordMapping(Signal)
SCHEMA = current_schema(Signal)
HEADER = SingleObject().header(SCHEMA)


def _general(signal: Signal) -> bytes:
    return write_datum(SCHEMA, MAPPING.to_avro(signal), HEADER)


@settings(deadline=None)
@given(BY_TYPE[Signal], BY_TYPE[Signal])
def test_fast_bytes_equal_general_bytes_also_when_parts_are_remembered(one: Signal, other: Signal) -> None:
    codec = Codec(SingleObject())
    for signal in (one, other, one, other.model_copy(update={"values": one.values}), one):
        assert codec.encode(signal) == _general(signal)


@settings(deadline=None)
@given(BY_TYPE[Signal], st.lists(st.tuples(*[evaluated_conditions] * 3), max_size=3), st.data())
def test_one_rule_whose_conditions_change_is_written_as_it_is(
    signal: Signal, drawn: list[tuple[EvaluatedCondition, ...]], data: st.DataObject
) -> None:
    codec = Codec(SingleObject())
    for conditions in drawn:
        compared = [one._replace(left=data.draw(st.none() | numbers)) for one in conditions]
        for each in (conditions, tuple(compared), conditions):
            changed = signal.model_copy(update={"conditions": each})
            assert codec.encode(changed) == _general(changed)


@settings(deadline=None)
@given(BY_TYPE[Signal], st.data())
def test_one_rule_with_other_numbers_is_written_with_those(signal: Signal, data: st.DataObject) -> None:
    codec = Codec(SingleObject())
    for _ in range(3):
        values = {name: data.draw(numbers) for name in signal.values}
        held = tuple(one._replace(holds=data.draw(st.booleans())) for one in signal.conditions)
        changed = signal.model_copy(update={"values": values, "conditions": held, "partial": data.draw(st.booleans())})
        assert codec.encode(changed) == _general(changed)


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_a_zero_keeps_its_sign_after_the_other_one(zero: float) -> None:
    codec = Codec(SingleObject())
    codec.encode(_plain().model_copy(update={"values": {"close": -zero}}))
    read = codec.decode(codec.encode(_plain().model_copy(update={"values": {"close": zero}})), Signal)
    assert math.copysign(1.0, read.values["close"]) == math.copysign(1.0, zero)


@settings(deadline=None, max_examples=20)
@given(st.lists(BY_TYPE[Signal], min_size=3, max_size=3))
def test_layouts_that_were_forgotten_are_made_again(signals: list[Signal]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signal_writer, "MAX_LAYOUTS", 1)
        codec = Codec(SingleObject())
        for signal in signals * 2:
            assert codec.encode(signal) == _general(signal)


def test_a_signal_of_no_numbers_is_refused_also_where_its_rule_is_known() -> None:
    codec = Codec(SingleObject())
    signal = _plain()
    codec.encode(signal)
    with pytest.raises(EncodeError, match=r"signal of 'macd': expected numbers, got .*None"):
        codec.encode(signal.model_copy(update={"values": {"close": None}}))


@settings(deadline=None)
@given(BY_TYPE[Signal])
def test_a_trusted_record_is_the_validated_one(signal: Signal) -> None:
    fields = {name: getattr(signal, name) for name in Signal.model_fields}
    made = trusted(Signal, fields)
    assert made == signal
    assert made.model_dump_json() == signal.model_dump_json()
    assert Signal.model_validate(made.model_dump()) == signal


def _plain() -> Signal:
    return Signal.model_validate_json("""{
        "id": "0123456789abcdef0123456789abcdef", "strategy": "macd", "version": 1, "symbol": "BTCUSDT",
        "timeframe": "1m", "open_time": "2025-05-09T18:18:00Z", "close_time": "2025-05-09T18:19:00Z", "rule": "up",
        "type": "entry", "side": "long", "confidence": 0.5, "price": 100.0, "position_before": "flat",
        "position_after": "long", "condition": "close > 1", "values": {"close": 100.0}
    }""")
