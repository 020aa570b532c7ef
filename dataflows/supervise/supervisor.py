"""When a cluster is started again, when that is given up, and how a run ends. Time and progress are arguments."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dataflows.errors import CandelabraError, CrashLoop, WorkerFailed

FIRST_BACKOFF_S: Final = 0.5
LONGEST_BACKOFF_S: Final = 30.0
HEALTHY_S: Final = 60.0
"""A life so long begins the backoff anew, and is progress where no store tells of any."""
MOST_FAILURES: Final = 5
"""In a row, with nothing done in between."""
MOST_DRAINS: Final = 2
"""A drain that breaks is done once more: who asks for the end wants it soon."""


class Phase(StrEnum):
    """Where a run is."""

    WAITING = "waiting"
    """For a broker, its topics, the recovery store: nothing runs yet."""
    RUNNING = "running"
    DRAINING = "draining"
    """Asked to end: the workers take their last snapshot."""
    BACKING_OFF = "backing off"
    """The cluster failed and is to be started again."""
    ENDED = "ended"


@dataclass(frozen=True)
class Failure:
    """Why a cluster is no more.

    ``permanent``: trying again would end alike. ``unworked``: nothing had been worked, so no snapshot is owed.
    """

    cause: str
    permanent: bool = False
    unworked: bool = False


class Supervisor:
    """The state machine of one run.

    ``now`` is in seconds of a clock that never goes back; ``epoch`` is what the recovery store has come to, None
    without a store. Calls that make no sense in a phase change nothing.
    """

    def __init__(self) -> None:
        self.phase = Phase.WAITING
        self.error: CandelabraError | None = None
        """What ended the run; None where it ended well."""
        self.restarts = 0
        self.failures = 0
        """In a row without progress."""
        self.due = 0.0
        """When to start again, while backing off."""
        self._drains = False
        self._broken_drains = 0
        self._backoff = FIRST_BACKOFF_S
        self._begun = 0.0
        self._epoch: int | None = None

    @property
    def drains(self) -> bool:
        """Whether the end was asked for: a cluster that is started then only takes its last snapshot."""
        return self._drains

    def begun(self, now: float, epoch: int | None) -> None:
        """A cluster runs."""
        if self.phase not in {Phase.WAITING, Phase.BACKING_OFF}:
            return
        self.restarts += self.phase is Phase.BACKING_OFF
        self.phase = Phase.DRAINING if self._drains else Phase.RUNNING
        self._begun, self._epoch = now, epoch

    def failed(self, failure: Failure, now: float, epoch: int | None) -> None:
        """The cluster is no more: start again in a while, or end."""
        if self.phase not in {Phase.RUNNING, Phase.DRAINING}:
            return
        if failure.unworked and self._drains and not self._broken_drains:
            self.phase = Phase.ENDED  # as if the end had been asked for before this cluster was started
            return
        healthy = now - self._begun >= HEALTHY_S
        moved_on = healthy if epoch is None or self._epoch is None else epoch > self._epoch
        self.failures = 1 if moved_on else self.failures + 1
        self._broken_drains += self._drains
        self.error = self._verdict(failure)
        if self.error is not None:
            self.phase = Phase.ENDED
            return
        if healthy:
            self._backoff = FIRST_BACKOFF_S
        self.phase, self.due = Phase.BACKING_OFF, now + self._backoff
        self._backoff = min(LONGEST_BACKOFF_S, 2 * self._backoff)

    def completed(self) -> None:
        """Every worker has ended well."""
        if self.phase in {Phase.RUNNING, Phase.DRAINING}:
            self.phase = Phase.ENDED

    def asked_to_end(self) -> None:
        """Somebody wants the end: at once where nothing runs, else after the last snapshot."""
        if self._drains or self.phase is Phase.ENDED:
            return
        self._drains = True
        self.phase = Phase.DRAINING if self.phase is Phase.RUNNING else Phase.ENDED

    def given_up(self, error: CandelabraError) -> None:
        """What is needed did not come, or was refused, before a cluster could run."""
        if self.phase in {Phase.WAITING, Phase.BACKING_OFF}:
            self.phase, self.error = Phase.ENDED, error

    def _verdict(self, failure: Failure) -> CandelabraError | None:
        if failure.permanent:
            return WorkerFailed(failure.cause)
        cause = failure.cause.rstrip(".")
        if self._broken_drains >= MOST_DRAINS:
            return WorkerFailed(
                f"the last snapshot could not be taken: {cause}. Nothing is lost: the next run "
                f"{self._goes_on('the snapshot before')}"
            )
        if self.failures >= MOST_FAILURES:
            return CrashLoop(
                f"the cluster failed {self.failures} times in a row and got nothing done in between, so it is not "
                f"started again. The last cause: {cause}. Nothing is lost: with the cause mended, the next run "
                f"{self._goes_on('the last snapshot')}"
            )
        return None

    def _goes_on(self, snapshot: str) -> str:
        return "begins at the oldest candle" if self._epoch is None else f"goes on from {snapshot}"
