"""Every key of every output topic has one writer, and so one order, on any number of workers, in any batches."""

import dataclasses
import json
import random
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import KeyedStream
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from bytewax.testing import cluster_main, run_main

from dataflows.graph import FeedItem, Parameters, build
from operators.correlation.consensus import ConsensusStep
from operators.correlation.correlate import CorrelateStep
from operators.events import Worked
from operators.lift import Step
from operators.market.step import MarketStep
from operators.strategy.catalog import Catalog
from operators.strategy.step import Event as StrategyEvent
from operators.strategy.step import Output as StrategyOutput
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.correlation import CorrelationConfig
from schemas.dead_letter import Reason, dead_letter
from schemas.lifecycle import State, StrategyStatus
from schemas.record import Record
from schemas.signal import Signal
from schemas.watchlist import AssetConfig, ConsensusConfig
from tests.dataflows.told_apart import told_apart
from tests.operators.plain_engine import (
    RAISES,
    Feed,
    batched,
    command,
    desired,
    expression,
    listing,
    row,
    scripted,
    version,
)

Item = tuple[str, FeedItem]
Pieces = list[list[Item]]
Written: TypeAlias = dict[str, dict[str, list[str]]]
"""Records as text, by topic and key, in the order in which they came to the topic's partition."""

FEED_PARTITIONS = 3
TOPIC_PARTITIONS = 4
CANDLES = 120
SYMBOLS = ("AAA", "BBB", "CCC", "DDD", "EEE")

RAISER = version("raiser")
ALWAYS = expression("always", "close > 104", "close <= 104")
UNABLE = expression("unable", "rsi_14@30s < 30", "close < 0")
"""On 1m candles there are no bars of 30 seconds: quarantined from the start, with an alert each time it is tried."""
WEIGHED = version("weighed", timeframes=("1m", "5m"), correlation=CorrelationConfig())
ALONE = version("weighed", 2, timeframes=("1m", "5m"), correlation=CorrelationConfig(enabled=False))
"""The same strategy, whose timeframes are weighed no more: what is late is told of by another step from then on."""
VERSIONS = (RAISER, ALWAYS, UNABLE, WEIGHED, ALONE)


def events(symbol: str, chance: random.Random) -> list[Feed]:
    """All that may happen to a symbol: candles missing, late and contradictory, commands, strategies that raise."""
    asset = AssetConfig(symbol=symbol, consensus=ConsensusConfig(minimum_agreement=0.5))
    found: list[Feed] = [listing(asset, symbol)]
    found += [
        command(one, desired(one, name=f"go-{one.strategy}"), symbol) for one in (RAISER, ALWAYS, UNABLE, WEIGHED)
    ]
    for number in range(CANDLES):
        if chance.random() < 0.03:
            continue  # a gap
        raised = 31 << RAISES if chance.random() < 0.05 else 0
        close = 100.0 + chance.randrange(10)
        found.append(row(number, symbol=symbol, close=close, volume=float(chance.randrange(32) | raised)))
        if chance.random() < 0.05:
            found.append(row(max(0, number - chance.randint(0, 5)), symbol=symbol, close=999.0))
        if chance.random() < 0.1:
            about = chance.choice([RAISER, UNABLE, WEIGHED, ALONE])
            state = chance.choice(["running", "running", "paused", "stopped"])
            wanted = desired(about, state, generation=number, name=f"c{number}")
            found.append(command(about, wanted, symbol))
    return found


