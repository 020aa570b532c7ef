"""How many bars a year has."""

import pytest

from operators.performance.annual import bars_a_year
from schemas.session import SessionConfig

SHARES = SessionConfig(zone="America/New_York", opens="09:30", closes="16:00", days="mon-fri")
FUTURES = SessionConfig(zone="America/Chicago", opens="17:00", closes="16:00", days="sun-thu")
OPEN_ENDED = SessionConfig(zone="America/New_York", days="mon-fri")
EACH_DAY = SessionConfig(zone="UTC", opens="00:00", closes="12:00")
SIX_DAYS = SessionConfig(zone="Asia/Tehran", opens="09:00", closes="12:00", days="sat-wed,fri")


@pytest.mark.parametrize(
    ("timeframe", "session", "bars"),
    [
        ("1s", None, 365 * 86_400),
        ("1m", None, 365 * 1_440),
        ("5m", None, 365 * 288),
        ("4h", None, 365 * 6),
        ("1d", None, 365),
        ("1w", None, 365 / 7),
        ("1d", SHARES, 252),
        ("2d", SHARES, 126),
        ("1w", SHARES, 365 / 7),
        ("1m", SHARES, 252 * 390),
        ("1h", SHARES, 252 * 7),
        ("12h", SHARES, 252),
        ("1h", FUTURES, 252 * 23),
        ("1h", OPEN_ENDED, 252 * 24),
        ("1h", EACH_DAY, 365 * 12),
        ("1d", EACH_DAY, 365),
        ("1d", SIX_DAYS, 252 * 6 / 5),
    ],
)
def test_the_bars_of_a_year(timeframe: str, session: SessionConfig | None, bars: float) -> None:
    assert bars_a_year(timeframe, session) == pytest.approx(bars, rel=1e-15)


def test_what_is_no_timeframe_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a timeframe such as 1m"):
        bars_a_year("1 month")
