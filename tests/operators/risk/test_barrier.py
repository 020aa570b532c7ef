"""Whatever order series come in, instants are released whole and in order."""

from math import inf
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from operators.risk.barrier import Barrier, Instant
from tests.operators.risk.reports import MINUTE, report

Story = dict[str, list[int]]
"""The minutes at which each series speaks."""

stories = st.dictionaries(
    st.sampled_from(["a BTC", "a ETH", "b BTC", "c GOOG"]),
    st.lists(st.integers(1, 12), min_size=1, unique=True).map(sorted),
    min_size=1,
)


def started(*series: str, patience: int | None = None) -> Barrier:
    barrier = Barrier(None if patience is None else patience * MINUTE)
    for one in series:
        barrier.expect("|".join([*one.split(), "1m"]), MINUTE)
    return barrier


def told(instants: list[Instant]) -> list[tuple[int, list[str], list[str]]]:
    return [
        (one.at_ms // MINUTE, [each.key[:5] for each in one.reports], [each.key[:5] for each in one.late])
        for one in instants
    ]


@settings(max_examples=200, deadline=None)
@given(story=stories, data=st.data())
def test_what_is_released_does_not_depend_on_the_order(story: Story, data: st.DataObject) -> None:
    barrier = started(*story)
    waiting = {series: minutes.copy() for series, minutes in story.items()}
    released: list[Instant] = []
    while waiting:
        series = data.draw(st.sampled_from(sorted(waiting)))
        minute = waiting[series].pop(0)
        later = waiting[series]
        one = report(series, minute, last=not later)
        barrier.add(one if not later else one._replace(next_ms=later[0] * MINUTE))
        if not later:
            del waiting[series]
        released += barrier.released()
        if data.draw(st.booleans()):
            kept: dict[str, Any] = barrier.snapshot()
            barrier = Barrier(resume=kept)
            assert barrier.snapshot() == kept
    instants = sorted({minute for minutes in story.values() for minute in minutes})
    assert told(released) == [
        (minute, sorted(series.replace(" ", "|")[:5] for series, at in story.items() if minute in at), [])
        for minute in instants
    ]
    assert barrier.complete_before() == inf


def test_an_instant_waits_for_whoever_may_speak_at_it() -> None:
    barrier = started("a BTC", "b BTC")
    barrier.add(report("a BTC", 1)._replace(next_ms=9 * MINUTE))
    assert list(barrier.released()) == []
    barrier.add(report("b BTC", 1))
    barrier.add(report("b BTC", 2))
    assert told(list(barrier.released())) == [(1, ["a|BTC", "b|BTC"], []), (2, ["b|BTC"], [])]


def test_who_leaves_is_waited_for_no_more() -> None:
    barrier = started("a BTC", "b BTC")
    barrier.add(report("b BTC", 1))
    barrier.forget("a|BTC|1m")
    assert told(list(barrier.released())) == [(1, ["b|BTC"], [])]
    assert barrier.complete_before() < inf, "the other one goes on"


def test_who_was_not_expected_is_late_where_all_is_decided() -> None:
    barrier = started("b BTC")
    barrier.add(report("b BTC", 5))
    assert told(list(barrier.released())) == [(5, ["b|BTC"], [])]
    barrier.add(report("a BTC", 4))
    barrier.add(report("b BTC", 6))
    assert list(barrier.released()) == [], "from its first report on it is waited for"
    barrier.add(report("a BTC", 7))
    assert told(list(barrier.released())) == [(6, ["b|BTC"], ["a|BTC"])]


def test_a_series_that_has_fallen_silent_is_waited_for_as_long_as_patience_lasts() -> None:
    barrier = started("a BTC", "b BTC", patience=3)
    barrier.add(report("a BTC", 1))
    for minute in (1, 2, 3, 4, 5):
        barrier.add(report("b BTC", minute))
    assert told(list(barrier.released())) == [(1, ["a|BTC", "b|BTC"], [])], "it promised to speak at 2 at the earliest"
    barrier.add(report("b BTC", 6))
    assert [one[0] for one in told(list(barrier.released()))] == [2, 3, 4, 5, 6]
    barrier.add(report("a BTC", 7))
    barrier.add(report("b BTC", 7))
    assert told(list(barrier.released())) == [(7, ["a|BTC", "b|BTC"], [])]


def test_nothing_is_kept_of_what_was_released() -> None:
    barrier = started("a BTC", "b BTC")
    for minute in range(1, 1_000):
        barrier.add(report("a BTC", minute))
        barrier.add(report("b BTC", minute))
        assert len(list(barrier.released())) == 1
    assert barrier.snapshot() == {
        "promises": {"a|BTC|1m": 1_000 * MINUTE, "b|BTC|1m": 1_000 * MINUTE},
        "watermark": 999 * MINUTE,
        "newest_ms": 999 * MINUTE,
        "oldest_ms": MINUTE,
        "late": [],
        "pending": [],
    }
