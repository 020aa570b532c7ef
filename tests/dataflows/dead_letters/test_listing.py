"""Letters counted, and the newest of them."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest

from dataflows.dead_letters.letters import StoredLetter
from dataflows.dead_letters.listing import listing
from dataflows.dead_letters.selection import Selection
from dataflows.errors import CommandRefused
from schemas.dead_letter import Reason
from tests.dataflows.dead_letters.letters_by_hand import NOON, stored

REASONS = (Reason.EMPTY, Reason.INVALID, Reason.INVALID)


def shuffled(count: int) -> Iterator[StoredLetter]:
    numbers = list(range(count))
    Random(3).shuffle(numbers)
    return (stored(number, reason=REASONS[number % 3]) for number in numbers)


def test_the_newest_come_in_order_whatever_order_they_are_read_in() -> None:
    found = listing(shuffled(90), Selection(), 10)
    assert [one.offset for one in found.newest] == list(range(80, 90))
    assert found.letters == 90


def test_groups_have_counts_and_times_and_the_largest_is_first() -> None:
    found = listing(shuffled(90), Selection(), 0)
    assert found.newest == ()
    assert [(one.reason, one.topic, one.letters) for one in found.groups] == [
        (Reason.INVALID, "paper.candles", 60),
        (Reason.EMPTY, "paper.candles", 30),
    ]
    assert (found.groups[1].first, found.groups[1].last) == (NOON, NOON + timedelta(minutes=87))


def test_only_what_is_meant_is_counted() -> None:
    found = listing(shuffled(90), Selection(reason=Reason.EMPTY), None)
    assert (found.letters, len(found.newest)) == (30, 30)


@pytest.mark.parametrize(
    ("selection", "complaint"),
    [
        (
            Selection(topic="paper.candle"),
            r"no letter is of the topic 'paper.candle' \(did you mean \"paper.candles\"\?\)",
        ),
        (Selection(key="AAAA"), r"no letter is of the key 'AAAA' \(did you mean \"AAA\"\?\)"),
    ],
)
def test_a_name_that_no_letter_has_is_answered_with_the_nearest(selection: Selection, complaint: str) -> None:
    with pytest.raises(CommandRefused, match=complaint):
        listing(shuffled(9), selection, 10)


def test_a_name_that_is_right_and_has_no_letters_is_no_mistake() -> None:
    assert listing(shuffled(9), Selection(topic="control"), 10).letters == 0
    assert listing(shuffled(9), Selection(key="AAA", reason=Reason.OVERSIZED), 10).letters == 0
