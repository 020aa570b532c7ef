"""Candles from a seed, with all that a feed may do wrong: gaps, repeats, corrections, latecomers, other timeframes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from schemas.candle_row import CandleRow
from schemas.timeframe import timeframe_ms

START_MS = 1_736_121_600_000
"""2025-01-06T00:00:00Z, a Monday."""
MINUTE_MS = 60_000


@dataclass(frozen=True)
class Damage:
    """How often something goes wrong, as parts of all candles."""

    missing: float = 0.01
    repeated: float = 0.005
    corrected: float = 0.003
    late: float = 0.002
    repeated_late: float = 0.002
    longest_gap: int = 90
    """The longest row of missing minutes, of which each symbol has one."""
    latest: int = 200
    """By so many minutes is nothing late."""


def generated(
    symbols: Sequence[str],
    minutes: int,
    *,
    seed: int,
    native: Sequence[tuple[str, str]] = (),
    damage: Damage | None = None,
) -> list[CandleRow]:
    """One-minute random walks as they come from a feed, minute by minute over all symbols.

    Minutes are missing alone and, once for each symbol, in a row. A candle comes again as it was, or with another
    close, or much later, or comes late to begin with. ``native`` names series (symbol, timeframe) of which the feed
    brings candles of its own too: most agree with the minutes, one in twenty does not.
    """
    chance = np.random.default_rng(seed)
    harm = damage or Damage()
    rows: list[tuple[int, int, CandleRow]] = []
    for number, symbol in enumerate(symbols):
        own = _walk(symbol, minutes, chance)
        kept = [row for row, lost in zip(own, _missing(minutes, harm, chance), strict=True) if not lost]
        for row in kept:
            delay = int(chance.integers(2, harm.latest)) if chance.random() < harm.late else 1
            rows.append((row[2] + MINUTE_MS * delay, number, row))
            if chance.random() < harm.repeated:
                rows.append((row[2] + MINUTE_MS, number, row))
            if chance.random() < harm.corrected:
                rows.append((row[2] + MINUTE_MS, number, (*row[:6], row[5], *row[7:])))
            if chance.random() < harm.repeated_late:
                rows.append((row[2] + MINUTE_MS * int(chance.integers(2, harm.latest)), number, row))
        for of, timeframe in native:
            if of == symbol:
                rows += [(row[2] + timeframe_ms(timeframe), number, row) for row in _native(kept, timeframe, chance)]
    rows.sort(key=lambda one: one[:2])  # stable: of two at one instant the first written is the first sent
    return [row for _at, _number, row in rows]


def _walk(symbol: str, minutes: int, chance: np.random.Generator) -> list[CandleRow]:
    closes = 100 * np.exp(np.cumsum(chance.normal(0, 0.002, minutes)))
    opens = np.concatenate([[100.0], closes[:-1]])
    spread = 1 + np.abs(chance.normal(0, 0.0005, minutes))
    highs, lows = np.maximum(opens, closes) * spread, np.minimum(opens, closes) / spread
    volumes = chance.uniform(0, 100, minutes) * (chance.random(minutes) > 0.02)  # noqa: PLR2004  # now and then nothing was traded
    table = np.round(np.stack([opens, highs, lows, closes, volumes], axis=1), 4).tolist()
    return [(symbol, "1m", START_MS + minute * MINUTE_MS, *numbers, True) for minute, numbers in enumerate(table)]


def _missing(minutes: int, harm: Damage, chance: np.random.Generator) -> list[bool]:
    lost = chance.random(minutes) < harm.missing
    gap = int(chance.integers(2, harm.longest_gap + 1))
    start = int(chance.integers(0, max(1, minutes - gap)))
    lost[start : start + gap] = True
    return [bool(one) for one in lost]


def _native(rows: Sequence[CandleRow], timeframe: str, chance: np.random.Generator) -> list[CandleRow]:
    """The feed's own candles of a longer timeframe."""
    length = timeframe_ms(timeframe)
    buckets: dict[int, list[CandleRow]] = {}
    for row in rows:
        buckets.setdefault(row[2] // length * length, []).append(row)
    found: list[CandleRow] = []
    for opened, inside in buckets.items():
        high, low = max(row[4] for row in inside), min(row[5] for row in inside)
        if chance.random() < 0.05:  # noqa: PLR2004  # one in twenty
            high = round(high * 1.01, 4)
        volume = reduce(add, (row[7] for row in inside))  # as the engine adds; since Python 3.12 sum() rounds otherwise
        symbol = inside[0][0]
        found.append((symbol, timeframe, opened, inside[0][3], high, low, inside[-1][6], volume, True))
    return found
