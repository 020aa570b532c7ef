"""The watchlist in the control log: what is accepted, who hears of it, from when, and what compaction leaves of it."""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.control.compaction import displaced_entry
from operators.control.fanout import Fanout
from operators.control.registry import Registry
from operators.control.scheduled import MAX_WAITING
from operators.control.watchlist import MAX_REMEMBERED, Listed
from operators.events import Command, Enrolment, Listing
from operators.strategy.catalog import Catalog
from schemas.record import from_milliseconds, to_milliseconds
from schemas.session import SessionConfig
from schemas.watchlist import AssetConfig, TimeframeConfig, WatchlistEntry
from tests.operators.plain_engine import MINUTE, START, desired, scripted, version

EVERYWHERE = version("all")
ETH_ONLY = version("eth", symbols=("ETHUSDT",))


def entry(
    symbol: str, *timeframes: str, after: int | None = None, name: str = "w1", off: bool = False, **more: object
) -> WatchlistEntry:
    """What is said of a symbol, from the end of minute ``after`` on."""
    asset = AssetConfig(symbol=symbol, timeframes=tuple(TimeframeConfig(name=one) for one in timeframes))
    effective_from = None if after is None else from_milliseconds(START + after * MINUTE)
    return WatchlistEntry(
        symbol=symbol,
        asset=None if off else asset.model_copy(update=more),
        effective_from=effective_from,
        command=name,
    )


def registry(*entries: WatchlistEntry) -> Registry:
    made = Registry(Catalog(scripted))
    for one in entries:
        assert not made.apply(one).refusal
    return made


def fanout(*entries: WatchlistEntry, symbols: Sequence[str] = ()) -> Fanout:
    return Fanout(registry(*entries), symbols)


def listings(told: Iterable[Command | Enrolment | Listing]) -> list[Listing]:
    return [one for one in told if isinstance(one, Listing)]


def heard(told: Iterable[Command | Enrolment | Listing]) -> list[tuple[str, tuple[str, ...] | None, bool, int | None]]:
    """Symbol, its timeframes or None where it is off, whether the watchlist exists, and the minute after which."""
    return [
        (
            one.symbol,
            one.entry.asset.enabled_timeframes if one.entry and one.entry.asset else None,
            one.exists,
            minute(one),
        )
        for one in listings(told)
    ]


def minute(listing: Listing) -> int | None:
    assert listing.entry is not None
    since = listing.entry.effective_from
    return None if since is None else (to_milliseconds(since) - START) // MINUTE


def test_the_newest_entry_of_a_symbol_counts() -> None:
    told = registry(entry("BTCUSDT", "5m"), entry("ETHUSDT", "1h"), entry("BTCUSDT", "15m", name="w2"))
    assert told.watchlist.entry("BTCUSDT") == entry("BTCUSDT", "15m", name="w2")
    assert told.watchlist.entry("SOLUSDT") is None
    assert list(told.watchlist.assets) == ["BTCUSDT", "ETHUSDT"]
    assert told.watchlist.exists


def test_what_was_taken_off_is_not_on_it_and_the_last_one_ends_it() -> None:
    told = registry(entry("BTCUSDT"), entry("ETHUSDT"), entry("BTCUSDT", off=True, name="w2"))
    assert list(told.watchlist.assets) == ["ETHUSDT"]
    assert told.watchlist.exists
    assert told.apply(entry("ETHUSDT", off=True, name="w3")).for_all
    assert not told.watchlist.exists
    assert list(told.watchlist.entries) == ["BTCUSDT", "ETHUSDT"]


def test_an_unknown_time_zone_is_refused_with_the_nearest_and_changes_nothing() -> None:
    held = entry("BTCUSDT", "5m")
    told = registry(held)
    answer = told.apply(entry("BTCUSDT", name="w2", session=SessionConfig(zone="Europe/Lodnon")))
    assert answer.refusal == (
        "asset.session.zone: expected an IANA time zone such as Europe/London, found "
        '"Europe/Lodnon" (did you mean "Europe/London"?)'
    )
    assert told.watchlist.entry("BTCUSDT") == held
    assert not told.apply(entry("BTCUSDT", name="w3", session=SessionConfig(zone="Europe/London"))).refusal


