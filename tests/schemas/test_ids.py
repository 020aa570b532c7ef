"""Ids follow from what they identify, and from nothing else."""

from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.alert import alert_id
from schemas.dead_letter import Reason, dead_letter
from schemas.ids import record_id
from schemas.record import from_milliseconds
from schemas.signal import signal_id
from tests.records import texts

PARTS = st.lists(texts, max_size=4)


@given(PARTS)
def test_an_id_is_128_bits_of_blake2b_over_length_prefixed_parts(parts: list[str]) -> None:
    encoded = [part.encode() for part in parts]
    whole = b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
    assert record_id(*parts) == blake2b(whole, digest_size=16).hexdigest()


@given(PARTS, PARTS)
def test_different_parts_have_different_ids(one: list[str], other: list[str]) -> None:
    assert (record_id(*one) == record_id(*other)) == (one == other)


SIGNAL = ("macd", 1, "BTCUSDT", "1m", from_milliseconds(60_000), "up")


@pytest.mark.parametrize("place", range(6))
def test_every_part_of_a_signals_identity_counts(place: int) -> None:
    other = ("rsi", 2, "ETHUSDT", "5m", from_milliseconds(120_000), "down")
    changed = (*SIGNAL[:place], other[place], *SIGNAL[place + 1 :])
    assert signal_id(*changed) != signal_id(*SIGNAL)  # type: ignore[arg-type]  # both are of the same form


def test_a_signals_id_is_the_id_of_its_parts() -> None:
    assert signal_id(*SIGNAL) == record_id("signal", "macd", "1", "BTCUSDT", "1m", "60000", "up")


def test_an_alerts_id_is_the_id_of_its_parts() -> None:
    time = from_milliseconds(60_000)
    assert alert_id("gap", "BTCUSDT", "1m", time) == record_id("alert", "gap", "BTCUSDT", "1m", "60000", "")
    assert alert_id("gap", "BTCUSDT", "1m", time, "macd") != alert_id("gap", "BTCUSDT", "1m", time)


def test_a_letters_id_is_its_origin() -> None:
    one = dead_letter(Reason.EMPTY, "a", topic="candles", partition=1, offset=2, key=b"k", value=None)
    same = dead_letter(Reason.INVALID, "b", topic="candles", partition=1, offset=2, key=None, value=b"v")
    other = dead_letter(Reason.EMPTY, "a", topic="candles", partition=1, offset=3, key=b"k", value=None)
    assert one.id == same.id == record_id("dead-letter", "candles", "1", "2")
    assert other.id != one.id
