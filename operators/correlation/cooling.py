"""Cool-down: after a record of a style and side, none of the same for some event time."""

from collections.abc import Mapping

from schemas.signal_config import Side
from schemas.trading_style import TradingStyle


class Cooling:
    """When the last record of each style and side was sent.

    It asks about window ends alone: records of one window end do not cool each other down. A record that another filter
    keeps back cools nothing down.
    """

    def __init__(self, sent: Mapping[str, int] | None = None) -> None:
        self._sent = dict(sent or {})

    def allows(self, style: TradingStyle, side: Side, end_ms: int, cool_down_ms: int) -> bool:
        """Whether ``cool_down_ms`` have passed at a window's end since the last record of the style and side."""
        last = self._sent.get(f"{style} {side}")
        return last is None or end_ms - last >= cool_down_ms

    def sent(self, style: TradingStyle, side: Side, end_ms: int) -> None:
        """A record of the style and side was sent for a window's end."""
        self._sent[f"{style} {side}"] = end_ms

    def clear(self) -> None:
        """Forget what was sent."""
        self._sent.clear()

    def snapshot(self) -> dict[str, int]:
        """As primitives: window ends by style and side, six at most."""
        return self._sent.copy()
