"""What a strategy trades does not depend on how its candles are cut into batches, nor on restores between any two.

Random candles, among them gaps and bars without volume; random strategies with stops, targets, sizes, fees and limits;
commands in between. Every record of every kind is compared byte for byte with the run that got everything at once.
"""

import json
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from operators.events import Worked
from operators.market.parameters import Parameters
from operators.market.step import MarketStep
from operators.strategy.catalog import Catalog
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.candle_row import CandleRow
from schemas.lifecycle import StrategyVersion
from schemas.problems import StrategyFileError
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy
from tests.operators.plain_engine import MINUTE, START, SYMBOL, Feed, batched, command, desired, stored

Document = dict[str, Any]

PARAMETERS = Parameters(64, 0, ("1m", "5m"))


def run(events: Sequence[Feed], sizes: Sequence[int], *, restored: bool = False) -> dict[str, list[str]]:
    """What each key of the strategy step says, as text, of events in batches of these sizes, the last again and again.

    Restored, every step goes on from what it was after each batch, through a store of primitives; that of the strategy
    through JSON too.
    """
    catalog, tally = Catalog(), Tally()
    market = MarketStep(catalog, tally, PARAMETERS)
    steps: dict[str, StrategyStep] = {}
    said: dict[str, list[str]] = defaultdict(list)
    for events_of_batch in batched(events, sizes):
        fed = defaultdict(list)
        for item in market.on_batch(events_of_batch):
            if isinstance(item, tuple):
                fed[item[0]].append(item[1])
        for key, some in fed.items():
            step = steps.setdefault(key, StrategyStep(catalog, tally))
            said[key] += [
                f"{type(one).__name__} {one.model_dump_json()}"
                for one in step.on_batch(some)
                if not isinstance(one, Worked)
            ]
            if step.finished:
                del steps[key]
        if restored:
            market = MarketStep(catalog, tally, PARAMETERS, stored(market.snapshot()))
            for key, step in steps.items():
                steps[key] = StrategyStep(catalog, tally, json.loads(json.dumps(stored(step.snapshot()))))
    return said


def of(document: Document, number: int = 1) -> StrategyVersion:
    config: StrategyConfig = parse_strategy(document, origin="drawn.json")
    return StrategyVersion(strategy=config.id, version=number, config=config)


def candle(number: int, opened: float, move: tuple[int, int, int], volume: int) -> CandleRow:
    """A candle of tenths of percents: body, shadow above, shadow below."""
    body, above, below = move
    close = round(opened * (1 + body / 1_000), 4)
    high = round(max(opened, close) * (1 + above / 1_000), 4)
    low = round(min(opened, close) * (1 - below / 1_000), 4)
    return SYMBOL, "1m", START + number * MINUTE, opened, high, low, close, float(volume), True


moves = st.tuples(st.integers(-9, 9), st.integers(0, 6), st.integers(0, 6))
pieces = st.tuples(
    st.integers(1, 25),  # repeated so often
    st.sampled_from([0, 0, 0, 0, 1, 7]),  # minutes without a candle before it
    st.integers(-15, 15) | st.sampled_from([-900, -40, 40, 1_200]),  # thousandths, jump of the first one's open
    moves,
    st.sampled_from([0, 5, 5, 5, 9]),
)


def candles(drawn: Sequence[tuple[int, int, int, tuple[int, int, int], int]]) -> list[CandleRow]:
    rows: list[CandleRow] = []
    number, price = 0, 100.0
    for count, gap, jump, move, volume in drawn:
        number += gap
        price = round(price * (1 + jump / 1_000), 4)
        for turn in range(count):
            body, above, below = move
            rows.append(candle(number, price, (body if turn % 2 == 0 else 2 - body, above, below), volume))
            number, price = number + 1, rows[-1][6]
    return rows


