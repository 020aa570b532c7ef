"""A market step, and what one strategy was shown on one timeframe, to the bit."""

import random
from collections.abc import Sequence

from operators.events import CandleBatch, Command, Enrolment, Frames, Listing, Rolled, Transition
from operators.market.parameters import Parameters
from operators.market.step import MarketStep
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.alert import Alert
from schemas.candle_row import CandleRow
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import StrategyVersion
from tests.operators.plain_engine import MINUTE, START, SYMBOL, Feed, batched, row, stored


def series(bars: int, *, seed: int = 1, gaps: bool = False) -> list[CandleRow]:
    """A random walk on one minute; with gaps some candles never come."""
    generated = random.Random(seed)
    price, rows = 100.0, []
    for bar in range(bars):
        price = max(1.0, price + generated.uniform(-1.0, 1.0))
        if not gaps or generated.random() > 0.2:
            rows.append(row(bar, close=price, volume=generated.uniform(1.0, 9.0)))
    return rows


class Watcher:
    """A market step, and what one strategy was shown: its columns at every bar and at the one before.

    Attributes:
        shown: by open time in milliseconds, of each column the value there and the one before, written out.
        closes: by open time, when the bar closed.
        partial: open times of bars that lack candles.
    """

    def __init__(
        self,
        history_bars: int = 64,
        watched: str = "one",
        *,
        timeframe: str = "1m",
        parameters: Parameters | None = None,
    ) -> None:
        self._parameters = parameters or Parameters(history_bars, gap_tolerance_bars=1_000)
        self._watched = f"{watched}|{SYMBOL}|{timeframe}"
        self._versions: list[StrategyVersion] = []
        self._catalog = Catalog()
        self._columns: Sequence[str] = ()
        self.tally = Tally()
        self.step = MarketStep(self._catalog, self.tally, self._parameters)
        self.shown: dict[int, dict[str, tuple[str, str]]] = {}
        self.closes: dict[int, int] = {}
        self.partial: list[int] = []
        self.transitions: list[Transition] = []
        self.alerts: list[Alert] = []
        self.letters: list[DeadLetter] = []

    def feed(self, *events: CandleBatch | Command | Enrolment | Listing) -> None:
        """One batch."""
        self._versions += [event.version for event in events if isinstance(event, Command)]
        for item in self.step.on_batch(events):
            if isinstance(item, Alert):
                self.alerts.append(item)
            elif isinstance(item, DeadLetter):
                self.letters.append(item)
            elif isinstance(item, tuple) and item[0] == self._watched:
                self._take(item[1].event if isinstance(item[1], Rolled) else item[1])

    def restart(self) -> None:
        """Everything is lost but the snapshot and the control log's versions."""
        self._catalog = Catalog()
        for one in self._versions:
            self._catalog.add(one)
        self.step = MarketStep(self._catalog, self.tally, self._parameters, stored(self.step.snapshot()))

    def column(self, name: str) -> dict[int, float]:
        """A column by the minute at which the bar opened."""
        return {(time - START) // MINUTE: float(shown[name][0]) for time, shown in self.shown.items()}

    def kept(self) -> dict[str, int]:
        """The timeframes that are kept, and how many bars of each."""
        book = self.step.snapshot()["book"]
        assert isinstance(book, dict)
        return {
            timeframe: len(one["indicators"]["history"]) // 48 for timeframe, one in reversed(book["series"].items())
        }

    def _take(self, event: Frames | Transition) -> None:
        if isinstance(event, Transition):
            self.transitions.append(event)
            indicators = self._catalog.add(event.version).indicators
            self._columns = ["close", *(column for one in indicators for column in one.columns)]
            return
        self.partial += [event.open_times[number] for number in sorted(event.partial)]
        for number, time in enumerate(event.open_times):
            assert time not in self.shown, f"bar {time} was shown twice"
            values = {name: (event.value(name, 0, number), event.value(name, 1, number)) for name in self._columns}
            self.shown[time] = {name: (repr(now), repr(before)) for name, (now, before) in values.items()}
            self.closes[time] = event.close_ms(number)


def watched(
    events: Sequence[Feed],
    sizes: Sequence[int] = (50,),
    restarts: frozenset[int] = frozenset(),
    *,
    by: Watcher | None = None,
) -> Watcher:
    """A watcher after these events in batches of these sizes, restarted after some of them."""
    watcher = by or Watcher()
    for number, some in enumerate(batched(events, sizes)):
        watcher.feed(*some)
        if number in restarts:
            watcher.restart()
    return watcher
