"""One run of the kill test: a deployment from its first candle to its last, through everything that a schedule has."""

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random

from dataflows.chaos.deployment import Deployment
from dataflows.chaos.faults import KIND_OF, Fault, Point
from dataflows.chaos.feeder import Feeder
from dataflows.chaos.inputs import Given
from dataflows.chaos.owner import Owner
from dataflows.chaos.schedule import Leg, Trouble
from dataflows.chaos.stage import Stage
from dataflows.chaos.stores import begin, damage_and_rebuild
from dataflows.chaos.workers import Workers
from dataflows.errors import WorkerFailed

TICK_S = 0.02
TRICKLE_S = 1.0
"""Over so long a leg's candles come, once its workers are at work."""
BACKLOG = 0.4
"""So much of a leg's candles lies there before it starts."""
LONGEST_START_S = 60.0
LONGEST_WORK_S = 4.0
"""A worker that has not come to where it was to kill itself is killed after that, at a moment like any other."""
HELD_S = 2.0
"""The broker of which a worker died while it was paused goes on so long after the next worker started."""
BREATH_S = 0.3
MOST_FAILURES = 12
"""Workers may fail while the broker is away; as often in a row they do so for another reason."""
LATENCY_S = 0.15
OLDER = "older"
"""The name of a copy of the recovery store, made before the last candles were worked."""

Told = Callable[[int], None]
"""Told how many more workers were killed."""


@dataclass
class Played:
    """What happened.

    Attributes:
        faults: by kind, as they came about: a worker that was killed before it came to where it was to die was killed
            at a random moment.
        resumes: seconds from each start to the first candle worked.
        failures: how often workers ended by themselves and were started again.
        broken: what a damaged recovery store was not refused for, in words.
    """

    faults: Counter[Fault] = field(default_factory=Counter)
    resumes: list[float] = field(default_factory=list)
    failures: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """SIGKILLs of workers."""
        return self.faults[Fault.KILLED] + sum(self.faults[kind] for kind in set(KIND_OF.values()))


