"""The first signal asks for the end, the second insists."""

import os
import signal

import pytest

from dataflows.stop import StopFlag, stop_on_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_sets_the_flag_and_handlers_come_back(number: signal.Signals) -> None:
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    flag = StopFlag()
    with stop_on_signals(flag):
        assert not flag.is_set
        os.kill(os.getpid(), number)
        assert flag.is_set
    assert {one: signal.getsignal(one) for one in before} == before


def test_a_second_interrupt_interrupts() -> None:
    flag = StopFlag()
    with stop_on_signals(flag):
        os.kill(os.getpid(), signal.SIGINT)
        assert flag.is_set
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_after_a_termination_insists_too() -> None:
    with stop_on_signals(StopFlag()):
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_a_second_termination_terminates() -> None:
    with stop_on_signals(StopFlag()):
        os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_waiting_ends_with_the_flag() -> None:
    flag = StopFlag()
    assert flag.wait(0.001) is False
    flag.set()
    assert flag.wait(3600) is True
