"""The same answer always: the small form of the proof; and a graph that reads what it must not is found out."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from dataflows.prove import plan as plans
from dataflows.prove.case import Case
from dataflows.prove.cases import SMALL, cases, reference
from dataflows.prove.happenings import Input
from dataflows.prove.inputs import generated_input
from dataflows.prove.matrix import Proved, prove
from dataflows.prove.run import Build, emitted
from schemas.alert import Alert
from schemas.composite import Composite, Consensus
from schemas.dead_letter import DeadLetter, Reason
from schemas.lifecycle import State, StrategyStatus
from schemas.portfolio_event import PortfolioEvent
from schemas.position import PositionChange
from schemas.signal import Signal
from tests.dataflows.prove import planted

SEED = 7
ALL = {case.name: case for case in (Case("reference again"), *cases(SEED, real_s=0.1))}
NEVER = {"late-signals"}
"""What a graph without a fault writes nothing to."""


@pytest.mark.slow
def test_generated_candles_give_the_same_bytes_however_they_come() -> None:
    plan = plans.small(Path("nowhere"), SEED)
    assert empty_topics(plan.inputs, plan.cases) == NEVER


@pytest.mark.slow
def test_real_candles_give_the_same_bytes_however_they_come(shared_data: Path) -> None:
    plan = plans.small(shared_data, SEED)
    real = plan.inputs[:-1]
    assert [one.name for one in real] == ["binance", "bitfinex", "gaps"]
    assert empty_topics(real, plan.cases) == {*NEVER, "dead-letter"}  # no fault in them


def empty_topics(inputs: Sequence[Input], chosen: Sequence[Case]) -> set[str]:
    """The topics that nothing came to, where nothing differs."""
    found = list(prove(inputs, chosen))
    assert [one for one in found if one.differences] == []
    assert len(found) == len(inputs) * len(SMALL)
    records = sum((Counter(one.records) for one in found), Counter[str]())
    return {topic for topic in found[0].records if not records[topic]}


@pytest.mark.parametrize(
    ("build", "found_by", "not_by"),
    [
        (planted.counts_arrivals, ["symbols in random order", "one symbol after the other"], ["reference again"]),
        (planted.looks_at_batches, ["batches of 1", "batches of random sizes"], ["reference again"]),
        (planted.distrusts_old_news, ["an hour's outage"], ["at 60x", "batches of 1", "symbols in random order"]),
        (planted.times_out, ["an hour's outage"], ["clock set back by an hour", "random pauses"]),
        (planted.forgets, ["stopped and resumed 3 times"], ["batches of 1", "symbols in random order"]),
    ],
    ids=["the order of arrival", "batches", "the date", "a steady clock", "state outside of snapshots"],
)
def test_a_planted_fault_is_found_by_the_cases_that_are_for_it(
    build: Build, found_by: list[str], not_by: list[str]
) -> None:
    given = generated_input(SEED, 300)
    found = {one.case: one for one in prove([given], [ALL[name] for name in (*found_by, *not_by)], build=build)}
    for name in found_by:
        wrong = found[name].differences
        assert {one.topic for one in wrong} == {"signals"}
        assert "wrong" in f"{wrong[0].reference}{wrong[0].variant}"
    assert {name: found[name].differences for name in not_by} == {name: [] for name in not_by}


def test_the_reference_has_something_of_everything() -> None:
    run = emitted(generated_input(SEED, 2_000), reference())
    records = {topic: [record for records in keys.values() for record in records] for topic, keys in run.items()}
    assert {one.reason for one in records["dead-letter"] if isinstance(one, DeadLetter)} == {
        Reason.CONFLICTING_DUPLICATE,
        Reason.OUT_OF_ORDER,
        Reason.WRONG_TIMEFRAME,
    }
    kinds = {one.kind for one in records["alerts"] if isinstance(one, Alert)}
    assert kinds == {"gap", "partial", "quarantine", "refusal", "kill_switch"}
    refused = [one for one in records["positions"] if isinstance(one, PositionChange) and one.refusal is not None]
    assert "max_concurrent_positions" in {one.refusal.limit for one in refused if one.refusal is not None}
    events = {one.event for one in records["executions"] if isinstance(one, PortfolioEvent)}
    assert events == {"configured", "followed", "refused", "leaving", "tripped", "reset"}
    states = {one.state for one in records["status"] if isinstance(one, StrategyStatus)}
    assert states == set(State) - {State.REFUSED}
    signals = [one for one in records["signals"] if isinstance(one, Signal)]
    assert {"1m", "3m", "5m", "7m", "15m", "30m", "1h"} <= {one.timeframe for one in signals}
    assert {one.partial for one in signals} == {True, False}
    assert {type(one) for one in records["composites"]} == {Composite, Consensus}
    composites = [one for one in records["composites"] if isinstance(one, Composite)]
    assert {"day", "swing"} <= {one.trading_style for one in composites}
    assert any(one.supporting for one in composites)
    assert any(one.opposing for one in composites)


def test_dead_letters_lose_their_origin_only_where_offsets_differ_by_nature() -> None:
    names = ["batches of 10", "symbols in random order", "one partition"]
    given = generated_input(SEED, 240)
    found: list[Proved] = list(prove([given], [ALL[name] for name in names]))
    assert [(one.case, one.origins) for one in found] == list(zip(names, [True, False, False], strict=True))
    assert all(one.records["dead-letter"] for one in found)
    assert not any(one.differences for one in found)
