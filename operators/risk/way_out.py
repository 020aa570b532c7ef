"""Positions that a strategy can enter and never leave by itself, and targets that no price can reach."""

from collections.abc import Iterator
from math import fsum
from typing import Final, TypeGuard

from schemas.risk import Distance, FractionDistance
from schemas.strategy import StrategyConfig

_NO_TARGET: Final = "no target that can be reached"
_ALL: Final = 1 - 1e-9
"""Parts that add up to this leave everything: what rounding alone would leave goes with the last of them."""


def without_way_out(config: StrategyConfig) -> Iterator[str]:
    """What to warn the author of, for each side that is entered.

    A side that is entered and has neither an exit rule nor a stop, a target or a longest time is held until the
    strategy is stopped or all is lost: an entry of the other side is not asked while it is held. ``take_profit`` leaves
    all of it, ``scale_out`` what its parts add up to: of less than all the rest stays. A price falls by less than all
    of it: so a target of a short position that is as far as its entry price, or farther, is never reached, nor a
    ``break_even``.
    """
    for side in ("long", "short"):
        if not any(one.type == "entry" and one.side == side for one in config.signals):
            continue
        left = []
        for place, distance, share in _targets(config):
            if side == "short" and _is_too_far(distance):
                yield _never(place, distance)
            else:
                left.append(share)
        even = None if config.risk is None else config.risk.break_even
        if side == "short" and _is_too_far(even):
            yield _never("risk.break_even", even)
        if fsum(left) < _ALL and not _is_left(config, side):
            part = f"targets that can be reached leave only {fsum(left):g} of it" if left else _NO_TARGET
            yield (
                f"nothing leaves a {side} position: no exit rule of that side, no stop, {part} and no max_bars_held; "
                "once entered it is held until the strategy is stopped"
            )


def _is_too_far(distance: Distance | None) -> TypeGuard[FractionDistance]:
    """Whether no price falls so far."""
    return isinstance(distance, FractionDistance) and distance.fraction >= 1


def _never(place: str, distance: FractionDistance) -> str:
    return (
        f"{place}: a short position never gets as far as {distance.fraction:g}: expected less than 1, for a price "
        "falls by less than all of it; 0.2 is 20 %"
    )


def _targets(config: StrategyConfig) -> Iterator[tuple[str, Distance, float]]:
    """Where a position is left in its favour: place, distance, share that is left."""
    parts = config.execution.scale_out
    places: list[tuple[str, Distance, float]] = [
        (f"execution.scale_out.{number}.at", part.at, part.fraction) for number, part in enumerate(parts)
    ]
    if config.risk is not None and config.risk.take_profit is not None:
        places.append(("risk.take_profit", config.risk.take_profit, 1.0))
    yield from places


def _is_left(config: StrategyConfig, side: str) -> bool:
    """Whether a rule, a stop or the time ends a position."""
    if any(one.type == "exit" and one.side == side for one in config.signals):
        return True
    risk = config.risk
    if risk is None:
        return False
    even = None if side == "short" and _is_too_far(risk.break_even) else risk.break_even
    ends = (risk.stop_loss, risk.trailing_stop, even, risk.max_bars_held)
    return any(one is not None for one in ends)
