"""The first signal asks, the second insists, and neither waits for the main thread."""

import os
import signal
import threading
from itertools import product

import pytest

from dataflows.supervise.signals import NUMBERS, TwoSignals


@pytest.mark.parametrize(("first", "second"), list(product(NUMBERS, NUMBERS)))
def test_the_second_of_either_kind_insists(first: signal.Signals, second: signal.Signals) -> None:
    heard: list[int] = []
    insisted = threading.Event()

    def at_once(number: int) -> None:
        heard.append(number)
        insisted.set()

    with TwoSignals(at_once) as signals:
        assert not signals.asked
        os.kill(os.getpid(), first)
        assert signals.wait(10)
        assert heard == []
        os.kill(os.getpid(), second)
        assert insisted.wait(10)
    assert heard == [second]


def test_handlers_come_back() -> None:
    before = {number: signal.getsignal(number) for number in NUMBERS}
    with TwoSignals(lambda _number: None):
        assert {number: signal.getsignal(number) for number in NUMBERS} != before
    assert {number: signal.getsignal(number) for number in NUMBERS} == before


def test_other_signals_are_not_asked_about() -> None:
    with TwoSignals(lambda _number: None) as signals:
        previous = signal.signal(signal.SIGUSR1, lambda *_: None)
        try:
            os.kill(os.getpid(), signal.SIGUSR1)
            assert not signals.wait(0.2)
        finally:
            signal.signal(signal.SIGUSR1, previous)
