"""When a signal is: at the close of its bar, wherever the session ends, or at the candle that made a command due."""

from operators.events import Frames, Transition
from operators.strategy.catalog import Catalog
from operators.strategy.step import StrategyStep
from operators.tally import Tally
from schemas.alert import Alert
from schemas.lifecycle import DesiredState, StrategyStatus
from schemas.signal import Signal, signal_id
from tests.operators.plain_engine import (
    BUY,
    LEAVE,
    MINUTE,
    RAISES,
    START,
    SYMBOL,
    desired,
    scripted,
    version,
)
from tests.operators.strategy.said_records import columns_of, spoken

DAILY = version(timeframes=("1d",))
ELSEWHERE = version(number=2, symbols=("ETHUSDT",), timeframes=("1d",))
OPENED, SHUT = START + 810 * MINUTE, START + 1_200 * MINUTE
"""A session of six and a half hours: 13:30 to 20:00."""


def session(volume: int) -> Frames:
    """The bar of one session."""
    return Frames(SYMBOL, "1d", [OPENED], columns_of([104.0], [volume]), close_times=[SHUT])


def at(minute: int, state: str = "running", *, name: str = "go", wanted: DesiredState | None = None) -> Transition:
    """A command that takes effect at the base candle that closes this many minutes after the opening."""
    goal = wanted or desired(DAILY, state, name=name)
    about = ELSEWHERE if goal.version == ELSEWHERE.version else DAILY
    return Transition(SYMBOL, "1d", OPENED, OPENED + minute * MINUTE, 100.0 + minute, goal, about)


def test_a_signal_closes_with_its_session() -> None:
    step = StrategyStep(Catalog(scripted), Tally())
    _, signal = spoken(step.on_batch([at(1), session(BUY)]))
    assert isinstance(signal, Signal)
    assert (f"{signal.open_time:%H:%M}", f"{signal.close_time:%H:%M}") == ("13:30", "20:00")
    assert signal.id == signal_id("both", 1, SYMBOL, "1d", signal.close_time, "buy")
    assert not signal.partial


def test_an_alert_of_a_rule_that_raised_is_at_the_end_of_its_session() -> None:
    step = StrategyStep(Catalog(scripted), Tally())
    _, alert, status = spoken(step.on_batch([at(1), session(BUY << RAISES)]))
    assert isinstance(alert, Alert)
    assert isinstance(status, StrategyStatus)
    assert f"{alert.event_time:%H:%M}" == "20:00"
    assert f"{status.effective_bar:%H:%M}" == "13:30"


def test_a_stop_closes_at_the_candle_that_made_it_due_while_the_bar_is_forming() -> None:
    step = StrategyStep(Catalog(scripted), Tally())
    *_, closing, stopped = spoken(step.on_batch([at(1), session(BUY), at(5, "stopped", name="end")]))
    assert isinstance(closing, Signal)
    assert isinstance(stopped, StrategyStatus)
    assert (f"{closing.open_time:%H:%M}", f"{closing.close_time:%H:%M}", closing.price) == ("13:30", "13:35", 105.0)
    assert closing.id == signal_id("both", 1, SYMBOL, "1d", closing.close_time, "lifecycle.stop")
    assert (f"{stopped.effective_bar:%H:%M}", stopped.state, stopped.reason) == ("13:30", "stopped", None)


def test_two_restarts_within_one_bar_are_two_signals() -> None:
    """Each at its own instant, so they have ids of their own."""
    step = StrategyStep(Catalog(scripted), Tally())
    found = step.on_batch(
        [
            at(1),
            session(BUY),
            at(5, wanted=desired(DAILY, name="anew", generation=1)),
            session(BUY),
            at(9, wanted=desired(DAILY, name="again", generation=2)),
        ]
    )
    closings = [one for one in found if isinstance(one, Signal) and one.rule == "lifecycle.restart"]
    assert [f"{one.close_time:%H:%M}" for one in closings] == ["13:35", "13:39"]
    assert len({one.id for one in closings}) == 2


def test_a_stop_that_the_watchlist_causes_says_so() -> None:
    """It has the command that is in force, with another state: nobody sent one."""
    step = StrategyStep(Catalog(scripted), Tally())
    *_, stopped = step.on_batch([at(1), session(LEAVE), at(5, "stopped")])
    assert isinstance(stopped, StrategyStatus)
    assert stopped.reason == "version 1 runs on BTCUSDT 1d no longer: the watchlist has changed"


def test_a_stop_by_a_version_that_is_for_other_symbols_says_so() -> None:
    step = StrategyStep(Catalog(scripted), Tally())
    *_, stopped = step.on_batch([at(1), session(LEAVE), at(5, wanted=desired(ELSEWHERE, "stopped", name="away"))])
    assert isinstance(stopped, StrategyStatus)
    assert stopped.reason == "version 2 does not run on BTCUSDT 1d"
