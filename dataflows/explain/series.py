"""One strategy on one series, worked up to a bar, and at that bar with somebody who listens."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from dataflows.explain.bar import AtBar, Bar
from dataflows.explain.instant import Instant
from dataflows.explain.latest import Latest
from operators.events import Frames, Rolled, Transition, Worked
from operators.expressions.scope import CANDLE_FIELDS
from operators.strategy.at_bar import Asked, only, overheard
from operators.strategy.catalog import Catalog
from operators.strategy.compile import CompiledStrategy, compile_strategy
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.lifecycle import StrategyVersion
from schemas.record import Record, to_milliseconds
from schemas.strategy import StrategyConfig


class SeriesRun:
    """The strategy step of one key. Up to the bar it works as the engine does; at the bar its rules are listened to.

    For that the step is taken down and restored with rules that tell what they are asked, which by the promise of every
    restart changes nothing. Once the bar after it has been worked as well, or nothing more comes, ``found`` is all.

    Attributes:
        timeframe: of the series.
        found: the bar that is asked about; None before it has come, or where there is none.
        latest: what is known of the series after the newest bar that was worked.
        evaluated: open time of the first and close time of the last bar that was worked, in milliseconds.
    """

    def __init__(self, timeframe: str, instant: Instant, catalog: Catalog) -> None:
        self.timeframe = timeframe
        self.found: AtBar | None = None
        self.latest = Latest()
        self.evaluated: tuple[int, int] | None = None
        self.finished = False
        self._instant = instant
        self._tally = Tally()
        self._step = StrategyStep(catalog, self._tally)
        self._heard: list[Asked] = []
        self._listening = Catalog(self._overheard)
        self._with_bar: list[tuple[int, Record]] = []
        self._before_found: tuple[Latest, list[tuple[int, Record]]] | None = None
        self._counted: tuple[Callable[[], int], str, str] | None = None

    def _overheard(self, config: StrategyConfig) -> CompiledStrategy:
        return overheard(compile_strategy(config), self._heard.append)

    def without_frames(self, bar: Bar) -> AtBar:
        """A bar of which the strategy was shown nothing: what was in force, and what commands did at it."""
        latest, commands = self._before_found or (self.latest, self._with_bar)
        earlier = latest.after(one for opened, one in commands if opened < bar.open_time)
        own = tuple(one for opened, one in commands if opened == bar.open_time)
        after = earlier.after(own)
        return AtBar(bar, replace(after, standing=earlier.standing), after, records=own)

    def knows(self, version: StrategyVersion) -> None:
        """A version that may be in force: rules are listened to in each of them."""
        self._listening.add(version)

    @property
    def step(self) -> StrategyStep:
        """The step as it stands; at the bar another takes its place."""
        return self._step

    def count_with(self, others: Callable[[], int], symbol: str, timeframe: str) -> None:
        """Count its position together with others, whichever step it has."""
        self._counted = others, symbol, timeframe
        self._step.count_with(*self._counted)

    def take(self, event: Frames | Transition | Rolled) -> None:
        """The next event of the series."""
        if self.finished:
            return
        if isinstance(event, Rolled):
            event = event.event
        if isinstance(event, Transition):
            self._with_bar += [(event.open_time, one) for one in self._work(event)]
            return
        count = len(event.open_times)
        row = 0 if self.found else self._first_reached(event)
        if self.found is None:
            if row:
                self._pass(event.before(row) if row < count else event)
            if row < count and not self._is_meant(event, row):
                self.finished = True  # there is no bar of that time: the next one opens after it
            elif row < count:
                self._listen(only(event, row))
                row += 1
        if not self.finished and self.found is not None and row < count:
            self._follow(only(event, row))

    def _first_reached(self, frames: Frames) -> int:
        """The first row that is the one that is meant, or beyond it; their number where there is none."""
        count = len(frames.open_times)
        return next((row for row in range(count) if self._instant.reached(frames.close_ms(row))), count)

    def _is_meant(self, frames: Frames, row: int) -> bool:
        return frames.open_times[row] <= self._instant.at

    def _pass(self, frames: Frames) -> None:
        """Bars before the one that is asked about."""
        self.latest = self._with_commands().after(self._work(frames))
        first = frames.open_times[0] if self.evaluated is None else self.evaluated[0]
        self.evaluated = first, frames.close_ms(len(frames.open_times) - 1)

    def _with_commands(self) -> Latest:
        """What is known once all commands that came before the next frames have taken effect."""
        known = self.latest.after(one for _, one in self._with_bar)
        self._with_bar.clear()
        return known

    def _listen(self, frames: Frames) -> None:
        """The bar itself, alone."""
        self._before_found = self.latest, list(self._with_bar)
        opens = frames.open_times[0]
        own = [one for opened, one in self._with_bar if opened == opens]
        earlier = self.latest.after(one for opened, one in self._with_bar if opened < opens)
        known = self._with_commands()
        self._step = StrategyStep(self._listening, self._tally, self._step.snapshot())
        if self._counted is not None:
            self._step.count_with(*self._counted)
        self._heard.clear()
        records = self._work(frames)
        before, self.latest = replace(known, standing=earlier.standing), known.after(records)
        self.found = AtBar(_bar(frames), before, self.latest, tuple(self._heard), (*own, *records))

    def _follow(self, frames: Frames) -> None:
        """The bar after it, for what became of the orders."""
        if self.found is not None:
            following = tuple(self._work(frames))
            self.found = replace(self.found, following=following, next_close=frames.close_ms(0))
        self.finished = True

    def _work(self, event: Frames | Transition) -> list[Record]:
        return _records(self._step.on_batch([event]))


def _records(out: Iterable[object]) -> list[Record]:
    return [one for one in out if isinstance(one, Record) and not isinstance(one, Worked)]


def _bar(frames: Frames) -> Bar:
    opened, high, low, close, volume = (frames.value(name, 0, 0) for name in CANDLE_FIELDS)
    closes, partial = frames.close_ms(0), bool(frames.partial)
    return Bar(
        frames.symbol, frames.timeframe, frames.open_times[0], closes, opened, high, low, close, volume, partial=partial
    )


def effective_ms(latest: Latest) -> int | None:
    """From which bar on the state of a series holds: its open time in milliseconds."""
    status = latest.status
    return None if status is None or status.effective_bar is None else to_milliseconds(status.effective_bar)
