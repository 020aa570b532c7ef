"""Every record knows its key: what topics are partitioned and compacted by."""

import pytest

from schemas.alert import Alert
from schemas.dead_letter import MAX_KEPT_BYTES, Reason, dead_letter
from schemas.lifecycle import DesiredState, State, StrategyStatus, StrategyVersion
from schemas.meta import MetaConfig
from schemas.record import from_milliseconds
from schemas.signal_config import SignalConfig
from schemas.strategy import StrategyConfig
from schemas.watchlist import WatchlistEntry

TIME = from_milliseconds(0)


def test_a_version_has_a_key_of_its_own_and_a_desired_state_replaces_the_last() -> None:
    config = StrategyConfig(
        id="m", meta=MetaConfig(name="M"), signals=(SignalConfig(id="r", type="entry", expression="x"),)
    )
    assert StrategyVersion(strategy="m", version=3, config=config).key == "m@3"
    assert DesiredState(strategy="m", version=3, state="running", command="c").key == "m"


def test_an_entry_of_the_watchlist_has_the_key_of_no_strategy() -> None:
    entry = WatchlistEntry(symbol="BTC/USDT", asset=None, command="c")
    assert entry.key == "watchlist:BTC/USDT"
    with pytest.raises(ValueError, match="match pattern"):
        DesiredState(strategy=entry.key, version=1, state="running", command="c")


@pytest.mark.parametrize(
    ("symbol", "timeframe", "key"),
    [("B", "1m", "m|B|1m"), (None, None, "m"), ("B", None, "m"), (None, "1m", "m")],
)
def test_a_status_speaks_of_an_instance_or_of_the_strategy(symbol: str | None, timeframe: str | None, key: str) -> None:
    assert StrategyStatus(strategy="m", symbol=symbol, timeframe=timeframe, state=State.RUNNING).key == key


@pytest.mark.parametrize(("strategy", "key"), [(None, "B|1m"), ("m", "m|B|1m")])
def test_an_alerts_key_is_its_source(strategy: str | None, key: str) -> None:
    alert = Alert(
        id="0" * 32,
        kind="gap",
        severity="warning",
        symbol="B",
        timeframe="1m",
        strategy=strategy,
        event_time=TIME,
        message="",
    )
    assert alert.key == key


@pytest.mark.parametrize(
    ("key", "expected"),
    [(b"BTCUSDT", "BTCUSDT"), (None, "candles-4"), (b"", "candles-4"), (b"\xff", "\\xff"), (b"a" * 900, "a" * 200)],
)
def test_a_letters_key_is_its_records_or_its_origin(key: bytes | None, expected: str) -> None:
    letter = dead_letter(Reason.EMPTY, "", topic="candles", partition=4, offset=0, key=key, value=None)
    assert letter.key == expected


def test_a_letter_keeps_what_fits_and_says_how_much_there_was() -> None:
    whole = dead_letter(Reason.INVALID, "", topic="t", partition=0, offset=0, key=None, value=b"abc")
    cut = dead_letter(Reason.OVERSIZED, "", topic="t", partition=0, offset=0, key=None, value=bytes(MAX_KEPT_BYTES + 1))
    none = dead_letter(Reason.EMPTY, "", topic="t", partition=0, offset=0, key=None, value=None)
    assert (whole.value, whole.value_size) == (b"abc", 3)
    assert (cut.value, cut.value_size) == (bytes(MAX_KEPT_BYTES), MAX_KEPT_BYTES + 1)
    assert (none.value, none.value_size) == (None, 0)
