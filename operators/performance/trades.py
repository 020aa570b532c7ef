"""What closed trades amount to."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from operators.performance.outcomes import Outcomes
from operators.performance.streak import Streak
from operators.positions.trade import Trade
from schemas.metrics import TradeFigures


class Trades:
    """Closed trades, one after another.

    - Cost: 3 microseconds a trade; ``figures`` as much once after a trade, then nothing until the next.
    - Memory: 30 numbers, however many trades.

    Raises:
        ValueError: a trade whose profit or gain is no finite number.

    >>> trades = Trades()
    >>> for gross in (31.0, -9.0, -4.0):
    ...     trades.add(
    ...         Trade(
    ...             side="long", entry_ms=0, exit_ms=1, quantity=1.0, entry_price=100.0, exit_price=100.0 + gross,
    ...             gross=gross, fees=1.0, entries=1, exits=1, bars_held=1, entry_reason="", exit_reason="",
    ...             adverse_excursion=0.1, favourable_excursion=0.4,
    ...         )
    ...     )
    >>> figures = trades.figures()
    >>> figures.profit_factor, figures.expectancy, figures.streak
    (2.0, 5.0, -2)
    """

    __slots__ = (
        "_adverse",
        "_favourable",
        "_figures",
        "_gains",
        "_losses",
        "_profits",
        "_streak",
        "_trades",
        "_wins",
    )

    def __init__(self, resume: Mapping[str, Any] | None = None) -> None:
        state = _EMPTY if resume is None else resume
        self._figures: TradeFigures | None = None
        self._trades, self._wins, self._losses = state["counts"]
        self._streak = Streak(*state["streak"])
        self._profits, self._gains = Outcomes(state["profits"]), Outcomes(state["gains"])
        self._adverse, self._favourable = Outcomes(state["adverse"]), Outcomes(state["favourable"])

    def add(self, trade: Trade) -> None:
        """One more trade."""
        profit, gain = trade.profit, trade.profit_fraction
        if not (isfinite(profit) and isfinite(gain)):
            raise ValueError(
                f"closed trade {self._trades + 1}: expected a finite profit and gain, got {profit}, {gain}"
            )
        self._figures = None
        self._trades += 1
        self._wins += profit > 0.0
        self._losses += profit < 0.0
        self._streak = self._streak.after(profit)
        self._profits.add(profit)
        self._gains.add(gain)
        self._adverse.add(trade.adverse_excursion)
        self._favourable.add(trade.favourable_excursion)

    def figures(self) -> TradeFigures:
        """What they amount to so far."""
        if self._figures is None:
            self._figures = self._reckoned()
        return self._figures

    def _reckoned(self) -> TradeFigures:
        trades, wins, losses = self._trades, self._wins, self._losses
        profits, gains, streak = self._profits, self._gains, self._streak
        return TradeFigures(
            trades=trades,
            wins=wins,
            losses=losses,
            win_rate=_each(wins, trades),
            profit_factor=profits.factor,
            profit_factor_of_gains=gains.factor,
            expectancy=_each(profits.total, trades),
            expectancy_of_gains=_each(gains.total, trades),
            average_win=_each(profits.won, wins),
            average_loss=_each(profits.lost, losses),
            best_trade=profits.best,
            worst_trade=profits.worst,
            best_gain=gains.best,
            worst_gain=gains.worst,
            streak=streak.now,
            longest_winning_streak=streak.longest_winning,
            longest_losing_streak=streak.longest_losing,
            average_adverse=_each(self._adverse.total, trades),
            worst_adverse=self._adverse.best,
            average_favourable=_each(self._favourable.total, trades),
            best_favourable=self._favourable.best,
        )

    def snapshot(self) -> dict[str, object]:
        """As primitives: what ``resume`` takes."""
        return {
            "counts": [self._trades, self._wins, self._losses],
            "streak": [*self._streak],
            "profits": self._profits.snapshot(),
            "gains": self._gains.snapshot(),
            "adverse": self._adverse.snapshot(),
            "favourable": self._favourable.snapshot(),
        }


_EMPTY: Mapping[str, Any] = {
    "counts": (0, 0, 0),
    "streak": (),
    "profits": None,
    "gains": None,
    "adverse": None,
    "favourable": None,
}


def _each(total: float, count: int) -> float | None:
    return total / count if count else None