def test_an_entry_that_comes_again_changes_nothing_whatever_came_after_it() -> None:
    first, second = entry("BTCUSDT", "5m"), entry("BTCUSDT", "1h", name="w2")
    feed = fanout(first, second, symbols=["BTCUSDT"])
    assert feed.control(first) == []
    assert heard(Fanout(registry(first, second, first)).symbol("BTCUSDT")) == [("BTCUSDT", ("1h",), True, None)]


def test_a_command_id_means_one_entry_of_a_symbol() -> None:
    told = registry(entry("BTCUSDT", "5m"), entry("ETHUSDT", "5m"))
    assert told.apply(entry("BTCUSDT", "1h")).refusal == "command w1 was given before, and said otherwise"


def test_the_number_of_remembered_and_of_waiting_entries_is_bounded() -> None:
    told = registry(*(entry("BTCUSDT", after=number, name=f"w{number}") for number in range(MAX_REMEMBERED + 10)))
    assert told.apply(entry("BTCUSDT", after=MAX_REMEMBERED, name=f"w{MAX_REMEMBERED}")).repeated
    assert not told.apply(entry("BTCUSDT", after=200, name="w0")).refusal  # forgotten
    assert len(told.watchlist.listings("BTCUSDT")) == MAX_WAITING + 1


def test_an_answer_names_what_counted_until_then() -> None:
    told = registry(entry("BTCUSDT", "5m"))
    assert told.apply(entry("BTCUSDT", "1h", name="w2")) == Listed(before=entry("BTCUSDT", "5m"))


def test_the_first_and_the_last_entry_concern_every_symbol_and_others_only_their_own() -> None:
    feed = fanout(symbols=["BTCUSDT", "ETHUSDT"])
    assert heard(feed.control(entry("BTCUSDT", "5m", after=3))) == [
        ("BTCUSDT", ("5m",), True, 3),
        ("ETHUSDT", None, True, 3),
    ]
    assert heard(feed.control(entry("BTCUSDT", "1h", after=4, name="w2"))) == [("BTCUSDT", ("1h",), True, 4)]
    assert heard(feed.control(entry("SOLUSDT", "1h", after=5))) == []
    assert heard(feed.control(entry("SOLUSDT", after=6, off=True, name="w2"))) == []
    assert heard(feed.control(entry("BTCUSDT", after=7, off=True, name="w3"))) == [
        ("BTCUSDT", None, False, 7),
        ("ETHUSDT", None, False, 7),
    ]


def test_a_refused_entry_goes_nowhere() -> None:
    feed = fanout(symbols=["BTCUSDT"])
    assert feed.control(entry("BTCUSDT", session=SessionConfig(zone="Mars/Crater"))) == []


def test_a_new_symbol_hears_what_the_watchlist_says_of_it_before_the_commands() -> None:
    feed = fanout(entry("BTCUSDT", "5m"), entry("BTCUSDT", "1h", after=9, name="w2"))
    feed.control(EVERYWHERE)
    feed.control(desired(EVERYWHERE))
    told = feed.symbol("BTCUSDT")
    assert [type(one) for one in told] == [Listing, Listing, Command]
    assert heard(told) == [("BTCUSDT", ("5m",), True, None), ("BTCUSDT", ("1h",), True, 9)]
    assert feed.symbol("BTCUSDT") == []


def test_without_a_watchlist_a_new_symbol_hears_nothing_of_it() -> None:
    assert fanout().symbol("BTCUSDT") == []


def test_a_new_symbol_that_is_not_on_it_hears_from_when_there_is_a_watchlist() -> None:
    feed = fanout(entry("BTCUSDT", after=3), entry("BTCUSDT", after=8, off=True, name="w2"))
    assert heard(feed.symbol("ETHUSDT")) == [("ETHUSDT", None, True, 3), ("ETHUSDT", None, False, 8)]


def test_a_new_symbol_hears_commands_of_wildcards_even_while_it_is_not_on_the_watchlist() -> None:
    """It may be put there later, and then has to know them."""
    feed = fanout(entry("BTCUSDT"))
    for one in (EVERYWHERE, ETH_ONLY):
        feed.control(one)
        feed.control(desired(one, name=one.strategy))
    named = [one.desired.strategy for one in feed.symbol("SOLUSDT") if isinstance(one, Command)]
    assert named == ["all"]
    assert [one.desired.strategy for one in feed.symbol("ETHUSDT") if isinstance(one, Command)] == ["all", "eth"]


