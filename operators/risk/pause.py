"""A pause: for how long nothing is entered after trades that went badly, and why."""

from typing import Any, NamedTuple, Protocol

from operators.risk.closed_trade import ClosedTrade


class Finding(NamedTuple):
    """What a guard found at a trade: ``actual`` against ``allowed``, which is reason enough for a pause."""

    allowed: float
    actual: float


class Guard(Protocol):
    """Looks at trades as they end, in order. Costs nothing at a bar."""

    def after(self, trade: ClosedTrade) -> Finding | None:
        """What speaks for a pause now, None where nothing does."""
        ...

    def snapshot(self) -> Any:  # noqa: ANN401  # primitives, of a form that each guard knows
        """The trades that still count, as primitives."""
        ...


class Pause(NamedTuple):
    """``since_ms`` is the close after which it holds, ``until_ms`` the first close at which it does no more."""

    allowed: float
    actual: float
    since_ms: int
    until_ms: int
