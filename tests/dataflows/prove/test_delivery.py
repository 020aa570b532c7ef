"""Whatever a case does, each symbol is told the same, in its order; what it varies really differs."""

import random

import pytest

from dataflows.prove.case import Case
from dataflows.prove.cases import cases, reference
from dataflows.prove.delivery import HOUR_MS, Plan, deliver
from dataflows.prove.happenings import Happening, Input, Told, pinned, told
from dataflows.prove.inputs import generated_input
from operators.events import CandleBatch, Command, Listing
from schemas.lifecycle import StrategyVersion

GIVEN = generated_input(3, 200)
ALL = cases(3, real_s=1.0)
Heard = dict[str, list[object]]


def heard(plans: dict[str, Plan]) -> Heard:
    """What each symbol is told, batches taken apart."""
    found: Heard = {}
    for plan in plans.values():
        for piece in plan.pieces:
            for key, item in piece.items:
                if isinstance(item, CandleBatch):
                    assert len(item.rows) == len(item.offsets) == len(item.payloads)
                    found.setdefault(key, []).extend(item.rows)
                elif isinstance(item, Command | Listing):
                    found.setdefault(key, []).append(item)
    return found


@pytest.fixture(scope="module")
def given() -> Told:
    return told(GIVEN)


@pytest.fixture(scope="module")
def plain(given: Told) -> Heard:
    return heard(deliver(given, reference()))


@pytest.mark.parametrize("case", [case for case in ALL if not case.early], ids=lambda case: case.name)
def test_each_symbol_hears_the_same_in_the_same_order(case: Case, given: Told, plain: Heard) -> None:
    assert heard(deliver(given, case)) == plain


@pytest.mark.parametrize("case", [case for case in ALL if case.early], ids=lambda case: case.name)
def test_commands_that_are_sent_earlier_keep_their_order_and_candles_theirs(case: Case, plain: Heard) -> None:
    found = heard(deliver(told(GIVEN, early=case.seed), case))
    assert found != plain
    for symbol, events in plain.items():
        assert [one for one in found[symbol] if isinstance(one, tuple)] == [e for e in events if isinstance(e, tuple)]


def test_a_case_is_the_same_when_it_is_made_again(given: Told) -> None:
    for case in ALL:
        assert deliver(given, case) == deliver(given, case)


@pytest.mark.parametrize("case", [case for case in ALL if case.stops], ids=lambda case: case.name)
def test_every_partition_is_stopped_as_often_as_the_case_says(case: Case, given: Told) -> None:
    for plan in deliver(given, case).values():
        assert len(plan.stops) == case.stops
        assert plan.stops == sorted(plan.stops)
        assert all(0 <= place <= len(plan.pieces) for place in plan.stops)


def test_an_outage_is_an_hour_of_candles_in_one_go_after_the_clocks_moved_by_as_much(given: Told) -> None:
    for number, (name, plan) in enumerate(deliver(given, Case("", pace="outage")).items()):
        if name == "control":
            continue
        offsets = [piece.clock_s for piece in plan.pieces]
        jump = offsets.index(3_600.0)
        assert set(offsets[:jump]) == {0.0}
        assert set(offsets[jump:]) == {3_600.0}
        own = [one for symbol in sorted(given.by_symbol)[number::4] for one in given.by_symbol[symbol]]
        before = [one for one in own if one.place <= last_place(plan, jump - 1, own)]
        since = max(one.at for one in before)
        meanwhile = [one for one in own if since < one.at <= since + HOUR_MS and isinstance(one.event, tuple)]
        batches = [one for _key, one in plan.pieces[jump].items if isinstance(one, CandleBatch)]
        assert sum(len(one.rows) for one in batches) == len(meanwhile) > 0


def last_place(plan: Plan, number: int, own: list[Happening]) -> int:
    """The place of the last candle in a piece and those before it."""
    rows = sum(
        len(one.rows)
        for piece in plan.pieces[: number + 1]
        for _key, one in piece.items
        if isinstance(one, CandleBatch)
    )
    return sorted(one.place for one in own if isinstance(one.event, tuple))[rows - 1]


def test_at_60x_an_hour_of_event_time_takes_the_clocks_a_minute(given: Told) -> None:
    pieces = deliver(given, Case("", pace="60x", batch=0))["0"].pieces
    assert pieces[0].clock_s == 0.0
    assert pieces[-1].clock_s == pytest.approx(199 * 60 / 60, abs=240)  # a latecomer may be the last


def test_without_a_time_a_command_gets_that_at_which_it_is_read() -> None:
    for before, after in zip(GIVEN.script, pinned(GIVEN).script, strict=True):
        assert (before.at, before.record.key) == (after.at, after.record.key)
        if not isinstance(after.record, StrategyVersion) and after.at > GIVEN.script[0].at:
            assert after.record.effective_from is not None


def test_a_script_with_a_refused_record_is_no_input() -> None:
    version = next(sent for sent in GIVEN.script if isinstance(sent.record, StrategyVersion))
    gap = version.record.model_copy(update={"version": 5})
    with pytest.raises(ValueError, match="everywhere@5 of the control topic is refused: version 5 would leave a gap"):
        told(Input("bad", GIVEN.rows, [version, version._replace(record=gap)]))


def test_random_sizes_are_random_and_one_seed_is_one_cut(given: Told) -> None:
    sizes = {
        seed: [len(piece.items) for piece in deliver(given, Case("", batch=-1, seed=seed))["1"].pieces]
        for seed in random.Random(5).sample(range(99), 3)
    }
    assert len({tuple(one) for one in sizes.values()}) == 3
