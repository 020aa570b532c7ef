"""One strategy on one series: what keeps it from entering now, and until when."""

from collections.abc import Iterator, Sequence
from math import inf
from typing import Any, Final

from operators.risk.closed_trade import ClosedTrade
from operators.risk.cool_down import CoolDowns
from operators.risk.daily_loss import DailyLoss
from operators.risk.drawdown_guard import TradeDrawdown
from operators.risk.drawdown_stop import DrawdownStop
from operators.risk.pause import Guard, Pause
from operators.risk.profit_guard import TradeReturns
from operators.risk.refusal import Refusal, fraction_of
from operators.risk.sizes import largest_value
from operators.risk.stop_loss_guard import StopLosses
from operators.snapshot import check_parameters, check_version, fingerprint
from schemas.protection import CoolDown, MaxDrawdownGuard, Protection, StopLossGuard
from schemas.risk import RiskLimits

SCHEMA_VERSION: Final = 1


class StrategyRisk:
    """A state machine of equity at closes and of trades that ended; it answers whether an entry may be made.

    What stops entries never touches an open position: that keeps its stops and its exits. How large an entry may be is
    not asked here but of ``operators.risk.sizes``.

    - ``max_daily_loss`` and ``max_drawdown`` look at equity at closes, see ``DailyLoss`` and ``DrawdownStop``. A close
      at which equity is what it was, as of a flat strategy, may be left out.
    - ``cool_down_bars`` and the protections look at a trade when it has ended. A pause of n bars refuses n decisions in
      a row, the first of them at the close of the bar within which the trade ended. Bars are counted by event time: n
      bars are n times ``bar_ms``, whether the market was open or not, as are those of a lookback.

    A bar costs a few comparisons, an answer when nothing is stopped one; a trade costs the same however long the
    lookbacks are.

    Args:
        limits: of the strategy.
        protections: of the strategy, in the order of its configuration.
        bar_ms: the length of a bar of the series, milliseconds.
        now_ms: event time at which it begins, milliseconds.
        equity: at that time, quote currency.
        resume: what ``snapshot`` gave; SnapshotRefused if that was made with other limits, protections or bars.

    >>> risk = StrategyRisk(RiskLimits(cool_down_bars=2), bar_ms=60_000, now_ms=0, equity=100.0)
    >>> risk.closed(ClosedTrade(60_000, profit=-1.0, entry_value=50.0, equity=99.0, stopped=True))
    >>> str(risk.may_enter(120_000))
    'cool_down_bars: expected 2 bars since a trade that lost, got 1; none before 1970-01-01T00:03:00Z'
    >>> risk.may_enter(180_000) is None
    True
    """

    __slots__ = (
        "_bar_ms",
        "_day",
        "_drawdown",
        "_guards",
        "_limits",
        "_parameters",
        "_pauses",
        "_until",
        "needs_marks",
    )

    def __init__(  # noqa: PLR0913  # what limits it, and where it begins
        self,
        limits: RiskLimits,
        protections: Sequence[Protection] = (),
        *,
        bar_ms: int,
        now_ms: int,
        equity: float,
        resume: dict[str, Any] | None = None,
    ) -> None:
        configured = {
            "limits": limits.model_dump(mode="json"),
            "protections": [one.model_dump(mode="json") for one in protections],
        }
        self._parameters: dict[str, object] = {"risk": fingerprint(configured), "bar_ms": bar_ms}
        state: dict[str, Any] = {} if resume is None else resume
        if resume is not None:
            check_version("risk", state["schema_version"], SCHEMA_VERSION)
            check_parameters("risk", state["parameters"], self._parameters)
        self.needs_marks = limits.max_daily_loss is not None or limits.max_drawdown is not None
        """Whether anything looks at equity; if not, ``marked`` need not be called."""
        self._limits = limits
        self._bar_ms = bar_ms
        self._day = DailyLoss(limits.max_daily_loss, now_ms, equity, state.get("day"))
        self._drawdown = DrawdownStop(limits.max_drawdown, equity, "a restart", state.get("drawdown"))
        kept = state.get("guards", [None] * (len(protections) + 1))
        self._guards: list[tuple[str, int, Guard]] = []
        if limits.cool_down_bars is not None:
            bars = limits.cool_down_bars
            self._guards.append(("cool_down_bars", bars, CoolDowns(bars, losses_only=True)))
        for protection, guard_state in zip(protections, kept[len(self._guards) :], strict=False):
            self._guards.append(_guard(protection, bar_ms, guard_state))
        self._pauses: list[Pause | None] = [None] * len(self._guards)
        if resume is not None:
            self._pauses = [None if one is None else Pause(*one) for one in state["pauses"]]
        self._until = self._stopped_until()

    def snapshot(self) -> dict[str, Any]:
        """As primitives."""
        return {
            "schema_version": SCHEMA_VERSION,
            "parameters": {**self._parameters},
            "day": self._day.snapshot(),
            "drawdown": self._drawdown.snapshot(),
            "guards": [guard.snapshot() for _, _, guard in self._guards],
            "pauses": [None if one is None else list(one) for one in self._pauses],
        }

    @property
    def daily_loss(self) -> float:
        """Since 00:00 UTC, fraction of equity at that time; 0 for a gain. Of the last equity that was marked."""
        return self._day.loss

    @property
    def drawdown(self) -> float:
        """From the highest equity, fraction of it. Of the last equity that was marked."""
        return self._drawdown.drawdown

    def used(self, value: float, equity: float) -> float:
        """The largest share of one of its limits that is used up, from 0 to 1; 0 without limits.

        Args:
            value: of the position, price by quantity on either side, quote currency.
            equity: quote currency.
        """
        limits, shares = self._limits, [0.0]
        if limits.max_daily_loss is not None:
            shares.append(self._day.loss / limits.max_daily_loss)
        if limits.max_drawdown is not None:
            shares.append(self._drawdown.drawdown / limits.max_drawdown)
        shares.append(fraction_of(value, largest_value(limits, equity)))
        return min(1.0, max(shares))

    def marked(self, close_ms: int, equity: float) -> None:
        """Equity (quote currency) at a close (milliseconds), in order of time."""
        self._day.marked(close_ms, equity)
        self._drawdown.marked(equity)
        if self._day.reached or self._drawdown.reached:
            self._until = self._stopped_until()

    def closed(self, trade: ClosedTrade) -> None:
        """A trade ended, in order of time; told before the decision at the close of that bar."""
        for number, (_, bars, guard) in enumerate(self._guards):
            found = guard.after(trade)
            if found is not None:
                until_ms = trade.close_ms + bars * self._bar_ms
                self._pauses[number] = Pause(*found, trade.close_ms, until_ms)
                self._until = max(self._until, until_ms)

    def may_enter(self, now_ms: int) -> Refusal | None:
        """None where an entry may be made at an instant (milliseconds), else what refuses it longest."""
        if now_ms >= self._until:
            return None
        return max(self.refusals(now_ms), key=_lasts, default=None)

    def refusals(self, now_ms: int) -> list[Refusal]:
        """All that refuses an entry at an instant: the day, the drawdown, then pauses as they are configured."""
        stops = (self._day.refusal(now_ms), self._drawdown.refusal())
        return [*(one for one in stops if one is not None), *self._paused(now_ms)]

    def _paused(self, now_ms: int) -> Iterator[Refusal]:
        for (name, _, guard), pause in zip(self._guards, self._pauses, strict=True):
            if pause is not None and now_ms < pause.until_ms:
                passed = (now_ms - pause.since_ms) // self._bar_ms
                actual = passed if isinstance(guard, CoolDowns) else pause.actual
                yield Refusal(name, pause.allowed, actual, pause.until_ms)

    def _stopped_until(self) -> float:
        if self._drawdown.reached:
            return inf
        pauses = [one.until_ms for one in self._pauses if one is not None]
        return max([*pauses, self._day.end_ms if self._day.reached else -inf], default=-inf)


def _lasts(refusal: Refusal) -> float:
    return inf if refusal.until_ms is None else refusal.until_ms


def _guard(protection: Protection, bar_ms: int, state: Any) -> tuple[str, int, Guard]:  # noqa: ANN401  # as its guard wrote it
    if isinstance(protection, CoolDown):
        return protection.method, protection.bars, CoolDowns(protection.bars, losses_only=False)
    guard: Guard
    if isinstance(protection, StopLossGuard):
        guard = StopLosses(protection, bar_ms, state)
    elif isinstance(protection, MaxDrawdownGuard):
        guard = TradeDrawdown(protection, bar_ms, state)
    else:
        guard = TradeReturns(protection, bar_ms, state)
    return protection.method, protection.stop_bars, guard
