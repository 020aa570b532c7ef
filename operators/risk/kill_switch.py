"""What stops all strategies of a portfolio, until somebody resets it."""

from typing import Any, NamedTuple

from operators.risk.daily_loss import DailyLoss
from operators.risk.drawdown_stop import DrawdownStop
from operators.risk.refusal import Refusal
from schemas.portfolio import KillSwitch


class Reset(NamedTuple):
    """A command that lifts it: at the first instant after ``from_ms`` (event time), at the very next one without it."""

    command: str
    from_ms: int | None = None


class Switch:
    """Trips at the close at which the loss of a UTC day or the fall from the highest equity has reached its limit.

    It stays tripped whatever equity does then, until a reset. What was lost before that counts no more: the day and the
    highest equity begin anew, at the last equity before it. Money that comes or goes is neither a gain nor a loss.

    Args:
        config: None for one that never trips.
        now_ms: event time at which it begins, milliseconds.
        equity: at that time, quote currency.
        resume: what ``snapshot`` gave.

    >>> switch = Switch(KillSwitch(max_drawdown=0.2), now_ms=0, equity=1_000.0)
    >>> switch.marked(60_000, 800.0)
    >>> str(switch.tripped)
    'max_drawdown: expected a fall from the highest equity below 0.2 of it, got 0.2; none before a reset'
    >>> switch.reset(60_000)
    >>> switch.tripped is None
    True
    """

    __slots__ = ("_day", "_drawdown", "_equity", "told", "tripped")

    def __init__(
        self, config: KillSwitch | None, now_ms: int, equity: float, resume: dict[str, Any] | None = None
    ) -> None:
        state: dict[str, Any] = {} if resume is None else resume
        daily = None if config is None else config.max_daily_loss
        drawdown = None if config is None else config.max_drawdown
        self._day = DailyLoss(daily, now_ms, equity, state.get("day"))
        self._drawdown = DrawdownStop(drawdown, equity, "a reset", state.get("drawdown"))
        self._equity: float = state.get("equity", equity)
        tripped = state.get("tripped")
        self.tripped: Refusal | None = None if tripped is None else Refusal(*tripped)
        """Why nothing may be entered until a reset; None where it has not tripped."""
        self.told: bool = state.get("told", False)
        """Whether its owner has told so."""

    def snapshot(self) -> dict[str, Any]:
        """As primitives."""
        return {
            "day": self._day.snapshot(),
            "drawdown": self._drawdown.snapshot(),
            "equity": self._equity,
            "tripped": None if self.tripped is None else list(self.tripped),
            "told": self.told,
        }

    @property
    def drawdown(self) -> float:
        """From the highest equity since the beginning or the last reset, as a fraction of it."""
        return self._drawdown.drawdown

    def marked(self, at_ms: int, equity: float) -> None:
        """Equity (quote currency) at an instant (milliseconds), in order of time."""
        self._equity = equity
        self._day.marked(at_ms, equity)
        self._drawdown.marked(equity)
        if self.tripped is None:
            # Asked as of just before: a day that ends here may still trip it, and until a reset, not until midnight.
            day = self._day.refusal(at_ms - 1)
            cause = self._drawdown.refusal() or day
            self.tripped = None if cause is None else cause._replace(until_ms=None, lifted_by="a reset")

    def flowed(self, equity: float) -> None:
        """Equity is another one because strategies joined or left."""
        self._equity = equity
        self._day.flowed(equity)
        self._drawdown.flowed(equity)

    def reset(self, now_ms: int) -> None:
        """Trips no more for what was lost before an instant (milliseconds)."""
        self.tripped, self.told = None, False
        self._day.begin(now_ms, self._equity)
        self._drawdown.begin(self._equity)
