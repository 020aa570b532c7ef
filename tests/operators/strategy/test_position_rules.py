"""Rules that read the position: each value by hand, then all of them against a loop that goes row by row."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.events import Frames, Transition
from operators.strategy.catalog import Catalog
from operators.strategy.compile import CompiledStrategy, compile_strategy
from operators.strategy.position import BARS_HELD, COLUMNS, ENTRY_PRICE, FLAT, PNL, SIDE, Holding, Stretch
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.signal import Signal
from schemas.signal_config import SignalConfig
from schemas.strategy import StrategyConfig
from tests.operators.plain_engine import MINUTE, START, SYMBOL, desired, stored, version
from tests.operators.strategy.said_records import columns_of, filled_at_close, spoken

Candle = tuple[float, float]
"""Volume and close."""


def frames(candles: Sequence[Candle], first: int = 0) -> Frames:
    columns = columns_of([close for _, close in candles], [volume for volume, _ in candles])
    return Frames(SYMBOL, "1m", [START + (first + number) * MINUTE for number in range(len(candles))], columns)


LONG = Holding("long", 200.0, 2)
SHORT = Holding("short", 200.0, 0)


@pytest.mark.parametrize(
    ("held", "side", "bars_held", "pnl", "entry_price"),
    [
        (LONG, [1, 1, 1], [3, 4, 5], [0.05, -0.05, 0.0], [200, 200, 200]),
        (SHORT, [-1, -1, -1], [1, 2, 3], [-0.05, 0.05, 0.0], [200, 200, 200]),
        (FLAT, [0, 0, 0], [0, 0, 0], [0.0, 0.0, 0.0], [math.nan] * 3),
    ],
    ids=["long", "short", "flat"],
)
def test_what_a_rule_sees_of_the_position(
    held: Holding, side: list[float], bars_held: list[float], pnl: list[float], entry_price: list[float]
) -> None:
    stretch = Stretch(frames([(0, 1.0), (0, 210.0), (0, 190.0), (0, 200.0)]), held, 1)
    expected = {SIDE: side, BARS_HELD: bars_held, PNL: pnl, ENTRY_PRICE: entry_price}
    assert set(expected) == COLUMNS
    for column, values in expected.items():
        np.testing.assert_array_equal([stretch.value(column, 0, row) for row in (1, 2, 3)], values)
        np.testing.assert_array_equal(stretch.array(column, 0, 1, 4), values)
        np.testing.assert_array_equal(stretch.array(column, 0, 2, 3), values[1:2])


def test_holding_counts_evaluated_candles_and_flat_counts_none() -> None:
    some = frames([(0, 1.0)] * 5)
    assert Stretch(some, LONG, 1).held_before(4) == Holding("long", 200.0, 5)
    assert Stretch(some, LONG, 1).held_before(1) == LONG
    assert Stretch(some, FLAT, 1).held_before(4) == FLAT


class Seen(NamedTuple):
    """What a rule may read at one candle."""

    volume: float
    close: float
    side: int
    bars_held: int
    pnl: float
    entry_price: float | None


class Rule(NamedTuple):
    """A rule as a strategy writes it and as a person reads it."""

    config: SignalConfig
    holds: Callable[[Seen], bool]


def rule(name: str, kind: str, side: str, text: str, holds: Callable[[Seen], bool]) -> Rule:
    return Rule(SignalConfig.model_validate({"id": name, "type": kind, "side": side, "expression": text}), holds)


RULES = (
    rule("buy", "entry", "long", 'volume == 1 AND position.side == "flat"', lambda now: now.volume == 1),
    rule(
        "sell",
        "entry",
        "short",
        "volume >= 1 AND volume <= 2 AND position.bars_held == 0 AND position.pnl == 0",
        lambda now: 1 <= now.volume <= 2,
    ),
    rule("never", "entry", "long", "position.entry_price > 0 OR volume == 3", lambda _: False),
    rule("time", "exit", "long", "position.bars_held >= 40", lambda now: now.bars_held >= 40),
    rule("target", "exit", "long", "position.pnl >= 0.04", lambda now: now.pnl >= 0.04),
    rule("leave", "exit", "long", "volume == 4 AND close > 0", lambda now: now.volume == 4),
    rule(
        "loss",
        "exit",
        "short",
        "position.pnl < -0.02 AND position.bars_held > 2",
        lambda now: now.pnl < -0.02 and now.bars_held > 2,
    ),
    rule(
        "back",
        "exit",
        "short",
        'close == position.entry_price AND volume == 5 AND position.side == "short"',
        lambda now: now.close == now.entry_price and now.volume == 5,
    ),
    rule("reverse", "exit", "short", 'volume == 1 AND position.side != "long"', lambda now: now.volume == 1),
)
BY_DEFAULT = version("positions", rules=[each.config for each in RULES])
VERSION = filled_at_close(BY_DEFAULT)
HOLDS = {each.config.id: each.holds for each in RULES}
Trade = tuple[int, str, str, str]


def seen(candle: Candle, side: str, entry: float, bars: int) -> Seen:
    """What a rule reads at a candle while the position is this one."""
    volume, close = candle
    if side == "flat":
        return Seen(volume, close, 0, 0, 0.0, None)
    gain = (close - entry) / entry if side == "long" else (entry - close) / entry
    return Seen(volume, close, 1 if side == "long" else -1, bars, gain, entry)


def reference(candles: Sequence[Candle]) -> list[Trade]:
    """The signals of ``RULES``, one candle at a time."""
    found: list[Trade] = []
    side, entry, bars = "flat", 0.0, 0
    for number, candle in enumerate(candles):
        bars += 1
        left, now = side, seen(candle, side, entry, bars)
        if side != "flat":
            exits = [one.config for one in RULES if (one.config.type, one.config.side) == ("exit", side)]
            closing = [one.id for one in exits if HOLDS[one.id](now)]
            if not closing:
                continue
            found.append((number, closing[0], side, "flat"))
            side, now = "flat", seen(candle, "flat", 0.0, 0)
        for one in (one.config for one in RULES if one.config.type == "entry"):
            if one.side != left and HOLDS[one.id](now):
                found.append((number, one.id, "flat", one.side))
                side, entry, bars = one.side, candle[1], 0
                break
    return found


def slowly(config: StrategyConfig) -> CompiledStrategy:
    """Without the quick way over arrays, so that the sure one is taken."""
    compiled = compile_strategy(config)
    return replace(
        compiled,
        entries=tuple(replace(one, mask=None) for one in compiled.entries),
        exits={side: tuple(replace(one, mask=None) for one in rules) for side, rules in compiled.exits.items()},
    )


def traded(
    candles: Sequence[Candle], cuts: Sequence[int], compiler: Callable[[StrategyConfig], CompiledStrategy]
) -> list[Trade]:
    """What a step says that is fed in pieces, and restored from its snapshot between any two."""
    catalog, about = Catalog(compiler), VERSION
    step = StrategyStep(catalog, Tally())
    records: list[object] = list(
        step.on_batch([Transition(SYMBOL, "1m", START, START + MINUTE, 100.0, desired(about), about)])
    )
    for first, last in itertools.pairwise([0, *cuts, len(candles)]):
        records += step.on_batch([frames(candles[first:last], first)] if last > first else [])
        step = StrategyStep(catalog, Tally(), stored(step.snapshot()))
    signals = [one for one in records if isinstance(one, Signal)]
    minute = [int(one.open_time.timestamp() * 1_000 - START) // MINUTE for one in signals]
    return [
        (number, one.rule, one.position_before, one.position_after) for number, one in zip(minute, signals, strict=True)
    ]


busy = st.tuples(st.integers(0, 6).map(float), st.integers(95, 105).map(float))
quiet = st.tuples(st.just(0.0), st.integers(99, 101).map(float))
markets = st.lists(st.tuples(st.integers(0, 90), quiet, busy), max_size=12).map(
    lambda pieces: [candle for count, calm, event in pieces for candle in (*[calm] * count, event)]
)


@pytest.mark.parametrize("compiler", [compile_strategy, slowly])
@settings(max_examples=200, deadline=None)
@given(candles=markets, data=st.data())
def test_agrees_with_the_row_by_row_reference_however_it_is_cut_and_restored(
    compiler: Callable[[StrategyConfig], CompiledStrategy], candles: list[Candle], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(candles)), max_size=6)))
    assert traded(candles, cuts, compiler) == reference(candles)


def test_the_generator_of_the_property_above_reaches_every_rule() -> None:
    seen: set[str] = set()

    @settings(max_examples=300, deadline=None, database=None, derandomize=True)
    @given(candles=markets)
    def look(candles: list[Candle]) -> None:
        seen.update(name for _, name, _, _ in reference(candles))

    look()
    assert seen == {each.config.id for each in RULES} - {"never"}


def test_a_long_stretch_is_worked_in_pieces_to_its_very_end() -> None:
    held_to_the_end: list[Candle] = [(1.0, 100.0), *[(0.0, 100.0)] * 39]
    assert traded(held_to_the_end, [], compile_strategy) == [(0, "buy", "flat", "long")]
    assert traded([*held_to_the_end, (0.0, 100.0)], [], compile_strategy) == [
        (0, "buy", "flat", "long"),
        (40, "time", "long", "flat"),
    ]
    long_wait: list[Candle] = [(2.0, 100.0), *[(0.0, 100.0)] * 2_000, (0.0, 103.0)]
    assert traded(long_wait, [], compile_strategy)[-1] == (2_001, "loss", "short", "flat")


def test_values_and_tree_of_a_signal_name_the_position() -> None:
    step = StrategyStep(Catalog(), Tally())
    go = Transition(SYMBOL, "1m", START, START + MINUTE, 100.0, desired(VERSION), VERSION)
    *_, signal = spoken(step.on_batch([go, frames([(1.0, 100.0), (0.0, 101.0), (0.0, 104.0)])]))
    assert isinstance(signal, Signal)
    assert (signal.rule, signal.values) == ("target", {"position.pnl": 0.04})


def test_by_default_rules_see_the_price_at_which_the_entry_was_filled() -> None:
    """At the open of the bar after; 104 is 4 % more than the close of the entry, and not of the fill."""
    step = StrategyStep(Catalog(), Tally())
    go = Transition(SYMBOL, "1m", START, START + MINUTE, 100.0, desired(BY_DEFAULT), BY_DEFAULT)
    *_, signal = spoken(step.on_batch([go, frames([(1.0, 100.0), (6.0, 101.0), (6.0, 104.0), (6.0, 106.05)])]))
    assert isinstance(signal, Signal)
    assert (signal.rule, signal.price, signal.values) == ("target", 106.05, {"position.pnl": (106.05 - 101.0) / 101.0})


def test_state_of_schema_version_1_keeps_its_side_and_does_not_know_its_entry() -> None:
    now = StrategyStep(Catalog(), Tally())
    now.on_batch([Transition(SYMBOL, "1m", START, START + MINUTE, 100.0, desired(VERSION), VERSION)])
    first = {"schema_version": 1, "position": "long", "desired": now.snapshot()["desired"], "quarantined": None}
    catalog = Catalog()
    catalog.add(VERSION)
    step = StrategyStep(catalog, Tally(), first)
    assert spoken(step.on_batch([frames([(0.0, 500.0)] * 39)])) == []  # a gain that nobody can know
    (signal,) = spoken(step.on_batch([frames([(0.0, 500.0)], 39)]))
    assert isinstance(signal, Signal)
    assert (signal.rule, signal.values) == ("time", {"position.bars_held": 40.0})
