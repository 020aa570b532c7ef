"""Replay: the same graph over a file of candles, without a broker. The same input gives the same bytes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import KeyedStream
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main

from dataflows.candle_files import CandleFile
from dataflows.graph import FeedItem, Parameters, build
from operators.control.fanout import Fanout
from operators.control.registry import Registry
from operators.events import CandleBatch
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.alert import Alert
from schemas.candle import candle_problem
from schemas.candle_row import CandleRow
from schemas.dead_letter import DeadLetter, Reason, dead_letter
from schemas.lifecycle import DesiredState, StrategyStatus, StrategyVersion
from schemas.record import EPOCH, Record
from schemas.signal import Signal
from schemas.strategy import StrategyConfig

Item = tuple[str, FeedItem]
Progress = Callable[[int], None]
"""Told how many more rows were read."""


@dataclass
class Replayed:
    """What came out, by topic, ordered by event time, then key, then as the key emitted it."""

    tally: Tally
    signals: list[Signal] = field(default_factory=list)
    statuses: list[StrategyStatus] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)

    def topics(self) -> dict[str, Sequence[Record]]:
        """The records of each topic in their order."""
        return {
            "signals": sorted(self.signals, key=lambda one: (one.close_time, one.key)),
            "status": sorted(self.statuses, key=lambda one: (one.effective_bar or EPOCH, one.key)),
            "alerts": sorted(self.alerts, key=lambda one: (one.event_time, one.key)),
            "dead-letter": sorted(self.dead_letters, key=lambda one: (one.topic, one.partition, one.offset)),
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


def replay(
    candles: CandleFile,
    strategies: Iterable[StrategyConfig],
    *,
    parameters: Parameters | None = None,
    progress: Progress = lambda _rows: None,
) -> Replayed:
    """Run strategies over a file from its first candle on.

    Raises:
        StrategyFileError: a strategy cannot be compiled.
        CandleFileError: the file does not hold candles.
    """
    tally, catalog = Tally(), Catalog()
    registry = Registry(catalog)
    for config in strategies:
        version = StrategyVersion(strategy=config.id, version=1, config=config)
        catalog.add(version)
        registry.apply(version)
        registry.apply(
            DesiredState(strategy=config.id, version=1, state="running", command=f"replay:{config.fingerprint()}")
        )
    result = Replayed(tally)
    flow = Dataflow("replay")
    feed: KeyedStream[FeedItem] = op.input("candles", flow, FileSource(candles, Fanout(registry), tally, progress))
    outputs = build(feed, catalog=catalog, tally=tally, parameters=parameters or Parameters())
    op.output("signals_out", outputs.signals, _Collect(result.signals))
    op.output("status_out", outputs.statuses, _Collect(result.statuses))
    op.output("alerts_out", outputs.alerts, _Collect(result.alerts))
    op.output("dead_letter_out", outputs.dead_letters, _Collect(result.dead_letters))
    run_main(flow, epoch_interval=timedelta(seconds=10))
    return result


@dataclass(frozen=True)
class FileSource(FixedPartitionedSource[Item, None]):
    """A file as a feed: ``(symbol, CandleBatch | Command)``, and a dead letter for each row that is no candle."""

    file: CandleFile
    fanout: Fanout
    tally: Tally
    progress: Progress

    def list_parts(self) -> list[str]:
        """The one file."""
        return [self.file.path.name]

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
        rows = next(self._batches)
        name = self._source.file.path.name
        items: list[Item] = []
        by_symbol: dict[str, tuple[list[CandleRow], list[int]]] = {}
        for row in rows:
            number, self._row = self._row, self._row + 1
            problem = _problem(row)
            if problem is not None:
                self._source.tally.dead_letters += 1
                letter = dead_letter(
                    Reason.INVALID,
                    f"row {number + 1}: {problem}",
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
            items += [(symbol, command) for command in self._source.fanout.symbol(symbol)]
            items.append((symbol, CandleBatch(symbol, name, 0, taken, numbers, [None] * len(taken))))
        self._source.progress(len(rows))
        return items

    def snapshot(self) -> None:
        """A replay is run from its beginning."""


class _Collect(DynamicSink[tuple[str, Record]]):
    def __init__(self, into: list) -> None:
        self._into = into

    def build(self, step_id: str, worker_index: int, worker_count: int) -> "_Collected":
        del step_id, worker_index, worker_count
        return _Collected(self._into)


class _Collected(StatelessSinkPartition[tuple[str, Record]]):
    def __init__(self, into: list) -> None:
        self._into = into

    def write_batch(self, items: list[tuple[str, Record]]) -> None:
        self._into.extend(record for _key, record in items)


def _problem(row: CandleRow) -> str | None:
    try:
        return candle_problem(row[1], *row[2:8])
    except ValueError as error:  # no such timeframe
        return str(error)