def distances(fractions: Sequence[float]) -> st.SearchStrategy[Document]:
    return st.sampled_from(fractions).map(lambda one: {"fraction": one}) | st.builds(
        lambda multiple, period: {"method": "atr", "multiple": multiple, "period": period},
        st.sampled_from([0.5, 1, 2.5]),
        st.sampled_from([2, 5]),
    )


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Document]:
    """Any of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


protections = st.sampled_from(
    [
        {"method": "cool_down", "bars": 2},
        {"method": "stop_loss_guard", "lookback_bars": 20, "trades": 2, "stop_bars": 6},
        {"method": "max_drawdown_guard", "lookback_bars": 30, "trades": 2, "max_drawdown": 0.001, "stop_bars": 5},
        {"method": "low_profit_guard", "lookback_bars": 30, "trades": 2, "required_profit": 0.01, "stop_bars": 5},
    ]
)
sizings = st.sampled_from(
    [
        {"method": "fixed_amount", "amount": 5_000},
        {"method": "fixed_amount", "amount": 50_000},
        {"method": "fixed_fraction", "fraction": 0.4},
        {"method": "volatility_target", "annual_volatility": 0.8, "period": 5},
        {"method": "kelly", "trades": 10},
    ]
)
limits = some(
    max_position_size=st.sampled_from([0.2, 0.9]),
    max_daily_loss=st.sampled_from([0.001, 0.02]),
    max_drawdown=st.sampled_from([0.002, 0.05]),
    max_leverage=st.sampled_from([1, 3]),
    cool_down_bars=st.sampled_from([1, 4]),
)
risks = some(
    sizing=sizings,
    stop_loss=distances([0.002, 0.01, 0.2]),
    take_profit=distances([0.003, 0.012]),
    trailing_stop=distances([0.004, 0.02]),
    break_even=distances([0.002, 0.006]),
    max_bars_held=st.sampled_from([1, 3, 20]),
    protections=st.lists(protections, max_size=2),
    limits=limits,
)
executions = some(
    fill=st.sampled_from(["next_open", "signal_close"]),
    capital=st.sampled_from([10_000, 150]),
    spread=st.sampled_from([0.0002, 0.01]),
    slippage=st.sampled_from(
        [
            {"method": "fixed", "amount": 0.05},
            {"method": "proportional", "fraction": 0.0005},
            {"method": "volatility", "multiple": 0.2, "period": 3},
        ]
    ),
    fees=st.sampled_from(
        [
            {"method": "proportional", "maker": 0.0002, "taker": 0.0005, "minimum": 0.1},
            {"method": "per_unit", "amount": 0.01, "minimum": 1},
        ]
    ),
    tick_size=st.just(0.01),
    lot_size=st.sampled_from([0.001, 1]),
    minimum_size=st.sampled_from([0.01, 2]),
    leverage=st.sampled_from([1, 5, 60]),
    scale_in=st.sampled_from([{"max_entries": 2}, {"max_entries": 5, "share": 0.25}]),
    scale_out=st.lists(
        st.builds(lambda at, fraction: {"at": at, "fraction": fraction}, distances([0.001, 0.004]), st.just(0.3)),
        max_size=3,
    ),
)
entries = st.sampled_from(["close > open", "volume > 8", "close > close[1]", "position.pnl == 0", "close > 0"])
sells = st.sampled_from(["close < open", "close < close[1] AND volume > 8", "close < 0"])
leaves = st.sampled_from(
    ["close < open", "close < 0", "position.pnl > 0.004", "position.bars_held >= 3", "close < position.entry_price"]
)
signals = st.builds(
    lambda buy, sell, leave, cover: [
        {"id": "buy", "type": "entry", "expression": buy},
        {"id": "sell", "type": "entry", "side": "short", "expression": sell},
        {"id": "leave", "type": "exit", "expression": leave},
        {"id": "cover", "type": "exit", "side": "short", "expression": cover},
    ],
    entries,
    sells,
    leaves,
    leaves,
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    risk, execution = draw(risks), draw(executions)
    if "stop_loss" in risk and draw(st.booleans()):
        risk["sizing"] = {"method": "risk_per_trade", "fraction": 0.01}
    document: Document = {
        "id": "drawn",
        "symbols": [SYMBOL],
        "timeframes": ["1m", "5m"],
        "signals": draw(signals),
        "risk": risk,
        "execution": execution,
    }
    if draw(st.booleans()):
        document["partial_bars"] = draw(st.sampled_from(["skip", "exits", "evaluate"]))
    try:
        of(document)
    except StrategyFileError:  # a part that is left beyond the target of the rest
        reject()
    return document


Told = tuple[str, int]
"""What is commanded, and before which candle, in thousandths of them all."""
commands = st.lists(
    st.tuples(st.sampled_from(["update", "pause", "resume", "restart", "stop"]), st.integers(0, 999)), max_size=3
)


def story(first: Document, second: Document, rows: Sequence[CandleRow], told: Sequence[Told]) -> list[Feed]:
    """A start, the candles, and commands between them."""
    one, two = of(first), of(second, 2)
    about, state, generation = one, "running", 0
    events: list[Feed] = [command(one, desired(one))]
    waiting = sorted(told, key=lambda each: each[1])
    for number, row in enumerate(rows):
        while waiting and waiting[0][1] * len(rows) <= number * 1_000:
            (what, _), *waiting = waiting
            match what:
                case "update":
                    about = two if about is one else one
                case "restart":
                    generation, state = generation + 1, "running"
                case _:
                    state = {"pause": "paused", "resume": "running", "stop": "stopped"}[what]
            events.append(command(about, desired(about, state, generation=generation, name=f"c{len(events)}")))
        events.append(row)
    return events


@settings(max_examples=150, deadline=None)
@given(
    first=documents(),
    second=documents(),
    drawn=st.lists(pieces, min_size=1, max_size=10),
    told=commands,
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=12),
)
def test_any_batches_and_restores_give_what_one_batch_gives(
    first: Document,
    second: Document,
    drawn: list[tuple[int, int, int, tuple[int, int, int], int]],
    told: list[Told],
    sizes: list[int],
) -> None:
    events = story(first, second, candles(drawn), told)
    whole = run(events, [len(events)])
    assert run(events, [1]) == whole
    assert run(events, sizes) == whole
    assert run(events, sizes, restored=True) == whole


def long_story() -> list[Feed]:
    """A random walk of 2,400 minutes, most of them with volume, and one command of each kind."""
    chance = random.Random(7)
    rows: list[CandleRow] = []
    price = 100.0
    for number in range(2_400):
        move = chance.randint(-6, 6), chance.randint(0, 4), chance.randint(0, 4)
        rows.append(candle(number, price, move, chance.choice([0, 5, 5, 5, 9])))
        price = rows[-1][6]
    first: Document = {
        "id": "drawn",
        "symbols": [SYMBOL],
        "timeframes": ["1m", "5m"],
        "signals": [
            {"id": "buy", "type": "entry", "expression": "close > close[1] AND volume > 8"},
            {"id": "sell", "type": "entry", "side": "short", "expression": "close < open AND volume > 8"},
            {"id": "leave", "type": "exit", "expression": "position.pnl > 0.02"},
            {"id": "cover", "type": "exit", "side": "short", "expression": "position.bars_held >= 30"},
        ],
        "risk": {
            "sizing": {"method": "risk_per_trade", "fraction": 0.01},
            "stop_loss": {"method": "atr", "multiple": 1.5, "period": 5},
            "take_profit": {"method": "atr", "multiple": 3, "period": 5},
            "break_even": {"fraction": 0.006},
            "limits": {"max_daily_loss": 0.2, "cool_down_bars": 3},
        },
        "execution": {
            "fees": {"method": "proportional", "maker": 0.0002, "taker": 0.0005},
            "slippage": {"method": "volatility", "multiple": 0.1, "period": 3},
            "lot_size": 0.001,
            "scale_in": {"max_entries": 3, "share": 0.5},
            "scale_out": [{"at": {"method": "atr", "multiple": 1, "period": 5}, "fraction": 0.3}],
        },
    }
    second = {**first, "risk": {"trailing_stop": {"fraction": 0.01}, "max_bars_held": 6}, "execution": {}}
    told = [("update", 250), ("pause", 480), ("resume", 520), ("restart", 600), ("update", 700), ("stop", 900)]
    return story(first, second, rows, [*told, ("resume", 930)])


@pytest.fixture(scope="module")
def one_by_one() -> dict[str, list[str]]:
    return run(long_story(), [1])


@pytest.mark.parametrize("sizes", [[70], [2_000], [5_000], [1, 70, 3, 500]], ids=str)
@pytest.mark.parametrize("restored", [False, True], ids=["straight", "restored"])
def test_a_long_run_in_batches_is_the_run_one_by_one(
    one_by_one: dict[str, list[str]],
    sizes: list[int],
    restored: bool,  # noqa: FBT001  # from pytest
) -> None:
    assert run(long_story(), sizes, restored=restored) == one_by_one


def test_the_long_run_says_every_kind_of_thing(one_by_one: dict[str, list[str]]) -> None:
    told = [text for key in one_by_one for text in one_by_one[key]]
    kinds = {text.partition(" ")[0] for text in told}
    assert kinds >= {
        "Signal",
        "StrategyStatus",
        "PositionChange",
        "Trade",
        "StrategyMetrics",
        "EquityPoint",
        "Execution",
        "Alert",
    }
    signals = [json.loads(text.partition(" ")[2])["rule"] for text in told if text.startswith("Signal ")]
    assert {"position.stop_loss", "position.take_profit", "position.break_even", "position.trailing_stop"} <= {*signals}
    assert {"position.time_stop", "lifecycle.restart", "leave", "cover"} <= {*signals}


def test_the_generator_reaches_every_way_a_position_ends() -> None:
    seen: set[str] = set()

    @settings(max_examples=120, deadline=None, database=None, derandomize=True)
    @given(first=documents(), drawn=st.lists(pieces, min_size=4, max_size=10), told=commands)
    def look(first: Document, drawn: list[tuple[int, int, int, tuple[int, int, int], int]], told: list[Told]) -> None:
        events = story(first, first, candles(drawn), told)
        for texts in run(events, [len(events)]).values():
            seen.update(json.loads(text.partition(" ")[2])["rule"] for text in texts if text.startswith("Signal "))

    look()
    ways = {"stop_loss", "take_profit", "trailing_stop", "break_even", "time_stop"}
    assert seen >= {f"position.{way}" for way in ways} | {"lifecycle.stop", "lifecycle.restart"}
