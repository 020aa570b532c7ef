"""State that earlier releases wrote is gone on from; state of another configuration is refused by name."""

import json
from typing import Any

import pytest

from operators.events import Frames, Transition
from operators.lift import Snapshot
from operators.snapshot import SnapshotRefused
from operators.strategy.catalog import Catalog
from operators.strategy.step import StrategyStep, migrated
from operators.tally import Tally
from schemas.lifecycle import StrategyVersion
from schemas.signal import Signal
from tests.operators.plain_engine import MINUTE, START, SYMBOL, desired, expression

HOLDS = expression("holds", "close > 100", "close < 90 OR position.pnl > 0.5")
PLAIN = expression("holds", "close > 100", "close < 90")
OTHER = expression("holds", "close > 100", "close < 80 OR position.pnl > 0.5")
"""The same number, another configuration: what a control topic that was made anew may have."""

DESIRED = (
    '{"strategy":"holds","version":1,"state":"running","generation":0,"effective_from":null,"command":"c1",'
    '"expected_version":null,"follows":null,"author":"","issued_at":null,"reason":""}'
)
VERSION_1: dict[str, object] = {"schema_version": 1, "position": "long", "desired": DESIRED, "quarantined": None}
VERSION_2: dict[str, object] = {
    "schema_version": 2,
    "position": {"side": "long", "entry_price": 102.0, "bars_held": 7},
    "desired": DESIRED,
    "quarantined": None,
}
OUT_OF_SERVICE: dict[str, object] = {
    "schema_version": 2,
    "position": {"side": "flat", "entry_price": None, "bars_held": 0},
    "desired": DESIRED,
    "quarantined": "rule entry: ArithmeticError: of then",
}


def catalog(version: StrategyVersion = HOLDS) -> Catalog:
    known = Catalog()
    known.add(version)
    return known


def frames(*closes: float) -> Frames:
    columns = {name: [closes[0], *closes] for name in ("open", "high", "low", "close", "volume")}
    return Frames(SYMBOL, "1m", [START + number * MINUTE for number in range(len(closes))], columns)


def resumed(state: Snapshot, version: StrategyVersion = HOLDS) -> StrategyStep:
    return StrategyStep(catalog(version), Tally(), state)


@pytest.mark.parametrize("state", [VERSION_1, VERSION_2], ids=["version 1", "version 2"])
def test_the_position_of_an_earlier_release_is_gone_on_from(state: Snapshot) -> None:
    step = resumed(state, PLAIN)
    (signal,) = step.on_batch([frames(95.0, 89.0)])
    assert isinstance(signal, Signal)
    assert (signal.position_before, signal.position_after, signal.rule) == ("long", "flat", "exit")


def test_what_version_2_knew_of_the_entry_is_kept() -> None:
    (signal,) = resumed(VERSION_2).on_batch([frames(102.0 * 1.6)])
    assert isinstance(signal, Signal)
    assert signal.values["position.pnl"] == pytest.approx(0.6)


def test_quarantine_of_an_earlier_release_is_kept() -> None:
    assert resumed(OUT_OF_SERVICE).on_batch([frames(101.0)]) == []


@pytest.mark.parametrize("state", [VERSION_1, VERSION_2, OUT_OF_SERVICE])
def test_it_is_written_in_todays_form_from_then_on(state: Snapshot) -> None:
    now = resumed(state).snapshot()
    config = catalog().fingerprint("holds", 1)
    assert (now["schema_version"], now["parameters"]) == (3, {"version": 1, "config": config})
    assert now["quarantined"] == state["quarantined"]
    assert json.loads(json.dumps(now)) == now
    assert resumed(now).snapshot() == now


def test_nothing_is_checked_that_a_release_did_not_write() -> None:
    before: Any = {**VERSION_2}
    assert migrated(before)["parameters"] == {}
    assert before == VERSION_2
    assert resumed(VERSION_2, OTHER).on_batch([frames(89.0)]) == []


def test_another_configuration_under_the_same_number_is_refused_by_name() -> None:
    state = resumed(VERSION_2).snapshot()
    ours, others = (catalog(version).fingerprint("holds", 1) for version in (HOLDS, OTHER))
    assert ours != others
    with pytest.raises(SnapshotRefused, match=f"^strategy 'holds': made with config {ours}, expected {others}$"):
        resumed(state, OTHER)


def test_a_version_that_nobody_published_is_refused_by_name() -> None:
    with pytest.raises(SnapshotRefused, match=r"^version 1 of strategy 'holds' is in the recovery state but not on"):
        StrategyStep(Catalog(), Tally(), VERSION_2)


def test_the_fingerprint_follows_the_version_in_force() -> None:
    second = expression("holds", "close > 100", "close < 70", 2)
    known = catalog()
    step = StrategyStep(known, Tally(), VERSION_2)
    step.on_batch([Transition(SYMBOL, "1m", START, START + MINUTE, 100.0, desired(second, name="c2"), second)])
    assert step.snapshot()["parameters"] == {"version": 2, "config": known.fingerprint("holds", 2)}


def test_a_configuration_written_another_way_is_the_same_one() -> None:
    sent = HOLDS.model_copy(update={"config": HOLDS.config.as_sent()})
    assert catalog(sent).fingerprint("holds", 1) == catalog().fingerprint("holds", 1)
