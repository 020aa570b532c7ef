"""A supervised run from its start to its end: wait, start, look, start again, drain."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dataflows.errors import CandelabraError
from dataflows.settings import Settings
from dataflows.supervise.cluster import Cluster
from dataflows.supervise.figures import Figures
from dataflows.supervise.progress import newest_epoch
from dataflows.supervise.signals import TwoSignals, end_now
from dataflows.supervise.start_up import wait_until_there
from dataflows.supervise.supervisor import MOST_FAILURES, Failure, Phase, Supervisor

if TYPE_CHECKING:
    from dataflows.recovery.store import Prepared  # slow, and not needed while the workers load

LOOK_SECONDS: Final = 0.1
"""Between two looks at signals, while the workers say nothing."""


@dataclass(frozen=True)
class Ended:
    """A run that ended well: what the last cluster counted, and how often one was started again."""

    figures: Figures
    restarts: int


@dataclass
class Run:
    """A supervised run, once.

    Attributes:
        once: end where the topics end at the start of each cluster.
        cold: what is on the output topics need not be what the workers make.
        prepare: entered once, when broker and topics are there, and left at the end: makes the recovery store ready.
        say: told what happens, a line each time.
        show: told the figures of the cluster whenever a worker reports.
        insisted: told the signal before everything ends at once by it, in a thread of its own.
    """

    settings: Settings
    workers: int
    once: bool
    prepare: "Callable[[], AbstractContextManager[Prepared]]"
    say: Callable[[str], None]
    cold: bool = False
    show: Callable[[Figures], None] = lambda _figures: None
    insisted: Callable[[int], None] = lambda _number: None
    _signals: TwoSignals = field(init=False)
    _supervisor: Supervisor = field(init=False, default_factory=Supervisor)
    _cluster: Cluster | None = field(init=False, default=None)
    _prepared: "Prepared | None" = field(init=False, default=None)
    _ending: threading.Event = field(init=False, default_factory=threading.Event)
    """Set once everything is to end at once."""

    def __post_init__(self) -> None:
        self._signals = TwoSignals(self._end_at_once)

    def to_the_end(self) -> Ended:
        """Run until it has ended well, by itself or because it was asked to. Call it from the main thread.

        The process ends with 128 plus its number at a second signal.

        Raises:
            BrokerUnreachable: nobody answered in the time that a start may take.
            TopicMissing: topics did not come in that time.
            RecoveryRefused: the recovery store cannot be used as it is.
            WorkerFailed: a worker failed with what trying again cannot mend, or the last snapshot could not be taken.
            CrashLoop: the cluster failed again and again.
        """
        supervisor, figures = self._supervisor, Figures()
        with ExitStack() as stack:
            stack.enter_context(self._signals)
            while supervisor.phase is not Phase.ENDED:
                again = supervisor.phase is Phase.BACKING_OFF
                restarts = supervisor.restarts + again
                with Cluster(
                    self.settings, self.workers, once=self.once, cold=self.cold, restarts=restarts
                ) as self._cluster:
                    if self._wait(stack):
                        figures = self._look_after(self._cluster)
        if supervisor.error is not None:
            raise supervisor.error
        return Ended(figures, supervisor.restarts)

    def _wait(self, stack: ExitStack) -> bool:
        """Until the workers, which load meanwhile, can go; False where they are not to."""
        supervisor, signals = self._supervisor, self._signals
        while not signals.asked and (left := supervisor.due - time.monotonic()) > 0:
            signals.wait(left)
        try:
            if wait_until_there(self.settings, self.say, self._asked_anew) and self._prepared is None:
                self._prepared = stack.enter_context(self.prepare())
                for note in self._prepared.notes:
                    self.say(note)
        except CandelabraError as error:
            supervisor.given_up(error)
        if self._asked_anew():
            self._say_ended("while no worker ran")
            supervisor.asked_to_end()
        return supervisor.phase is not Phase.ENDED

    def _asked_anew(self) -> bool:
        """Whether somebody wants the end who has not been heard yet."""
        return self._signals.asked and not self._supervisor.drains

    def _look_after(self, cluster: Cluster) -> Figures:
        """From go to the end of one cluster."""
        supervisor = self._supervisor
        supervisor.begun(time.monotonic(), newest_epoch(self.settings.recovery_dir))
        who = "1 worker runs" if self.workers == 1 else f"{self.workers} workers run"
        self.say(f"{who} on {self.settings.bootstrap_servers}")
        cluster.go(() if self._prepared is None else self._prepared.fds)
        if supervisor.drains:
            cluster.drain()
        before = cluster.figures()
        while True:
            cluster.look(LOOK_SECONDS)
            if self._asked_anew() or (cluster.asked and not supervisor.drains):
                supervisor.asked_to_end()
                self.say("draining: the workers take their last snapshot; a second signal ends them at once")
                cluster.drain()
            if (figures := cluster.figures()) != before:
                before = figures
                self.show(figures)
            if cluster.completed:
                supervisor.completed()
                return figures
            if (failure := cluster.failure()) is not None:
                cluster.kill()
                self._failed(cluster, failure)
                return figures

    def _failed(self, cluster: Cluster, failure: Failure) -> None:
        supervisor = self._supervisor
        if self._ending.is_set():
            threading.Event().wait()  # the workers died of the second signal, as does this process, by another thread
        cluster.close()  # so that nobody writes to the store that is looked at
        supervisor.failed(failure, time.monotonic(), newest_epoch(self.settings.recovery_dir))
        if supervisor.phase is Phase.BACKING_OFF:
            wait = supervisor.due - time.monotonic()
            counted = f"failure {supervisor.failures} of {MOST_FAILURES} in a row without progress"
            what = "it drains again" if supervisor.drains else "the cluster starts again"
            self.say(f"{failure.cause.rstrip('.')}; {what} in {wait:.1f} s ({counted})")
        elif supervisor.error is None:
            self.say(failure.cause)
            self._say_ended("before anything was worked")

    def _say_ended(self, when: str) -> None:
        stored = self.settings.recovery_dir is not None
        then = "goes on from the last snapshot" if stored else "begins at the oldest candle"
        self.say(f"ended {when}: the next run {then}")

    def _end_at_once(self, number: int) -> None:
        self._ending.set()
        if self._cluster is not None:
            self._cluster.kill()
        self.insisted(number)
        end_now(number)
