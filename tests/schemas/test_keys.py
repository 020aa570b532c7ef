"""Every record knows its key: what topics are partitioned and compacted by."""

import pytest

from schemas.alert import Alert
from schemas.dead_letter import MAX_KEPT_BYTES, OF_ITS_KEY, Reason, dead_letter
from schemas.lifecycle import DesiredState, State, StrategyStatus, StrategyVersion
from schemas.meta import MetaConfig
from schemas.placement import Placement
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


def test_placements_starts_and_claims_are_all_kept() -> None:
    """What an earlier run sent, and comes late, must not displace what a later one decided: so it is in the key."""
    earlier = Placement(partition=3, run=1, candles=90, first=4, end=7)
    later = Placement(partition=3, run=2, candles=80, first=4, end=6)
    assert (earlier.key, later.key) == ("3|1|4", "3|2|4")
    start = Placement(partition=3, run=1, candles=0, first=0, end=0)
    claim = start.model_copy(update={"claim": "0"})
    assert (start.key, claim.key) == ("3|1", "3|1|claim 0")
    assert (start.is_start, claim.is_start, earlier.is_start) == (True, False, False)


def test_a_placement_goes_forward() -> None:
    with pytest.raises(ValueError, match="expected an end at or after the first offset 4, got 3"):
        Placement(partition=0, run=1, candles=0, first=4, end=3)


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
def test_the_key_of_a_letter_of_the_market_is_its_records_or_its_origin(key: bytes | None, expected: str) -> None:
    letter = dead_letter(Reason.OUT_OF_ORDER, "", topic="candles", partition=4, offset=0, key=key, value=None)
    assert letter.key == expected


@pytest.mark.parametrize("reason", sorted(set(Reason) - OF_ITS_KEY))
@pytest.mark.parametrize("key", [b"BTCUSDT", None])
def test_the_key_of_a_letter_of_a_source_is_its_partition(reason: Reason, key: bytes | None) -> None:
    letter = dead_letter(reason, "", topic="candles", partition=4, offset=0, key=key, value=None)
    assert (letter.key, letter.record_key) == ("candles-4", key)


def test_the_market_refuses_for_reasons_of_its_own() -> None:
    """One more reason has to be given to one of the two: a key of the topic has one writer."""
    assert {reason.value for reason in OF_ITS_KEY} == {"out_of_order", "conflicting_duplicate", "wrong_timeframe"}
    assert {reason.value for reason in set(Reason) - OF_ITS_KEY} == {
        "empty",
        "oversized",
        "unknown_format",
        "unknown_schema",
        "truncated",
        "wrong_type",
        "invalid",
        "from_the_future",
    }


def test_a_letter_keeps_what_fits_and_says_how_much_there_was() -> None:
    whole = dead_letter(Reason.INVALID, "", topic="t", partition=0, offset=0, key=None, value=b"abc")
    cut = dead_letter(Reason.OVERSIZED, "", topic="t", partition=0, offset=0, key=None, value=bytes(MAX_KEPT_BYTES + 1))
    none = dead_letter(Reason.EMPTY, "", topic="t", partition=0, offset=0, key=None, value=None)
    assert (whole.value, whole.value_size) == (b"abc", 3)
    assert (cut.value, cut.value_size) == (bytes(MAX_KEPT_BYTES), MAX_KEPT_BYTES + 1)
    assert (none.value, none.value_size) == (None, 0)
