"""The control log, record by record: what is accepted, what is refused, and why."""

import pytest

from operators.control.registry import Registry
from operators.control.scheduled import MAX_WAITING
from operators.strategy.catalog import Catalog
from schemas.lifecycle import DesiredState, State, StrategyVersion
from schemas.signal_config import SignalConfig
from tests.operators.plain_engine import desired, expression, version

DIP = expression("dip_buyer", "rsi_14 < 30", "rsi_14 > 70")
DIP_2 = expression("dip_buyer", "rsi_14 < 20", "rsi_14 > 70", 2)


@pytest.fixture
def registry() -> Registry:
    """A log that holds one version."""
    registry = Registry(Catalog())
    assert registry.apply(DIP).state is State.ACCEPTED
    return registry


def test_version_is_accepted_and_listed(registry: Registry) -> None:
    answer = registry.apply(DIP_2)
    assert (answer.state, answer.strategy, answer.version, answer.reason) == ("accepted", "dip_buyer", 2, None)
    assert registry.versions("dip_buyer") == {1: DIP, 2: DIP_2}
    assert registry.strategies == ("dip_buyer",)


def test_version_is_immutable(registry: Registry) -> None:
    answer = registry.apply(DIP_2.model_copy(update={"version": 1}))
    assert answer.state is State.REFUSED
    assert answer.reason == "version 1 exists with other contents: a version is immutable"
    assert registry.versions("dip_buyer") == {1: DIP}


def test_same_version_again_is_accepted(registry: Registry) -> None:
    assert registry.apply(DIP).state is State.ACCEPTED


def test_configuration_of_another_strategy_is_refused(registry: Registry) -> None:
    answer = registry.apply(StrategyVersion(strategy="other", version=1, config=DIP.config))
    assert answer.state is State.REFUSED
    assert answer.reason == "the configuration is of strategy 'dip_buyer', not 'other'"
    assert registry.strategies == ("dip_buyer",)


def test_version_that_cannot_be_compiled_is_refused_with_all_reasons(registry: Registry) -> None:
    rules = (
        SignalConfig(id="entry", type="entry", expression="rsii < 30"),
        SignalConfig(id="exit", type="exit", expression="rsi_14 >> 70"),
    )
    answer = registry.apply(version("dip_buyer", 2, rules=rules))
    assert answer.state is State.REFUSED
    assert answer.reason is not None
    assert answer.reason.startswith("dip_buyer: 2 problems\n")
    assert 'signals.entry, character 1: unknown name "rsii"' in answer.reason
    assert "signals.exit, character 9: " in answer.reason
    assert registry.versions("dip_buyer") == {1: DIP}


def test_unknown_strategy_is_refused_with_the_nearest_name(registry: Registry) -> None:
    answer = registry.apply(desired(version("dip_buyr")))
    assert (answer.state, answer.command) == ("refused", "c1")
    assert answer.reason == "there is no strategy 'dip_buyr' (did you mean \"dip_buyer\"?)"
    assert registry.wanted("dip_buyr") == []


def test_unknown_version_is_refused_with_those_there_are(registry: Registry) -> None:
    registry.apply(DIP_2)
    answer = registry.apply(desired(DIP.model_copy(update={"version": 7})))
    assert answer.state is State.REFUSED
    assert answer.reason == "strategy 'dip_buyer' has no version 7, it has 1, 2"
    assert registry.wanted("dip_buyer") == []


def test_desired_state_is_accepted_under_its_command(registry: Registry) -> None:
    answer = registry.apply(desired(DIP, "paused", generation=3, name="cmd-9"))
    assert (answer.state, answer.version, answer.generation, answer.command) == ("accepted", 1, 3, "cmd-9")
    assert answer.reason == "paused is wanted"
    assert answer.key == "dip_buyer"


def names(registry: Registry) -> list[str]:
    return [one.desired.command for one in registry.wanted("dip_buyer")]


def wanted(name: str, after: int | None) -> DesiredState:
    return desired(DIP, name=name, after=after)


def test_commands_with_times_wait_side_by_side_and_later_ones_give_way(registry: Registry) -> None:
    for name, after in (("now", None), ("b", 10), ("c", 20), ("d", 30)):
        registry.apply(wanted(name, after))
    assert names(registry) == ["now", "b", "c", "d"]
    registry.apply(wanted("e", 20))
    assert names(registry) == ["now", "b", "e"]
    registry.apply(wanted("f", None))
    assert names(registry) == ["f"]


@pytest.mark.parametrize("again", [0, 1, 2])
def test_command_that_comes_again_changes_nothing(registry: Registry, again: int) -> None:
    records = [wanted("now", None), wanted("b", 10), wanted("c", 20)]
    for record in records:
        registry.apply(record)
    assert registry.apply(records[again]).state is State.ACCEPTED
    assert names(registry) == ["now", "b", "c"]


def test_number_of_waiting_commands_is_bounded(registry: Registry) -> None:
    for number in range(200):
        registry.apply(wanted(f"c{number}", number))
    assert names(registry) == [f"c{number}" for number in range(200 - MAX_WAITING - 1, 200)]


def test_what_is_refused_changes_nothing(registry: Registry) -> None:
    registry.apply(wanted("now", None))
    registry.apply(desired(DIP.model_copy(update={"version": 7}), "stopped", name="bad"))
    assert names(registry) == ["now"]


def test_whoever_applies_the_same_records_gets_the_same_answers() -> None:
    records: list[StrategyVersion | DesiredState] = [DIP, desired(DIP_2), DIP_2, desired(DIP_2), DIP_2, version("x")]
    records.append(desired(DIP, "stopped", after=5))
    one, other = Registry(Catalog()), Registry(Catalog())
    assert [one.apply(record) for record in records] == [other.apply(record) for record in records]
