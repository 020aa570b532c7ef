"""Strategies whose positions are counted together, in the graph: one order of all symbols, however many workers."""

import random
from collections import Counter, defaultdict
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.operators import KeyedStream
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSink, TestingSource, cluster_main, run_main

from dataflows.graph import FeedItem, Parameters, build
from operators.events import CandleBatch, Command, Enrolment, Listing
from operators.strategy.catalog import Catalog
from operators.strategy.compile import compile_strategy
from operators.tally import Tally
from schemas.lifecycle import StrategyVersion
from schemas.portfolio import PortfolioConfig, PortfolioEntry
from schemas.position import PositionChange
from schemas.record import Record
from schemas.strategy_file import parse_strategy
from tests.dataflows.told_apart import Texts, told_apart
from tests.operators.plain_engine import START, Feed, PlainEngine, batched, desired

SYMBOLS = ("AAA", "BBB", "CCC", "DDD")
PARAMETERS = Parameters(64, 0, ("1m", "5m"))
MAIN = PortfolioEntry(portfolio="main", config=PortfolioConfig(id="main", symbols=SYMBOLS), command="enrol")

Item = tuple[str, CandleBatch | Command | Enrolment | Listing]
Records = dict[str, list[tuple[str, Record]]]


def version(name: str, most: int, number: int = 1) -> StrategyVersion:
    document = {
        "id": name,
        "symbols": list(SYMBOLS),
        "timeframes": ["1m", "5m"],
        "signals": [
            {"id": "buy", "type": "entry", "expression": "close > open"},
            {"id": "leave", "type": "exit", "expression": "close < close[1]" if number == 1 else "close < open"},
        ],
        "risk": {"stop_loss": 0.01, "limits": {"max_concurrent_positions": most}},
    }
    return StrategyVersion(strategy=name, version=number, config=parse_strategy(document, origin=f"{name}.json"))


VERSIONS = (version("one", 1), version("three", 3), version("one", 1, 2))


def feed(candles: int = 120, seed: int = 5) -> list[Item]:
    """Symbols in any order against each other, each by itself in order; commands at another candle of each."""
    chance = random.Random(seed)
    by_symbol: dict[str, list[list[Item]]] = {}
    for symbol in SYMBOLS:
        events: list[Feed] = [Enrolment(symbol, MAIN, SYMBOLS)]
        events += [Command(symbol, desired(one, name=f"go:{one.strategy}"), one) for one in VERSIONS[:2]]
        update, pause, resume = sorted(chance.sample(range(20, candles), 3))
        close = 100.0
        for number in range(candles):
            if number == update:
                events.append(Command(symbol, desired(VERSIONS[2], name="update"), VERSIONS[2]))
            if number in {pause, resume}:
                state = "paused" if number == pause else "running"
                events.append(Command(symbol, desired(VERSIONS[1], state, name=state), VERSIONS[1]))
            opened, close = close, round(close * chance.uniform(0.99, 1.01), 4)
            prices = opened, max(opened, close), min(opened, close), close
            events.append((symbol, "1m", START + number * 60_000, *prices, 5.0, True))
        sizes = [chance.randint(1, 9) for _ in range(candles)]
        by_symbol[symbol] = [[(symbol, event) for event in one] for one in batched(events, sizes)]
    items: list[Item] = []
    while any(by_symbol.values()):
        items += by_symbol[chance.choice([symbol for symbol, left in by_symbol.items() if left])].pop(0)
    return items


def flow(items: list[Item] | list[Item | TestingSource.EOF], into: Records) -> Dataflow:
    catalog = Catalog(compile_strategy)
    for one in VERSIONS:
        catalog.add(one)
    made = Dataflow("together_under_test")
    source: KeyedStream[FeedItem] = op.input("feed", made, TestingSource(items, batch_size=3))
    out = build(source, catalog=catalog, tally=Tally(), parameters=PARAMETERS)
    for name, stream in vars(out).items():
        op.output(f"{name}_out", stream, TestingSink(into[name]))
    return made


def by_key(into: Records) -> Texts:
    """Texts of each stream by key, in order: across keys there is none."""
    found: dict[str, dict[str, list[str]]] = {}
    for stream, items in into.items():
        for key, record in items:
            found.setdefault(stream, {}).setdefault(key, []).append(record.model_dump_json())
    return found


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return feed()


@pytest.fixture(scope="module")
def expected(items: list[Item]) -> Texts:
    into: Records = defaultdict(list)
    run_main(flow(items, into))  # type: ignore[no-untyped-call]  # Rust, stubbed without types
    changes = [record for _, record in into["positions"] if isinstance(record, PositionChange)]
    refused = Counter(one.strategy for one in changes if one.refusal is not None)
    assert min(refused["one"], refused["three"]) > 3
    assert {one.symbol for one in changes if one.change == "opened"} == set(SYMBOLS)
    assert into["composites"]
    assert into["portfolio_events"]
    return by_key(into)


def test_one_worker_gives_what_plain_loops_give(items: list[Item], expected: Texts) -> None:
    engine = PlainEngine(compile_strategy, timeframes=("1m", "5m"))
    for _, event in items:
        engine.feed(event)
    plain = sorted(text for texts in engine.records().values() for text in texts)
    assert plain == sorted(text for keys in expected.values() for texts in keys.values() for text in texts)


def test_several_workers_give_what_one_gives(items: list[Item], expected: Texts) -> None:
    for workers in (2, 3):
        into: Records = defaultdict(list)
        cluster_main(flow(items, into), [], 0, worker_count_per_proc=workers)  # type: ignore[no-untyped-call]  # as above
        assert told_apart(by_key(into), expected) == []


@pytest.mark.parametrize("every", [90, 11], ids=["a few stops", "many stops"])
def test_stop_and_resume_gives_what_an_uninterrupted_run_gives(
    items: list[Item], expected: Texts, tmp_path: Path, every: int
) -> None:
    marked: list[Item | TestingSource.EOF] = []
    for number, item in enumerate(items):
        marked += [item, TestingSource.EOF()] if number % every == every - 1 else [item]
    init_db_dir(tmp_path, 1)  # type: ignore[no-untyped-call]  # as above
    store = RecoveryConfig(tmp_path)  # type: ignore[no-untyped-call]  # as above
    into: Records = defaultdict(list)
    for _ in range(len(items) // every + 1):
        run_main(flow(marked, into), epoch_interval=timedelta(0), recovery_config=store)  # type: ignore[no-untyped-call]  # as above
    assert told_apart(by_key(into), expected) == []