def feed(seed: int = 5) -> dict[str, Pieces]:
    """What each part of the feed delivers: garbage comes by the key of a symbol, answers to commands by a strategy."""
    chance = random.Random(seed)
    parts: dict[str, Pieces] = {f"candles/{number}": [] for number in range(FEED_PARTITIONS)}
    for number, symbol in enumerate(SYMBOLS):
        pieces = parts[f"candles/{number % FEED_PARTITIONS}"]
        sizes = [chance.randint(1, 4) for _ in range(CANDLES)]
        own: Pieces = [[(symbol, one) for one in some] for some in batched(events(symbol, chance), sizes)]
        for piece in own:
            place = chance.randint(0, len(pieces)) if number >= FEED_PARTITIONS else len(pieces)
            place = max([place, *(at + 1 for at, known in enumerate(pieces) if known[0][0] == symbol)])
            pieces.insert(place, piece)
    for partition in range(FEED_PARTITIONS):
        pieces = parts[f"candles/{partition}"]
        for number in range(len(pieces) // 4):
            letter = dead_letter(
                Reason.TRUNCATED,
                f"number {number}",
                topic="candles",
                partition=partition,
                offset=10_000 + number,
                key=chance.choice(SYMBOLS[partition::FEED_PARTITIONS]).encode(),
                value=b"garbage",
            )
            pieces.insert(4 * number, [(letter.key, letter)])
    answers = [
        StrategyStatus(strategy=one.strategy, state=State.ACCEPTED, version=one.version, generation=number)
        for number in range(20)
        for one in VERSIONS
    ]
    parts["control/0"] = [[(answer.key, answer)] for answer in answers]
    return parts


@dataclass(frozen=True)
class Parts(FixedPartitionedSource[Item, None]):
    """The pieces of each part, one at a time."""

    parts: Mapping[str, Pieces]

    def list_parts(self) -> list[str]:
        return list(self.parts)

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> "Part":
        del step_id, resume_state
        return Part(self.parts[for_part])


class Part(StatefulSourcePartition[Item, None]):
    def __init__(self, pieces: Pieces) -> None:
        self._pieces = iter(pieces)

    def next_batch(self) -> Iterable[Item]:
        return next(self._pieces)

    def snapshot(self) -> None:
        """It is never resumed."""


@dataclass(frozen=True)
class Topic(FixedPartitionedSink[Record, None]):
    """As the real sink spreads keys over partitions; a partition is a list."""

    partitions: list[list[Record]]

    def list_parts(self) -> list[str]:
        return [str(number) for number in range(len(self.partitions))]

    def part_fn(self, item_key: str) -> int:
        return zlib.crc32(item_key.encode())

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> "Partition":
        del step_id, resume_state
        return Partition(self.partitions[int(for_part)])


class Partition(StatefulSinkPartition[Record, None]):
    def __init__(self, into: list[Record]) -> None:
        self._into = into

    def write_batch(self, values: list[Record]) -> None:
        self._into.extend(values)

    def snapshot(self) -> None:
        """It is never resumed."""


def run(parts: Mapping[str, Pieces], main: Callable[[Dataflow], None]) -> Written:
    catalog = Catalog(scripted)
    flow = Dataflow("order_per_key")
    source: KeyedStream[FeedItem] = op.input("feed", flow, Parts(parts))
    outputs = build(source, catalog=catalog, tally=Tally(), parameters=Parameters(history_bars=32))
    topics: dict[str, list[list[Record]]] = {}
    for stream in dataclasses.fields(outputs):
        topics[stream.name] = [[] for _ in range(TOPIC_PARTITIONS)]
        op.output(f"{stream.name}_out", getattr(outputs, stream.name), Topic(topics[stream.name]))
    main(flow)
    written: Written = {}
    for name, partitions in topics.items():
        keys: dict[str, list[str]] = defaultdict(list)
        for partition in partitions:
            for record in partition:
                keys[record.key].append(record.model_dump_json())  # type: ignore[attr-defined]  # each of these has one
        written[name] = dict(keys)
    return written


class Tardy(StrategyStep):
    """Whose signals take so long that all of them are told an hour after they closed."""

    def on_batch(self, events: Iterable[StrategyEvent]) -> list[StrategyOutput]:
        return [
            dataclasses.replace(one, signals=tuple(map(_an_hour_before, one.signals)))
            if isinstance(one, Worked)
            else one
            for one in super().on_batch(events)
        ]


def _an_hour_before(signal: Signal) -> Signal:
    return signal.model_copy(update={"close_time": signal.close_time - timedelta(hours=1)})


def alone(flow: Dataflow) -> None:
    """One worker, with one epoch for all."""
    run_main(flow, epoch_interval=timedelta(hours=1))  # type: ignore[no-untyped-call]  # Rust, stubbed without types


def clustered(workers: int) -> Callable[[Dataflow], None]:
    """Workers with an epoch for each batch."""

    def main(flow: Dataflow) -> None:
        cluster_main(flow, [], 0, epoch_interval=timedelta(0), worker_count_per_proc=workers)  # type: ignore[no-untyped-call]  # as above

    return main


@pytest.mark.parametrize("late", [False, True], ids=["in time", "late"])
def test_every_topic_is_the_same_sequence_per_key(late: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001  # from pytest
    if late:
        monkeypatch.setattr("dataflows.graph.StrategyStep", Tardy)
    parts = feed()
    expected = run(parts, alone)
    silent = {name for name, keys in expected.items() if not keys}
    assert silent - {"late_signals"} == {"portfolio_metrics", "portfolio_events"}  # there is no portfolio
    assert ("late_signals" in silent) is not late
    letters = [json.loads(text) for texts in expected["dead_letters"].values() for text in texts]
    reasons = {letter["reason"] for letter in letters}
    assert reasons == {"truncated", "out_of_order", "conflicting_duplicate"}
    assert {key.count("|") for key in expected["alerts"]} == {1, 2}  # of the market, and of strategies
    for workers in (1, 3, 3):
        assert told_apart(run(parts, clustered(workers)), expected) == []


@pytest.mark.parametrize("late", [False, True], ids=["in time", "late"])
def test_each_key_of_each_topic_has_one_writer(late: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001  # from pytest
    """Also where no run of this size would show it: two writers' records come in any order."""
    writers: dict[tuple[str, str], set[str]] = defaultdict(set)

    def noting(kind: type[Any]) -> type[Any]:
        class Noting(kind):  # type: ignore[misc]  # a base that is chosen as it runs
            def on_batch(self, events: Sequence[Any]) -> list[Any]:
                out: list[Any] = super().on_batch(events)
                for one in out:
                    if isinstance(one, Record):
                        writers[type(one).__name__, one.key].add(f"{kind.__name__} {id(self)}")  # type: ignore[attr-defined]  # as above
                kept.append(self)
                return out

        return Noting

    kept: list[Step[Any, Any]] = []  # so that no two have one id
    for kind in (MarketStep, Tardy if late else StrategyStep, CorrelateStep, ConsensusStep):
        name = "StrategyStep" if kind is Tardy else kind.__name__
        monkeypatch.setattr(f"dataflows.graph.{name}", noting(kind))
    parts = feed()
    # A strategy that was stopped needs no state, and a later start of it is a new step with the same key.
    monkeypatch.setattr(StrategyStep, "finished", property(lambda _self: False))
    run(parts, alone)
    for part, pieces in parts.items():
        for key, one in (item for piece in pieces for item in piece):
            if isinstance(one, Record):
                writers[type(one).__name__, key].add(part)
    shared = {place: by for place, by in writers.items() if len(by) != 1}
    assert shared == {}
    kinds = {"Signal", "StrategyStatus", "Alert", "DeadLetter", "LateSignal" if late else "Composite", "Consensus"}
    assert kinds <= {kind for kind, _ in writers}
