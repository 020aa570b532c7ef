"""Bars that lack candles: who may act on them, that they count all the same, and that batches do not matter."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.events import Frames, Transition
from operators.strategy.catalog import Catalog
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.alert import Alert
from schemas.lifecycle import StrategyStatus
from schemas.record import Record, to_milliseconds
from schemas.signal import Signal
from schemas.signal_config import SignalConfig
from schemas.strategy import PartialBars
from tests.operators.plain_engine import (
    MINUTE,
    RAISES,
    START,
    SYMBOL,
    PlainEngine,
    batched,
    command,
    desired,
    outcome,
    row,
    scripted,
    version,
)
from tests.operators.strategy.said_records import columns_of

BUY, SELL, LEAVE, COVER = 1, 2, 4, 16
SCRIPTED = (
    SignalConfig(id="buy", type="entry", side="long", expression="bit 0"),
    SignalConfig(id="sell", type="entry", side="short", expression="bit 1"),
    SignalConfig(id="leave", type="exit", side="long", expression="bit 2"),
    SignalConfig(id="cover", type="exit", side="short", expression="bit 4"),
)
COUNTING = (
    SignalConfig(id="buy", type="entry", side="long", expression="volume == 1"),
    SignalConfig(id="sell", type="entry", side="short", expression="volume == 2"),
    SignalConfig(id="leave", type="exit", side="long", expression="position.bars_held >= 3"),
    SignalConfig(id="cover", type="exit", side="short", expression="volume == 16 OR position.bars_held >= 70"),
)
"""The exits read the position, which is worked in pieces and not for the whole batch."""

Bar = tuple[int, bool]
"""Volume, and whether it lacks candles."""
Trade = tuple[int, str, bool]
"""Number of the bar, rule, and whether the signal says that the bar lacks candles."""


def frames(bars: Sequence[Bar], first: int = 0) -> Frames:
    numbers = range(first, first + len(bars))
    columns = columns_of([100.0 + number for number in numbers], [volume for volume, _ in bars])
    partial = frozenset(row for row, (_, lacks) in enumerate(bars) if lacks)
    return Frames(SYMBOL, "1m", [START + number * MINUTE for number in numbers], columns, partial=partial)


def run(
    rules: Sequence[SignalConfig], mode: PartialBars, bars: Sequence[Bar], cuts: Sequence[int] = ()
) -> tuple[list[Record], Tally]:
    """What the step says of these bars, cut into batches before these numbers."""
    about, tally = version(rules=rules, partial_bars=mode), Tally()
    step = StrategyStep(Catalog(scripted), tally)
    records = list(step.on_batch([Transition(SYMBOL, "1m", START, START + MINUTE, 100.0, desired(about), about)]))
    edges = [0, *sorted(cut for cut in set(cuts) if 0 < cut < len(bars)), len(bars)]
    for first, last in itertools.pairwise(edges):
        records += step.on_batch([frames(bars[first:last], first)])
    return [one for one in records if isinstance(one, Record)], tally


def trades(records: Sequence[Record]) -> list[Trade]:
    signals = [one for one in records if isinstance(one, Signal)]
    return [((to_milliseconds(one.open_time) - START) // MINUTE, one.rule, one.partial) for one in signals]


def traded(mode: PartialBars, *bars: Bar) -> list[Trade]:
    whole, single = (trades(run(SCRIPTED, mode, bars, cuts)[0]) for cuts in ((), range(len(bars))))
    assert whole == single
    return whole


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("skip", [(1, "buy", False), (3, "leave", False)]),
        ("exits", [(1, "buy", False), (2, "leave", True)]),
        ("evaluate", [(0, "buy", True), (1, "leave", False)]),
    ],
)
def test_who_acts_on_a_partial_bar(mode: PartialBars, expected: list[Trade]) -> None:
    bars = [(BUY, True), (BUY | LEAVE, False), (LEAVE, True), (LEAVE, False)]
    assert traded(mode, *bars) == expected


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("skip", []),
        ("exits", [(1, "leave", True)]),
        ("evaluate", [(1, "leave", True), (1, "sell", True)]),
    ],
)
def test_a_reversal_at_a_partial_bar_is_an_exit_and_an_entry(mode: PartialBars, expected: list[Trade]) -> None:
    assert traded(mode, (BUY, False), (LEAVE | SELL, True)) == [(0, "buy", False), *expected]


def test_a_partial_bar_is_held_although_nothing_acts_on_it() -> None:
    bars = [(1, False), (0, True), (0, True), (0, False), (0, False)]
    for cuts in ((), (1, 2, 3, 4)):
        assert trades(run(COUNTING, "skip", bars, cuts)[0]) == [(0, "buy", False), (3, "leave", False)]


def test_a_rule_that_may_not_act_is_not_asked() -> None:
    raising = BUY << RAISES
    assert traded("skip", (raising, True), (BUY, False)) == [(1, "buy", False)]
    records, _ = run(SCRIPTED, "evaluate", [(raising, True), (BUY, False)])
    assert [one.state for one in records if isinstance(one, StrategyStatus)] == ["running", "quarantined"]


def acts(mode: PartialBars, kind: str, *, lacks: bool) -> bool:
    return not lacks or mode == "evaluate" or (mode == "exits" and kind == "exit")


def holds(rule: SignalConfig, volume: int, held: int) -> bool | None:
    if rule.expression.startswith("bit "):
        return outcome(volume, int(rule.expression.removeprefix("bit ")))
    return {"buy": volume == 1, "sell": volume == 2, "leave": held >= 3, "cover": volume == 16 or held >= 70}[rule.id]


def reference(rules: Sequence[SignalConfig], mode: PartialBars, bars: Sequence[Bar]) -> tuple[list[Trade], int | None]:
    """The rule as it is written, one bar at a time, and the bar at which a rule raised."""
    found: list[Trade] = []
    side, held = "flat", 0
    for number, (volume, lacks) in enumerate(bars):
        before = side
        held = 0 if side == "flat" else held + 1
        try:
            for rule in rules:
                allowed = acts(mode, rule.type, lacks=lacks)
                if rule.type == "exit" and rule.side == side and allowed and holds(rule, volume, held):
                    found.append((number, rule.id, lacks))
                    side, held = "flat", 0
                    break
            if side == "flat":
                for rule in rules:
                    allowed = acts(mode, rule.type, lacks=lacks) and rule.side != before
                    if rule.type == "entry" and allowed and holds(rule, volume, held):
                        found.append((number, rule.id, lacks))
                        side = rule.side
                        break
        except ArithmeticError:
            return found, number
    return found, None


masks = st.integers(0, 31)
raising = st.builds(lambda mask, bad: mask | bad << RAISES, masks, st.sampled_from([1, 2, 4, 16]))
modes = st.sampled_from(["skip", "exits", "evaluate"])
ways = st.sampled_from([SCRIPTED, COUNTING])


@settings(max_examples=400, deadline=None)
@given(
    rules=ways,
    mode=modes,
    bars=st.lists(st.tuples(masks, st.booleans()), max_size=120),
    wrong=st.lists(st.tuples(masks | raising, st.booleans()), max_size=6),
    cuts=st.lists(st.integers(1, 125), max_size=125),
)
def test_every_batching_gives_what_the_row_by_row_reference_gives(
    rules: Sequence[SignalConfig], mode: PartialBars, bars: list[Bar], wrong: list[Bar], cuts: list[int]
) -> None:
    bars += wrong
    records, tally = run(rules, mode, bars, cuts)
    expected, raised_at = reference(rules, mode, bars)
    assert trades(records) == expected
    quarantined = [one for one in records if isinstance(one, StrategyStatus) and one.state == "quarantined"]
    assert len(quarantined) == (raised_at is not None)
    assert tally.evaluations == (len(bars) if raised_at is None else raised_at)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("skip", [("00:15", "buy", False)]),
        ("exits", [("00:15", "buy", False)]),
        ("evaluate", [("00:10", "buy", True), ("00:15", "leave", False)]),
    ],
)
@pytest.mark.parametrize("size", [1, 4, 99])
def test_a_bar_of_which_a_minute_is_missing_is_partial(
    mode: PartialBars, expected: list[tuple[str, str, bool]], size: int
) -> None:
    """Each minute adds its volume: the second bar says buy of four minutes, the third says buy or leave of five."""
    about = version(rules=SCRIPTED, partial_bars=mode, timeframes=("5m",))
    minutes = [row(number, volume=float(BUY * (number == 9) + (BUY | LEAVE) * (number == 14))) for number in range(15)]
    engine = PlainEngine()
    for events in batched([command(about, desired(about)), *minutes[:7], *minutes[8:]], [size]):
        engine.feed(*events)
        engine.restart()
    signals = [one for one in engine.out["both|BTCUSDT|5m"] if isinstance(one, Signal)]
    assert [(f"{one.close_time:%H:%M}", one.rule, one.partial) for one in signals] == expected
    alerts = [(one.kind, one.timeframe) for one in engine.out[SYMBOL] if isinstance(one, Alert)]
    assert alerts == [("gap", "1m"), ("partial", "5m")]
