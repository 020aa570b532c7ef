"""The composites of one trading style at one window's end, before any filter."""

from collections.abc import Iterable
from typing import NamedTuple

from operators.correlation.heard import Heard, longest_first, voice
from operators.correlation.plan import Plan
from schemas.composite import Composite, Voice, composite_id
from schemas.composite_confidence import weigh
from schemas.record import from_milliseconds
from schemas.timeframe import timeframe_ms
from schemas.trading_style import TradingStyle


class Occasion(NamedTuple):
    """The end of a style's window for a strategy on a symbol."""

    plan: Plan
    style: TradingStyle
    end_ms: int
    symbol: str


def composites(at: Occasion, standing: Iterable[Heard]) -> list[Composite]:
    """What the newest signals of a strategy's timeframes come to, longest base first.

    The base is the longest timeframe of the style that stands for a side; without ``one_per_window`` each of them is a
    base in turn. Every shorter timeframe that stands for a side supports or opposes it, whatever its style. A base is
    passed over where neither it nor any of those is new.
    """
    plan, style, end_ms, _ = at
    window = plan.windows[style]
    start_ms, new_after = end_ms - window.length_ms, end_ms - window.every_ms
    said = [one for one in standing if one.timeframe in plan.styles and start_ms < one.close_ms <= end_ms]
    said.sort(key=longest_first)
    bases = [one for one in said if plan.styles[one.timeframe] == style]
    found = []
    for base in bases[:1] if plan.settings.one_per_window else bases:
        length = timeframe_ms(base.timeframe)
        lower = [one for one in said if timeframe_ms(one.timeframe) < length]
        if any(one.close_ms > new_after for one in (base, *lower)):
            found.append(_composite(at, *[voice(one, plan.weights[one.timeframe], end_ms) for one in (base, *lower)]))
    return found


def ranked(one: Composite) -> tuple[float, int, str]:
    """Sorts composites of one window's end: the most confident first, then the longer timeframe, then by id."""
    return -one.composite_confidence, -timeframe_ms(one.timeframe), one.id


def _composite(at: Occasion, base: Voice, *lower: Voice) -> Composite:
    plan, style, end_ms, symbol = at
    window, settings, end = plan.windows[style], plan.settings, from_milliseconds(end_ms)
    supporting = tuple(one for one in lower if one.side == base.side)
    opposing = tuple(one for one in lower if one.side != base.side)
    strength, confidence = weigh(
        base,
        supporting,
        opposing,
        timeframes=plan.weights,
        half_life_ms=window.half_life_ms,
        conflict_penalty=settings.conflict_penalty,
    )
    return Composite(
        id=composite_id(base.strategy, plan.version, symbol, base.timeframe, style, end),
        strategy=base.strategy,
        version=plan.version,
        symbol=symbol,
        timeframe=base.timeframe,
        trading_style=style,
        window_start=from_milliseconds(end_ms - window.length_ms),
        window_end=end,
        side=base.side,
        price=base.price,
        base=base,
        supporting=supporting,
        opposing=opposing,
        timeframes=plan.weights,
        half_life_ms=window.half_life_ms,
        conflict_penalty=settings.conflict_penalty,
        correlation_strength=strength,
        composite_confidence=confidence,
    )
