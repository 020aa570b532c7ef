"""Recent records: bounded, each once, and told by when they came."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from ui.dashboard.recent import Recent


@dataclass(frozen=True)
class Note:
    number: int
    kind: str = "a"

    @property
    def id(self) -> str:
        return str(self.number)


@given(st.lists(st.integers(0, 15), max_size=40), st.integers(0, 40))
def test_what_came_since_is_what_is_new_by_event_time(numbers: list[int], sequence: int) -> None:
    recent = Recent[Note](100, lambda one: (one.number,))
    first: dict[int, int] = {}
    for place, number in enumerate(numbers, 1):
        assert recent.put(Note(number), place) == (number not in first)
        first.setdefault(number, place)
    expected = sorted(number for number, place in first.items() if place > sequence)
    assert [one.number for one in recent.since(sequence, lambda _one: True)] == expected


def test_the_first_to_come_is_the_first_to_go_and_may_come_again() -> None:
    recent = Recent[Note](2, lambda one: (one.number,))
    for number in (3, 1, 2):
        recent.put(Note(number), number)
    assert [one.number for one in recent] == [1, 2]
    assert recent.put(Note(3), 9)


def test_the_latest_are_those_of_the_newest_event_time_that_are_wanted() -> None:
    recent = Recent[Note](9, lambda one: (one.number,))
    for number, kind in ((3, "a"), (9, "b"), (5, "a"), (4, "a")):
        recent.put(Note(number, kind), number)
    assert [one.number for one in recent.latest(2, lambda one: one.kind == "a")] == [5, 4]
