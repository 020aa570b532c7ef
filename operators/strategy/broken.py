"""Why a strategy cannot go on at a candle: every reason for which a key goes into quarantine while it runs."""

from collections.abc import Iterable

from operators.events import LARGEST

_LONGEST_REASON = 500


class Broken(Exception):
    """A strategy cannot go on at ``row`` of its frames; the text says why."""

    def __init__(self, row: int, reason: str) -> None:
        self.row = row
        super().__init__(reason[:_LONGEST_REASON])


class RuleRaised(Broken):
    """A rule raised an error at ``row``."""

    def __init__(self, row: int, rule: str, error: Exception) -> None:
        super().__init__(row, f"rule {rule}: {type(error).__name__}: {error}")


class IndicatorLost(Broken):
    """An indicator that a rule reads has failed on the series, at ``row`` or before."""


class SignalStorm(Broken):
    """It changes its position at nearly every candle, and has for long."""


class AccountLost(Broken):
    """What it holds cannot be reckoned with at ``row``."""


class AbsurdValue(ValueError):
    """A number that no signal may hold."""


def absurd(name: str, value: float) -> AbsurdValue:
    """What to say of an absurd number.

    >>> str(absurd("rsi", 1e305))
    'rsi is 1e+305, expected at most 1e+300 on either side of zero'
    """
    return AbsurdValue(f"{name:.200} is {value!r}, expected at most {LARGEST:g} on either side of zero")


def first_absurd(named: Iterable[tuple[str, float | None]]) -> AbsurdValue | None:
    """What to say of the first number that is infinite, or beyond `LARGEST`; None where there is none.

    NaN is no such number: it says that something is not ready, and what is not ready makes no signal.

    >>> first_absurd([("close", 1.0), ("rsi", float("nan")), ("left", None)]) is None
    True
    """
    for name, value in named:
        if value is not None and not -LARGEST <= value <= LARGEST and value == value:  # noqa: PLR0124  # NaN alone is not itself
            return absurd(name, value)
    return None
