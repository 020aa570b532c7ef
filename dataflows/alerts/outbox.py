"""What goes out to people: each alert once to each destination, as far as a process that may die can promise it.

What is not delivered yet is part of the state, so that a process that died delivers it when it comes again. A death
between a delivery and the next save delivers once more: at least once. An id that was taken before is never taken again
(the last ten thousand are remembered).
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from dataflows.alerts.destination import body_of, title_of, tone_of
from dataflows.alerts.lane import Lane, Message
from schemas.alert import Alert, AlertKind, Severity, at_least

REMEMBERED: Final = 10_000


class Outbox:
    """Alerts on their way, over one lane for each destination: those that are grave enough, and of no muted kind."""

    def __init__(
        self,
        lanes: Sequence[Lane],
        least: Severity,
        resume: Mapping[str, Any] | None = None,
        *,
        mute: Collection[AlertKind] = (),
    ) -> None:
        self._lanes = {lane.name: lane for lane in lanes}
        self._least = least
        self._mute = frozenset(mute)
        state = resume or {"known": [], "waiting": []}
        self._known: dict[str, None] = dict.fromkeys(state["known"])
        self._waiting: dict[str, Alert] = {}
        self._to: dict[str, set[str]] = {}
        self.sent = 0
        """Deliveries by this process."""
        for one in state["waiting"]:
            self._send(Alert.model_validate_json(one["alert"]), set(one["to"]) & self._lanes.keys())

    def snapshot(self) -> dict[str, Any]:
        """The state as primitives."""
        return {
            "known": list(self._known),
            "waiting": [
                {"alert": alert.model_dump_json(), "to": sorted(self._to[name])}
                for name, alert in self._waiting.items()
            ],
        }

    def take(self, alert: Alert) -> bool:
        """Send an alert out that is to be; False for one that was taken before, or that is not."""
        if alert.id in self._known or alert.kind in self._mute or not at_least(alert.severity, self._least):
            return False
        self._known[alert.id] = None
        while len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]
        self._send(alert, set(self._lanes))
        return True

    def settle(self) -> bool:
        """Note what was delivered or dropped since; False where nothing was."""
        changed = False
        for lane in self._lanes.values():
            for name, outcome in lane.done():
                changed = True
                self.sent += outcome == "delivered"
                left = self._to.get(name, set())
                left.discard(lane.name)
                if not left:
                    self._to.pop(name, None)
                    self._waiting.pop(name, None)
        return changed

    @property
    def waiting(self) -> int:
        """Alerts that some destination has not got yet."""
        return len(self._waiting)

    @property
    def dropped(self) -> int:
        """Messages that were dropped because a queue was full."""
        return sum(lane.dropped for lane in self._lanes.values())

    @property
    def failures(self) -> int:
        """Attempts in vain."""
        return sum(lane.failures for lane in self._lanes.values())

    def close(self, wait_s: float = 0.0) -> None:
        """Try no more."""
        for lane in self._lanes.values():
            lane.close(wait_s)

    def _send(self, alert: Alert, to: set[str]) -> None:
        if not to:
            return
        self._waiting[alert.id], self._to[alert.id] = alert, to
        message = Message(alert.id, title_of(alert), body_of(alert), tone_of(alert))
        for name in sorted(to):
            self._lanes[name].put(message)
