"""The returns of a series' trades as a degradation rule needs them: those of the reference, and the last ones.

With a reference from elsewhere every trade is a live one. With the strategy's earlier self its first trades are the
reference, and those after them are live. Another version of the strategy begins anew.
"""

from collections.abc import Mapping
from typing import Any

from operators.alerts.degradation import LEAST, sample_of
from schemas.alert_reference import Reference, Sample
from schemas.duration import duration_ms
from schemas.record import to_milliseconds
from schemas.trade import Trade


class Returns:
    """Kept a trade at a time; at most ``window`` live returns and those of the reference are held.

    ``given`` is the reference where it comes from elsewhere, ``reference`` says how it is made where it does not.
    """

    def __init__(
        self, reference: Reference, given: Sample | None, window: int, resume: Mapping[str, Any] | None = None
    ) -> None:
        self._how = reference
        self._given = given
        self._window = window
        state = resume or {"version": None, "first_ms": None, "last": None, "early": [], "live": []}
        self._version: int | None = state["version"]
        self._first_ms: int | None = state["first_ms"]
        self._last: tuple[int, int] | None = None if state["last"] is None else (state["last"][0], state["last"][1])
        self._early: list[float] = list(state["early"])
        self._live: list[float] = list(state["live"])

    def snapshot(self) -> dict[str, Any]:
        """The state as primitives."""
        return {
            "version": self._version,
            "first_ms": self._first_ms,
            "last": None if self._last is None else list(self._last),
            "early": list(self._early),
            "live": list(self._live),
        }

    def add(self, trade: Trade) -> bool:
        """Take a trade in; False for one that was taken before, or that is older than another."""
        place = to_milliseconds(trade.exit_time), trade.number
        if self._last is not None and (place[0] < self._last[0] or place == self._last):
            return False
        self._last = place
        if trade.version != self._version:
            self._version, self._first_ms = trade.version, to_milliseconds(trade.entry_time)
            self._early, self._live = [], []
        if self._is_early(trade):
            self._early.append(trade.profit_fraction)
        else:
            self._live.append(trade.profit_fraction)
            del self._live[: -self._window]
        return True

    def samples(self, least: int) -> tuple[Sample, Sample] | None:
        """Live and reference; None while either has too few trades, ``least`` of the live ones."""
        reference = self._given
        if reference is None and len(self._early) >= LEAST:
            reference = sample_of(self._early)
        if reference is None or len(self._live) < max(least, LEAST):
            return None
        return sample_of(self._live), reference

    def _is_early(self, trade: Trade) -> bool:
        if self._given is not None:
            return False
        if self._how.first_trades is not None:
            return len(self._early) < self._how.first_trades
        if self._how.first_period is None or self._first_ms is None:
            return False
        return to_milliseconds(trade.entry_time) < self._first_ms + duration_ms(self._how.first_period)
