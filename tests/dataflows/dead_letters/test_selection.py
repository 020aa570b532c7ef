"""Which letters are meant: each thing that is asked for narrows, and what is mistyped is named."""

from datetime import timedelta

import pytest

from dataflows.dead_letters.selection import Selection, chosen, id_named, reason_named
from dataflows.errors import CommandRefused
from schemas.dead_letter import Reason
from tests.dataflows.dead_letters.letters_by_hand import NOON, stored

LETTERS = [
    stored(0),
    stored(1, reason=Reason.EMPTY, value=None),
    stored(2, topic="paper.control"),
    stored(3, key=b"BBB"),
    stored(4, key=None),
]


def numbers(selection: Selection) -> list[int]:
    return [one.offset for one in LETTERS if selection.admits(one)]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), [0, 1, 2, 3, 4]),
        (Selection(reason=Reason.EMPTY), [1]),
        (Selection(topic="paper.candles"), [0, 1, 3, 4]),
        (Selection(topic="candles", prefix="paper."), [0, 1, 3, 4]),
        (Selection(topic="candles"), []),
        (Selection(key="BBB"), [3]),
        (Selection(since=NOON + timedelta(minutes=3)), [3, 4]),
        (Selection(until=NOON + timedelta(minutes=3)), [0, 1, 2]),
        (Selection(since=NOON + timedelta(minutes=1), until=NOON + timedelta(minutes=2)), [1]),
        (Selection(ids=(LETTERS[2].letter.id[:6], LETTERS[4].letter.id)), [2, 4]),
        (Selection(ids=(LETTERS[2].letter.id,), reason=Reason.EMPTY), []),
    ],
)
def test_each_thing_that_is_asked_for_narrows(selection: Selection, expected: list[int]) -> None:
    assert numbers(selection) == expected


def test_only_what_asks_for_nothing_is_everything() -> None:
    assert Selection(prefix="paper.").everything
    assert not any(
        one.everything for one in (Selection(ids=("abcd",)), Selection(reason=Reason.EMPTY), Selection(since=NOON))
    )


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_known_however_it_is_written(reason: Reason) -> None:
    assert reason_named(reason.value.replace("_", "-").upper()) is reason


def test_a_reason_that_is_none_is_answered_with_the_nearest() -> None:
    with pytest.raises(CommandRefused, match=r"got 'out_of_oder' \(did you mean \"out_of_order\"\?\)"):
        reason_named("out_of_oder")


@pytest.mark.parametrize("text", ["abc", "not-an-id", "a" * 33, ""])
def test_an_id_has_four_to_thirty_two_hexadecimal_digits(text: str) -> None:
    assert id_named(" ABCD ") == "abcd"
    with pytest.raises(CommandRefused, match="expected a letter's id, or its first 4 to 32 hexadecimal digits"):
        id_named(text)


def test_letters_come_by_origin_and_each_id_once_in_its_newest_form() -> None:
    early, late = stored(7), stored(7, reason=Reason.OUT_OF_ORDER)
    newer = type(late)(late.recorded + timedelta(hours=1), 1, 0, late.letter)
    found = chosen([LETTERS[3], newer, early, LETTERS[2], LETTERS[0]], Selection())
    assert [(one.letter.topic, one.letter.offset, one.letter.reason) for one in found] == [
        ("paper.candles", 0, Reason.INVALID),
        ("paper.candles", 3, Reason.INVALID),
        ("paper.candles", 7, Reason.OUT_OF_ORDER),
        ("paper.control", 2, Reason.INVALID),
    ]


def test_a_beginning_that_several_ids_have_names_none_of_them() -> None:
    by_digit: dict[str, list[int]] = {}
    for number in range(600):
        by_digit.setdefault(stored(number).letter.id[:2], []).append(number)
    beginning, those = next((one, found) for one, found in by_digit.items() if len(found) > 1)
    with pytest.raises(CommandRefused, match=rf"'{beginning}' begins {len(those)} ids: [0-9a-f, ]+: add digits"):
        chosen([stored(number) for number in those], Selection(ids=(beginning,)))


def test_an_id_that_no_letter_has_is_refused() -> None:
    with pytest.raises(CommandRefused, match="no letter has the id 'ffffffff'"):
        chosen(LETTERS, Selection(ids=("ffffffff",)))


def test_more_than_can_be_held_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataflows.dead_letters.selection.MOST_LETTERS", 4)
    assert len(chosen(LETTERS[:4], Selection())) == 4
    with pytest.raises(CommandRefused, match="more than 4 letters or 512 MB are meant: take fewer at once, by --until"):
        chosen(LETTERS, Selection())
