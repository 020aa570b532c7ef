"""What is done when follows from the seed, and has as much of everything as was asked for."""

from collections import Counter
from itertools import pairwise

import pytest

from dataflows.chaos.faults import Fault, Point
from dataflows.chaos.schedule import Amount, Leg, schedule
from dataflows.chaos.stores import STORE_FAULTS
from dataflows.prove.chance import seeded

SEEDS = range(5)


def legs(seed: int, **amount: object) -> list[Leg]:
    return schedule(Amount(**{"kills": 25, **amount}), seeded(seed))  # type: ignore[arg-type]  # fields of Amount


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_seed_gives_the_same_legs(seed: int) -> None:
    assert legs(seed) == legs(seed)
    assert legs(seed) != legs(seed + 1)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kills", [1, 8, 25, 100])
def test_each_leg_but_those_drained_ends_with_a_kill(seed: int, kills: int) -> None:
    found = legs(seed, kills=kills, drained=2)
    assert sum(not leg.drained for leg in found) == kills
    assert sum(leg.drained for leg in found) == 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hundred_kills_have_every_kind_and_never_all_from_outside(seed: int) -> None:
    found = Counter(leg.trip.point if leg.trip else None for leg in legs(seed, kills=100) if not leg.drained)
    assert set(found) == {*Point, None}
    assert min(found.values()) >= 3


@pytest.mark.parametrize("seed", SEEDS)
def test_eight_kills_have_every_kind_once_and_one_of_them_twice_in_a_row(seed: int) -> None:
    found = Counter(leg.trip.point if leg.trip else None for leg in legs(seed, kills=8, drained=0))
    assert found == {**dict.fromkeys([*Point, None], 1), Point.WRITTEN: 2}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_worker_dies_twice_in_a_row_before_its_first_new_snapshot(seed: int) -> None:
    found = legs(seed, kills=100, drained=0)
    written = [leg.trip is not None and leg.trip.point is Point.WRITTEN for leg in found]
    assert any(one and other for one, other in pairwise(written))
    assert all(leg.epoch_s == 10.0 for leg, one in zip(found, written, strict=True) if one)


@pytest.mark.parametrize("seed", SEEDS)
def test_workers_go_from_one_to_three_to_two(seed: int) -> None:
    counts = [leg.workers for leg in legs(seed)]
    assert any(counts[place : place + 3] == [1, 3, 2] for place in range(len(counts)))
    assert all(leg.victim < leg.workers for leg in legs(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_broker_and_network_get_their_share(seed: int) -> None:
    found = legs(seed, broker_kills=2, pauses_s=(60.0, 3.0), network=4)
    troubles = Counter(trouble.fault for leg in found for trouble in leg.troubles)
    assert troubles[Fault.BROKER_KILLED] == 2
    assert troubles[Fault.BROKER_PAUSED] == 2
    assert troubles[Fault.SLOWED] + troubles[Fault.RESET] + troubles[Fault.HALF_OPEN] == 4
    assert min(troubles[Fault.SLOWED], troubles[Fault.RESET], troubles[Fault.HALF_OPEN]) == 1
    (held,) = [leg for leg in found if leg.held]
    assert held.trip is None
    assert not held.drained


@pytest.mark.parametrize("seed", SEEDS)
def test_a_store_is_damaged_while_nobody_works_and_the_broker_answers(seed: int) -> None:
    found = legs(seed, damage=STORE_FAULTS)
    damaged = [number for number, leg in enumerate(found) if leg.damage]
    assert {found[number].damage for number in damaged} == set(STORE_FAULTS)
    assert min(damaged) > 0
    assert not any(found[number - 1].held for number in damaged)


@pytest.mark.parametrize("seed", SEEDS)
def test_clocks_jump_forward_and_back_by_hours(seed: int) -> None:
    found = [leg.jumps for leg in legs(seed, jumps=4) if leg.jumps]
    assert len(found) == 4
    for jumps in found:
        offsets = [offset for _at, offset in jumps]
        assert max(offsets) >= 3_600
        assert min(offsets) <= -3_600


@pytest.mark.parametrize("seed", SEEDS)
def test_commands_come_while_workers_are_up_and_down_and_just_before_their_end(seed: int) -> None:
    found = legs(seed, kills=100)
    assert min(sum(leg.down for leg in found), sum(leg.up for leg in found), sum(leg.last for leg in found)) >= 10
    assert all(leg.up >= 3 for leg in found if leg.trip is not None and leg.trip.point is Point.COMMAND)
