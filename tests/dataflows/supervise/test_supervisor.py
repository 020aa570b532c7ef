"""When a cluster is started again, and when not: by hand for the promises, at random for what must never happen."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dataflows.errors import BrokerUnreachable, CrashLoop, WorkerFailed
from dataflows.supervise.supervisor import (
    FIRST_BACKOFF_S,
    HEALTHY_S,
    LONGEST_BACKOFF_S,
    MOST_DRAINS,
    MOST_FAILURES,
    Failure,
    Phase,
    Supervisor,
)

KILLED = Failure("worker 1 was ended by SIGKILL")
REFUSED = Failure("worker 0: the store is of another cluster", permanent=True)
UNWORKED = Failure("worker 0: asked to end while it is read, and the broker says nothing", unworked=True)


def lives(supervisor: Supervisor, *lengths: float, epoch: int | None = 1) -> list[float]:
    """Run and fail after each of these times; the backoffs."""
    now, waits = 100.0, []
    for length in lengths:
        supervisor.begun(now, epoch)
        now += length
        supervisor.failed(KILLED, now, epoch)
        waits.append(supervisor.due - now)
        now = supervisor.due
    return waits


def test_the_backoff_doubles_up_to_its_longest() -> None:
    supervisor = Supervisor()
    waits, now = [], 0.0
    for epoch in range(9):
        supervisor.begun(now, epoch)
        supervisor.failed(KILLED, now + 1, epoch + 1)  # progress each time, so that it is never given up
        waits.append(supervisor.due - now - 1)
        now = supervisor.due
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_minute_of_health_begins_the_backoff_anew() -> None:
    assert lives(Supervisor(), 1, 1, HEALTHY_S, 1) == [0.5, 1, 0.5, 1]


def test_five_failures_in_a_row_without_progress_are_a_crash_loop_that_names_the_last_cause() -> None:
    supervisor = Supervisor()
    lives(supervisor, 1, 1, 1, 1)
    assert (supervisor.phase, supervisor.failures) == (Phase.BACKING_OFF, MOST_FAILURES - 1)
    supervisor.begun(1_000, 1)
    supervisor.failed(Failure("worker 0: the disk is full"), 1_001, 1)
    assert supervisor.phase is Phase.ENDED
    assert isinstance(supervisor.error, CrashLoop)
    assert "failed 5 times in a row" in str(supervisor.error)
    assert "The last cause: worker 0: the disk is full" in str(supervisor.error)


def test_a_completed_epoch_in_between_begins_the_count_anew() -> None:
    supervisor = Supervisor()
    lives(supervisor, 1, 1, 1, 1)
    supervisor.begun(1_000, 1)
    supervisor.failed(KILLED, 1_001, 2)
    assert (supervisor.phase, supervisor.failures) == (Phase.BACKING_OFF, 1)


def test_without_a_store_a_minute_of_running_counts_as_progress() -> None:
    supervisor = Supervisor()
    lives(supervisor, 1, 1, 1, 1, epoch=None)
    supervisor.begun(1_000, None)
    supervisor.failed(KILLED, 1_000 + HEALTHY_S, None)
    assert (supervisor.phase, supervisor.failures) == (Phase.BACKING_OFF, 1)


def test_what_comes_next_is_told_as_it_is_with_and_without_a_store() -> None:
    for epoch, then in (
        (1, "the next run goes on from the last snapshot"),
        (None, "the next run begins at the oldest candle"),
    ):
        supervisor = Supervisor()
        lives(supervisor, *[1] * MOST_FAILURES, epoch=epoch)
        assert str(supervisor.error).endswith(f"with the cause mended, {then}")


def test_with_a_store_a_minute_without_an_epoch_is_none() -> None:
    supervisor = Supervisor()
    lives(supervisor, *[2 * HEALTHY_S] * MOST_FAILURES)
    assert isinstance(supervisor.error, CrashLoop)


def test_a_permanent_error_is_not_tried_again() -> None:
    supervisor = Supervisor()
    supervisor.begun(0, 1)
    supervisor.failed(REFUSED, 1, 1)
    assert supervisor.phase is Phase.ENDED
    assert isinstance(supervisor.error, WorkerFailed)
    assert str(supervisor.error) == REFUSED.cause


def test_a_drain_that_breaks_is_done_again_once() -> None:
    supervisor = Supervisor()
    supervisor.begun(0, 1)
    supervisor.asked_to_end()
    supervisor.failed(KILLED, 1, 1)
    assert (supervisor.phase, supervisor.drains) == (Phase.BACKING_OFF, True)
    supervisor.begun(2, 1)
    assert supervisor.restarts == 1
    supervisor.failed(KILLED, 3, 1)
    assert isinstance(supervisor.error, WorkerFailed)
    assert "the last snapshot could not be taken: worker 1 was ended by SIGKILL" in str(supervisor.error)


def test_a_drain_before_anything_was_worked_ends_well_at_once() -> None:
    first, after_a_failure = Supervisor(), Supervisor()
    lives(after_a_failure, 1)
    for supervisor in (first, after_a_failure):
        supervisor.begun(1_000, 1)
        supervisor.asked_to_end()
        supervisor.failed(UNWORKED, 1_002, 1)
        assert (supervisor.phase, supervisor.error) == (Phase.ENDED, None)


def test_a_worker_that_worked_nothing_is_started_again_where_nobody_wants_the_end() -> None:
    supervisor = Supervisor()
    supervisor.begun(0, 1)
    supervisor.failed(UNWORKED, 60, 1)
    assert (supervisor.phase, supervisor.failures) == (Phase.BACKING_OFF, 1)


def test_a_snapshot_that_a_drain_still_owes_is_not_made_up_for_by_working_nothing() -> None:
    supervisor = Supervisor()
    supervisor.begun(0, 1)
    supervisor.asked_to_end()
    supervisor.failed(KILLED, 1, 1)
    supervisor.begun(2, 1)
    supervisor.failed(UNWORKED, 4, 1)
    assert "the last snapshot could not be taken" in str(supervisor.error)


def test_asked_to_end_while_nothing_runs_it_ends_well_at_once() -> None:
    waiting, backing_off = Supervisor(), Supervisor()
    lives(backing_off, 1)
    for supervisor in (waiting, backing_off):
        supervisor.asked_to_end()
        assert (supervisor.phase, supervisor.error) == (Phase.ENDED, None)


class Lives(RuleBasedStateMachine):
    """Any order of events, with time and epochs that only go forward."""

    def __init__(self) -> None:
        super().__init__()
        self.supervisor = Supervisor()
        self.now = 0.0
        self.starts = 0
        self.without_progress = 0
        self.broken_drains = 0
        self.asked = False
        self.permanent = False
        self.refused = False
        self.had_completed = False
        self.last_due: float | None = None

    @initialize(stored=st.booleans())
    def has_a_store(self, *, stored: bool) -> None:
        self.epoch: int | None = 1 if stored else None

    def passes(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.supervisor.phase in {Phase.WAITING, Phase.BACKING_OFF})
    @rule(late=st.floats(0, 1_000))
    def starts_when_due(self, late: float) -> None:
        self.now = max(self.now, self.supervisor.due) + late
        self.supervisor.begun(self.now, self.epoch)
        self.starts += 1
        assert self.supervisor.phase is (Phase.DRAINING if self.asked else Phase.RUNNING)

    @precondition(lambda self: self.supervisor.phase is Phase.DRAINING and not self.broken_drains)
    @rule(waited=st.floats(2, 60))
    def falls_silent_before_anything_was_worked(self, waited: float) -> None:
        self.passes(waited)
        self.supervisor.failed(UNWORKED, self.now, self.epoch)

    @rule(ran=st.floats(0, 300), epochs=st.integers(0, 2), permanent=st.booleans())
    def fails(self, ran: float, epochs: int, *, permanent: bool) -> None:
        ran_before = self.supervisor.phase in {Phase.RUNNING, Phase.DRAINING}
        self.passes(ran)
        progress = ran >= HEALTHY_S if self.epoch is None else epochs > 0
        if self.epoch is not None:
            self.epoch += epochs
        self.supervisor.failed(REFUSED if permanent else KILLED, self.now, self.epoch)
        if not ran_before:
            return
        self.without_progress = 1 if progress else self.without_progress + 1
        self.broken_drains += self.asked
        self.permanent |= permanent
        if self.supervisor.phase is Phase.BACKING_OFF:
            wait = self.supervisor.due - self.now
            assert FIRST_BACKOFF_S - 1e-6 <= wait <= LONGEST_BACKOFF_S + 1e-6

    @rule()
    def is_asked_to_end(self) -> None:
        self.asked |= self.supervisor.phase is not Phase.ENDED
        self.supervisor.asked_to_end()
        assert self.supervisor.phase is not Phase.RUNNING

    @rule()
    def completes(self) -> None:
        self.had_completed |= self.supervisor.phase in {Phase.RUNNING, Phase.DRAINING}
        self.supervisor.completed()

    @rule()
    def is_refused(self) -> None:
        self.refused |= self.supervisor.phase in {Phase.WAITING, Phase.BACKING_OFF}
        self.supervisor.given_up(BrokerUnreachable("nobody answered"))

    @invariant()
    def it_ends_for_a_reason(self) -> None:
        if self.supervisor.phase is Phase.ENDED:
            given_up = (
                self.permanent
                or self.refused
                or self.without_progress >= MOST_FAILURES
                or self.broken_drains >= MOST_DRAINS
            )
            assert given_up == (self.supervisor.error is not None)
            assert given_up or self.asked or self.had_completed

    @invariant()
    def it_never_goes_on_beyond_its_limits(self) -> None:
        if self.supervisor.phase is not Phase.ENDED:
            assert self.without_progress < MOST_FAILURES
            assert self.broken_drains < MOST_DRAINS
            assert not self.permanent

    @invariant()
    def restarts_are_the_starts_after_the_first(self) -> None:
        assert self.supervisor.restarts == max(0, self.starts - 1)


TestLives = Lives.TestCase
