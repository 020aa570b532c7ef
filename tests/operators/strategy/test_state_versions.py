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
from schemas.metrics import EquityPoint
from schemas.position import PositionChange
from schemas.signal import Signal
from schemas.trade import Trade
from tests.operators.plain_engine import MINUTE, START, SYMBOL, desired, expression
from tests.operators.strategy.said_records import spoken

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


def version_3(version: StrategyVersion) -> dict[str, object]:
    """What the release before accounts wrote: the position as the rules see it, and nothing of money."""
    return {
        "schema_version": 3,
        "parameters": {"version": 1, "config": catalog(version).fingerprint("holds", 1)},
        "position": {"side": "long", "entry_price": 102.0, "bars_held": 7},
        "desired": DESIRED,
        "quarantined": None,
        "signalled": [START, 5],
    }


def frames(*closes: float, first: int = 0) -> Frames:
    columns = {name: [closes[0], *closes] for name in ("open", "high", "low", "close", "volume")}
    return Frames(SYMBOL, "1m", [START + (first + number) * MINUTE for number in range(len(closes))], columns)


def resumed(state: Snapshot, version: StrategyVersion = HOLDS) -> StrategyStep:
    return StrategyStep(catalog(version), Tally(), state)


@pytest.mark.parametrize("state", [VERSION_1, VERSION_2, version_3(PLAIN)], ids=["version 1", "version 2", "version 3"])
def test_the_position_of_an_earlier_release_is_gone_on_from(state: Snapshot) -> None:
    step = resumed(state, PLAIN)
    (signal,) = spoken(step.on_batch([frames(95.0, 89.0)]))
    assert isinstance(signal, Signal)
    assert (signal.position_before, signal.position_after, signal.rule) == ("long", "flat", "exit")


@pytest.mark.parametrize("state", [VERSION_2, version_3(HOLDS)], ids=["version 2", "version 3"])
def test_what_was_known_of_the_entry_is_kept(state: Snapshot) -> None:
    (signal,) = spoken(resumed(state).on_batch([frames(102.0 * 1.6)]))
    assert isinstance(signal, Signal)
    assert signal.values["position.pnl"] == pytest.approx(0.6)


def test_quarantine_of_an_earlier_release_is_kept() -> None:
    assert resumed(OUT_OF_SERVICE).on_batch([frames(101.0)]) == []


def test_a_position_from_before_accounts_is_left_by_a_signal_and_no_fill_and_the_next_one_is_traded() -> None:
    step = resumed(version_3(PLAIN), PLAIN)
    left = step.on_batch([frames(89.0)])
    assert [one.rule for one in left if isinstance(one, Signal)] == ["exit"]
    assert not [one for one in left if isinstance(one, PositionChange | Trade | EquityPoint)]
    again = step.on_batch([frames(101.0, 102.0, 103.0, first=1)])
    assert [one.rule for one in again if isinstance(one, Signal)] == ["entry"]
    (opened,) = [one for one in again if isinstance(one, PositionChange)]
    assert (opened.change, opened.fills[0].price, opened.cash + opened.quantity * 102.0) == ("opened", 102.0, 10_000.0)


def test_what_version_3_counted_and_held_is_kept_to_the_number() -> None:
    trader: Any = resumed(version_3(HOLDS)).snapshot()["trader"]
    assert trader["position"] == {"side": "long", "entry_price": 102.0, "bars_held": 7}
    assert (trader["signalled"], trader["desk"]) == ([START, 5], None)


def test_version_3_checked_its_configuration() -> None:
    with pytest.raises(SnapshotRefused, match=r"^strategy 'holds': made with config \w+, expected \w+$"):
        resumed(version_3(HOLDS), OTHER)


@pytest.mark.parametrize("state", [VERSION_1, VERSION_2, version_3(HOLDS), OUT_OF_SERVICE])
def test_it_is_written_in_todays_form_from_then_on(state: Snapshot) -> None:
    now = resumed(state).snapshot()
    config = catalog().fingerprint("holds", 1)
    assert (now["schema_version"], now["parameters"]) == (4, {"version": 1, "config": config})
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
