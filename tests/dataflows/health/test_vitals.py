"""Alive while the loop turns, ready while the feed is worked; each says why not."""

import pytest

from dataflows.health.vitals import START_SECONDS, TURN_SECONDS, WAIT_SECONDS, Vitals
from dataflows.stop import StopFlag


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stop() -> StopFlag:
    return StopFlag()


@pytest.fixture
def vitals(clock: Clock, stop: StopFlag) -> Vitals:
    return Vitals(stop, clock)


def begun(vitals: Vitals) -> None:
    vitals.listed()
    vitals.built("candles/0")
    vitals.looked("candles/0")


def test_it_becomes_ready_step_by_step_and_says_what_is_missing(vitals: Vitals) -> None:
    assert vitals.not_ready() == ["the broker has not told the partitions of the feed yet"]
    vitals.listed()
    assert vitals.not_ready() == ["no part of the feed is built yet"]
    vitals.built("candles/0")
    vitals.built("control/0")
    assert vitals.not_ready() == ["restoring state: no first look yet at candles/0, control/0"]
    vitals.looked("candles/0")
    assert vitals.not_ready() == ["restoring state: no first look yet at control/0"]
    vitals.looked("control/0")
    assert vitals.not_ready() == []


def test_it_is_alive_all_that_time(vitals: Vitals, clock: Clock) -> None:
    assert vitals.not_alive() == []
    clock.now += START_SECONDS - 1
    vitals.listed()
    clock.now += START_SECONDS - 1
    vitals.restored()
    clock.now += START_SECONDS - 1
    assert vitals.not_alive() == []


def test_a_start_that_hangs_is_noticed(vitals: Vitals, clock: Clock) -> None:
    clock.now += START_SECONDS + 1
    assert vitals.not_alive() == [
        "the flow's thread has not had its first look at the feed for 601 s; expected at most 600 s"
    ]


def test_a_loop_that_does_not_turn_is_neither_alive_nor_ready(vitals: Vitals, clock: Clock) -> None:
    begun(vitals)
    clock.now += TURN_SECONDS
    assert vitals.not_alive() == []
    clock.now += 1
    why = "the flow's thread has not turned its loop for 31 s; expected at most 30 s"
    assert vitals.not_alive() == [why]
    assert vitals.not_ready() == [why]
    vitals.looked("candles/0")
    assert vitals.not_alive() == vitals.not_ready() == []


def test_waiting_for_the_broker_is_no_death(vitals: Vitals, clock: Clock) -> None:
    begun(vitals)
    with vitals.waiting("signals"):
        clock.now += WAIT_SECONDS - 1
        assert vitals.not_alive() == []
        clock.now += 2
        assert vitals.not_alive() == [
            "the flow's thread waits for the broker to acknowledge signals for 401 s; expected at most 400 s"
        ]
    assert vitals.not_alive() == []


def test_while_draining_it_is_alive_and_not_ready(vitals: Vitals, stop: StopFlag) -> None:
    begun(vitals)
    stop.set()
    assert vitals.not_alive() == []
    assert vitals.not_ready() == ["draining: it was asked to end"]


def test_what_has_ended_is_neither(vitals: Vitals) -> None:
    begun(vitals)
    vitals.ended("the flow has ended")
    assert vitals.not_alive() == vitals.not_ready() == ["the flow has ended"]


def test_a_worker_that_only_writes_is_alive_and_ready(vitals: Vitals, clock: Clock) -> None:
    vitals.listed()
    vitals.output_built()
    clock.now += 10 * START_SECONDS
    assert vitals.not_alive() == vitals.not_ready() == []