def test_where_the_watchlist_ends_a_symbol_stays_on_it_until_its_own_time() -> None:
    feed = fanout(entry("BTCUSDT", "5m"), entry("ETHUSDT", "5m"), symbols=["BTCUSDT", "ETHUSDT"])
    feed.control(entry("ETHUSDT", after=9, off=True, name="w2"))
    assert heard(feed.control(entry("BTCUSDT", after=4, off=True, name="w2"))) == [
        ("BTCUSDT", None, False, 4),
        ("ETHUSDT", None, False, 9),
    ]


SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
TIMES = st.none() | st.integers(0, 6)


@st.composite
def logs(draw: st.DrawFn) -> list[WatchlistEntry]:
    """Any log on two of three symbols; some entries come again, some are refused."""
    log: list[WatchlistEntry] = []
    for number in range(draw(st.integers(1, 12))):
        if log and draw(st.integers(0, 5)) == 0:
            log.append(draw(st.sampled_from(log)))
            continue
        broken = {"session": SessionConfig(zone="Mars/Crater")} if draw(st.integers(0, 5)) == 0 else {}
        log.append(
            entry(
                draw(st.sampled_from(SYMBOLS[:2])),
                *draw(st.sampled_from([(), ("5m",), ("1h",)])),
                after=draw(TIMES),
                off=draw(st.booleans()),
                name=f"w{number}",
                **broken,
            )
        )
    return log


def timeline(told: Iterable[Listing]) -> list[tuple[AssetConfig | None, bool]]:
    """What holds at the first candle and in each minute after it, of a symbol that has heard this beforehand.

    What is due at the time of something newer, or later, gives way to it.
    """
    queue: list[Listing] = []
    for one in told:
        due = minute(one)
        queue = [] if due is None else [each for each in queue if (since := minute(each)) is None or since < due]
        queue.append(one)
    found: list[tuple[AssetConfig | None, bool]] = []
    for now in range(-1, 8):
        held: tuple[AssetConfig | None, bool] = (None, False)
        for each in queue:
            since = minute(each)
            if each.entry is not None and (since is None or since < now):
                held = each.entry.asset, each.exists
        found.append(held)
    return found


@given(logs())
def test_a_symbol_seen_early_and_one_seen_late_hold_the_same_at_every_time(log: list[WatchlistEntry]) -> None:
    early = Fanout(Registry(Catalog(scripted)), SYMBOLS)
    told = [one for record in log for one in listings(early.control(record))]
    late = Fanout(Registry(Catalog(scripted)))
    for record in log:
        assert late.control(record) == []
    for symbol in SYMBOLS:
        own = timeline(one for one in told if one.symbol == symbol)
        assert own == timeline(listings(late.symbol(symbol)))
        assert all(exists for asset, exists in own if asset is not None)


@given(logs())
def test_in_the_end_every_symbol_holds_what_the_log_says_last(log: list[WatchlistEntry]) -> None:
    told = Registry(Catalog(scripted))
    feed = Fanout(told)
    for record in log:
        told.apply(record)
    for symbol in SYMBOLS:
        newest = told.watchlist.entry(symbol)
        asset, exists = timeline(listings(feed.symbol(symbol)))[-1]
        assert asset == (newest.asset if newest else None)
        assert exists is told.watchlist.exists


@given(logs())
def test_the_log_after_compaction_tells_the_same_once_it_was_mended(log: list[WatchlistEntry]) -> None:
    told = Registry(Catalog(scripted))
    for record in log:
        told.apply(record)
    for symbol in SYMBOLS:
        again = displaced_entry(told, symbol, {one.key: (place, one) for place, one in enumerate(log)})
        if again is not None:
            assert told.apply(again).repeated
            log = [*log, again]
    places = {one.key: (place, one) for place, one in enumerate(log)}
    assert [displaced_entry(told, symbol, places) for symbol in SYMBOLS] == [None] * len(SYMBOLS)
    reader = Registry(Catalog(scripted))
    for _, record in sorted(places.values(), key=lambda one: one[0]):
        reader.apply(record)
    assert reader.watchlist.entries == told.watchlist.entries


@pytest.mark.parametrize("off", [True, False])
def test_of_several_entries_at_one_time_the_last_counts(*, off: bool) -> None:
    feed = fanout(entry("BTCUSDT", "5m", after=3), entry("BTCUSDT", "1h", after=3, name="w2", off=off))
    assert heard(feed.symbol("BTCUSDT")) == [("BTCUSDT", None if off else ("1h",), not off, 3)]
