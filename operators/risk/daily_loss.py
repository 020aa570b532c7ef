"""The loss of a UTC day, and the stop for the rest of it."""

from typing import Any, Final

from operators.risk.refusal import Refusal, carried_over, fall_from

DAY_MS: Final = 86_400_000


class DailyLoss:
    """No entry for the rest of a UTC day once equity has fallen by ``limit`` since the day began.

    The day's reference is the equity at the last close at or before 00:00 UTC. Equity at a close at 00:00 belongs to
    the day that ends there; an entry decided at 00:00 belongs to the day that begins. A loss that is made good again
    within the day stops entries all the same. A close at which equity is what it was may be left out: it changes
    nothing.

    Args:
        limit: fraction of the reference, above 0; None to measure without a limit.
        now_ms: event time at which it begins, milliseconds.
        equity: at that time, quote currency.
        resume: what ``snapshot`` gave.

    >>> day = DailyLoss(0.1, now_ms=0, equity=1_000.0)
    >>> day.marked(3_600_000, 901.0), day.refusal(3_600_000)
    (None, None)
    >>> day.marked(7_200_000, 900.0)
    >>> day.refusal(7_200_000)
    Refusal(limit='max_daily_loss', allowed=0.1, actual=0.1, until_ms=86400000, lifted_by='', about='')
    >>> day.refusal(86_400_000) is None
    True
    """

    __slots__ = ("_end_ms", "_equity", "_limit", "_reached", "_reference")

    def __init__(self, limit: float | None, now_ms: int, equity: float, resume: dict[str, Any] | None = None) -> None:
        self._limit = limit
        self._reached: float | None = None
        self._end_ms: int
        self.begin(now_ms, equity)
        if resume is not None:
            self._end_ms, self._reference = resume["end_ms"], resume["reference"]
            self._equity, self._reached = resume["equity"], resume["reached"]

    def begin(self, now_ms: int, equity: float) -> None:
        """Measure from here on: of what came before nothing counts, also where it was on the same day."""
        self._end_ms = now_ms - now_ms % DAY_MS + DAY_MS
        self._reference = self._equity = equity
        self._reached = None

    def snapshot(self) -> dict[str, Any]:
        """As primitives."""
        return {
            "end_ms": self._end_ms,
            "reference": self._reference,
            "equity": self._equity,
            "reached": self._reached,
        }

    def flowed(self, equity: float) -> None:
        """Equity is another one because money came or went: the loss, as a fraction, stays what it was."""
        self._reference = carried_over(self._reference, self._equity, equity)
        self._equity = equity

    @property
    def reached(self) -> bool:
        """Whether the limit has been reached on the day of the last close."""
        return self._reached is not None

    @property
    def end_ms(self) -> int:
        """When the day ends, milliseconds."""
        return self._end_ms

    @property
    def loss(self) -> float:
        """Since the day began, as a fraction of the reference; 0 for a gain."""
        return fall_from(self._reference, self._equity)

    def marked(self, close_ms: int, equity: float) -> None:
        """Equity (quote currency) at a close, in order of time."""
        if close_ms > self._end_ms:
            self._end_ms = -(-close_ms // DAY_MS) * DAY_MS
            self._reference, self._reached = self._equity, None
        self._equity = equity
        if self._limit is not None and self._reached is None and equity < self._reference:
            loss = fall_from(self._reference, equity)
            if loss >= self._limit:
                self._reached = loss

    def refusal(self, now_ms: int) -> Refusal | None:
        """Why nothing may be entered at an instant; ``actual`` is the loss with which the limit was reached."""
        if self._limit is None or self._reached is None or now_ms >= self._end_ms:
            return None
        return Refusal("max_daily_loss", self._limit, self._reached, self._end_ms)
