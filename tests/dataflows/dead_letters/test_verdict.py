"""Whether a record can be sent again, and would be taken: as the worker itself would judge it."""

import pytest

from dataflows.dead_letters.advice import ADVICE
from dataflows.dead_letters.contents import contents, hex_dump
from dataflows.dead_letters.verdict import refused_again, unsendable
from schemas.candle_row import CandleRow
from schemas.codec import Codec
from schemas.dead_letter import MAX_KEPT_BYTES, DeadLetter, Reason
from schemas.framing import SingleObject
from tests.dataflows.dead_letters.letters_by_hand import stored
from tests.dataflows.deployment import MINUTE, START, wanted

CODEC = Codec(SingleObject())
ROW: CandleRow = ("AAA", "1m", START, 10.0, 12.0, 9.0, 11.0, 5.0, True)
GOOD = CODEC.encode_candle_row(ROW)
PARTITIONS = {"paper.candles": 2, "paper.control": 1}


def letter(value: bytes | None = GOOD, **more: object) -> DeadLetter:
    return stored(value=value).letter.model_copy(update=more)


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (letter(), ""),
        (letter(partition=1), ""),
        (letter(partition=2), "paper.candles has no partition 2 any more"),
        (letter(topic="live.candles"), "it came from live.candles, which is none of this deployment's input topics"),
        (letter(topic="candles.csv"), "it came from candles.csv, which is none of"),
        (letter(topic="paper.signals"), "it came from paper.signals, which is none of"),
        (letter(None), "there was no value to send again"),
        (letter(b""), "there was no value to send again"),
        (letter(value_size=len(GOOD) + 1), f"of its {len(GOOD) + 1} bytes only the first {len(GOOD)} are kept"),
        (letter(bytes(MAX_KEPT_BYTES + 1)), "of its 900,001 bytes only the first 900,000 are kept"),
        (letter(record_key=b"k" * 999), ""),
        (letter(record_key=b"k" * 1_000), "its key is longer than the 1,000 bytes that are kept"),
        (letter(record_key=None), ""),
    ],
)
def test_what_is_not_whole_or_not_ours_is_not_sent(refused: DeadLetter, why: str) -> None:
    found = unsendable(refused, PARTITIONS)
    assert found.startswith(why)
    assert bool(found) == bool(why)


def again(refused: DeadLetter, *, now: int = START + MINUTE, skew_ms: int = 0) -> str:
    return refused_again(refused, CODEC, "paper.", now_ms=now, skew_ms=skew_ms)


def test_what_still_cannot_be_read_would_be_refused_again() -> None:
    assert again(letter()) == ""
    assert again(letter(GOOD[:-1])).startswith("truncated: ")
    assert again(letter(GOOD + bytes(70_000))).startswith("oversized: expected at most 65,536 bytes")
    assert again(letter(CODEC.encode(wanted("fast")))).startswith("wrong_type: expected Candle")
    assert again(letter(GOOD, topic="paper.control")).startswith("wrong_type: expected StrategyVersion")
    assert again(letter(CODEC.encode(wanted("fast")), topic="paper.control")) == ""


def test_a_candle_is_from_the_future_until_it_has_closed() -> None:
    assert again(letter(), now=START + MINUTE - 1) == "from_the_future: the candle closes at 2025-01-01T00:01:00+00:00"
    assert again(letter(), now=START + MINUTE - 1, skew_ms=1) == ""
    forming = CODEC.encode_candle_row((*ROW[:8], False))
    assert again(letter(forming), now=START) == ""
    assert again(letter(forming), now=START - 1).endswith("the candle opens at 2025-01-01T00:00:00+00:00")


@pytest.mark.parametrize("reason", Reason)
def test_there_is_advice_for_every_reason(reason: Reason) -> None:
    assert ADVICE[reason].endswith(".")


def test_what_can_be_read_is_told_in_a_line() -> None:
    framing = SingleObject()
    assert contents(letter(), framing).words == "candelabra.Candle: all 9 fields can be read"
    assert contents(letter(GOOD + b"ab"), framing).words.endswith("and 2 bytes are left over")
    assert contents(letter(GOOD[:-1]), framing).words.endswith("8 fields can be read, and then closed cannot")
    assert contents(letter(b"{}"), framing).words.startswith("unknown_format: expected the single-object marker")
    assert contents(letter(b""), framing).words == "there are no bytes"


def test_a_dump_has_every_byte_up_to_the_most() -> None:
    data = bytes(range(256))
    lines = hex_dump(data, 100)
    digits = "".join(line[10:58] for line in lines)
    assert bytes.fromhex(digits.replace(" ", "")) == data[:100]
    assert [int(line[:8], 16) for line in lines] == list(range(0, 100, 16))
    assert hex_dump(b"", 100) == []
