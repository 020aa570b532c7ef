"""When a rule fires on a source, and when that is over."""

import json
from math import inf, isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from operators.alerts.threshold import NOTHING_SEEN, Happening, Standing, Terms, observe

ABOVE = Terms(10.0, 8.0, above=True)
BELOW = Terms(1.0, 2.0, above=False)

Observation = tuple[int, float | None]


def told(terms: Terms, *observations: Observation) -> list[Happening]:
    """What a run of observations leads to."""
    standing, found = NOTHING_SEEN, []
    for at_ms, value in observations:
        standing, happening = observe(terms, standing, at_ms, value)
        if happening is not None:
            found.append(happening)
    return found


def changes(terms: Terms, *values: float | None) -> list[str | None]:
    """What each of some values, a second apart, leads to."""
    standing = NOTHING_SEEN
    found: list[str | None] = []
    for second, value in enumerate(values):
        standing, happening = observe(terms, standing, second * 1_000, value)
        found.append(None if happening is None else happening.change)
    return found


def test_it_fires_once_and_is_over_at_the_resolving_threshold() -> None:
    assert changes(ABOVE, 10, 10.1, 12, 9, 8.1, 8, 7) == [None, "firing", None, None, None, "resolved", None]
    assert changes(BELOW, 1, 0.9, 0, 1.5, 2, 3) == [None, "firing", None, None, "resolved", None]


def test_a_value_that_trembles_at_the_threshold_is_told_once() -> None:
    assert changes(ABOVE, *(9.9, 10.1) * 20).count("firing") == 1
    sharp = Terms(10.0, 10.0, above=True)
    assert changes(sharp, *(9.9, 10.1) * 20).count("firing") == 20


def test_what_has_no_value_is_no_observation() -> None:
    assert changes(ABOVE, 11, None, nan, inf, -inf, 7) == ["firing", None, None, None, None, "resolved"]


def test_it_fires_after_it_has_been_beyond_for_so_long() -> None:
    held = Terms(10.0, 8.0, above=True, held_ms=3_000)
    assert changes(held, 11, 11, 11, 11, 11) == [None, None, None, "firing", None]
    assert changes(held, 11, 11, 9.5, 11, 11, 11, 11) == [None] * 6 + ["firing"]


def test_it_is_told_again_while_it_is_beyond() -> None:
    again = Terms(10.0, 8.0, above=True, repeat_ms=2_000)
    assert changes(again, 11, 11, 11, 9, 9, 11, 7) == ["firing", None, "again", None, None, "again", "resolved"]
    numbers = [one.number for one in told(again, (0, 11), (2_000, 11), (4_000, 11), (5_000, 0), (6_000, 11))]
    assert numbers == [0, 1, 2, 2, 0]


def test_an_older_observation_is_none() -> None:
    assert [one.change for one in told(ABOVE, (2_000, 11), (1_000, 0), (2_000, 7))] == ["firing", "resolved"]


def test_an_end_says_when_it_began() -> None:
    assert told(ABOVE, (1_000, 11), (9_000, 7))[1] == Happening("resolved", 9_000, 7, 1_000)


values = st.none() | st.just(nan) | st.floats(-5, 25, allow_nan=False)
bounds = st.tuples(st.floats(0, 20), st.floats(0, 5), st.booleans())


@given(bounds, st.lists(st.tuples(st.integers(0, 50), values), max_size=40), st.integers(0, 20))
def test_with_and_without_stops_the_same_is_told(
    bound: tuple[float, float, bool], observations: list[Observation], held_ms: int
) -> None:
    threshold, back, above = bound
    terms = Terms(threshold, threshold - back if above else threshold + back, above, held_ms, 10)
    standing, found = NOTHING_SEEN, []
    for at_ms, value in observations:
        standing = Standing.restored(json.loads(json.dumps(standing.snapshot())))
        standing, happening = observe(terms, standing, at_ms, value)
        found += [] if happening is None else [happening]
    assert found == told(terms, *observations)


class OneRule(RuleBasedStateMachine):
    """A rule on a source, beside what its owner may rely on."""

    def __init__(self) -> None:
        super().__init__()
        self.standing, self.now, self.history = NOTHING_SEEN, 0, list[Happening]()

    @initialize(bound=bounds, held_ms=st.integers(0, 30), repeat_ms=st.none() | st.integers(1, 30))
    def begin(self, bound: tuple[float, float, bool], held_ms: int, repeat_ms: int | None) -> None:
        threshold, back, above = bound
        resolve = threshold - back if above else threshold + back
        self.terms = Terms(threshold, resolve, above, held_ms, repeat_ms)

    @rule(later=st.integers(0, 20), value=values)
    def see(self, later: int, value: float | None) -> None:
        self.now += later
        before = self.standing
        self.standing, happening = observe(self.terms, self.standing, self.now, value)
        if value is None or isnan(value):
            assert (self.standing, happening) == (before, None)
        if happening is None:
            return
        if happening.change == "resolved":
            assert self.terms.is_over(happening.value)
        else:
            assert self.terms.is_beyond(happening.value)
        self.history.append(happening)

    @rule(earlier=st.integers(1, 20), value=values)
    def see_late(self, earlier: int, value: float | None) -> None:
        if self.standing.at_ms is not None:
            assert observe(self.terms, self.standing, self.standing.at_ms - earlier, value) == (self.standing, None)

    @rule()
    def restart(self) -> None:
        self.standing = Standing.restored(json.loads(json.dumps(self.standing.snapshot())))

    @invariant()
    def firing_and_resolved_take_turns(self) -> None:
        ends = [one.change for one in self.history if one.change != "again"]
        assert ends == ["firing", "resolved"] * (len(ends) // 2) + ["firing"] * (len(ends) % 2)
        assert (self.standing.fired_ms is not None) == (len(ends) % 2 == 1)

    @invariant()
    def times_go_forward(self) -> None:
        times = [one.at_ms for one in self.history]
        assert times == sorted(times)
        assert all(one.since_ms <= one.at_ms for one in self.history)


TestOneRule = OneRule.TestCase


@pytest.mark.parametrize("terms", [ABOVE, BELOW])
def test_the_threshold_itself_does_not_fire(terms: Terms) -> None:
    assert told(terms, (0, terms.threshold)) == []
