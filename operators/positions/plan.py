"""What is to protect the positions of a strategy: distances, before there is a price to count them from."""

from collections.abc import Sequence
from typing import NamedTuple

from schemas.execution import ScaleOut
from schemas.risk import AtrDistance, Distance, RiskConfig


class Reach(NamedTuple):
    """A distance: ``fraction`` of the entry price, or ``multiple`` of the ATR at ``place`` among those of the plan."""

    fraction: float
    multiple: float
    place: int

    def over(self, entry: float, atrs: Sequence[float]) -> float:
        """How far it is, in quote currency per unit, from this entry price and these ATRs.

        >>> Reach(fraction=0.02, multiple=0.0, place=0).over(50.0, ())
        1.0
        >>> Reach(fraction=0.0, multiple=2.0, place=1).over(50.0, (0.5, 0.75))
        1.5
        """
        return self.multiple * atrs[self.place] if self.multiple else self.fraction * entry


class Plan(NamedTuple):
    """How far away the exits of a position are; None where there is no such exit.

    Attributes:
        stop_loss: against the position, from its average entry price.
        take_profit: in its favour, from there; everything that is left.
        trailing_stop: against the position, from the best price since the entry.
        break_even: once the price has come so far in its favour, and past the price at which the position has cost
            nothing, the stop is there.
        parts: of the position, each with its distance as ``take_profit`` and the fraction of the entered units.
        max_bars_held: bars after which it is left.
        atr_periods: periods of the ATRs (bars), whose values at the entry decision the plan counts in.
        moves: whether a stop may move while the position is open.
    """

    stop_loss: Reach | None = None
    take_profit: Reach | None = None
    trailing_stop: Reach | None = None
    break_even: Reach | None = None
    parts: tuple[tuple[Reach, float], ...] = ()
    max_bars_held: int | None = None
    atr_periods: tuple[int, ...] = ()
    moves: bool = False


def plan_of(risk: RiskConfig, scale_out: Sequence[ScaleOut] = ()) -> Plan:
    """The plan of a strategy's ``risk`` section and of ``scale_out`` of its ``execution``.

    >>> plan = plan_of(RiskConfig.model_validate({"stop_loss": {"method": "atr", "multiple": 2.0, "period": 20}}))
    >>> plan.stop_loss, plan.atr_periods
    (Reach(fraction=0.0, multiple=2.0, place=0), (20,))
    """
    distances = [
        risk.stop_loss,
        risk.take_profit,
        risk.trailing_stop,
        risk.break_even,
        *(part.at for part in scale_out),
    ]
    periods = tuple(dict.fromkeys(one.period for one in distances if isinstance(one, AtrDistance)))
    stop, target, trail, even, *parts = [None if one is None else _reach(one, periods) for one in distances]
    return Plan(
        stop_loss=stop,
        take_profit=target,
        trailing_stop=trail,
        break_even=even,
        parts=tuple((at, one.fraction) for at, one in zip(parts, scale_out, strict=True) if at is not None),
        max_bars_held=risk.max_bars_held,
        atr_periods=periods,
        moves=trail is not None or even is not None,
    )


def _reach(distance: Distance, periods: Sequence[int]) -> Reach:
    if isinstance(distance, AtrDistance):
        return Reach(0.0, distance.multiple, periods.index(distance.period))
    return Reach(distance.fraction, 0.0, 0)


def missing_atr(plan: Plan, atrs: Sequence[float]) -> int | None:
    """The period of an ATR that the plan counts in and that is not there: NaN, or 0 where no bar has moved.

    A position without it would be open without its exits, or be left as it is entered; so an entry has to wait. None
    where nothing is missing.

    >>> plan = Plan(stop_loss=Reach(0.0, 2.0, 0), atr_periods=(14,))
    >>> missing_atr(plan, (float("nan"),)), missing_atr(plan, (0.0,)), missing_atr(plan, (1.5,))
    (14, 14, None)
    """
    return next((period for period, atr in zip(plan.atr_periods, atrs, strict=True) if not atr > 0), None)


def time_is_up(plan: Plan, bars_held: int) -> bool:
    """Whether a position has been held as long as it may be, asked as a bar closes.

    ``bars_held`` counts the bars over which it was open, that one included: 1 at the close of the bar at whose open it
    was entered, and at that of the bar after the one at whose close it was. What follows is a market order as of a
    rule: at this close, or at the next open.

    >>> time_is_up(Plan(max_bars_held=3), 2), time_is_up(Plan(max_bars_held=3), 3), time_is_up(Plan(), 1_000)
    (False, True, False)
    """
    return plan.max_bars_held is not None and bars_held >= plan.max_bars_held