class Play:
    """Legs, one after the other, on one stage and one set of topics."""

    def __init__(  # noqa: PLR0913  # stage, cast and script
        self,
        stage: Stage,
        deployment: Deployment,
        feeder: Feeder,
        owner: Owner,
        given: Given,
        *,
        chance: Random,
        told: Told = lambda _kills: None,
    ) -> None:
        self.played = Played()
        self.stage = stage
        self._deployment = deployment
        self._feeder = feeder
        self._owner = owner
        self._given = given
        self._chance = chance
        self._told = told
        self._held = False
        self._troubles: list[Trouble] = []

    def run(self, legs: Sequence[Leg]) -> Played:
        """All legs; then one process to the topics' ends, twice: a copy of the store is left as it is in between.

        Raises:
            WorkerFailed: workers that nobody killed fail again and again, which is no fault that was injected.
        """
        begin(self._deployment.settings)
        self._feeder.tell(self._owner.opening())
        workers = legs[0].workers
        for number, leg in enumerate(legs):
            if leg.workers != workers:
                self.played.faults[Fault.RESCALED] += 1
            workers = leg.workers
            until = len(self._given.records) * (number + 1) // (len(legs) + 1)
            self._leg(leg, until)
        self.stage.proxy.heal()
        self._to_the_end()
        shutil.copytree(self._deployment.store, self._deployment.folder / OLDER)
        self._feed(len(self._given.records))
        self._to_the_end()
        self.played.faults[Fault.SPOILED] += self._given.garbage
        return self.played

    def _leg(self, leg: Leg, until: int) -> None:
        if not self._held:
            self._act(leg.down)
            if leg.damage is not None:
                self.played.faults[leg.damage] += 1
                self.played.broken += damage_and_rebuild(self._deployment.settings, leg.damage, self._chance)
        start = self._feeder.fed
        self._feed(start + round((until - start) * BACKLOG))
        self._troubles += leg.troubles
        before = self.played.kills
        said = ""
        for _attempt in range(MOST_FAILURES):
            with self._workers(leg) as workers:
                if self._live(leg, workers, until):
                    break
                said = workers.said()
        else:
            raise WorkerFailed(f"workers ended {MOST_FAILURES} times without being killed:\n{said}")
        self._feed(until)
        self._told(self.played.kills - before)

    @contextmanager
    def _workers(self, leg: Leg) -> Iterator[Workers]:
        """A life of the cluster; what it has told is counted at its end."""
        with self._deployment.workers(
            leg.workers, epoch_s=leg.epoch_s, trip=leg.trip, victim=leg.victim, jumps=leg.jumps
        ) as workers:
            yield workers
            resumed = workers.resumed()
            if resumed is not None:
                self.played.resumes.append(resumed)
            for told in workers.reports():
                for before, after in zip((0.0, *told.jumps), told.jumps, strict=False):
                    self.played.faults[Fault.CLOCK_FORWARD if after > before else Fault.CLOCK_BACK] += 1

    def _live(self, leg: Leg, workers: Workers, until: int) -> bool:
        """Until the leg's end; False where the workers have ended by themselves, and not where they were to."""
        acts = leg.up
        worked: float | None = None
        deadline = workers.began + LONGEST_START_S
        while not workers.ended():
            now = time.monotonic()
            if self._held and now - workers.began > HELD_S:
                self._release()
                deadline += HELD_S
            deadline += self._work_troubles(now - workers.began)
            if worked is None and any(one.worked is not None for one in workers.reports()):
                worked, deadline = now, now + LONGEST_WORK_S
            if worked is not None:
                self._feed(min(until, self._feeder.fed + self._trickle(until)))
                if acts and not self._held and self._chance.random() < TICK_S * 2 * leg.up / TRICKLE_S:
                    acts -= 1
                    self._act(1)
            since = worked if leg.at_work else workers.began
            if (leg.trip is None and since is not None and now - since > leg.until_s) or now > deadline:
                self._end(leg, workers)
                return True
            time.sleep(TICK_S)
        if self._held:
            self._release()
        return self._is_tripped(workers)

    def _is_tripped(self, workers: Workers) -> bool:
        """Whether one killed itself as it was told to, and then the others are killed: they cannot go on."""
        tripped = [one.tripped for one in workers.reports() if one.tripped is not None]
        if not tripped:
            self.played.failures += 1
            time.sleep(BREATH_S)
            return False
        point, snapshots = tripped[0]
        late = point is Point.WRITTEN and snapshots
        self.played.faults[Fault.KILLED if late else KIND_OF[point]] += 1
        time.sleep(self._chance.uniform(0, BREATH_S))
        workers.kill()
        return True

    def _end(self, leg: Leg, workers: Workers) -> None:
        """From outside."""
        if not self._held:
            self._act(leg.last)
        if leg.drained:
            try:
                workers.stop()
            except WorkerFailed:  # Bytewax may panic in a process when another has ended before it
                if leg.workers == 1:
                    raise
                self.played.failures += 1
            else:
                self.played.faults[Fault.DRAINED] += 1
            return
        if leg.held and not self._held:
            self._feed(self._feeder.fed + 50)
            self.stage.broker.pause()
            self._held = True
            self.played.faults[Fault.BROKER_PAUSED] += 1
            time.sleep(self._chance.uniform(0, BREATH_S))
        workers.kill_one(leg.victim)
        self.played.faults[Fault.KILLED] += 1
        time.sleep(self._chance.uniform(0, BREATH_S))
        workers.kill()

    def _to_the_end(self) -> None:
        """One process that ends where the topics do."""
        self._feeder.flush()
        said = ""
        for _attempt in range(MOST_FAILURES):
            with self._deployment.workers(follow=False) as workers:
                try:
                    workers.finish()
                except WorkerFailed:
                    workers.ended()  # for good?
                    said = workers.said()
                    self.played.failures += 1
                else:
                    return
        raise WorkerFailed(f"workers did not come to the topics' ends in {MOST_FAILURES} tries:\n{said}")

    def _trickle(self, until: int) -> int:
        """How many records come in one tick."""
        return max(1, round((until - self._feeder.fed) * TICK_S / TRICKLE_S))

    def _feed(self, until: int) -> None:
        self._feeder.feed(until - self._feeder.fed)

    def _act(self, count: int) -> None:
        for _ in range(count):
            records = self._owner.next(self._feeder.now)
            self._feeder.tell(records)
            self.played.faults[Fault.COMMANDED] += len(records)

    def _release(self) -> None:
        self._held = False
        self.stage.broker.resume()

    def _work_troubles(self, at_s: float) -> float:
        """What is due of the broker's and the network's faults; how long it kept the leg from going on, in seconds."""
        due = [trouble for trouble in self._troubles if trouble.at_s <= at_s]
        for trouble in due:
            self._troubles.remove(trouble)
        if self._held:
            self._troubles += [replace(trouble, at_s=at_s + HELD_S) for trouble in due]
            return 0.0
        return sum(self._trouble(trouble, at_s) for trouble in due)

    def _trouble(self, trouble: Trouble, at_s: float) -> float:
        broker, proxy = self.stage.broker, self.stage.proxy
        began = time.monotonic()
        if trouble.fault is not None:
            self.played.faults[trouble.fault] += 1
        match trouble.fault:
            case Fault.BROKER_KILLED:
                broker.kill()
                time.sleep(self._chance.uniform(0, 1))
                broker.restart()
            case Fault.BROKER_PAUSED:
                broker.pause()
                time.sleep(trouble.for_s)
                broker.resume()
            case Fault.RESET:
                proxy.reset()
            case Fault.SLOWED:
                proxy.latency_s = LATENCY_S
                self._troubles.append(Trouble(None, at_s + trouble.for_s))
            case Fault.HALF_OPEN:
                proxy.go_silent()
                self._troubles.append(Trouble(None, at_s + trouble.for_s))
            case _:
                proxy.heal()
        return time.monotonic() - began
