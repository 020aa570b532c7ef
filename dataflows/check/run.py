"""One strategy on one series in a loop: the graph's own steps, without the graph around them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dataflows.graph import Parameters
from operators.events import CandleBatch, Command, Frames, Transition
from operators.market.step import MarketStep
from operators.strategy.catalog import Catalog
from operators.strategy.compile import CompiledStrategy
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.alert import Alert
from schemas.candle_row import CandleRow
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.signal import Signal

Floats = npt.NDArray[np.float64]

BATCH_ROWS = 4_096
"""Candles that are worked at once, as when a worker is behind."""


class WouldEndWorker(Exception):
    """Working a candle raised, which would end a worker; the text says what, the cause is chained."""


@dataclass(frozen=True)
class Outcome:
    """What came of a run: for each candle the value of every column, and what the strategy said.

    ``columns`` holds one value a candle, NaN where there is none; ``raised`` the alerts of a rule that failed.
    """

    open_times: list[int]
    columns: dict[str, Floats]
    signals: list[Signal]
    raised: list[Alert] = field(default_factory=list)

    def operand(self, column: str, lag: int) -> Floats:
        """A column as a rule reads it, ``lag`` bars back; NaN where there is no such bar."""
        values = self.columns[column]
        return values if lag == 0 else np.concatenate([np.full(lag, np.nan), values[:-lag]])


def run(
    strategy: CompiledStrategy,
    rows: Sequence[CandleRow],
    parameters: Parameters,
    *,
    batch_rows: int = BATCH_ROWS,
    worked: Callable[[int], None] = lambda _rows: None,
) -> Outcome:
    """Run a strategy over candles of one series, from a cold start, ``batch_rows`` at a time.

    Args:
        strategy: as compiled; what it holds is what runs.
        rows: candles that the engine takes, in order.
        parameters: of the graph.
        batch_rows: 1 for the way of a live feed.
        worked: told how many candles more were worked.

    Raises:
        WouldEndWorker: a value could not be computed. A rule that raises is quarantined instead, as it is live.
    """
    config = strategy.config
    tally, catalog = Tally(), Catalog(lambda _config: strategy)
    version = StrategyVersion(strategy=config.id, version=1, config=config)
    desired = DesiredState(strategy=config.id, version=1, state="running", command="check")
    catalog.add(version)
    market = MarketStep(catalog, tally, parameters.history_bars, parameters.gap_tolerance_bars)
    step = StrategyStep(catalog, tally)
    outcome = Outcome([], {}, [])
    values: dict[str, list[float]] = {}
    symbol = rows[0][0]
    events: list[CandleBatch | Command] = [Command(symbol, desired, version)]
    for start in range(0, len(rows), batch_rows):
        some = rows[start : start + batch_rows]
        events.append(CandleBatch(symbol, "check", 0, some, range(start, start + len(some)), [None] * len(some)))
        try:
            fed = [item[1] for item in market.on_batch(events) if isinstance(item, tuple)]
            records = step.on_batch(fed)
        except Exception as error:
            raise WouldEndWorker(f"{type(error).__name__}: {error}") from error
        events = []
        _keep(fed, outcome.open_times, values)
        for record in records:
            if isinstance(record, Signal):
                outcome.signals.append(record)
            elif isinstance(record, Alert):
                outcome.raised.append(record)
        worked(len(some))
    outcome.columns.update({name: np.array(column, dtype=np.float64) for name, column in values.items()})
    return outcome


def _keep(fed: Sequence[Frames | Transition], open_times: list[int], values: dict[str, list[float]]) -> None:
    for event in fed:
        if isinstance(event, Frames):
            open_times += event.open_times
            for name, column in event.columns.items():
                values.setdefault(name, []).extend(column[1:])
