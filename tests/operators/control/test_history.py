"""Which version was current when, as far as the control log still tells."""

import pytest

from operators.control.history import Tenure, is_whole, previous_version, tenures
from schemas.lifecycle import NOTHING_YET, DesiredState, StrategyVersion
from tests.operators.plain_engine import desired, version

V1, V2, V3 = version(), version(number=2).model_copy(update={"based_on": 1}), version(number=3)
VERSIONS = {1: V1, 2: V2, 3: V3}


def order(about: StrategyVersion, name: str, expected: int | None, follows: str | None) -> DesiredState:
    update = {"expected_version": expected, "follows": follows}
    return desired(about, name=name).model_copy(update=update)


GO = order(V1, "go", NOTHING_YET, None)
REST = order(V1, "rest", 1, "go")
UP = order(V2, "up", 1, "rest")
BACK = order(V1, "back", 2, "up")


def test_commands_of_one_version_in_a_row_are_one_stretch() -> None:
    assert tenures([GO, REST, UP, BACK]) == (Tenure(1, GO, UP), Tenure(2, UP, BACK), Tenure(1, BACK, None))


def test_without_a_command_nothing_was_ever_current() -> None:
    assert tenures([]) == ()
    assert not is_whole([])
    assert previous_version({1: V1}, []) is None


@pytest.mark.parametrize(
    ("commands", "whole"),
    [
        ([GO], True),
        ([GO, REST, UP, BACK], True),
        ([REST, UP], False),
        ([GO, UP], False),
        ([order(V1, "old", None, None)], False),
    ],
    ids=["first", "all", "without the first", "without one between", "of release 0.1"],
)
def test_what_compaction_removed_is_noticed(commands: list[DesiredState], *, whole: bool) -> None:
    assert is_whole(commands) is whole


@pytest.mark.parametrize(
    ("commands", "previous"),
    [
        ([GO, REST], None),
        ([GO, REST, UP], 1),
        ([GO, REST, UP, BACK], 2),
        ([BACK, order(V1, "again", 1, "back")], 2),
        ([order(V3, "three", 2, "x")], 2),
        ([order(V2, "lone", 2, "x")], 1),
        ([order(V3, "lone", 3, "x")], None),
    ],
    ids=[
        "one alone",
        "updated",
        "rolled back",
        "told by the rollback",
        "told by the newest",
        "told by its base",
        "not told",
    ],
)
def test_the_version_before_is_the_last_other_one_that_anything_tells_of(
    commands: list[DesiredState], previous: int | None
) -> None:
    assert previous_version(VERSIONS, commands) == previous
