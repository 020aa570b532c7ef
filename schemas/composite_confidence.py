"""The formulas by which signals are weighed together. Whoever holds a record can work them again, to the bit.

Of a composite with its base signal, supporting and opposing ones::

    effect      = confidence * 0.5 ** (age / half life) * weight / greatest weight
    pro         = 1 - product(1 - effect)      over the base and the supporting signals
    con         = 1 - product(1 - effect)      over the opposing signals
    composite confidence  = pro * (1 - conflict penalty * con)
    correlation strength  = sum(weights of supporting) / sum(weights of all lower timeframes)

The greatest weight is that of the base's timeframe and of all lower ones that the strategy runs on, whether they have a
voice or not: so one more supporting signal never lowers a confidence, and one more opposing signal never raises it.

Of a consensus::

    counted     = weight * confidence * 0.5 ** (age / half life)
    agreement   = sum(counted of agreeing) / sum(counted of all)
"""

from collections.abc import Iterable, Mapping, Sequence
from math import fsum
from typing import NamedTuple

from schemas.composite import Composite, Consensus, Voice
from schemas.timeframe import timeframe_ms


class Weighed(NamedTuple):
    """What a composite's voices come to, both from 0 to 1."""

    correlation_strength: float
    composite_confidence: float


class Scale(NamedTuple):
    """What the voices behind a base are measured by: the greatest weight, and the sum of those of lower timeframes."""

    greatest: float
    lower: float


def faded(age_ms: int, half_life_ms: int) -> float:
    """What is left of a voice of this age: from 1 down to 0, half after each half life.

    >>> faded(0, 60_000), faded(60_000, 60_000), faded(120_000, 60_000)
    (1.0, 0.5, 0.25)
    """
    return float(0.5 ** (age_ms / half_life_ms))


def weigh(  # noqa: PLR0913  # all that the formula reads
    base: Voice,
    supporting: Sequence[Voice],
    opposing: Sequence[Voice],
    *,
    timeframes: Mapping[str, float],
    half_life_ms: int,
    conflict_penalty: float,
) -> Weighed:
    """Strength and confidence of a base signal with what lower timeframes say of it.

    ``timeframes`` has the weight of each timeframe that the strategy runs on. Sums are exact before they are rounded
    (``fsum``), so their order does not count; products are taken in the order of the voices.

    >>> voice = Voice("0" * 32, "macd", "1h", "buy", "long", 0.5, 2.0, 0, 100.0)
    >>> weigh(voice, [], [], timeframes={"1m": 1.0, "1h": 2.0}, half_life_ms=60_000, conflict_penalty=0.5)
    Weighed(correlation_strength=0.0, composite_confidence=0.5)
    >>> minute = voice._replace(timeframe="1m", weight=1.0)
    >>> weigh(voice, [minute], [], timeframes={"1m": 1.0, "1h": 2.0}, half_life_ms=60_000, conflict_penalty=0.5)
    Weighed(correlation_strength=1.0, composite_confidence=0.625)
    >>> weigh(voice, [], [minute], timeframes={"1m": 1.0, "1h": 2.0}, half_life_ms=60_000, conflict_penalty=0.5)
    Weighed(correlation_strength=0.0, composite_confidence=0.4375)
    """
    on = scale(base.timeframe, base.weight, timeframes)
    return weigh_on(on, base, supporting, opposing, half_life_ms=half_life_ms, conflict_penalty=conflict_penalty)


def scale(timeframe: str, weight: float, timeframes: Mapping[str, float]) -> Scale:
    """What voices are measured by behind a base on this timeframe, of this weight.

    >>> scale("1h", 3.0, {"1m": 1.0, "5m": 1.5, "1h": 3.0, "1d": 9.0}), scale("1m", 1.0, {"1m": 1.0, "1h": 3.0})
    (Scale(greatest=3.0, lower=2.5), Scale(greatest=1.0, lower=0.0))
    """
    length = timeframe_ms(timeframe)
    lower = [each for name, each in timeframes.items() if timeframe_ms(name) < length]
    return Scale(max(weight, *lower) if lower else weight, fsum(lower))


def weigh_on(  # noqa: PLR0913  # all that the formula reads
    on: Scale,
    base: Voice,
    supporting: Sequence[Voice],
    opposing: Sequence[Voice],
    *,
    half_life_ms: int,
    conflict_penalty: float,
) -> Weighed:
    """As ``weigh``, for who weighs many: the scale of a base's timeframe is always the same."""
    greatest = on.greatest
    pro = _together((base, *supporting), half_life_ms, greatest)
    con = _together(opposing, half_life_ms, greatest) if opposing else 0.0
    strength = fsum([voice.weight for voice in supporting]) / on.lower if on.lower else 0.0
    return Weighed(min(strength, 1.0), min(max(pro * (1.0 - conflict_penalty * con), 0.0), 1.0))


def recompute(composite: Composite) -> Weighed:
    """The two figures of a composite, from its other fields alone: equal to those in it, to the bit."""
    return weigh(
        composite.base,
        composite.supporting,
        composite.opposing,
        timeframes=composite.timeframes,
        half_life_ms=composite.half_life_ms,
        conflict_penalty=composite.conflict_penalty,
    )


def counted(voice: Voice, half_life_ms: int) -> float:
    """What a strategy's voice counts in a consensus.

    >>> counted(Voice("0" * 32, "macd", "1h", "buy", "long", 0.5, 3.0, 60_000, 100.0), 60_000)
    0.75
    """
    return counts(voice.weight, voice.confidence, voice.age_ms, half_life_ms)


def counts(weight: float, confidence: float, age_ms: int, half_life_ms: int) -> float:
    """As ``counted``, of what is not a voice yet."""
    return weight * confidence * faded(age_ms, half_life_ms)


def agreement(agreeing: Iterable[float], opposing: Iterable[float]) -> float:
    """The share that agrees, of what the voices of both sides count; 0 where nothing counts at all.

    Sums are exact before they are rounded (``fsum``), so the order of the voices does not count.

    >>> agreement([3.0, 3.0], [2.0])
    0.75
    """
    pro, con = list(agreeing), list(opposing)
    every = fsum([*pro, *con])
    return fsum(pro) / every if every else 0.0


def recompute_agreement(consensus: Consensus) -> float:
    """The agreement of the voices that a consensus lists: equal to that in it, to the bit, where it lists them all."""
    half_life_ms = consensus.half_life_ms
    return agreement(
        [counted(voice, half_life_ms) for voice in consensus.agreeing],
        [counted(voice, half_life_ms) for voice in consensus.opposing],
    )


def _together(voices: Iterable[Voice], half_life_ms: int, greatest: float) -> float:
    """1 - product(1 - effect): 0 without any voice, nearer to 1 with each."""
    left = 1.0
    for voice in voices:
        left *= 1.0 - voice.confidence * faded(voice.age_ms, half_life_ms) * (voice.weight / greatest)
    return 1.0 - left
