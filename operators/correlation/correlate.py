"""The timeframes of one strategy on one symbol, weighed together."""

from collections.abc import Iterable
from typing import Any, cast

from operators.correlation.composing import Composing, ranked
from operators.correlation.ends import end_after
from operators.correlation.heard import Heard
from operators.correlation.plan import Timeframes, plan
from operators.correlation.windowed import Windowed
from operators.events import Roll, Worked
from operators.lift import Snapshot
from operators.tally import Tally
from schemas.composite import Composite, LateSignal
from schemas.correlation import CorrelationConfig


class CorrelateStep(Windowed[Composite]):
    """Key ``strategy|symbol``. At a window's end, the signal of a style's highest timeframe with what lower ones say.

    Windows are ``Windowed``'s, one for each trading style that the strategy runs in here: length, step and half life
    come from its ``correlation``. What makes a composite is in ``Composing``, its figures in
    ``schemas.composite_confidence``.

    Of the composites at one window's end, over all styles, these are sent, in this order:

    - those that ``minimum_supporting`` lower timeframes or more support;
    - of at least ``minimum_confidence``;
    - ``cool_down`` or more after the last that was sent of the same style and side, at an earlier end;
    - of what is left the ``top`` most confident; at equal confidence the longer timeframe, then the lower id.

    The settings are those of the version of the newest signal that took a side. They come with the signals: this key
    may be on a worker that has never seen the version.

    State: see ``Windowed``, that version's number, and its settings with those of versions whose signals still wait.
    """

    _weighed = "timeframes"

    def __init__(self, tally: Tally, resume: Snapshot | None = None) -> None:
        super().__init__(tally, resume)
        self._version: int | None = None
        self._settings: dict[int, CorrelationConfig | None] = {}
        self._planned: tuple[Timeframes, int | None, Composing | None] = (), None, None
        if resume is not None:
            state = cast("dict[str, Any]", resume)  # written by snapshot() below
            self._version = state["version"]
            for version, written in state["settings"]:
                read = None if written is None else CorrelationConfig.model_validate_json(written)
                self._settings[version] = read

    def snapshot(self) -> Snapshot:
        """As primitives; settings as the JSON of their record."""
        settings = [
            [version, None if each is None else each.model_dump_json()] for version, each in self._settings.items()
        ]
        return {**super().snapshot(), "version": self._version, "settings": settings}

    def on_batch(self, events: Iterable[Worked]) -> list[Composite | LateSignal]:
        """Take what was worked, in any order across series, in order within each."""
        add = self._barrier.add
        for worked in events:
            roll = worked.roll
            if roll is not None:
                if worked.signals:
                    self._symbol = worked.symbol
                    self._settings[worked.version] = worked.correlation
                add(roll, worked.signals)
        out = self._release()
        if self._barrier.idle and self._settings and list(self._settings) != [self._version]:
            self._settings = {version: each for version, each in self._settings.items() if version == self._version}
        return out

    def _forget(self) -> None:
        super()._forget()
        self._version = None

    def _ends_of(self, one: Heard, roll: Roll) -> Iterable[int]:
        self._version = one.version
        composing = self._of(roll)
        if composing is None:
            return ()
        return [end_after(one.close_ms, window.every_ms) for window in composing.plan.windows.values()]

    def _work(self, end_ms: int, roll: Roll) -> list[Composite]:
        composing = self._of(roll)
        if composing is None:
            return []
        found = composing.at(end_ms, self._standing.values())
        if len(found) > 1:
            found.sort(key=ranked)
            found = found[: composing.plan.settings.top]
        for one in found:
            self._cooling.sent(one.trading_style, one.side, end_ms)
            self._tally.composed(one.strategy)
        return found

    def _of(self, roll: Roll) -> Composing | None:
        """How windows are worked now; None where the version in force does not correlate."""
        timeframes, version, composing = self._planned
        if version != self._version or timeframes != roll.timeframes:
            timeframes, version, composing = roll.timeframes, self._version, None
            settings = None if version is None else self._settings[version]
            if version is not None and settings is not None:
                composing = Composing(plan(version, settings, timeframes), self._symbol, self._cooling)
            self._planned = timeframes, version, composing
        return composing
