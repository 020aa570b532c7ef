"""When candles were recorded, for whoever delivers what they caused: in one process, or in another of the same machine.

A table of fixed size: a candle takes the place that its symbol and close time give it, over whatever was there. So
it takes a megabyte for ever, and what is forgotten is not measured.
"""

import mmap
import os
import tempfile
from pathlib import Path
from struct import Struct
from typing import Self
from zlib import crc32

_SLOTS = 65_536
_SLOT = Struct("<QQ")
_MASK = 2**64 - 1
_SPREAD = 0x9E3779B97F4A7C15  # 2**64 by the golden ratio: neighbouring keys go to places far apart
_BYTES = _SLOTS * _SLOT.size


class Stamps:
    """The record timestamps (milliseconds since the epoch) of the newest candles, by symbol and close time.

    Each entry checks itself, so one that two processes have written at once is not found, in place of wrong.

    >>> stamps = Stamps()
    >>> stamps.note("BTCUSDT", 60_000, recorded_ms=60_250)
    >>> stamps.find("BTCUSDT", 60_000), stamps.find("BTCUSDT", 120_000)
    (60250, None)
    """

    def __init__(self, table: "bytearray | mmap.mmap | None" = None) -> None:
        self._table = bytearray(_BYTES) if table is None else table
        self._symbols: dict[str, int] = {}

    @classmethod
    def shared(cls, name: str) -> Self:
        """One table for all processes of this user that give the same name, in a file in the temporary directory.

        Raises:
            OSError: the file cannot be made, or is not this user's own.
        """
        path = Path(tempfile.gettempdir()) / f"candelabra-{os.getuid()}-{crc32(name.encode()):08x}.stamps"
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(file).st_uid != os.getuid():
                raise PermissionError(f"{path} is not this user's file")
            os.ftruncate(file, _BYTES)
            return cls(mmap.mmap(file, _BYTES))
        finally:
            os.close(file)

    def note(self, symbol: str, close_ms: int, recorded_ms: int) -> None:
        """A candle's record timestamp. Half a microsecond."""
        key = self._key(symbol, close_ms)
        _SLOT.pack_into(self._table, (key % _SLOTS) * _SLOT.size, key, key ^ recorded_ms)

    def find(self, symbol: str, close_ms: int) -> int | None:
        """The record timestamp of the candle that closed then; None where it is not known any more, or never was."""
        key = self._key(symbol, close_ms)
        found, checked = _SLOT.unpack_from(self._table, (key % _SLOTS) * _SLOT.size)
        recorded: int = key ^ checked
        return recorded if found == key and 0 < recorded < 2**53 else None

    def _key(self, symbol: str, close_ms: int) -> int:
        known = self._symbols.get(symbol)
        if known is None:
            known = self._symbols[symbol] = crc32(symbol.encode()) << 32
        key = ((known ^ close_ms) * _SPREAD) & _MASK
        return key ^ key >> 32
