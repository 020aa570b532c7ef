"""Replay: the same graph over a file of candles, without a broker. The same input gives the same bytes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Generic, TypeVar

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import KeyedStream
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main
from pydantic import TypeAdapter, ValidationError

from dataflows.candle_files import CandleFile
from dataflows.candle_reader import CandleReader
from dataflows.errors import CandelabraError
from dataflows.graph import FeedItem, Parameters, build
from dataflows.kafka.rank import rank
from operators.control.fanout import Fanout
from operators.control.registry import Registry
from operators.events import CandleBatch
from operators.strategy.catalog import Catalog
from operators.strategy.runnable import unrunnable
from operators.tally import Tally
from schemas.alert import Alert
from schemas.audit import Execution
from schemas.candle import candle_problem
from schemas.candle_row import CandleRow
from schemas.composite import Composite, Consensus, LateSignal
from schemas.dead_letter import DeadLetter, Reason, dead_letter
from schemas.lifecycle import DesiredState, State, StrategyStatus, StrategyVersion
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.portfolio import PortfolioConfig, PortfolioEntry
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.position import PositionChange
from schemas.problems import PortfolioFileError, Problem, StrategyFileError, WatchlistFileError
from schemas.record import EPOCH, Record, Symbol, to_milliseconds
from schemas.signal import Signal
from schemas.strategy import StrategyConfig
from schemas.timeframe import timeframe_ms
from schemas.trade import Trade
from schemas.watchlist import AssetConfig, WatchlistEntry

Item = tuple[str, FeedItem]
Progress = Callable[[int], None]
"""Told how many more rows were read."""

R = TypeVar("R", bound=Record)

_FIRST_MS = to_milliseconds(datetime.min.replace(tzinfo=UTC))
_LAST_MS = to_milliseconds(datetime.max.replace(tzinfo=UTC))
_SYMBOL = TypeAdapter[str](Symbol)
_ROW = "row {}: "


@dataclass
class Replayed:
    """What came out, by topic, ordered by event time, then key, then as the key emitted it."""

    tally: Tally
    signals: list[Signal] = field(default_factory=list)
    composites: list[Composite | Consensus] = field(default_factory=list)
    late_signals: list[LateSignal] = field(default_factory=list)
    positions: list[PositionChange | Trade] = field(default_factory=list)
    metrics: list[StrategyMetrics] = field(default_factory=list)
    equity: list[EquityPoint] = field(default_factory=list)
    executions: list[Execution] = field(default_factory=list)
    portfolio_metrics: list[PortfolioMetrics] = field(default_factory=list)
    portfolio_events: list[PortfolioEvent] = field(default_factory=list)
    statuses: list[StrategyStatus] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    symbols: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Of which there were candles, whether or not they were taken: from the first open to the last close, in ms."""

    def topics(self) -> dict[str, Sequence[Record]]:
        """The records of each topic in their order."""
        signals = sorted(self.signals, key=lambda one: (one.close_time, one.key))
        composites = sorted(self.composites, key=lambda one: (one.window_end, one.key))
        late = sorted(self.late_signals, key=lambda one: (one.close_time, one.key))
        # A trade ends with a fill and its position's change is told with that fill: they stay together.
        positions = sorted(self.positions, key=lambda one: (rank(one) or 0, one.key))
        standing: list[StrategyMetrics | PortfolioMetrics] = [*self.metrics, *self.portfolio_metrics]
        metrics = sorted(standing, key=lambda one: (one.close_time, one.key))
        equity = sorted(self.equity, key=lambda one: (one.close_time, one.key))
        done: list[Execution | PortfolioEvent] = [*self.executions, *self.portfolio_events]
        executions = sorted(done, key=lambda one: (one.close_time, one.key))
        statuses = sorted(self.statuses, key=lambda one: (one.effective_bar or EPOCH, one.key))
        alerts = sorted(self.alerts, key=lambda one: (one.event_time, one.key))
        letters = sorted(self.dead_letters, key=lambda one: (one.topic, one.partition, one.offset))
        return {
            "signals": signals,
            "composites": composites,
            "late-signals": late,
            "positions": positions,
            "metrics": metrics,
            "equity": equity,
            "executions": executions,
            "status": statuses,
            "alerts": alerts,
            "dead-letter": letters,
        }

    def write(self, folder: Path) -> list[Path]:
        """One JSON Lines file for each topic."""
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for topic, records in self.topics().items():
            path = folder / f"{topic}.jsonl"
            path.write_text("".join(f"{record.model_dump_json()}\n" for record in records), encoding="utf-8")
            written.append(path)
        return written


