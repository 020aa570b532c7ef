"""What a strategy does never depends on its neighbours, not even on what they make the series remember."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from operators.strategy.compile import compile_strategy
from schemas.signal import Signal
from tests.operators.plain_engine import Feed, PlainEngine, batched, command, desired, expression, row

HISTORY = 300
BARS = 1_100


def price(bar: int) -> float:
    return 100 * math.exp(0.05 * math.sin(bar / 9) + 0.03 * math.sin(bar / 2.3))


LATE = expression("late", "crossover(ema_30, ema_60)", "crossunder(ema_30, ema_60)")
"""EMA 60 remembers more than the history that is kept: started late it has to wait."""
NEIGHBOUR = expression("neighbour", "ema_60 > close AND rsi_90 > 0", "ema_30 > close")


def late_records(start: int, sizes: list[int], *, neighbour: bool, pause: int | None = None) -> list[str]:
    events: list[Feed] = [row(bar, close=price(bar)) for bar in range(BARS)]
    if pause is not None:
        events.insert(start + pause, command(LATE, desired(LATE, "paused", name="c2")))
        events.insert(start + pause + 20, command(LATE, desired(LATE, "running", name="c3")))
    events.insert(start, command(LATE, desired(LATE)))
    if neighbour:
        events.insert(0, command(NEIGHBOUR, desired(NEIGHBOUR)))
    engine = PlainEngine(compile_strategy, history_bars=HISTORY)
    for batch in batched(events, sizes):
        engine.feed(*batch)
    return engine.records()["late|BTCUSDT|1m"]


@settings(max_examples=25, deadline=None)
@given(
    start=st.integers(0, 700),
    sizes=st.lists(st.integers(1, 400), min_size=1, max_size=6),
    pause=st.none() | st.integers(1, 200),
)
def test_late_strategy_gives_the_same_bytes_with_and_without_a_neighbour_that_remembers_more(
    start: int, sizes: list[int], pause: int | None
) -> None:
    alone = late_records(start, sizes, neighbour=False, pause=pause)
    assert late_records(start, [50], neighbour=True, pause=pause) == alone


def test_late_strategy_says_how_long_it_waits_and_then_signals_as_one_that_ran_from_the_start() -> None:
    engine = PlainEngine(compile_strategy, history_bars=HISTORY)
    events: list[Feed] = [row(bar, close=price(bar)) for bar in range(2_000)]
    events.insert(700, command(LATE, desired(LATE)))
    for batch in batched(events, [100]):
        engine.feed(*batch)
    status, *signals = engine.out["late|BTCUSDT|1m"]
    reason = status.model_dump()["reason"]
    wait = int(reason.split()[1])
    assert reason == f"evaluated {wait} candles later: its indicators reach further back than the history kept"
    first = row(700 + wait)[2]

    full = PlainEngine(compile_strategy, history_bars=HISTORY)
    full.feed(command(LATE, desired(LATE)))
    for batch in batched([row(bar, close=price(bar)) for bar in range(2_000)], [100]):
        full.feed(*batch)
    entries = [one for one in full.out["late|BTCUSDT|1m"] if isinstance(one, Signal) and one.type == "entry"]
    expected = [one.open_time for one in entries if one.open_time.timestamp() * 1000 >= first]
    found = [one.open_time for one in signals if isinstance(one, Signal) and one.type == "entry"]
    assert found
    assert found == expected
