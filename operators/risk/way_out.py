"""Positions that a strategy can enter and never leave by itself, and targets that no price can reach."""

from collections.abc import Iterator
from math import fsum
from typing import Final

from schemas.risk import FractionDistance
from schemas.strategy import StrategyConfig

_NO_TARGET: Final = "no target that can be reached"
_ALL: Final = 1 - 1e-9
"""Parts that add up to this leave everything: what rounding alone would leave goes with the last of them."""


def without_way_out(config: StrategyConfig) -> Iterator[str]:
    """What to warn the author of, for each side that is entered.

    A side that is entered and has neither an exit rule nor a stop, a target or a longest time is held until the
    strategy is stopped or all is lost: an entry of the other side is not asked while it is held. ``take_profit`` leaves
    all of it, ``scale_out`` what its parts add up to: of less than all the rest stays. A price falls by less than all
    of it: so a target of a short position that is as far as its entry price, or farther, is never reached.
    """
    for side in ("long", "short"):
        if not any(one.type == "entry" and one.side == side for one in config.signals):
            continue
        left = []
        for place, fraction, share in _targets(config):
            if side == "short" and fraction is not None and fraction >= 1:
                yield (
                    f"{place}: a short position never gets as far as {fraction:g}: expected less than 1, for a price "
                    "falls by less than all of it; 0.2 is 20 %"
                )
            else:
                left.append(share)
        if fsum(left) < _ALL and not _is_left(config, side):
            part = f"targets that can be reached leave only {fsum(left):g} of it" if left else _NO_TARGET
            yield (
                f"nothing leaves a {side} position: no exit rule of that side, no stop, {part} and no max_bars_held; "
                "once entered it is held until the strategy is stopped"
            )


def _targets(config: StrategyConfig) -> Iterator[tuple[str, float | None, float]]:
    """Where a position is left in its favour: place, fraction of the entry price if it is one, share that is left."""
    parts = config.execution.scale_out
    places = [(f"execution.scale_out.{number}.at", part.at, part.fraction) for number, part in enumerate(parts)]
    if config.risk is not None and config.risk.take_profit is not None:
        places.append(("risk.take_profit", config.risk.take_profit, 1.0))
    for place, distance, share in places:
        yield place, distance.fraction if isinstance(distance, FractionDistance) else None, share


def _is_left(config: StrategyConfig, side: str) -> bool:
    """Whether a rule, a stop or the time ends a position."""
    if any(one.type == "exit" and one.side == side for one in config.signals):
        return True
    risk = config.risk
    if risk is None:
        return False
    ends = (risk.stop_loss, risk.trailing_stop, risk.break_even, risk.max_bars_held)
    return any(one is not None for one in ends)
