"""Milliseconds from a candle to what came of it, by trading style."""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from dataflows.bench.latency import Identity, Latency
from dataflows.bench.timeframes_arrivals import Arrival
from dataflows.bench.timeframes_workload import BASE, PULSE, STYLES
from dataflows.errors import BenchFailed
from schemas.codec import Codec
from schemas.composite import Composite, Consensus
from schemas.record import Record, to_milliseconds
from schemas.signal import Signal
from schemas.timeframe import timeframe_ms
from schemas.trading_style import TRADING_STYLES, TradingStyle

Waits = Mapping[str, Latency]
"""By trading style; ``all`` for all of them together. A style of which nothing came is not there."""

ALL: Final = "all"

_KINDS: Final[tuple[type[Record], ...]] = (Signal, Composite, Consensus)
_BASE_MS: Final = timeframe_ms(BASE)


def waits_of(
    sent: Mapping[Identity, float], received: Iterable[Arrival], codec: Codec, *, settling_s: float
) -> tuple[Waits, Waits]:
    """Of every signal, and of every composite and consensus, from the candle that closed at its instant.

    Args:
        sent: when each candle was handed to the producer.
        received: what came on the topics of signals and composites.
        codec: of these topics.
        settling_s: what came of candles of the first so many seconds does not count.

    Raises:
        BenchFailed: a bar closed, and the strategy that signals at every bar gave no signal.
    """
    begin = min(sent.values()) + settling_s
    missing = set(_closing_with(sent))
    signals: list[tuple[TradingStyle, float]] = []
    composites: list[tuple[TradingStyle, float]] = []
    for arrival in received:
        record = codec.decode_any(arrival.value, _KINDS)
        if isinstance(record, Signal):
            closes = to_milliseconds(record.close_time)
            if record.strategy == PULSE:
                missing.discard((record.symbol, record.timeframe, closes))
            at = sent.get((record.symbol, closes - _BASE_MS), -1.0)
            if at >= begin:
                signals.append((STYLES[record.timeframe], arrival.at - at))
        elif isinstance(record, Composite | Consensus):
            at = sent.get((record.symbol, to_milliseconds(record.window_end) - _BASE_MS), -1.0)
            if at >= begin:
                composites.append((record.trading_style, arrival.at - at))
    if missing:
        raise BenchFailed(f"{len(missing):,} closed bars had no signal, the first is {min(missing)}")
    return _percentiles(signals), _percentiles(composites)


def copies_of(sent: Mapping[Identity, float], received: Iterable[Arrival], codec: Codec, *, settling_s: float) -> Waits:
    """Of the bare loop's copies: each counts for every bar that closes with its candle, as a signal of it would."""
    begin = min(sent.values()) + settling_s
    arrived: dict[Identity, float] = {}
    for arrival in received:
        row = codec.decode_candle_row(arrival.value)
        arrived.setdefault((row[0], row[2]), arrival.at)
    missing = [identity for identity in sent if identity not in arrived]
    if missing:
        raise BenchFailed(f"{len(missing):,} of {len(sent):,} candles had no copy, the first is {missing[0]}")
    counted = {identity: at for identity, at in sent.items() if at >= begin}
    return _percentiles(
        (STYLES[timeframe], arrived[symbol, closes - _BASE_MS] - counted[symbol, closes - _BASE_MS])
        for symbol, timeframe, closes in _closing_with(counted)
    )


def _closing_with(candles: Iterable[Identity]) -> Iterable[tuple[str, str, int]]:
    """The bars that close with these candles: symbol, timeframe, close time."""
    for symbol, open_time in candles:
        closes = open_time + _BASE_MS
        for timeframe in STYLES:
            if closes % timeframe_ms(timeframe) == 0:
                yield symbol, timeframe, closes


def _percentiles(waits: Iterable[tuple[TradingStyle, float]]) -> Waits:
    found: dict[str, list[float]] = {}
    for style, wait in waits:
        found.setdefault(style, []).append(wait)
        found.setdefault(ALL, []).append(wait)
    result: dict[str, Latency] = {}
    order: tuple[str, ...] = (ALL, *TRADING_STYLES)
    for name in [one for one in order if one in found]:
        p50, p99 = np.percentile(np.array(found[name]) * 1000, [50, 99])
        result[name] = Latency(len(found[name]), round(float(p50), 3), round(float(p99), 3))
    return result
