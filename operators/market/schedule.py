"""Who runs on one series, and which commands wait for their bar."""

from collections.abc import Iterator
from typing import Any

from operators.control.scheduled import Scheduled, looked_up, superseded
from operators.strategy.catalog import Catalog


class Schedule:
    """Per strategy the command in force and the ones to come. The newest command wins over all that were due later.

    A command without an effective time is due at the next candle. One with it is due at the first candle that closes
    after it. A command that is in force or waiting already is not taken twice.
    """

    def __init__(self) -> None:
        self._in_force: dict[str, Scheduled] = {}
        self._waiting: dict[str, list[Scheduled]] = {}

    @property
    def waiting(self) -> bool:
        """Whether any command waits for its bar."""
        return bool(self._waiting)

    def add(self, scheduled: Scheduled, *, binds: bool) -> None:
        """Take a command. A version that no longer ``binds`` this series stops the one that ran here."""
        strategy = scheduled.desired.strategy
        queue = self._waiting.get(strategy, [])
        known = self._in_force.get(strategy)
        if not binds or scheduled.desired.state == "stopped":
            if known is None and not queue:
                return  # nothing runs here, nothing to stop
            scheduled = Scheduled(scheduled.desired.model_copy(update={"state": "stopped"}), scheduled.version)
        if known is None or known.desired != scheduled.desired:
            self._waiting[strategy] = superseded(queue, scheduled)

    def due(self, close_time: int) -> list[Scheduled]:
        """The commands that take effect at the candle that closes at ``close_time``, by strategy, now in force."""
        found = []
        for strategy in sorted(self._waiting):
            queue = self._waiting[strategy]
            while queue and (queue[0].from_ms is None or queue[0].from_ms < close_time):
                scheduled = queue.pop(0)
                found.append(scheduled)
                if scheduled.desired.state == "stopped":
                    self._in_force.pop(strategy, None)
                else:
                    self._in_force[strategy] = scheduled
            if not queue:
                del self._waiting[strategy]
        return found

    def running(self) -> Iterator[Scheduled]:
        """The commands in force that say ``running``, by strategy."""
        return (one for one in self.present() if one.desired.state == "running")

    def present(self) -> Iterator[Scheduled]:
        """The commands in force that say ``running`` or ``paused``, by strategy."""
        return (self._in_force[strategy] for strategy in sorted(self._in_force))

    def snapshot(self) -> dict[str, Any]:
        """As primitives; versions by number, for they are immutable and looked up again."""
        return {
            "in_force": [one.text for one in self._in_force.values()],
            "waiting": [one.text for queue in self._waiting.values() for one in queue],
        }

    @classmethod
    def restored(cls, snapshot: dict[str, Any], catalog: Catalog) -> "Schedule":
        """What ``snapshot`` gave, with the versions from the catalog."""
        schedule = cls()
        for text in snapshot["in_force"]:
            scheduled = looked_up(text, catalog)
            schedule._in_force[scheduled.desired.strategy] = scheduled
        for text in snapshot["waiting"]:
            scheduled = looked_up(text, catalog)
            schedule._waiting.setdefault(scheduled.desired.strategy, []).append(scheduled)
        return schedule
