"""Five hundred strategies of which fifty are broken: the others say what they say without them, byte for byte."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import pytest

from dataflows.prove.case import Case
from dataflows.prove.cases import reference
from dataflows.prove.compare import Written, differences, written
from dataflows.prove.happenings import Input, Sent
from dataflows.prove.run import Emitted, emitted
from schemas.alert import Alert
from schemas.lifecycle import DesiredState, State, StrategyStatus, StrategyVersion
from schemas.record import from_milliseconds
from schemas.strategy import StrategyConfig
from tests.dataflows.broken_ones import MINUTE, START, Broken, another, broken, plant_all, sound, walk

SOUND = 450
BROKEN = 50
# One case of this size takes minutes; what else may happen to candles is tried on fewer, each broken in another way.
CASE = Case(
    "random sizes, stopped and resumed 4 times with 2 and 1 workers",
    batch=-1,
    partitions=2,
    stops=4,
    workers=(2, 1),
    seed=4,
)
SMALL_CASES = (
    Case("batches of 1", batch=1, partitions=2),
    Case("batches of 7", batch=7, partitions=2),
    Case("random sizes, 2 workers", batch=-1, partitions=2, workers=(2,), seed=3),
    Case(
        "stopped and resumed 12 times, a snapshot after each batch", batch=10, partitions=2, stops=12, epoch_s=0, seed=5
    ),
    Case("stopped and resumed with 2, 1 and 3 workers", batch=40, partitions=2, stops=3, workers=(2, 1, 3), seed=6),
)


def fifty() -> list[Broken]:
    """Each way once, and again."""
    each = broken()
    return [one if number < len(each) else another(one, number) for number, one in enumerate([*each, *each, *each])][
        :BROKEN
    ]


def told(strategies: Sequence[StrategyConfig], *more: Sent) -> Input:
    """All of them from the first candle on."""
    script: list[Sent] = []
    for config in strategies:
        start = DesiredState(strategy=config.id, version=1, state="running", command=f"start-{config.id}"[:64])
        script += [Sent(START, StrategyVersion(strategy=config.id, version=1, config=config)), Sent(START, start)]
    return Input("isolation", walk(), [*script, *more])


def of_these(run: Written, strategies: Sequence[StrategyConfig]) -> Mapping[str, Mapping[str, Sequence[bytes]]]:
    """What was written under the keys of these strategies, and of no strategy."""
    known = {config.id for config in strategies}
    everybody = {key.partition("|")[0] for key in run["status"]}
    return {
        topic: {key: records for key, records in keys.items() if key.partition("|")[0] not in everybody - known}
        for topic, keys in run.items()
    }


def quarantines(run: Emitted, identity: str) -> dict[str, tuple[str, datetime | None, str | None]]:
    """By symbol: what the alert says, and the bar and the reason of the status, of which there is one at most."""
    found = {}
    for key, statuses in run["status"].items():
        strategy, _, series = key.partition("|")
        if strategy != identity or not series:
            continue
        bad = [one for one in statuses if isinstance(one, StrategyStatus) and one.state is State.QUARANTINED]
        alerts = [one for one in run["alerts"].get(key, ()) if isinstance(one, Alert)]
        assert len(bad) == len(alerts) <= 1, key
        if bad:
            assert alerts[0].kind == "quarantine"
            found[series.partition("|")[0]] = (alerts[0].message, bad[0].effective_bar, bad[0].reason)
    return found


@pytest.fixture(scope="module", autouse=True)
def planted() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        plant_all(monkeypatch)
        yield


@pytest.fixture(scope="module")
def few() -> list[StrategyConfig]:
    """Each way to be broken once, and as many that are sound."""
    bad = broken()
    return [config for one, fine in zip(bad, sound(len(bad)), strict=True) for config in (one.config, fine)]


@pytest.fixture(scope="module")
def few_together(few: list[StrategyConfig]) -> Emitted:
    return emitted(told(few), reference())


@pytest.fixture(scope="module")
def mixed() -> list[StrategyConfig]:
    """The broken among the others."""
    bad = fifty()
    assert len({one.config.id for one in bad}) == BROKEN
    return sorted([*sound(SOUND), *(one.config for one in bad)], key=lambda config: config.id[::-1])


@pytest.fixture(scope="module")
def together(mixed: list[StrategyConfig]) -> Emitted:
    return emitted(told(mixed), reference())


@pytest.mark.slow
def test_the_others_say_what_they_say_without_them(together: Emitted) -> None:
    healthy = sound(SOUND)
    alone = written(emitted(told(healthy), reference()), origins=True)
    assert differences(alone, of_these(written(together, origins=True), healthy)) == []
    assert sum(map(len, alone["signals"].values())) > 10_000
    assert alone["composites"]
    assert not alone["alerts"]


@pytest.mark.slow
def test_each_broken_one_is_quarantined_at_its_bar_with_an_alert_and_a_status_that_say_why(together: Emitted) -> None:
    for one in fifty():
        said = quarantines(together, one.config.id)
        assert set(said) == set(one.symbols), one.config.id
        for message, effective_bar, reason in said.values():
            assert one.said in message
            assert reason is not None
            assert one.said in reason
            if one.bar is not None:
                assert effective_bar == from_milliseconds(START + one.bar * MINUTE), one.config.id


@pytest.mark.slow
def test_all_five_hundred_say_the_same_when_they_are_stopped_and_resumed(
    mixed: list[StrategyConfig], together: Emitted
) -> None:
    found = written(emitted(told(mixed), CASE), origins=True)
    assert differences(written(together, origins=True), found) == []


@pytest.mark.slow
@pytest.mark.parametrize("case", SMALL_CASES, ids=lambda case: case.name)
def test_each_way_says_the_same_however_candles_come(
    case: Case, few: list[StrategyConfig], few_together: Emitted
) -> None:
    found = written(emitted(told(few), case), origins=True)
    assert differences(written(few_together, origins=True), found) == []
    assert sum(map(len, found["alerts"].values())) > len(broken())
