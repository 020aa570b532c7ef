"""Of two who act on the same state of things, one is first: the other is told what is current."""

from typing import Any

import pytest

from operators.control.registry import MAX_REMEMBERED, Registry
from operators.strategy.catalog import Catalog
from schemas.lifecycle import NOTHING_YET, DesiredState, State, StrategyStatus, StrategyVersion
from schemas.problems import Problem
from tests.operators.plain_engine import desired, expression, scripted


def made(number: int, *, low: int | None = None, **more: object) -> StrategyVersion:
    """A version of one strategy; of the same ``low`` they are the same configuration."""
    whole = expression("dip", f"rsi_14 < {low or 10 + number}", "rsi_14 > 70", number)
    return whole.model_copy(update=more)


def order(number: int, name: str, state: str = "running", **more: Any) -> DesiredState:  # noqa: ANN401  # any field
    return desired(made(number), state, name=name).model_copy(update=more)


def registry_of(*records: StrategyVersion | DesiredState) -> Registry:
    registry = Registry(Catalog(scripted))
    for record in records:
        assert registry.apply(record).state is State.ACCEPTED, record
    return registry


TWO = (made(1), order(1, "go", expected_version=NOTHING_YET), made(2, based_on=1))


def refusal(answer: StrategyStatus) -> str:
    assert answer.state is State.REFUSED
    assert answer.reason is not None
    return answer.reason


def test_a_version_made_from_what_is_not_current_any_more_is_refused() -> None:
    registry = registry_of(*TWO, order(2, "up", expected_version=1, author="ada"))
    late = made(3, based_on=1)
    assert refusal(registry.apply(late)) == "it was made from version 1; version 2 is current (by ada)"
    assert sorted(registry.versions("dip")) == [1, 2]
    assert registry.apply(made(3, based_on=2)).state is State.ACCEPTED


def test_after_a_rollback_a_version_is_made_from_the_old_one() -> None:
    registry = registry_of(*TWO, order(2, "up"), order(1, "back", expected_version=2))
    assert "version 1 is current" in refusal(registry.apply(made(3, based_on=2)))
    assert registry.apply(made(3, based_on=1)).state is State.ACCEPTED


def test_of_two_versions_with_one_number_the_first_one_stays() -> None:
    registry = registry_of(*TWO, order(2, "up", expected_version=1))
    other = made(2, low=40, based_on=1)
    assert refusal(registry.apply(other)) == (
        "version 2 exists with other contents: a version is immutable; version 2 is current"
    )
    assert registry.versions("dip")[2] == TWO[2]


def test_the_same_contents_are_one_version_whoever_sends_them_and_the_first_to_do_so_is_its_author() -> None:
    ada = made(2, based_on=1, author="ada", reason="tighter")
    registry = registry_of(*TWO[:2], ada, made(2, based_on=1, author="bob", reason="as she says"))
    assert registry.versions("dip")[2] == ada


def test_numbers_follow_one_another() -> None:
    registry = registry_of()
    assert refusal(registry.apply(made(2))) == "version 2 would leave a gap: the next one is 1"
    registry = registry_of(made(1))
    assert refusal(registry.apply(made(3))) == "version 3 would leave a gap: the next one is 2"
    assert sorted(registry.versions("dip")) == [1]


def test_a_number_that_was_refused_is_free_and_the_next_one_is_too() -> None:
    broken = expression("dip", "nonsense < 3", "rsi_14 > 70", 2)
    for number in (2, 3):
        registry = registry_of(made(1))
        assert 'unknown name "nonsense"' in refusal(registry.apply(broken))
        assert registry.apply(made(number)).state is State.ACCEPTED
        assert sorted(registry.versions("dip")) == [1, number]


def test_a_refused_version_leaves_nothing_behind_where_its_number_is_given_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_model(config: object) -> tuple[Problem, ...]:
        return () if config == made(1).config else (Problem("models.lstm", "lstm cannot run yet"),)

    monkeypatch.setattr("operators.control.registry.unrunnable", no_model)
    catalog = Catalog(scripted)
    registry = Registry(catalog)
    answer = registry.apply(made(1, low=40))
    assert refusal(answer) == "dip: 1 problem\n  - models.lstm: lstm cannot run yet"
    assert registry.apply(made(1)).state is State.ACCEPTED
    assert catalog.get("dip", 1).config == made(1).config


