"""The background reader: brings records into the store, and outlives whatever happens to the broker."""

import threading
import time
from collections.abc import Callable

from dataflows.errors import BrokerUnreachable
from dataflows.kafka.follow import FollowedRecord
from dataflows.kafka.registry import RegistryError
from schemas.candle_row import CandleRow
from schemas.composite import Composite, LateSignal
from schemas.dead_letter import Reason
from schemas.decode_error import DecodeError
from schemas.lifecycle import DesiredState, StrategyStatus
from schemas.portfolio import PortfolioEntry
from schemas.record import Record
from schemas.watchlist import AssetConfig, TimeframeConfig, WatchlistEntry
from tests.ui.dashboard.account_news import portfolio
from ui.dashboard.feed import Feed
from ui.dashboard.store import MarketStore


class Script:
    """A reader that plays batches, then stays silent; a batch that is an error is raised."""

    def __init__(self, *batches: list[FollowedRecord] | Exception, trouble: str | None = None) -> None:
        self._batches = list(batches)
        self.trouble = trouble
        self.closed = threading.Event()

    def poll(self, max_records: int, timeout_s: float) -> list[FollowedRecord]:
        assert max_records > 0
        batch = self._batches.pop(0) if self._batches else []
        if isinstance(batch, Exception):
            raise batch
        time.sleep(0 if batch else min(timeout_s, 0.005))
        return batch

    def close(self) -> None:
        self.closed.set()


def followed(
    record: Record | CandleRow | DecodeError, *, key: bytes | None = None, gone: bool = False
) -> FollowedRecord:
    return FollowedRecord("topic", 2, 7, key, record, is_deletion=gone)


def running(*readers: Script | Exception) -> Feed:
    waiting = list(readers)

    def open_reader() -> Script:
        reader = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(reader, Exception):
            raise reader
        return reader

    return Feed(open_reader, MarketStore(), address="broker:9092", retry_s=0.01)


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def test_records_reach_the_store_and_bad_ones_are_counted(
    walk: Callable[..., list[CandleRow]], make_status: Callable[..., StrategyStatus]
) -> None:
    bad, deletion = DecodeError(Reason.TRUNCATED, "ends early"), DecodeError(Reason.EMPTY, "no value")
    reader = Script(
        [followed(row) for row in walk(3)],
        [followed(bad), followed(make_status()), followed(make_status("other"))],
        [followed(deletion, key=b"dip|BTCUSDT|1m", gone=True)],
    )
    feed = running(reader)
    wait_for(lambda: [one.strategy for one in feed.store.statuses()] == ["other"])
    feed.stop()
    counts = feed.store.counts(now=time.monotonic())
    assert (counts.candles, counts.undecodable) == (3, 1)
    assert counts.last_undecodable == "topic: truncated: ends early (partition 2, offset 7)"
    assert reader.closed.is_set()


def test_composites_late_signals_and_the_watchlist_reach_the_store_and_other_commands_are_passed_over(
    walk: Callable[..., list[CandleRow]],
    make_composite: Callable[..., Composite],
    make_late: Callable[..., LateSignal],
) -> None:
    asset = AssetConfig(symbol="BTCUSDT", timeframes=(TimeframeConfig(name="7m"),))
    entry = WatchlistEntry(symbol="BTCUSDT", asset=asset, command="c1")
    desired = DesiredState(strategy="dip", version=1, state="running", command="c2")
    tombstone = DecodeError(Reason.EMPTY, "no value")
    reader = Script(
        [
            followed(entry),
            followed(desired),
            FollowedRecord("paper.control", 0, 1, b"dip", tombstone, is_deletion=True),
        ],
        [followed(row) for row in walk(8)],
        [followed(make_composite(59)), followed(make_late(4))],
    )
    feed = running(reader)
    wait_for(lambda: feed.store.counts(now=time.monotonic()).late_signals == 4)
    feed.stop()
    counts = feed.store.counts(now=time.monotonic())
    assert (counts.composites, counts.undecodable) == (1, 0)
    assert ("BTCUSDT", "7m") in feed.store.series()


def test_that_a_portfolio_was_taken_away_reaches_the_store() -> None:
    removed = PortfolioEntry(portfolio="main", config=None, command="c1")
    feed = running(Script([followed(removed)], [followed(portfolio(1)), followed(portfolio(1, name="other"))]))
    wait_for(lambda: bool(feed.store.portfolios()))
    feed.stop()
    assert [one.portfolio for one in feed.store.portfolios()] == ["other"]


def test_a_broker_that_is_not_there_is_tried_until_it_is(walk: Callable[..., list[CandleRow]]) -> None:
    nobody = BrokerUnreachable("no Kafka broker answered at broker:9092")
    feed = running(nobody, nobody, Script([followed(row) for row in walk(2)]))
    wait_for(lambda: feed.connection.connected and bool(feed.store.series()))
    feed.stop()
    assert feed.connection.why == ""


def test_an_outage_is_dated_from_its_beginning_whatever_reasons_follow() -> None:
    reader = Script()
    feed = running(reader, Script())
    wait_for(lambda: feed.connection.connected)
    reader.trouble = "1/1 brokers are down"
    wait_for(lambda: not feed.connection.connected)
    since = feed.connection.since
    reader.trouble = "still down"
    wait_for(lambda: feed.connection.why == "still down")
    assert feed.connection.since == since
    reader.trouble = None
    wait_for(lambda: feed.connection.connected)
    feed.stop()
    assert feed.connection.since > since


def test_a_broker_that_comes_back_is_read_anew_since_it_may_be_another(walk: Callable[..., list[CandleRow]]) -> None:
    before = Script(trouble="1/1 brokers are down")
    feed = running(before, Script([followed(row) for row in walk(2)]))
    wait_for(lambda: feed.connection.why == "1/1 brokers are down")
    before.trouble = None
    wait_for(lambda: bool(feed.store.series()))
    feed.stop()
    assert before.closed.is_set()


def test_a_reader_that_fails_is_closed_and_replaced(walk: Callable[..., list[CandleRow]]) -> None:
    broken = Script(RegistryError("the registry does not answer"))
    feed = running(broken, Script([followed(row) for row in walk(1)]))
    wait_for(lambda: bool(feed.store.series()))
    feed.stop()
    assert broken.closed.is_set()
