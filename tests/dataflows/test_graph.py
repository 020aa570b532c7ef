"""The graph on Bytewax: one worker, two workers, stopped and resumed, and as plain loops: one and the same output."""

import dataclasses
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.operators import KeyedStream
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSink, TestingSource, cluster_main, run_main

from dataflows.graph import FeedItem, Parameters, build
from dataflows.recovery.unfinished import forget_unfinished
from operators.events import CandleBatch, Command, Listing, Worked
from operators.strategy.catalog import Catalog
from operators.strategy.step import Event as StrategyEvent
from operators.strategy.step import Output as StrategyOutput
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.composite import LateSignal
from schemas.correlation import CorrelationConfig
from schemas.dead_letter import Reason, dead_letter
from schemas.lifecycle import StrategyVersion
from schemas.record import Record
from schemas.signal import Signal
from schemas.watchlist import AssetConfig, ConsensusConfig
from tests.dataflows.told_apart import told_apart
from tests.operators.plain_engine import (
    RAISES,
    PlainEngine,
    batched,
    command,
    desired,
    expression,
    listing,
    row,
    scripted,
    version,
)

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
WEIGHED = version("weighed", timeframes=("1m", "5m"), correlation=CorrelationConfig())
VERSIONS = (version(), version(number=2), expression("real", "ema_2 > sma_3", "ema_2 < sma_3"), WEIGHED)
FIRST = (VERSIONS[0], VERSIONS[2], WEIGHED)
PARAMETERS = Parameters(history_bars=32)

Item = tuple[str, FeedItem]
Marked = Item | TestingSource.EOF | TestingSource.ABORT


def feed(seed: int = 7, candles: int = 200, *, raising: bool = False) -> list[Item]:
    """Batches and commands of three symbols, in turns."""
    generated = random.Random(seed)
    by_symbol: dict[str, list[list[Item]]] = {}
    for symbol in SYMBOLS:
        asset = AssetConfig(symbol=symbol, consensus=ConsensusConfig(minimum_agreement=0.6))
        events: list[object] = [listing(asset, symbol)]
        events += [command(one, desired(one, name=f"go{one.version}"), symbol) for one in FIRST]
        for number in range(candles):
            mask = generated.randrange(32) | (31 << RAISES if raising and number == 15 else 0)
            close = 100.0 + generated.randrange(10)
            events.append(row(number, symbol=symbol, close=close, volume=float(mask)))
            if generated.random() < 0.03:
                about = generated.choice(VERSIONS)
                state = generated.choice(["running", "paused", "stopped"])
                events.append(command(about, desired(about, state, name=f"c{number}"), symbol))
            if generated.random() < 0.03:
                events.append(row(max(0, number - 5), symbol=symbol, close=1_000.0))
        sizes = [generated.randint(1, 9) for _ in range(candles)]
        batches = batched(events, sizes)  # type: ignore[arg-type]  # rows and commands
        by_symbol[symbol] = [[(symbol, event) for event in one] for one in batches]
    items: list[Item] = []
    while any(by_symbol.values()):
        symbol = generated.choice([symbol for symbol, left in by_symbol.items() if left])
        items += by_symbol[symbol].pop(0)
    return items


def flow(
    items: Sequence[Marked], into: dict[str, list[tuple[str, Record]]], versions: Sequence[StrategyVersion] = ()
) -> Dataflow:
    """The graph between a list and lists; ``versions`` are known beforehand, as from the control topic."""
    catalog = Catalog(scripted)
    for one in versions:
        catalog.add(one)
    made = Dataflow("graph_under_test")
    source: KeyedStream[FeedItem] = op.input("feed", made, TestingSource(items, batch_size=3))
    out = build(source, catalog=catalog, tally=Tally(), parameters=PARAMETERS)
    for stream in dataclasses.fields(out):
        op.output(f"{stream.name}_out", getattr(out, stream.name), TestingSink(into[stream.name]))
    return made


Output = dict[str, dict[str, list[str]]]


def by_key(into: dict[str, list[tuple[str, Record]]]) -> Output:
    """Texts of each stream by key, in order: across keys there is none."""
    found: Output = {}
    for stream, items in into.items():
        keys: dict[str, list[str]] = defaultdict(list)
        for key, record in items:
            keys[key].append(record.model_dump_json())
        found[stream] = dict(keys)
    return found


def run(items: Sequence[Item]) -> Output:
    into: dict[str, list[tuple[str, Record]]] = defaultdict(list)
    run_main(flow(items, into))  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    return by_key(into)


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return feed()


@pytest.fixture(scope="module")
def expected(items: list[Item]) -> Output:
    """What one uninterrupted worker makes of the feed."""
    found = run(items)
    assert {stream: bool(keys) for stream, keys in found.items()} == {
        "signals": True,
        "composites": True,
        "late_signals": False,
        "positions": True,
        "metrics": True,
        "equity": True,
        "executions": True,
        "portfolio_metrics": False,
        "portfolio_events": False,
        "statuses": True,
        "alerts": False,
        "dead_letters": True,
    }
    assert sum(map(len, found["signals"].values())) > 100
    assert set(found["composites"]) == {f"{whose}|{symbol}" for whose in ("weighed", "*") for symbol in SYMBOLS}
    return found


