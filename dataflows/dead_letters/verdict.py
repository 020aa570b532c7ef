"""Whether a letter's record can be sent again, and whether that would help."""

from collections.abc import Mapping

from dataflows.kafka.record_types import RECORDS_OF
from schemas.candle_row import CandleRow
from schemas.codec import Codec
from schemas.dead_letter import MAX_KEPT_KEY_BYTES, DeadLetter
from schemas.decode_error import DecodeError
from schemas.record import from_milliseconds
from schemas.timeframe import timeframe_ms
from schemas.topics import CANDLES, CONTROL

INPUTS = (CANDLES, CONTROL)
"""The topics whose records are refused, and can be sent again."""


def unsendable(letter: DeadLetter, partitions: Mapping[str, int]) -> str:
    """Why the record cannot be put where it was, with its key and bytes as they were; empty where it can.

    ``partitions`` are those of the deployment's input topics, by their names on the broker.
    """
    if letter.topic not in partitions:
        return (
            f"it came from {letter.topic}, which is none of this deployment's input topics "
            f"({', '.join(sorted(partitions))}): was CANDELABRA_TOPIC_PREFIX another one?"
        )
    if letter.partition >= partitions[letter.topic]:
        return f"{letter.topic} has no partition {letter.partition} any more"
    if not letter.value:
        return "there was no value to send again"
    if letter.value_size > len(letter.value):
        return f"of its {letter.value_size:,} bytes only the first {len(letter.value):,} are kept"
    if letter.record_key is not None and len(letter.record_key) >= MAX_KEPT_KEY_BYTES:
        return f"its key is longer than the {MAX_KEPT_KEY_BYTES:,} bytes that are kept"
    return ""


def refused_again(letter: DeadLetter, codec: Codec, prefix: str, *, now_ms: int, skew_ms: int) -> str:
    """Why a worker with these settings would refuse the bytes once more, recorded at ``now_ms``; empty where not.

    What only the symbol's state decides (order, duplicates, timeframes) cannot be told here.
    """
    try:
        if letter.topic == CANDLES.prefixed(prefix):
            return _from_the_future(codec.decode_candle_row(letter.value), now_ms, skew_ms)
        codec.decode_any(letter.value, RECORDS_OF[CONTROL.name])
    except DecodeError as error:
        return str(error)
    return ""


def _from_the_future(row: CandleRow, now_ms: int, skew_ms: int) -> str:
    """As the candle source judges a record with that timestamp."""
    known_at = row[2] + timeframe_ms(row[1]) if row[8] else row[2]
    if known_at <= now_ms + skew_ms:
        return ""
    return f"from_the_future: the candle {'closes' if row[8] else 'opens'} at {from_milliseconds(known_at).isoformat()}"
