"""What is done when: drawn from a seed, as data, before anything runs."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, cycle, islice
from random import Random

from dataflows.chaos.faults import Fault, Point, Trip

CLUSTERS = (1, 1, 3, 2, 1)
"""Worker processes from leg to leg, in turn."""
HOUR_S = 3_600.0
LONG_EPOCH_S = 10.0

KILLS = (
    *([Point.BUILD] * 3),
    *([Point.RESTORE] * 3),
    *([Point.SNAPSHOT] * 3),
    Point.FLUSHED,
    *([Point.WRITTEN] * 2),
    *([Point.COMMAND] * 2),
    *([None] * 4),
)
"""The kinds of kills, as often as they come among as many; None is a kill from outside. ``WRITTEN`` comes twice in a
row each time, so that a run dies again before it has taken a snapshot. A run has each kind once before any comes again,
which takes eight."""

LATEST_PASSING = {
    Point.BUILD: 29,
    Point.RESTORE: 40,
    Point.SNAPSHOT: 150,
    Point.FLUSHED: 48,
    Point.WRITTEN: 12,
    Point.COMMAND: 2,
}
"""So often at most is a point passed before the worker dies there."""

NETWORK = (Fault.SLOWED, Fault.RESET, Fault.HALF_OPEN)


@dataclass(frozen=True)
class Trouble:
    """A fault of the broker or the network: so many seconds after the workers of a leg began, for so long.

    None is no fault: the network is well again.
    """

    fault: Fault | None
    at_s: float
    for_s: float = 0.0


@dataclass(frozen=True)
class Leg:
    """One life of a cluster, and what is done to it.

    Attributes:
        workers: processes.
        trip: where one of them kills itself; None where it is ended from outside.
        victim: which of them.
        drained: ended by SIGTERM to all, not by a kill.
        until_s: when it is ended from outside, in seconds.
        at_work: count those from the first candle worked, else from its start.
        epoch_s: between snapshots.
        troubles: that begin in it; one that is not over at its end goes on into the next.
        jumps: of the clock: seconds of a worker's work, and how far it is from the truth from then on, in seconds.
        down: things an owner does before it starts.
        up: while it works.
        last: just before its end.
        damage: what is done to the recovery store before it starts, and how a run begins anew after that.
        held: the broker is paused just before the end and goes on only while the next leg starts.
    """

    workers: int
    trip: Trip | None = None
    victim: int = 0
    drained: bool = False
    until_s: float = 1.0
    at_work: bool = True
    epoch_s: float = 0.25
    troubles: Sequence[Trouble] = ()
    jumps: Sequence[tuple[float, float]] = ()
    down: int = 0
    up: int = 0
    last: int = 0
    damage: Fault | None = None
    held: bool = False


@dataclass(frozen=True)
class Amount:
    """How much of everything there is in one run.

    Attributes:
        kills: SIGKILLs of workers.
        drained: legs ended by SIGTERM.
        broker_kills: SIGKILLs of the broker.
        pauses_s: how long the broker is paused, each time.
        network: faults of the connections.
        jumps: legs in which clocks jump.
        commands: of 100 legs, so many have an owner at work in each of its three times.
        half_open_s: how long connections stay half open.
        damage: of the recovery store, each before another leg.
    """

    kills: int
    drained: int = 2
    broker_kills: int = 1
    pauses_s: Sequence[float] = field(default=(6.0,))
    network: int = 3
    jumps: int = 3
    commands: int = 100
    half_open_s: float = 4.0
    damage: Sequence[Fault] = ()


def schedule(amount: Amount, chance: Random) -> list[Leg]:
    """The legs of one run, in order."""
    legs = [*_kills(amount.kills, chance)]
    for _ in range(amount.drained):
        legs.insert(chance.randrange(1, len(legs) + 1), Leg(1, drained=True, until_s=chance.uniform(0.1, 1.0)))
    legs = [
        replace(
            leg,
            workers=workers,
            victim=chance.randrange(workers),
            epoch_s=chance.choice((0.1, 0.25, 1.0)),
            down=_some(amount, chance),
            up=_some(amount, chance),
            last=_some(amount, chance),
        )
        for leg, workers in zip(legs, cycle(CLUSTERS), strict=False)
    ]
    legs = [_shared(_with_a_command(_without_a_snapshot(leg))) for leg in legs]
    for number in _chosen(amount.jumps, range(len(legs)), chance):
        legs[number] = replace(legs[number], jumps=_jumps(chance))
    for number, trouble in zip(_quiet(legs, chance), _troubles(amount, chance), strict=False):
        legs[number] = replace(legs[number], troubles=[trouble])
    _hold(legs, chance)
    idle = [number for number in range(1, len(legs)) if not legs[number - 1].held]
    for number, fault in zip(_chosen(len(amount.damage), idle, chance), amount.damage, strict=False):
        legs[number] = replace(legs[number], damage=fault)
    return legs


def _kills(count: int, chance: Random) -> Iterator[Leg]:
    once = list(dict.fromkeys(KILLS))
    often = chance.sample(KILLS, len(KILLS))
    points = islice(chain(chance.sample(once, len(once)), cycle(often)), count)
    left = count
    for point in points:
        for _ in range(min(left, 2 if point is Point.WRITTEN else 1)):
            left -= 1
            if point is None:
                at_work = chance.random() < 0.7  # noqa: PLR2004  # most at work, some wherever they are
                until_s = chance.uniform(0.0, 1.2) if at_work else chance.uniform(0.2, 4.0)
                yield Leg(1, until_s=until_s, at_work=at_work)
            else:
                yield Leg(1, Trip(point, _passing(point, chance)))


def _passing(point: Point, chance: Random) -> int:
    """Small numbers are as likely as large ones: what happens first happens always."""
    return math.ceil(math.exp(chance.uniform(0, math.log(LATEST_PASSING[point]))))


def _some(amount: Amount, chance: Random) -> int:
    return chance.randint(1, 2) if chance.randrange(100) < amount.commands // 2 else 0


def _with_a_command(leg: Leg) -> Leg:
    """To die with a command in hand a worker needs one."""
    return replace(leg, up=max(3, leg.up)) if leg.trip is not None and leg.trip.point is Point.COMMAND else leg


def _without_a_snapshot(leg: Leg) -> Leg:
    """To die before its first snapshot a worker needs time until that."""
    return replace(leg, epoch_s=LONG_EPOCH_S) if leg.trip is not None and leg.trip.point is Point.WRITTEN else leg


def _shared(leg: Leg) -> Leg:
    """One of several workers passes a point less often."""
    if leg.trip is None:
        return leg
    return replace(leg, trip=replace(leg.trip, passing=max(1, leg.trip.passing // leg.workers)))


def _jumps(chance: Random) -> list[tuple[float, float]]:
    """Forward and back, by hours, wherever the worker is by then."""
    hours = [chance.uniform(1, 5), -chance.uniform(1, 5), chance.uniform(-5, 5)]
    chance.shuffle(hours)
    return [(number * chance.uniform(0.05, 0.3), hour * HOUR_S) for number, hour in enumerate(hours)]


def _troubles(amount: Amount, chance: Random) -> list[Trouble]:
    found = [Trouble(Fault.BROKER_KILLED, chance.uniform(0.3, 2.5)) for _ in range(amount.broker_kills)]
    found += [Trouble(Fault.BROKER_PAUSED, chance.uniform(0.3, 2.5), for_s) for for_s in amount.pauses_s]
    for fault in islice(cycle(chance.sample(NETWORK, len(NETWORK))), amount.network):
        for_s = amount.half_open_s if fault is Fault.HALF_OPEN else chance.uniform(0.5, 2.0)
        found.append(Trouble(fault, chance.uniform(0.2, 2.5), for_s))
    return found


def _hold(legs: list[Leg], chance: Random) -> None:
    """One of the legs, not the last, ends while the broker is paused: from outside, for its worker is to be alive."""
    killed = [number for number, leg in enumerate(legs[:-1]) if not leg.drained]
    from_outside = [number for number in killed if legs[number].trip is None]
    for number in _chosen(1, from_outside or killed, chance):
        legs[number] = replace(legs[number], trip=None, held=True)


def _quiet(legs: Sequence[Leg], chance: Random) -> list[int]:
    """Legs that come to work, in random order: one that dies at its start would see little of a trouble."""
    early = {Point.BUILD, Point.RESTORE}
    found = [number for number, leg in enumerate(legs[:-1]) if leg.trip is None or leg.trip.point not in early]
    return chance.sample(found, len(found))


def _chosen(count: int, among: Sequence[int], chance: Random) -> list[int]:
    return chance.sample(among, min(count, len(among)))