def test_one_worker_gives_what_plain_loops_give(items: list[Item], expected: Output) -> None:
    engine = PlainEngine(history_bars=PARAMETERS.history_bars)
    for _symbol, event in items:
        assert isinstance(event, CandleBatch | Command | Listing)
        engine.feed(event)
    plain: dict[str, list[str]] = engine.records()
    for streams in (expected["signals"], expected["statuses"]):
        for key, texts in streams.items():
            assert [text for text in plain[key] if text in set(texts)] == texts
    emitted = [text for keys in expected.values() for texts in keys.values() for text in texts]
    assert sorted(emitted) == sorted(text for texts in plain.values() for text in texts)


def test_two_workers_give_what_one_gives(items: list[Item], expected: Output) -> None:
    into: dict[str, list[tuple[str, Record]]] = defaultdict(list)
    made = flow(items, into)
    cluster_main(made, [], 0, worker_count_per_proc=2)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    assert told_apart(by_key(into), expected) == []


@pytest.mark.parametrize("every", [40, 7], ids=["a few stops", "many stops"])
def test_stop_and_resume_gives_what_an_uninterrupted_run_gives(
    items: list[Item], expected: Output, tmp_path: Path, every: int
) -> None:
    marked: list[Marked] = []
    for number, item in enumerate(items):
        marked += [item, TestingSource.EOF()] if number % every == every - 1 else [item]
    init_db_dir(tmp_path, 1)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    store = RecoveryConfig(tmp_path)  # type: ignore[no-untyped-call]  # as above
    into: dict[str, list[tuple[str, Record]]] = defaultdict(list)
    for _ in range(len(items) // every + 1):
        made = flow(marked, into, VERSIONS)
        run_main(made, epoch_interval=timedelta(0), recovery_config=store)  # type: ignore[no-untyped-call]  # as above
    assert told_apart(by_key(into), expected) == []


def test_crash_repeats_records_and_loses_none(items: list[Item], expected: Output, tmp_path: Path) -> None:
    marked: list[Marked] = list(items)
    for place in (150, 90, 40):
        marked.insert(place, TestingSource.ABORT())
    init_db_dir(tmp_path, 1)  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    store = RecoveryConfig(tmp_path)  # type: ignore[no-untyped-call]  # as above
    into: dict[str, list[tuple[str, Record]]] = defaultdict(list)
    for _ in range(4):
        forget_unfinished(tmp_path)  # as a worker does first
        made = flow(marked, into, VERSIONS)
        run_main(made, epoch_interval=timedelta(0), recovery_config=store)  # type: ignore[no-untyped-call]  # as above
    found = by_key(into)
    once = {stream: {key: list(dict.fromkeys(texts)) for key, texts in keys.items()} for stream, keys in found.items()}
    assert told_apart(once, expected) == []


def test_neighbours_of_a_strategy_that_raises_do_not_change_by_a_byte() -> None:
    items = feed(raising=True)
    without = [item for item in items if not (isinstance(item[1], Command) and item[1].desired.strategy == "both")]
    with_it, alone = run(items), run(without)
    assert [key for key in with_it["alerts"] if key.startswith("both|")]
    for stream, keys in with_it.items():
        assert of_neighbours(keys) == of_neighbours(alone.get(stream, {}))


def of_neighbours(keys: dict[str, list[str]]) -> dict[str, list[str]]:
    """Without the one that raises, and without what the strategies agree on: it is one of them."""
    return {key: texts for key, texts in keys.items() if not key.startswith(("both|", "*|"))}


def test_dead_letters_of_the_feed_pass_through_beside_the_rest() -> None:
    letter = dead_letter(Reason.TRUNCATED, "cut", topic="candles", partition=0, offset=9, key=b"BTCUSDT", value=b"x")
    always = expression("real", "close > 0", "close < 0")
    good: list[Item] = [(event.symbol, event) for event in batched([command(always, desired(always)), row(0)], [2])[0]]
    found = run([(letter.key, letter), *good])
    assert found["dead_letters"] == {"candles-0": [letter.model_dump_json()]}
    assert list(found["signals"]) == ["real|BTCUSDT|1m"]


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


def test_late_signals_of_either_step_come_out_each_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a strategy that weighs its timeframes by that step, of others by the one that weighs all strategies."""
    monkeypatch.setattr("dataflows.graph.StrategyStep", Tardy)
    found = run(feed())
    told = [LateSignal.model_validate_json(text) for texts in found["late_signals"].values() for text in texts]
    assert {one.strategy for one in told} == {one.strategy for one in FIRST}
    assert set(found["late_signals"]) == {f"{whose}|{symbol}" for whose in ("weighed", "*") for symbol in SYMBOLS}
    assert {(one.strategy == "weighed", one.weighed) for one in told} == {(True, "timeframes"), (False, "strategies")}
    assert len({one.id for one in told}) == len(told)
    assert all(one.close_time <= one.watermark for one in told)
