"""However the same events are cut into batches, and wherever the engine is stopped and restored: the same output."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.watchlist import AssetConfig
from tests.operators.market.logs import VERSIONS, Events, event_logs
from tests.operators.plain_engine import SYMBOL, PlainEngine, batched, command, desired, listing, row


def run(events: Events, sizes: list[int], restarts: set[int]) -> dict[str, list[str]]:
    engine = PlainEngine(history_bars=6, gap_tolerance_bars=1, timeframes=("2m", "5m", "1h"))
    for number, events_of_batch in enumerate(batched(events, sizes)):
        engine.feed(*events_of_batch)
        if number in restarts:
            engine.restart()
    return engine.records()


CLOSED_ON_WHAT_IS_THERE: Events = [
    row(10),
    listing(AssetConfig(symbol=SYMBOL, base_timeframe="30s"), after=9, name="since"),
    listing(AssetConfig(symbol=SYMBOL, base_timeframe="5m"), after=38, name="later"),
    row(1, timeframe="5m"),
    row(56),
]
"""A native candle of a bar that has closed on the base there is, while another was declared for that time by then."""


@settings(max_examples=150, deadline=None)
@given(events=event_logs(), sizes=st.lists(st.integers(1, 25), min_size=1))
@example(events=CLOSED_ON_WHAT_IS_THERE, sizes=[5])
def test_any_batching_gives_the_same_output(events: Events, sizes: list[int]) -> None:
    assert run(events, sizes, set()) == run(events, [1], set())


@settings(max_examples=150, deadline=None)
@given(events=event_logs(), sizes=st.lists(st.integers(1, 12), min_size=1), restarts=st.sets(st.integers(0, 30)))
def test_restoring_at_any_batch_changes_nothing(events: Events, sizes: list[int], restarts: set[int]) -> None:
    assert run(events, sizes, restarts) == run(events, sizes, set())


@pytest.mark.parametrize("seed", range(4))
def test_long_runs_across_reanchoring_agree_too(seed: int) -> None:
    generated = random.Random(seed)
    events: Events = []
    number, price = 0, 100.0
    for _ in range(1_500):
        if generated.random() < 0.02:
            about = generated.choice([one for one in VERSIONS if one.strategy == "crosses"])
            state = generated.choice(["running", "running", "paused", "stopped"])
            after = generated.choice([None, number - 10, number + 30])
            events.append(command(about, desired(about, state, after=after, name=f"c{len(events)}")))
        price = max(10.0, price + generated.uniform(-1, 1))
        events.append(row(number, close=price))
        number += generated.choice([1, 1, 1, 1, 1, 1, 1, 1, 1, 3])
    expected = run(events, [1], set())
    assert sum(map(len, expected.values())) > 100  # it did trade
    assert run(events, [len(events)], set()) == expected
    sizes = [generated.randint(1, 200) for _ in range(100)]
    assert run(events, sizes, set(range(0, 100, 2))) == expected


MARKS = (
    "lifecycle.stop",
    "lifecycle.restart",
    "quarantined",
    "gap",
    "out_of_order",
    "conflicting_duplicate",
    "paused",
    "cover",
    "wrong_timeframe",
    '"kind":"partial"',
    "shorter than the 1m candles",
    '"agreement"',
    '"composite_confidence"',
    '"sell"',
    '"crosses"',
)


def test_the_generator_of_the_properties_above_reaches_every_kind_of_output() -> None:
    seen: set[str] = set()

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(events=event_logs())
    def look(events: Events) -> None:
        texts = "".join(text for texts in run(events, [7], set()).values() for text in texts)
        seen.update(mark for mark in MARKS if mark in texts)

    look()
    assert seen == set(MARKS)
