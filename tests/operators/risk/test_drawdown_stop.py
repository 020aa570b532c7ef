"""The fall of equity from its highest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.risk.drawdown_stop import DrawdownStop


def test_it_holds_whatever_comes() -> None:
    stop = DrawdownStop(0.5, equity=100.0, lifted_by="a restart")
    for equity in (200.0, 100.0, 1_000.0):
        stop.marked(equity)
    refusal = stop.refusal()
    assert refusal is not None
    assert refusal == ("max_drawdown", 0.5, 0.5, None, "a restart", "")
    assert (stop.reached, stop.drawdown) == (True, 0.0)


def test_one_that_begins_anew_measures_from_there() -> None:
    stop = DrawdownStop(0.5, equity=100.0, lifted_by="a reset")
    stop.marked(40.0)
    stop.begin(40.0)
    stop.marked(21.0)
    assert (stop.refusal(), stop.drawdown) == (None, 0.475)
    stop.marked(20.0)
    assert stop.refusal() is not None


def test_money_that_comes_or_goes_is_no_drawdown() -> None:
    stop = DrawdownStop(0.5, equity=100.0, lifted_by="a reset")
    stop.marked(75.0)
    stop.flowed(25.0)
    assert stop.drawdown == pytest.approx(0.25)
    stop.flowed(150.0)
    assert stop.drawdown == pytest.approx(0.25)


@given(st.lists(st.floats(1.0, 1_000.0), min_size=1), st.floats(0.01, 1.0), st.integers(0, 20))
def test_it_is_what_the_whole_history_says(curve: list[float], limit: float, cut: int) -> None:
    stop = DrawdownStop(limit, curve[0], "a restart")
    falls = [0.0]
    for number, equity in enumerate(curve[1:], 2):
        if number == cut:
            stop = DrawdownStop(limit, 0.0, "a restart", resume=stop.snapshot())
        stop.marked(equity)
        peak = max(curve[:number])
        falls.append((peak - equity) / peak)
        assert stop.drawdown == falls[-1]
        refusal = stop.refusal()
        first = next((fall for fall in falls if fall >= limit), None)
        assert (None if refusal is None else refusal.actual) == first
