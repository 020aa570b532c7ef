"""One strategy on one series in a loop: the graph's own steps, without the graph around them."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dataflows.check.series import Series
from dataflows.graph import Parameters
from operators.events import CandleBatch, Command, Frames, Item, Listing, Rolled, Shared, Transition
from operators.market.step import MarketStep, Output
from operators.strategy.catalog import Catalog
from operators.strategy.compile import CompiledStrategy
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.alert import Alert
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.position import PositionChange
from schemas.signal import Signal

Floats = npt.NDArray[np.float64]

BATCH_ROWS = 4_096
"""Candles that are worked at once, as when a worker is behind."""


class WouldEndWorker(Exception):
    """Working a candle raised, which would end a worker; the text says what, the cause is chained."""


class WouldBeQuarantined(Exception):
    """An indicator failed, for which the strategy would go out of service on the series; the text says what."""


@dataclass
class Outcome:
    """What came of a run: for each bar of the series the value of every column, and what the strategy said.

    Attributes:
        open_times: of the bars, in milliseconds.
        columns: one value a bar, NaN where there is none.
        signals: in order, those included by which a position ended without a rule.
        changes: what that came to on the account, in order.
        raised: the alerts of a rule that failed.
        refused: the alerts of entries that were not let in.
        partial: the bars that lack candles.
        unable: why the strategy cannot run on this series; empty if it can.
    """

    open_times: list[int] = field(default_factory=list)
    columns: dict[str, Floats] = field(default_factory=dict)
    signals: list[Signal] = field(default_factory=list)
    changes: list[PositionChange] = field(default_factory=list)
    raised: list[Alert] = field(default_factory=list)
    refused: list[Alert] = field(default_factory=list)
    partial: list[int] = field(default_factory=list)
    unable: str = ""

    def operand(self, column: str, lag: int) -> Floats:
        """A column as a rule reads it, ``lag`` bars back; NaN where there is no such bar."""
        values = self.columns[column]
        return values if lag == 0 else np.concatenate([np.full(lag, np.nan), values[:-lag]])

    def bar_at(self, time: int) -> int:
        """The first bar that opens at this instant or later, in milliseconds."""
        return bisect_left(self.open_times, time)

    def without(self, bars: int) -> "Outcome":
        """The bars alone, but for the first so many."""
        columns = {name: values[bars:] for name, values in self.columns.items()}
        return Outcome(self.open_times[bars:], columns)


def run(
    strategy: CompiledStrategy,
    series: Series,
    parameters: Parameters,
    *,
    batch_rows: int = BATCH_ROWS,
    worked: Callable[[int], None] = lambda _rows: None,
) -> Outcome:
    """Run a strategy over the candles of a series, from a cold start, ``batch_rows`` at a time.

    Args:
        strategy: as compiled; what it holds is what runs, on the timeframe of the series alone.
        series: at least one candle.
        parameters: of the graph.
        batch_rows: 1 for the way of a live feed.
        worked: told how many candles more were worked.

    Raises:
        WouldEndWorker: a candle could not be worked. A rule that raises is quarantined instead, as it is live.
        WouldBeQuarantined: an indicator could not be computed.
    """
    tally, catalog = Tally(), Catalog(lambda _config: strategy)
    events = begin(strategy, series)
    market = MarketStep(catalog, tally, parameters)
    step = StrategyStep(catalog, tally)
    outcome = Outcome()
    values: dict[str, list[float]] = {}
    rows = series.rows
    for start in range(0, len(rows), batch_rows):
        some = rows[start : start + batch_rows]
        offsets = range(start, start + len(some))
        events.append(CandleBatch(series.symbol, "check", 0, some, offsets, [None] * len(some)))
        try:
            fed = [one for one in map(_for_series, market.on_batch(events)) if one is not None]
            records = step.on_batch(fed)
        except Exception as error:
            raise WouldEndWorker(f"{type(error).__name__}: {error}") from error
        events = []
        lost = [one for event in fed if isinstance(event, Frames) and event.failed for one in event.failed.values()]
        if lost:
            raise WouldBeQuarantined(lost[0].reason)
        _keep(fed, outcome, values)
        for record in records:
            if isinstance(record, Signal):
                outcome.signals.append(record)
            elif isinstance(record, PositionChange):
                outcome.changes.append(record)
            elif isinstance(record, Alert) and record.kind == "refusal":
                outcome.refused.append(record)
            elif isinstance(record, Alert) and not outcome.unable:
                outcome.raised.append(record)
        worked(len(some))
    outcome.columns.update({name: np.array(column, dtype=np.float64) for name, column in values.items()})
    return outcome


def begin(strategy: CompiledStrategy, series: Series) -> list[CandleBatch | Command | Listing]:
    """What the market is told before the first candle, so that the strategy runs on this series and on no other."""
    config = strategy.config.model_copy(update={"timeframes": (series.timeframe,)})
    version = StrategyVersion(strategy=config.id, version=1, config=config)
    desired = DesiredState(strategy=config.id, version=1, state="running", command="check")
    listed = [] if series.listing is None else [series.listing]
    return [*listed, Command(series.symbol, desired, version)]


def _keep(fed: Sequence[Frames | Transition | Rolled], outcome: Outcome, values: dict[str, list[float]]) -> None:
    for event in fed:
        if isinstance(event, Frames):
            outcome.partial += [len(outcome.open_times) + row for row in sorted(event.partial)]
            outcome.open_times += event.open_times
            for name, column in event.columns.items():
                values.setdefault(name, []).extend(column[1:])
        elif isinstance(event, Transition):
            outcome.unable = event.unable


def _for_series(item: Output) -> Item | None:
    """What the market has for a series of the strategy; of one that is counted together with others, for this alone."""
    if isinstance(item, Shared):
        return item.event
    return item[1] if isinstance(item, tuple) else None