def replay(  # noqa: PLR0913  # what runs, on what, and who follows it
    candles: CandleReader,
    strategies: Iterable[StrategyConfig],
    *,
    parameters: Parameters | None = None,
    watchlist: Sequence[AssetConfig] = (),
    portfolios: Sequence[PortfolioConfig] = (),
    progress: Progress = lambda _rows: None,
) -> Replayed:
    """Run strategies over a file from its first candle on.

    Args:
        candles: the file.
        strategies: what runs, from the first candle on.
        parameters: of the graph; without them the usual ones.
        watchlist: what is on the watchlist before the first candle; without any there is none.
        portfolios: that follow the strategies, from the first candle on.
        progress: told how many more rows were read.

    Raises:
        StrategyFileError: a strategy cannot be compiled, or has the id of another.
        WatchlistFileError: what is said of a symbol cannot be carried out.
        PortfolioFileError: a portfolio cannot be followed, or has the id of another.
        CandleFileError: the file does not hold candles.
    """
    tally, catalog = Tally(), Catalog()
    registry = Registry(catalog)
    for config in strategies:
        # As a worker gets it: not even the order in which a file names things may tell a replay from a live run.
        version = StrategyVersion(strategy=config.id, version=1, config=config.as_sent())
        catalog.add(version)
        cannot = unrunnable(config)
        if cannot:
            raise StrategyFileError(config.id, cannot)
        answer = registry.apply(version)
        if answer.state is State.REFUSED:
            raise StrategyFileError(
                config.id, [Problem("id", f"two strategies of one run have this id: {answer.reason}")]
            )
        registry.apply(
            DesiredState(strategy=config.id, version=1, state="running", command=f"replay:{config.fingerprint()}")
        )
    for asset in watchlist:
        listed = registry.apply(WatchlistEntry(symbol=asset.symbol, asset=asset, command="replay"))
        if listed.refusal:
            raise WatchlistFileError(asset.symbol, [Problem("", listed.refusal)])
    for one in portfolios:
        enlisted = registry.apply(PortfolioEntry(portfolio=one.id, config=one, command=f"replay:{one.fingerprint()}"))
        if enlisted.refusal or enlisted.repeated or enlisted.before is not None:
            problem = enlisted.refusal or "two portfolios of one run have this id"
            raise PortfolioFileError(one.id, [Problem("", problem)])
    result = Replayed(tally)
    flow = Dataflow("replay")
    source = FileSource(candles, Fanout(registry), tally, progress, result.symbols)
    feed: KeyedStream[FeedItem] = op.input("candles", flow, source)
    outputs = build(feed, catalog=catalog, tally=tally, parameters=parameters or Parameters())
    op.output("signals_out", outputs.signals, _Collect(result.signals))
    op.output("composites_out", outputs.composites, _Collect(result.composites))
    op.output("late_signals_out", outputs.late_signals, _Collect(result.late_signals))
    op.output("positions_out", outputs.positions, _Collect(result.positions))
    op.output("metrics_out", outputs.metrics, _Collect(result.metrics))
    op.output("equity_out", outputs.equity, _Collect(result.equity))
    op.output("executions_out", outputs.executions, _Collect(result.executions))
    op.output("portfolio_metrics_out", outputs.portfolio_metrics, _Collect(result.portfolio_metrics))
    op.output("portfolio_events_out", outputs.portfolio_events, _Collect(result.portfolio_events))
    op.output("status_out", outputs.statuses, _Collect(result.statuses))
    op.output("alerts_out", outputs.alerts, _Collect(result.alerts))
    op.output("dead_letter_out", outputs.dead_letters, _Collect(result.dead_letters))
    run_main(flow, epoch_interval=timedelta(seconds=10))  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    for failure in source.failures:
        raise failure
    if isinstance(candles, CandleFile):
        result.dead_letters[:] = _with_lines(result.dead_letters, candles)
    return result


@dataclass(frozen=True)
class FileSource(FixedPartitionedSource[Item, None]):
    """A file as a feed: ``(symbol, CandleBatch | Command | Enrolment | Listing)``, dead letters for what is no candle.

    It ends where the file cannot be read on; the reason is in ``failures``, for Bytewax would wrap and print an error.
    """

    file: CandleReader
    fanout: Fanout
    tally: Tally
    progress: Progress
    symbols: dict[str, tuple[int, int]]
    failures: list[CandelabraError] = field(default_factory=list)

    def list_parts(self) -> list[str]:
        """The one file."""
        return [self.file.name]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> "FilePart":
        """The one part."""
        del step_id, for_part, resume_state
        return FilePart(self)


