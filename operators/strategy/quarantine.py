"""What is told where a strategy goes out of service on one series.

All of it comes from the strategy's own step, so that the alerts of a series have one order.
"""

from operators.events import Frames, Transition
from operators.strategy.broken import Broken, RuleRaised
from schemas.alert import Alert, alert_id
from schemas.lifecycle import DesiredState
from schemas.record import from_milliseconds

_LONGEST_MESSAGE = 2_000  # characters of an alert


def broken_alert(desired: DesiredState, frames: Frames, broken: Broken) -> Alert:
    """A strategy could not go on at a candle, at whose close the alert is."""
    close_ms = frames.close_ms(broken.row)
    what = "raised" if isinstance(broken, RuleRaised) else "cannot go on:"
    return _alert(desired, frames.symbol, frames.timeframe, close_ms, f"version {desired.version} {what} {broken}")


def unable_alert(transition: Transition) -> Alert:
    """A version cannot run on a series, of which the alert is told when the version takes effect there."""
    desired = transition.desired
    message = f"version {desired.version} cannot run on this series: {transition.unable}"
    return _alert(desired, transition.symbol, transition.timeframe, transition.close_time, message)


def _alert(desired: DesiredState, symbol: str, timeframe: str, close_ms: int, message: str) -> Alert:
    event_time, strategy = from_milliseconds(close_ms), desired.strategy
    return Alert(
        id=alert_id("quarantine", symbol, timeframe, event_time, strategy),
        kind="quarantine",
        severity="error",
        symbol=symbol,
        timeframe=timeframe,
        strategy=strategy,
        event_time=event_time,
        message=message[:_LONGEST_MESSAGE],
    )
