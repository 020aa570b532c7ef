"""The way to a destination: in order, at least once, and never in anybody's way."""

from threading import Event

import pytest

from dataflows.alerts.lane import Lane, Message
from tests.dataflows.deployment import wait_until


class Place:
    """A destination by hand: fails so often, raises so often, hangs while ``hangs`` is set."""

    name = "destination 1 (test)"

    def __init__(self, *, fails: int = 0, raises: int = 0) -> None:
        self.fails, self.raises = fails, raises
        self.asked = 0
        self.got: list[str] = []
        self.goes_on = Event()
        self.goes_on.set()

    def send(self, title: str, body: str, tone: str) -> bool:
        assert (body, tone) == ("body", "info")
        self.asked += 1
        self.goes_on.wait(20)
        if self.raises:
            self.raises -= 1
            raise RuntimeError("json://user:secret@host")
        if self.fails:
            self.fails -= 1
            return False
        self.got.append(title)
        return True


def message(name: str) -> Message:
    return Message(name, name, "body", "info")


def test_messages_come_in_order_and_are_reported() -> None:
    place = Place()
    lane = Lane(place)
    for name in ("a", "b", "c"):
        lane.put(message(name))
    wait_until(lambda: not lane.waiting, 10)
    assert place.got == ["a", "b", "c"]
    assert lane.done() == [("a", "delivered"), ("b", "delivered"), ("c", "delivered")]
    assert lane.done() == []
    lane.close(5)


@pytest.mark.parametrize(("fails", "raises"), [(3, 0), (0, 3)])
def test_what_fails_or_raises_is_tried_again(fails: int, raises: int, capfd: pytest.CaptureFixture[str]) -> None:
    place = Place(fails=fails, raises=raises)
    lane = Lane(place, first_wait_s=0.01)
    lane.put(message("a"))
    lane.put(message("b"))
    wait_until(lambda: not lane.waiting, 10)
    assert (place.got, lane.failures) == (["a", "b"], 3)
    lane.close(5)
    assert "secret" not in "".join(capfd.readouterr())


def test_a_destination_that_hangs_is_asked_once_and_delays_nobody() -> None:
    place = Place()
    place.goes_on.clear()
    lane = Lane(place, timeout_s=0.02, first_wait_s=0.01, longest_wait_s=0.02)
    lane.put(message("a"))
    wait_until(lambda: lane.failures > 3, 10)
    assert place.asked == 1
    place.goes_on.set()
    wait_until(lambda: not lane.waiting, 10)
    assert place.got == ["a"]  # the attempt that hung counts
    lane.close(5)


def test_a_full_queue_drops_the_oldest_and_counts() -> None:
    place = Place()
    place.goes_on.clear()
    lane = Lane(place, most=2, timeout_s=0.02, first_wait_s=0.01, longest_wait_s=0.02)
    for name in ("a", "b", "c", "d"):
        lane.put(message(name))
    assert (lane.waiting, lane.dropped) == (2, 2)
    assert lane.done() == [("a", "dropped"), ("b", "dropped")]
    place.goes_on.set()
    wait_until(lambda: not lane.waiting, 10)
    assert place.got[-2:] == ["c", "d"]
    lane.close(5)


def test_a_lane_closes_while_its_destination_fails() -> None:
    lane = Lane(Place(fails=10**6), first_wait_s=30)
    lane.put(message("a"))
    wait_until(lambda: lane.failures > 0, 10)
    lane.close(5)
    assert (lane.waiting, lane.done()) == (1, [])