@pytest.mark.parametrize(
    ("expected", "reason"),
    [
        (1, "it was meant for version 1; version 2 is current (by ada)"),
        (3, "it was meant for version 3; version 2 is current (by ada)"),
        (NOTHING_YET, "it was meant while no version was current; version 2 is current (by ada)"),
        (2, None),
        (None, None),
    ],
)
def test_a_command_meant_for_another_version_than_the_current_one_is_refused(
    expected: int | None, reason: str | None
) -> None:
    registry = registry_of(*TWO, order(2, "up", expected_version=1, author="ada"))
    answer = registry.apply(order(1, "rest", "paused", expected_version=expected))
    assert (answer.reason if answer.state is State.REFUSED else None) == reason
    assert registry.current("dip") == (2 if reason else 1)


def test_a_command_that_another_came_before_is_refused_so_that_a_pause_is_not_undone_unseen() -> None:
    registry = registry_of(*TWO, order(1, "rest", "paused", follows="go"))
    late = order(2, "up", expected_version=1, follows="go")
    assert refusal(registry.apply(late)) == (
        "it follows command go, and command rest has come since: version 1 is to be paused"
    )
    assert registry.apply(order(2, "up", "paused", expected_version=1, follows="rest")).state is State.ACCEPTED


def test_a_command_that_comes_again_changes_nothing_whatever_came_after_it() -> None:
    up = order(2, "up", expected_version=1, follows="go")
    registry = registry_of(*TWO, up, order(1, "back", expected_version=2))
    assert registry.apply(up).state is State.ACCEPTED
    assert registry.current("dip") == 1
    assert [one.command for one in registry.commands("dip")] == ["go", "up", "back"]


def test_a_command_id_means_one_command() -> None:
    registry = registry_of(*TWO)
    assert refusal(registry.apply(order(2, "go"))) == "command go was given before, and said otherwise"
    assert registry.current("dip") == 1


def test_the_number_of_remembered_commands_is_bounded() -> None:
    registry = registry_of(made(1), *(order(1, f"c{number}") for number in range(MAX_REMEMBERED + 10)))
    names = [one.command for one in registry.commands("dip")]
    assert names == [f"c{number}" for number in range(10, MAX_REMEMBERED + 10)]


def test_records_of_release_0_1_say_nothing_and_are_taken() -> None:
    registry = registry_of(made(1), order(1, "a"), made(2), order(2, "b"), made(3), order(3, "c"), order(2, "d"))
    assert registry.current("dip") == 2


def test_the_log_after_compaction_tells_the_same() -> None:
    """The version made after a rollback was judged by a command that is not there any more."""
    log: list[StrategyVersion | DesiredState] = [
        *TWO,
        order(2, "up", expected_version=1),
        order(1, "back", expected_version=2),
    ]
    log += [made(3, based_on=1), order(3, "on", expected_version=1, follows="back")]
    newest = {record.key: place for place, record in enumerate(log)}
    whole, left = registry_of(*log), registry_of(*(log[place] for place in sorted(newest.values())))
    assert whole.versions("dip") == left.versions("dip")
    assert [one.desired for one in whole.wanted("dip")][-1:] == [one.desired for one in left.wanted("dip")]


def test_who_when_and_why_decide_nothing() -> None:
    plain: list[StrategyVersion | DesiredState] = [
        made(1),
        order(1, "go"),
        made(2, based_on=1),
        order(2, "up", expected_version=1),
    ]
    told = {"author": "ada", "reason": "because"}
    signed = [record.model_copy(update=told) for record in plain]
    one, other = registry_of(*plain), registry_of(*signed)
    assert one.current("dip") == other.current("dip") == 2
    assert {number: version.config for number, version in one.versions("dip").items()} == {
        number: version.config for number, version in other.versions("dip").items()
    }
