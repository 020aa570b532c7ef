"""What records of positions have in common, as Avro bytes: whose they are, when, fills, limits and ids."""

from collections.abc import Callable, Sequence
from datetime import datetime
from struct import Struct
from typing import Final

from schemas.avro.figures import Figures
from schemas.avro.pieces import Pieces, block, text
from schemas.candle_row import varint
from schemas.position import Fill, LimitReached
from schemas.record import to_milliseconds

END: Final = b"\x00"
NULL: Final = b"\x00"
SOME: Final = b"\x02"
ID_LENGTH: Final = varint(32)

_AMOUNTS: Final[Callable[[float, float, float], bytes]] = Struct("<3d").pack


class FillWriter:
    """The parts of records, with what repeats from one to the next encoded once."""

    def __init__(self) -> None:
        self.numbers = Pieces(varint)
        self.texts = Pieces(text)
        self.times = Pieces(_time)
        self.series = Pieces(_series)
        self._limits = Figures("??")

    def add_fills(self, parts: list[bytes], fills: Sequence[Fill]) -> None:
        """An array of them."""
        texts = self.texts
        parts.append(block(fills))
        for time_ms, side, quantity, price, fee, reason in fills:
            parts += (varint(time_ms), texts[side], _AMOUNTS(quantity, price, fee), texts[reason])
        parts.append(END)

    def add_limit(self, parts: list[bytes], limit: LimitReached) -> None:
        """One of them."""
        name, allowed, actual, until_ms, lifted_by, about = limit
        until = NULL if until_ms is None else SOME + varint(until_ms)
        parts += (self.texts[name], self._limits.write((allowed, actual)), until, text(lifted_by), text(about))

    def add_texts(self, parts: list[bytes], contents: Sequence[str]) -> None:
        """An array of strings that come again."""
        texts = self.texts
        parts.append(block(contents))
        parts += [texts[one] for one in contents]
        parts.append(END)


def optional_id(id_: str | None) -> bytes:
    """An id of 32 digits, or none."""
    return NULL if id_ is None else SOME + ID_LENGTH + id_.encode()


def _time(time: datetime) -> bytes:
    return varint(to_milliseconds(time))


def _series(series: tuple[str, int, str, str]) -> bytes:
    strategy, version, symbol, timeframe = series
    return text(strategy) + varint(version) + text(symbol) + text(timeframe)
