"""Entries and exits: each case by hand, then all of them against a reference that goes row by row."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.events import Frames, Transition
from operators.snapshot import SnapshotRefused
from operators.strategy.catalog import Catalog
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.alert import Alert
from schemas.lifecycle import StrategyStatus
from schemas.record import from_milliseconds
from schemas.signal import Signal
from schemas.signal_config import FixedConfidence, SignalConfig
from tests.operators.plain_engine import (
    BLIND,
    BUY,
    COVER,
    LEAVE,
    LEAVE_TOO,
    MINUTE,
    RAISES,
    SELL,
    START,
    SYMBOL,
    desired,
    outcome,
    scripted,
    version,
)
from tests.operators.strategy.said_records import columns_of, spoken

BOTH = version()


def frames(masks: Sequence[int], first: int = 0) -> Frames:
    """Candles whose volumes are these masks and whose close is 100 more than their number."""
    numbers = range(first, first + len(masks))
    columns = columns_of([100.0 + number for number in numbers], masks)
    return Frames(SYMBOL, "1m", [START + number * MINUTE for number in numbers], columns)


def start(number: int = 0) -> Transition:
    opened = START + number * MINUTE
    return Transition(SYMBOL, "1m", opened, opened + MINUTE, 100.0 + number, desired(BOTH), BOTH)


def traded(masks: Sequence[int]) -> list[tuple[int, str, str, str]]:
    """Number of the candle, rule, position before and after, of every signal."""
    step = StrategyStep(Catalog(scripted), Tally())
    return trades(step.on_batch([start(), frames(masks)]))


def trades(records: Sequence[object]) -> list[tuple[int, str, str, str]]:
    signals = [one for one in records if isinstance(one, Signal)]
    return [(number_of(one), one.rule, one.position_before, one.position_after) for one in signals]


def number_of(signal: Signal) -> int:
    return round((signal.open_time - from_milliseconds(START)).total_seconds()) // 60


@pytest.mark.parametrize(
    ("masks", "expected"),
    [
        ([0, BUY, 0, LEAVE, 0], [(1, "buy", "flat", "long"), (3, "leave", "long", "flat")]),
        ([0, SELL, 0, COVER, 0], [(1, "sell", "flat", "short"), (3, "cover", "short", "flat")]),
        ([BUY, BUY, BUY], [(0, "buy", "flat", "long")]),
        ([LEAVE, COVER, LEAVE_TOO], []),
        ([BUY | LEAVE, 0], [(0, "buy", "flat", "long")]),
        ([BUY, COVER, LEAVE], [(0, "buy", "flat", "long"), (2, "leave", "long", "flat")]),
        ([BUY | SELL, 0], [(0, "buy", "flat", "long")]),
        ([BUY, LEAVE | LEAVE_TOO], [(0, "buy", "flat", "long"), (1, "leave", "long", "flat")]),
        ([BUY, LEAVE_TOO], [(0, "buy", "flat", "long"), (1, "leave_too", "long", "flat")]),
        ([BUY, LEAVE | SELL], [(0, "buy", "flat", "long"), (1, "leave", "long", "flat"), (1, "sell", "flat", "short")]),
        ([BUY, SELL, SELL], [(0, "buy", "flat", "long")]),
        ([BUY, LEAVE | BUY, 0], [(0, "buy", "flat", "long"), (1, "leave", "long", "flat")]),
        ([BUY << BLIND | BUY, 0], []),
        ([BUY, LEAVE << BLIND | LEAVE], [(0, "buy", "flat", "long")]),
    ],
    ids=[
        "long and out",
        "short and out",
        "one position at a time",
        "an exit without a position",
        "no exit at the candle of the entry",
        "an exit of the other side",
        "the first entry wins",
        "the first exit wins",
        "any exit closes",
        "stop and reverse at one close",
        "an entry of the other side alone does not reverse",
        "an entry of the same side at the exit waits",
        "an entry that is not ready",
        "an exit that is not ready",
    ],
)
def test_position_follows_the_rules(masks: list[int], expected: list[tuple[int, str, str, str]]) -> None:
    assert traded(masks) == expected


def test_signal_is_at_the_close_of_its_candle_and_explains_itself() -> None:
    rules = (SignalConfig(id="buy", type="entry", expression="bit 0", confidence=FixedConfidence(value=0.75)),)
    about = version("alone", 7, rules=rules)
    step = StrategyStep(Catalog(scripted), Tally())
    go = Transition(SYMBOL, "1m", START, START + MINUTE, 100.0, desired(about), about)
    _, signal = spoken(step.on_batch([go, frames([0, 0, BUY])]))
    assert isinstance(signal, Signal)
    assert signal.open_time.isoformat() == "2025-05-01T00:02:00+00:00"
    assert signal.close_time.isoformat() == "2025-05-01T00:03:00+00:00"
    assert (signal.price, signal.confidence, signal.condition) == (102.0, 0.75, "bit 0")
    assert (signal.type, signal.side, signal.values) == ("entry", "long", {"volume": 1.0})
    assert (signal.strategy, signal.version, signal.key) == ("alone", 7, "alone|BTCUSDT|1m")


def test_value_one_candle_before_is_named_so() -> None:
    rules = (SignalConfig(id="cross", type="entry", expression="crossover(close, volume)"),)
    about = version("cross", rules=rules)
    step = StrategyStep(Catalog(), Tally())
    go = Transition(SYMBOL, "1m", START, START + MINUTE, 100.0, desired(about), about)
    _, signal = spoken(step.on_batch([go, frames([0, 500, 7])]))
    assert isinstance(signal, Signal)
    assert signal.values == {"close": 102.0, "close[1]": 101.0, "volume": 7.0, "volume[1]": 500.0}


def test_ids_of_all_signals_differ() -> None:
    step = StrategyStep(Catalog(scripted), Tally())
    signals = step.on_batch([start(), frames([BUY, LEAVE | SELL, COVER | BUY, LEAVE] * 50)])
    ids = [one.id for one in signals if isinstance(one, Signal)]
    assert len(ids) == 50 * 6
    assert len(set(ids)) == len(ids)


def test_evaluations_are_counted_for_each_strategy() -> None:
    tally = Tally()
    StrategyStep(Catalog(scripted), tally).on_batch([start(), frames([BUY, 0, LEAVE]), frames([0], 3)])
    assert (tally.evaluations, tally.evaluated, tally.signals) == (4, {"both": 4}, {"both": 2})


def test_state_of_another_schema_version_is_refused() -> None:
    state = {**StrategyStep(Catalog(), Tally()).snapshot(), "schema_version": 5}
    with pytest.raises(SnapshotRefused, match=r"^strategy: schema version 5, expected 4$"):
        StrategyStep(Catalog(), Tally(), state)


def reference(masks: Sequence[int]) -> tuple[list[tuple[int, str, str, str]], int | None]:
    """The signals of the rules in ``version()``, one candle at a time, and the candle at which one raised."""
    entries = [("buy", "long", 0), ("sell", "short", 1)]
    exits = {"long": [("leave", 2), ("leave_too", 3)], "short": [("cover", 4)]}
    found: list[tuple[int, str, str, str]] = []
    position = "flat"
    for number, mask in enumerate(masks):
        try:
            if position == "flat":
                for rule, side, bit in entries:
                    if outcome(mask, bit):
                        found.append((number, rule, "flat", side))
                        position = side
                        break
                continue
            for rule, bit in exits[position]:
                if outcome(mask, bit):
                    found.append((number, rule, position, "flat"))
                    left, position = position, "flat"
                    for reverse, side, entry_bit in entries:
                        if side != left and outcome(mask, entry_bit):
                            found.append((number, reverse, "flat", side))
                            position = side
                    break
        except ArithmeticError:
            return found, number
    return found, None


ordinary = st.integers(0, 31)
blind = st.builds(lambda held, unready: held | unready << BLIND, ordinary, ordinary)
raising = st.builds(lambda held, bad: held | bad << RAISES, ordinary, st.sampled_from([1, 2, 4, 8, 16]))


@settings(max_examples=400, deadline=None)
@given(
    masks=st.lists(ordinary | ordinary | blind, max_size=40),
    wrong=st.lists(ordinary | raising, max_size=6),
    cuts=st.sets(st.integers(1, 45)),
)
def test_agrees_with_the_row_by_row_reference(masks: list[int], wrong: list[int], cuts: set[int]) -> None:
    masks = masks + wrong
    step = StrategyStep(Catalog(scripted), Tally())
    records = list(step.on_batch([start()]))
    edges = [0, *sorted(cut for cut in cuts if cut < len(masks)), len(masks)]
    for first, last in itertools.pairwise(edges):
        records += step.on_batch([frames(masks[first:last], first)])
    expected, raised_at = reference(masks)
    assert trades(records) == expected
    quarantined = [one for one in records if isinstance(one, StrategyStatus) and one.state == "quarantined"]
    bars = [one.effective_bar for one in quarantined]
    assert bars == ([] if raised_at is None else [from_milliseconds(START + raised_at * MINUTE)])
    assert len([one for one in spoken(records) if isinstance(one, Alert)]) == len(quarantined)
