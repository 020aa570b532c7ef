"""What a part of the candle source is gone on from, and what not."""

from typing import Any

import pytest

from dataflows.kafka.source_state import Feed, resumable, resumed
from operators.control.placing import Resumed
from operators.snapshot import SnapshotRefused
from schemas.placement import PARTIAL_COPY

FEED = Feed("x.candles", "x.control", ("idOfCandles", "idOfControl"), 4)
STATE: dict[str, Any] = {
    "schema_version": 2,
    "candles": 120,
    "control": 9,
    "commands_until": 118,
    "symbols": ("AAA", "BBB"),
    "run": 3,
    "ended": True,
    "feed": "idOfCandles|idOfControl",
    "partitions": 4,
}


def test_its_own_is_gone_on_from() -> None:
    state = resumable(STATE, FEED, 1)
    assert state == STATE
    assert resumed(state) == Resumed(120, 9, 118, 3, ended=True)


def test_what_a_part_wrote_before_commands_were_placed_is_migrated() -> None:
    """A literal state of that form. It cannot say whether it was the last thing that its run did."""
    state = resumable({"schema_version": 1, "candles": 120, "control": 9, "symbols": ("AAA", "BBB")}, FEED, 1)
    assert resumed(state) == Resumed(120, 9, 120, 0, ended=False)
    assert state["symbols"] == ("AAA", "BBB")


ANEW = "which it has now: the topic was deleted and made anew, or this is another cluster"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"schema_version": 3}, "schema version 3, expected 2"),
        ({"schema_version": None}, "schema version None, expected 2"),
        (
            {"partitions": 3},
            "made with 3 partitions of x.candles, expected 4, which it has now: symbols have moved between them",
        ),
        (
            {"feed": "another|idOfControl"},
            f"made with the topic x.candles of id another, expected idOfCandles, {ANEW}",
        ),
        (
            {"feed": "idOfCandles|another"},
            f"made with the topic x.control of id another, expected idOfControl, {ANEW}",
        ),
    ],
    ids=["later form", "no form", "other partitions", "other candles", "other control"],
)
def test_state_of_another_form_or_feed_is_refused_by_name(change: dict[str, Any], text: str) -> None:
    with pytest.raises(SnapshotRefused) as refused:
        resumable({**STATE, **change}, FEED, 1)
    assert str(refused.value) == f"candle source, partition 1: {text}"


@pytest.mark.parametrize(
    ("then", "now"),
    [("", FEED.ids), ("other|ids", ("", "")), ("other|ids", ("idOfCandles", "")), ("", ("", ""))],
)
def test_a_broker_that_tells_no_ids_is_not_held_to_them(then: str, now: tuple[str, str]) -> None:
    feed = Feed("x.candles", "x.control", now, 4)
    assert resumable({**STATE, "feed": then}, feed, 0)["feed"] == then
    assert feed.text == ("idOfCandles|idOfControl" if all(now) else "")


def test_what_was_copied_in_part_says_nothing_of_any_feed() -> None:
    assert (
        Feed("c", "k", ("", ""), 4).why_not(PARTIAL_COPY)
        == "c and k were copied without some of the records that were worked"
    )
    assert FEED.why_not(PARTIAL_COPY) is not None


def test_a_start_marker_has_the_number_of_partitions() -> None:
    feed = Feed("c", "k", ("a", "b"), 4)
    assert feed.mark == "a|b|4"
    assert feed.why_not("a|b|4") is None
    assert feed.why_not("a|b|2") == "c had 2 partitions, and has 4: symbols may have moved"
    assert "made with the topic k of id other" in str(feed.why_not("a|other|4"))
    assert not Feed("c", "k", ("", ""), 4).mark