class FilePart(StatefulSourcePartition[Item, None]):
    """A file, batch by batch."""

    def __init__(self, source: FileSource) -> None:
        self._source = source
        self._batches = source.file.batches()
        self._row = 0

    def next_batch(self) -> Iterable[Item]:
        """The next rows, grouped by symbol."""
        try:
            rows = next(self._batches)
        except CandelabraError as error:
            self._source.failures.append(error)
            raise StopIteration from None
        name = self._source.file.name
        items: list[Item] = []
        by_symbol: dict[str, tuple[list[CandleRow], list[int]]] = {}
        for row in rows:
            number, self._row = self._row, self._row + 1
            problem = _problem(row)
            if problem is not None:
                self._source.tally.dead_letters += 1
                letter = dead_letter(
                    Reason.INVALID,
                    f"{_ROW.format(number + 1)}{problem}",
                    topic=name,
                    partition=0,
                    offset=number,
                    key=row[0].encode(),
                    value=repr(row).encode(),
                )
                items.append((letter.key, letter))
                continue
            known = by_symbol.setdefault(row[0], ([], []))
            known[0].append(row)
            known[1].append(number)
        for symbol, (taken, numbers) in by_symbol.items():
            self._source.symbols[symbol] = _span(taken, self._source.symbols.get(symbol))
            items += [(symbol, said) for said in self._source.fanout.symbol(symbol)]
            items.append((symbol, CandleBatch(symbol, name, 0, taken, numbers, [None] * len(taken))))
        self._source.progress(len(rows))
        return items

    def snapshot(self) -> None:
        """A replay is run from its beginning."""


class _Collect(DynamicSink[tuple[str, R]], Generic[R]):
    """Into a list of this process."""

    def __init__(self, into: list[R]) -> None:
        self._into = into

    def build(self, step_id: str, worker_index: int, worker_count: int) -> "_Collected[R]":
        del step_id, worker_index, worker_count
        return _Collected(self._into)


class _Collected(StatelessSinkPartition[tuple[str, R]], Generic[R]):
    def __init__(self, into: list[R]) -> None:
        self._into = into

    def write_batch(self, items: list[tuple[str, R]]) -> None:
        self._into.extend(record for _key, record in items)


def _span(rows: Sequence[CandleRow], before: tuple[int, int] | None) -> tuple[int, int]:
    """From the first open to the last close, in milliseconds, of some candles and those before them."""
    first, last = min(row[2] for row in rows), max(row[2] + timeframe_ms(row[1]) for row in rows)
    return (first, last) if before is None else (min(first, before[0]), max(last, before[1]))


def _problem(row: CandleRow) -> str | None:
    """What is wrong with a row as a candle; a file, unlike a record, may hold any symbol and any time."""
    try:
        problem = _symbol_problem(row[0]) or candle_problem(row[1], *row[2:8])
        if problem is None and not _FIRST_MS <= row[2] <= _LAST_MS - timeframe_ms(row[1]):
            return f"expected a time from year 1 to 9999, got {row[2]} ms"
    except ValueError as error:  # no such timeframe
        return str(error)
    return problem


def _with_lines(letters: Sequence[DeadLetter], file: CandleFile) -> list[DeadLetter]:
    """Letters of rows that are no candles, with the line and its bytes where the file is a text."""
    refused = {one.offset for one in letters if one.detail.startswith(_ROW.format(one.offset + 1))}
    places = file.places(refused)
    found = []
    for one in letters:
        place = places.get(one.offset)
        if place is not None and place.text:
            detail = f"{place.where}: {one.detail.removeprefix(_ROW.format(one.offset + 1))}"
            found.append(
                dead_letter(
                    one.reason,
                    detail,
                    topic=one.topic,
                    partition=one.partition,
                    offset=one.offset,
                    key=one.record_key,
                    value=place.text.encode(),
                )
            )
        else:
            found.append(one)
    return found


@lru_cache(maxsize=4096)
def _symbol_problem(symbol: str) -> str | None:
    try:
        _SYMBOL.validate_python(symbol, strict=True)
    except ValidationError:
        return f"expected a symbol such as BTCUSDT or BTC/USDT, got {symbol[:80]!r}"
    return None
