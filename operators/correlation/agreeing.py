"""The consensus of one trading style at one window's end, before cool-down and minimum agreement."""

from collections.abc import Iterable, Mapping
from math import fsum
from typing import NamedTuple

from operators.correlation.heard import Heard, longest_first, voice
from schemas.composite import MAX_VOICES, Consensus, Voice, consensus_id
from schemas.composite_confidence import agreement, counted
from schemas.correlation import weight_of, window_of
from schemas.record import from_milliseconds
from schemas.signal_config import Side
from schemas.trading_style import TradingStyle
from schemas.watchlist import ConsensusConfig


class Occasion(NamedTuple):
    """The end of a style's window on a symbol, on which so many strategies run."""

    config: ConsensusConfig
    style: TradingStyle
    end_ms: int
    symbol: str
    strategies: int


def consensus(at: Occasion, styles: Mapping[str, TradingStyle], standing: Iterable[Heard]) -> Consensus | None:
    """What the strategies come to; None where no window ends, too few have a say, nothing is new or sides are even.

    In the window of a style each strategy has one voice: the newest signal of its longest timeframe of that style that
    stands for a side there. It counts weight * confidence * 0.5 ** (age / half life), and the side that counts more is
    the consensus. Of each side the ``top`` heaviest voices are listed (at most 128), equal ones by strategy; the
    agreement is that of all of them, listed or not.
    """
    window = window_of(at.config, at.style)
    if at.end_ms % window.every_ms:
        return None
    start_ms, new_after = at.end_ms - window.length_ms, at.end_ms - window.every_ms
    said = _highest(
        one for one in standing if styles.get(one.timeframe) == at.style and start_ms < one.close_ms <= at.end_ms
    )
    if len(said) < at.config.minimum_strategies or all(one.close_ms <= new_after for one in said):
        return None
    sides: dict[Side, list[tuple[float, Voice]]] = {"long": [], "short": []}
    for one in said:
        spoken = voice(one, weight_of(one.timeframe, at.config.weights), at.end_ms)
        sides[spoken.side].append((counted(spoken, window.half_life_ms), spoken))
    weights = {side: [weight for weight, _ in voices] for side, voices in sides.items()}
    long, short = fsum(weights["long"]), fsum(weights["short"])
    if long == short:
        return None
    side: Side = "long" if long > short else "short"
    other: Side = "short" if side == "long" else "long"
    end = from_milliseconds(at.end_ms)
    return Consensus(
        id=consensus_id(at.symbol, at.style, end),
        symbol=at.symbol,
        trading_style=at.style,
        window_start=from_milliseconds(start_ms),
        window_end=end,
        side=side,
        agreeing=_listed(sides[side], at.config.top),
        opposing=_listed(sides[other], at.config.top),
        strategies=at.strategies,
        half_life_ms=window.half_life_ms,
        agreement=agreement(weights[side], weights[other]),
    )


def _highest(said: Iterable[Heard]) -> list[Heard]:
    found: dict[str, Heard] = {}
    for one in sorted(said, key=longest_first):
        found.setdefault(one.strategy, one)
    return list(found.values())


def _listed(voices: list[tuple[float, Voice]], top: int | None) -> tuple[Voice, ...]:
    heaviest = sorted(voices, key=lambda each: (-each[0], each[1].strategy))
    return tuple(spoken for _, spoken in heaviest[: MAX_VOICES if top is None else top])
