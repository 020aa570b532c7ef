"""A topic that is read whole, from a broker that goes away: the loop ends, and says why."""

from collections.abc import Callable

import pytest

from dataflows.errors import BrokerUnreachable
from dataflows.kafka.client import ClientConfig
from dataflows.kafka.control_log import ControlLog
from dataflows.kafka.patience import ASKED_SECONDS, SILENT_SECONDS, Patience
from dataflows.kafka.placements import claim_run
from schemas.codec import Codec
from schemas.framing import SingleObject


class Clock:
    """Seconds, set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_broker_that_falls_silent_is_given_up_after_a_minute() -> None:
    clock = Clock()
    patience = Patience("control[0]", clock=clock)
    for place in (3, 7):  # each is progress, and begins the minute anew
        patience.at(place)
        clock.now += SILENT_SECONDS
        patience.at(place)
    clock.now += 0.1
    with pytest.raises(BrokerUnreachable, match=r"control\[0\]: .* said nothing for 60 s, at offset 7") as given_up:
        patience.at(7)
    assert not given_up.value.permanent


def test_whoever_wants_the_end_waits_a_moment_only_where_nothing_comes() -> None:
    clock, asked = Clock(), [False]
    patience = Patience("control[0]", lambda: asked[0], clock=clock)
    patience.at(0)
    asked[0] = True
    for place in range(1, 5):
        clock.now += 10 * ASKED_SECONDS
        patience.at(place)
    clock.now += ASKED_SECONDS + 0.1
    with pytest.raises(BrokerUnreachable, match="asked to end while it is read, and the broker says nothing"):
        patience.at(4)


class Gone:
    """A consumer whose broker goes away once it has told which offsets there are."""

    def __init__(self, _config: object) -> None:
        self.turns = 0

    def get_watermark_offsets(self, _place: object, timeout: float) -> tuple[int, int]:
        del timeout
        return (4, 9)

    def assign(self, _places: object) -> None:
        """Taken, and of no consequence."""

    def consume(self, num_messages: int, timeout: float) -> list[object]:
        del num_messages, timeout
        self.turns += 1
        assert self.turns < 10_000, "read for ever"
        return []

    def close(self) -> None:
        """Nothing to leave."""


def control(config: ClientConfig) -> None:
    list(ControlLog(config, "control", Codec(SingleObject())).whole(lambda: True))


def placements(config: ClientConfig) -> None:
    claim_run(config, "placements", Codec(SingleObject()), 0, asked_to_end=lambda: True)


@pytest.mark.parametrize(("module", "read"), [("control_log", control), ("placements", placements)])
def test_topics_that_are_read_whole_are_not_waited_for_for_ever(
    module: str, read: Callable[[ClientConfig], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"dataflows.kafka.{module}.Consumer", Gone)
    monkeypatch.setattr("dataflows.kafka.patience.ASKED_SECONDS", 0.0)
    with pytest.raises(BrokerUnreachable, match=rf"{read.__name__}\[0\]: asked to end .*at offset 4"):
        read({"bootstrap.servers": "127.0.0.1:1"})
