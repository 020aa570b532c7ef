"""What comes of a strategy whose positions are counted together depends on no order of symbols, batches or restores.

Random candles of several symbols, random strategies with limits, commands that each symbol hears at a place of its own;
every record of every kind is compared byte for byte, among them what portfolios and composites make of it.
"""

import random
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from operators.events import Command, Enrolment
from operators.strategy.compile import compile_strategy
from schemas.candle_row import CandleRow
from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.portfolio import PortfolioConfig, PortfolioEntry
from schemas.position import PositionChange
from tests.operators.plain_engine import Feed, PlainEngine, batched, desired
from tests.operators.trading.test_batches import Document, candles, documents, of, pieces

SYMBOLS = ("AAAUSDT", "BBB/USDT", "CCCUSDT")
MAIN = PortfolioEntry(portfolio="main", config=PortfolioConfig(id="main", symbols=SYMBOLS), command="enrol")

Heard = tuple[StrategyVersion, DesiredState]
Piece = tuple[int, int, int, tuple[int, int, int], int]


def limited(document: Document, most: int, symbols: Sequence[str]) -> Document:
    risk = document.get("risk", {})
    limits = {**risk.get("limits", {}), "max_concurrent_positions": most}
    return {**document, "symbols": list(symbols), "risk": {**risk, "limits": limits}}


def wanted(first: Document, second: Document, told: Sequence[str]) -> list[Heard]:
    """A start, and what is commanded after it."""
    one, two = of(first), of(second, 2)
    about, state, generation = one, "running", 0
    found: list[Heard] = [(one, desired(one))]
    for number, what in enumerate(told, 2):
        match what:
            case "update":
                about = two if about is one else one
            case "restart":
                generation, state = generation + 1, "running"
            case _:
                state = {"pause": "paused", "resume": "running", "stop": "stopped"}[what]
        found.append((about, desired(about, state, generation=generation, name=f"c{number}")))
    return found


def script(
    symbol: str, rows: Sequence[CandleRow], heard: Sequence[Heard], places: Sequence[int], *, followed: bool
) -> list[Feed]:
    """What a symbol is fed: every command, each before a candle (thousandths of them all), the first before all."""
    events: list[Feed] = []
    waiting = [(0, heard[0]), *zip(sorted(places), heard[1:], strict=True)]
    if followed:
        events.append(Enrolment(symbol, MAIN, SYMBOLS))
    for number, row in enumerate(rows):
        while waiting and waiting[0][0] * len(rows) <= number * 1_000:
            (_, (version, state)), *waiting = waiting
            events.append(Command(symbol, state, version))
        events.append((symbol, *row[1:]))
    return events + [Command(symbol, state, version) for _, (version, state) in waiting]


def records(
    scripts: Sequence[list[Feed]], order: random.Random | None = None, sizes: Sequence[int] = (1_000,), restart: int = 0
) -> dict[str, list[str]]:
    """What each key emits: symbol by symbol, or in any order across them; restarted after every so many batches."""
    return played(scripts, order, sizes, restart).records()


def played(
    scripts: Sequence[list[Feed]], order: random.Random | None = None, sizes: Sequence[int] = (1_000,), restart: int = 0
) -> PlainEngine:
    engine = PlainEngine(compile_strategy, timeframes=("1m", "5m"))
    left = [batched(script, sizes) for script in scripts]
    count = 0
    while any(left):
        some = [batches for batches in left if batches]
        batches = some[0] if order is None else order.choice(some)
        engine.feed(*batches.pop(0))
        count += 1
        if restart and count % restart == 0:
            engine.restart()
    return engine


drawn_rows = st.lists(pieces, min_size=1, max_size=6)
commands = st.lists(st.sampled_from(["update", "pause", "resume", "restart", "stop"]), max_size=3)
positions_of_commands = st.lists(st.integers(0, 1_100), min_size=3, max_size=3)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[list[Feed]], int]:
    symbols = SYMBOLS[: draw(st.integers(1, 3))]
    most = draw(st.integers(1, 3))
    told, followed = draw(commands), draw(st.booleans())
    first, second = (limited(draw(documents()), most, symbols) for _ in range(2))
    heard = wanted(first, second, told)
    scripts = [
        script(symbol, candles(draw(drawn_rows)), heard, draw(positions_of_commands)[: len(told)], followed=followed)
        for symbol in symbols
    ]
    return scripts, most


@settings(max_examples=100, deadline=None)
@given(
    world=worlds(),
    seed=st.integers(0, 2**16),
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=8),
    restart=st.integers(1, 7),
)
def test_any_order_of_symbols_gives_the_same(
    world: tuple[list[list[Feed]], int], seed: int, sizes: list[int], restart: int
) -> None:
    scripts, _ = world
    whole = records(scripts)
    assert records(scripts[::-1]) == whole
    assert records(scripts, random.Random(seed), sizes) == whole
    assert records(scripts, random.Random(seed + 1), sizes, restart) == whole
    assert records(scripts, random.Random(seed), [1], restart) == whole


def held_at_closes(engine: PlainEngine) -> list[int]:
    """How many series hold something, after each change, at each close in order."""
    changes = [record for each in engine.out.values() for record in each if isinstance(record, PositionChange)]
    held: dict[str, bool] = {}
    found = []
    for before, after in pairwise([*sorted(changes, key=lambda one: one.close_time), None]):
        assert before is not None
        held[before.key] = before.position != "flat"
        if after is None or after.close_time != before.close_time:
            found.append(sum(held.values()))
    return found


@settings(max_examples=100, deadline=None)
@given(world=worlds())
def test_no_more_series_hold_something_than_the_limit_says(world: tuple[list[list[Feed]], int]) -> None:
    scripts, most = world
    assert max(held_at_closes(played(scripts)), default=0) <= most
