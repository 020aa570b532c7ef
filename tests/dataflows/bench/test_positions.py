"""What `bench positions` counts is there: positions that are open all the time, and keys that never are."""

import pytest

from dataflows.bench.positions import WARM_BARS, Keys, Plan, frames, measure, strategy
from dataflows.bench.positions_parts import parts
from dataflows.errors import BenchFailed

SMALL = Plan(positions=6, symbols=3, bars=4, rounds=2)


def test_every_position_is_open_at_every_bar_that_is_measured() -> None:
    worked: list[int] = []
    found = measure(SMALL, worked.append)
    assert found.equity_points == 6 * 4 * 2 * 2
    assert sum(worked) == 2 * found.equity_points  # as many flat bars as of positions
    assert len(found.of_rounds) == 2
    assert min(found.open_live, found.open_behind, found.flat_live, found.flat_behind) > 0
    assert min(vars(found.parts).values()) > 0


def test_a_position_takes_more_memory_than_none() -> None:
    found = measure(SMALL)
    assert found.position_bytes[0] > found.position_bytes[1] > 0
    assert found.snapshot_bytes[0] > found.snapshot_bytes[1] > 0


def test_keys_are_strategies_on_symbols_each_with_stop_target_and_trailing_stop() -> None:
    series = frames(SMALL)
    keys = Keys(SMALL, series, enters=True)
    assert len(keys.steps) == 6
    desks = [step.snapshot()["trader"]["desk"] for step in keys.steps]  # type: ignore[index]  # primitives, of no type
    assert all(one["guard"] is not None and one["account"] is not None for one in desks)


def test_bars_at_which_something_is_decided_are_not_measured() -> None:
    series = frames(SMALL)
    keys = Keys(SMALL, series, enters=True)
    fallen = {symbol: [price / 10 for price in whole.columns["low"]] for symbol, whole in series.items()}
    for symbol, whole in series.items():
        whole.columns = {**whole.columns, "low": fallen[symbol]}
    with pytest.raises(BenchFailed, match="expected bars at which nothing is decided, got filled"):
        keys.live([2], lambda _bars: None)


def test_parts_are_those_of_a_position_that_is_open() -> None:
    series = next(iter(frames(SMALL).values()))
    found = parts(strategy(0, enters=True), series, WARM_BARS, rounds=1)
    assert min(found.exits, found.mark, found.performance, found.records, found.encode) > 0
