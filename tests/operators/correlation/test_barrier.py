"""Rolls come apart and out of order; what is released is whole and in the order of event time."""

import json

from operators.correlation.barrier import Barrier, Release
from operators.events import Roll
from schemas.trading_style import TradingStyle
from tests.operators.correlation.stories import at, signal

DAY: tuple[tuple[str, TradingStyle], ...] = (("1m", "day"), ("5m", "day"))
MINUTE, FIVE, HOUR = ("s", "1m"), ("s", "5m"), ("s", "1h")


def roll(since: int | None, until: int, items: int = 1, *, last: bool = False) -> Roll:
    return Roll(None if since is None else at(since), at(until), items, () if last else DAY)


def times(releases: list[Release]) -> list[int]:
    return [one.until for one in releases]


def test_a_roll_waits_for_all_its_items() -> None:
    barrier = Barrier()
    barrier.add(roll(None, 2, items=2), [signal(1, MINUTE, 2, "long")])
    assert list(barrier.released()) == []
    barrier.add(roll(None, 2, items=2), [])
    (released,) = barrier.released()
    assert [one.rule for one in released.heard] == ["rule_1"]


def test_a_roll_waits_for_all_rolls_before_it() -> None:
    barrier = Barrier()
    barrier.add(roll(None, 2), [])
    assert times(list(barrier.released())) == [at(2)]
    barrier.add(roll(4, 6), [])
    barrier.add(roll(6, 8), [])
    assert list(barrier.released()) == []
    barrier.add(roll(2, 4), [])
    assert times(list(barrier.released())) == [at(4), at(6), at(8)]


def test_a_chain_that_is_taken_up_again_waits_for_its_end_before() -> None:
    """On this worker what came later is here first: nothing but the links can tell."""
    barrier = Barrier()
    barrier.add(roll(4, 9), [signal(1, FIVE, 9, "long")])
    assert list(barrier.released()) == []
    barrier.add(roll(2, 4, last=True), [])
    assert list(barrier.released()) == []
    barrier.add(roll(None, 2), [])
    first, end, again = barrier.released()
    assert [one.until for one in (first, end, again)] == [at(2), at(4), at(9)]
    assert [one.ended for one in (first, end, again)] == [False, True, False]
    assert [one.rule for one in again.heard] == ["rule_1"]


def test_what_closed_before_a_chain_ended_is_late_when_it_is_taken_up_again() -> None:
    barrier = Barrier()
    barrier.add(roll(None, 4, last=True), [])
    barrier.add(roll(4, 9), [signal(1, MINUTE, 4, "long"), signal(2, MINUTE, 5, "long")])
    _, again = barrier.released()
    assert ([one.rule for one in again.late], [one.rule for one in again.heard]) == (["rule_1"], ["rule_2"])


def test_signals_are_released_by_time_longer_timeframes_first() -> None:
    barrier = Barrier()
    barrier.add(roll(None, 9, items=3), [signal(1, MINUTE, 3, "long"), signal(2, MINUTE, 9, "long")])
    barrier.add(roll(None, 9, items=3), [signal(3, HOUR, 9, "long")])
    barrier.add(roll(None, 9, items=3), [signal(4, FIVE, 9, "long")])
    (released,) = barrier.released()
    assert [one.rule for one in released.heard] == ["rule_1", "rule_3", "rule_4", "rule_2"]


def test_a_series_keeps_its_own_order_at_one_instant() -> None:
    barrier = Barrier()
    turned = [signal(9, MINUTE, 2, "flat"), signal(1, MINUTE, 2, "short")]
    barrier.add(roll(None, 2), turned)
    (released,) = barrier.released()
    assert [one.position for one in released.heard] == ["flat", "short"], "it left one side before it took the other"


def test_what_closed_at_the_watermark_is_late_and_what_closed_after_it_is_not() -> None:
    barrier = Barrier()
    barrier.add(roll(None, 4), [])
    list(barrier.released())
    barrier.add(roll(4, 6), [signal(1, MINUTE, 4, "long"), signal(2, MINUTE, 5, "long")])
    (released,) = barrier.released()
    assert released.watermark == at(4)
    assert [one.rule for one in released.late] == ["rule_1"]
    assert [one.rule for one in released.heard] == ["rule_2"]


def test_what_closes_after_its_roll_is_held_until_the_watermark_has_come_so_far() -> None:
    barrier = Barrier()
    barrier.add(roll(None, 4), [signal(1, HOUR, 6, "long")])
    (first,) = barrier.released()
    barrier.add(roll(4, 6), [])
    (second,) = barrier.released()
    assert (first.heard, [one.rule for one in second.heard]) == ([], ["rule_1"])


def test_the_last_roll_of_a_chain_has_what_held_before_it() -> None:
    barrier = Barrier()
    barrier.add(roll(None, 2), [])
    barrier.add(roll(2, 4, last=True), [])
    last = list(barrier.released())[-1]
    assert last.ended
    assert last.roll.timeframes == DAY
    assert barrier.snapshot() == {"until": at(4), "in_force": None, "ahead": [], "pending": []}


def test_nothing_waits_once_all_is_released() -> None:
    barrier = Barrier()
    barrier.add(roll(None, 2, items=2), [])
    assert not barrier.idle
    barrier.add(roll(None, 2, items=2), [])
    list(barrier.released())
    assert barrier.idle


def test_quiet_rolls_pass_until_the_alarm() -> None:
    barrier = Barrier()
    barrier.add(roll(None, 2), [])
    list(barrier.released())
    barrier.alarm = at(6)
    barrier.add(roll(2, 4), [])
    assert not barrier.ready
    barrier.add(roll(4, 6), [])
    assert times(list(barrier.released())) == [at(6)]


def test_a_quiet_roll_does_not_pass_by_one_that_waits_for_it() -> None:
    barrier = Barrier()
    barrier.add(roll(None, 2), [])
    barrier.add(roll(4, 6), [signal(1, MINUTE, 6, "long")])
    assert times(list(barrier.released())) == [at(2)]
    barrier.add(roll(2, 4), [])
    assert times(list(barrier.released())) == [at(4), at(6)]


def test_a_chain_keeps_nothing_of_what_was_released() -> None:
    barrier = Barrier()
    barrier.add(roll(None, 2, items=2), [])
    barrier.add(roll(None, 2, items=2), [])
    list(barrier.released())
    before = barrier.snapshot()
    for number in range(2, 2000, 2):
        barrier.add(roll(number, number + 2, items=2), [signal(number, MINUTE, number + 1, "long")])
        barrier.add(roll(number, number + 2, items=2), [])
        assert len(list(barrier.released())) == 1
    after = barrier.snapshot()
    assert (after["pending"], after["ahead"]) == (before["pending"], before["ahead"]) == ([], [])
    assert len(json.dumps(after)) < 200
