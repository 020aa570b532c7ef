"""The loss of a UTC day: where a day begins, what its reference is, how long the stop holds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.risk.daily_loss import DAY_MS, DailyLoss

HOUR = 3_600_000


def reached(day: DailyLoss, now_ms: int) -> float | None:
    refusal = day.refusal(now_ms)
    return None if refusal is None else refusal.actual


def test_a_loss_of_exactly_the_limit_stops_until_midnight() -> None:
    day = DailyLoss(0.25, now_ms=5 * HOUR, equity=1_000.0)
    day.marked(6 * HOUR, 750.0)
    refusal = day.refusal(6 * HOUR)
    assert refusal is not None
    assert (refusal.limit, refusal.allowed, refusal.actual, refusal.until_ms) == ("max_daily_loss", 0.25, 0.25, DAY_MS)
    assert [reached(day, at) for at in (DAY_MS - 1, DAY_MS)] == [0.25, None]


def test_a_loss_that_is_made_good_again_stops_all_the_same() -> None:
    day = DailyLoss(0.1, now_ms=0, equity=1_000.0)
    day.marked(HOUR, 880.0)
    day.marked(2 * HOUR, 1_500.0)
    assert (reached(day, 3 * HOUR), day.loss) == (0.12, 0.0)


def test_a_close_at_midnight_belongs_to_the_day_that_ends() -> None:
    day = DailyLoss(0.1, now_ms=0, equity=1_000.0)
    day.marked(DAY_MS, 800.0)
    assert reached(day, DAY_MS) is None, "the entry belongs to the day that begins"
    day.marked(DAY_MS + HOUR, 730.0)
    assert day.loss == 0.0875, "of 800, which was equity when the day began"
    assert reached(day, DAY_MS + HOUR) is None
    day.marked(DAY_MS + 2 * HOUR, 720.0)
    assert reached(day, DAY_MS + 2 * HOUR) == 0.1


def test_the_loss_at_midnight_is_that_of_the_whole_day() -> None:
    day = DailyLoss(0.5, now_ms=0, equity=1_000.0)
    day.marked(DAY_MS - HOUR, 950.0)
    day.marked(DAY_MS, 900.0)
    assert day.loss == 0.1


def test_days_without_a_close_have_no_loss() -> None:
    day = DailyLoss(0.1, now_ms=0, equity=1_000.0)
    day.marked(HOUR, 950.0)
    day.marked(5 * DAY_MS + HOUR, 900.0)
    assert reached(day, 5 * DAY_MS + HOUR) is None, "50 of 950"


def test_one_that_begins_anew_forgets_the_day_so_far() -> None:
    day = DailyLoss(0.1, now_ms=0, equity=1_000.0)
    day.marked(HOUR, 800.0)
    day.begin(HOUR, 800.0)
    assert (reached(day, HOUR), day.loss) == (None, 0.0)


def test_money_that_comes_or_goes_is_neither_loss_nor_gain() -> None:
    day = DailyLoss(0.1, now_ms=0, equity=1_000.0)
    day.marked(HOUR, 950.0)
    day.flowed(1_900.0)
    assert day.loss == pytest.approx(0.05)
    day.marked(2 * HOUR, 1_805.0)
    assert day.loss == pytest.approx(0.0975)
    assert reached(day, 2 * HOUR) is None


def test_without_equity_every_loss_is_beyond_the_limit() -> None:
    day = DailyLoss(1.0, now_ms=0, equity=0.0)
    day.marked(HOUR, -1.0)
    assert reached(day, HOUR) == float("inf")


@given(
    limit=st.sampled_from([0.01, 0.1, 0.5]),
    steps=st.lists(st.tuples(st.integers(1, 40), st.sampled_from([50.0, 90.0, 99.0, 100.0, 120.0])), max_size=40),
    data=st.data(),
)
def test_it_is_what_the_whole_history_says(limit: float, steps: list[tuple[int, float]], data: st.DataObject) -> None:
    """At every close, with closes without change left out, and restored anywhere."""
    day, sparse = DailyLoss(limit, now_ms=0, equity=100.0), DailyLoss(limit, now_ms=0, equity=100.0)
    history: list[tuple[int, float]] = [(0, 100.0)]
    for hours, equity in steps:
        now = history[-1][0] + hours * HOUR
        day.marked(now, equity)
        if equity != history[-1][1]:
            sparse.marked(now, equity)
        history.append((now, equity))
        assert reached(day, now) == reached(sparse, now) == expected(limit, history)
        if data.draw(st.booleans()):
            kept: dict[str, Any] = day.snapshot()
            day = DailyLoss(limit, now_ms=0, equity=0.0, resume=kept)
            assert day.snapshot() == kept


def expected(limit: float, history: list[tuple[int, float]]) -> float | None:
    """The first loss of the day that reaches the limit, where now is still on that day."""
    now = history[-1][0]
    begins = now - now % DAY_MS
    reference = [equity for at, equity in history if at <= begins][-1]
    losses = [(reference - equity) / reference for at, equity in history if at > begins]
    return next((loss for loss in losses if loss >= limit), None)
