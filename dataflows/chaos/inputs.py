"""What is fed: candles of several symbols, as bytes, with garbage among them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import NamedTuple

from dataflows.graph import Parameters
from dataflows.prove.chance import seeded
from dataflows.prove.generated import generated
from dataflows.prove.recorded import RECORDED
from schemas.candle_row import CandleRow
from schemas.codec import Codec
from schemas.framing import SingleObject
from schemas.lifecycle import State, StrategyStatus
from schemas.timeframe import timeframe_ms

SYMBOLS = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF")
TIMEFRAMES = ("1m", "5m", "15m", "1h", "4h")
PARAMETERS = Parameters(history_bars=256, timeframes=TIMEFRAMES)
"""A short history, so that what is kept of the past is full and shifts, and indicators re-anchor."""

GARBAGE = 0.01
"""Of a hundred records, one is no candle that can be used."""
FAR_FUTURE_MS = 4_102_444_800_000
"""2100-01-01T00:00:00Z."""
TOO_LONG = 70_000


class Fed(NamedTuple):
    """A record of the candle topic. ``now`` is the latest close among the candles up to it, in ms of event time."""

    key: bytes | None
    value: bytes | None
    now: int


@dataclass(frozen=True)
class Given:
    """What one run is fed.

    Attributes:
        name: for people.
        rows: the candles among the records, in the order of the feed.
        records: all of them, in that order.
        symbols: sorted.
        garbage: how many of the records are none that can be used.
    """

    name: str
    rows: Sequence[CandleRow]
    records: Sequence[Fed]
    symbols: Sequence[str]
    garbage: int


def generated_input(seed: int, minutes: int) -> Given:
    """Six symbols with gaps, repeats, corrections and latecomers."""
    return _given(f"generated {seed}", generated(SYMBOLS, minutes, seed=seed), seed)


def recorded_input(folder: Path, seed: int, share: float) -> Given | None:
    """The first ``share`` of a stretch of real candles; None where their files are not under ``folder``.

    Raises:
        CandleFileError: a file does not hold candles.
    """
    real = RECORDED[0]
    return None if real.missing(folder) else _given(real.name, real.rows(folder, share), seed)


def _given(name: str, rows: Sequence[CandleRow], seed: int) -> Given:
    records = list(_with_garbage(rows, seeded(seed, "garbage")))
    return Given(name, rows, records, sorted({row[0] for row in rows}), len(records) - len(rows))


def _with_garbage(rows: Sequence[CandleRow], chance: Random) -> Iterator[Fed]:
    codec = Codec(SingleObject())
    now = 0
    for row in rows:
        now = max(now, row[2] + timeframe_ms(row[1]))
        value = codec.encode_candle_row(row)
        yield Fed(row[0].encode(), value, now)
        if chance.random() < GARBAGE:
            yield Fed(row[0].encode() if chance.random() < 0.9 else None, _spoiled(row, value, codec, chance), now)  # noqa: PLR2004  # some have no key


def _spoiled(row: CandleRow, value: bytes, codec: Codec, chance: Random) -> bytes | None:
    """Something in place of a candle."""
    return chance.choice(
        (
            None,
            b"",
            chance.randbytes(chance.randint(1, 200)),
            value[: chance.randrange(1, len(value))],
            value[:10] + chance.randbytes(len(value) - 10),  # the header promises a candle
            bytes(TOO_LONG),
            codec.encode(StrategyStatus(strategy="misplaced", state=State.RUNNING)),
            codec.encode_candle_row((row[0], row[1], FAR_FUTURE_MS, *row[3:])),
        )
    )
