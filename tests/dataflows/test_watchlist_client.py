"""The watchlist on Apache Kafka: what is sent, what is not, what time it is stamped with, who wins a race."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.control_client import ControlClient, Signature
from dataflows.errors import CommandRefused
from dataflows.watchlist_client import Change, WatchlistClient
from schemas import topics
from schemas.watchlist import AssetConfig
from tests.dataflows.control_writers import Interrupted, compacted
from tests.dataflows.deployment import Deployment, minute, swing, walk, watched

pytestmark = pytest.mark.kafka

NOON = datetime(2031, 1, 1, 12, tzinfo=UTC)
ADA, BOB = Signature("ada", "majors"), Signature("bob", "halted")


@pytest.fixture
def deployment(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> Deployment:
    return Deployment(apache_kafka, topic_prefix, tmp_path).create()


def client_of(deployment: Deployment, now: datetime = NOON) -> WatchlistClient:
    return WatchlistClient(deployment.settings, now=lambda: now)


def asset(symbol: str, *timeframes: str, **more: object) -> AssetConfig:
    return AssetConfig.model_validate({"symbol": symbol, "timeframes": timeframes, **more})


def done(changes: tuple[Change, ...]) -> list[tuple[str, str]]:
    return [(one.symbol, one.done) for one in changes]


def sent(deployment: Deployment) -> int:
    return len(deployment.messages(topics.CONTROL))


def assets(deployment: Deployment) -> dict[str, AssetConfig | None]:
    return {symbol: entry.asset for symbol, entry in client_of(deployment).entries.items()}


def test_what_is_said_already_is_not_sent_again_and_what_is_not_named_stays(deployment: Deployment) -> None:
    client = client_of(deployment)
    assert done(client.apply([asset("BTC", "5m"), asset("ADA", "1h")])) == [("ADA", "added"), ("BTC", "added")]
    assert done(client.apply([asset("BTC", "5m"), asset("ADA", "1h")])) == [("ADA", "unchanged"), ("BTC", "unchanged")]
    assert sent(deployment) == 2
    later = client_of(deployment)
    assert done(later.apply([asset("BTC", "1h"), asset("ETH")])) == [("BTC", "changed"), ("ETH", "added")]
    assert assets(deployment) == {"ADA": asset("ADA", "1h"), "BTC": asset("BTC", "1h"), "ETH": asset("ETH")}


def test_pruned_it_takes_off_what_is_not_named(deployment: Deployment) -> None:
    client = client_of(deployment)
    client.apply([asset("BTC", "5m"), asset("ADA", "1h")])
    assert done(client.apply([asset("ADA", "1h")], prune=True)) == [("ADA", "unchanged"), ("BTC", "taken off")]
    assert list(assets(deployment)) == ["ADA"]
    assert done(client.apply([asset("BTC", "5m")])) == [("BTC", "added")]


def test_an_entry_says_who_made_it_when_and_why(deployment: Deployment) -> None:
    client_of(deployment).apply([asset("BTC")], signature=ADA)
    entry = client_of(deployment).entry("BTC")
    assert (entry.author, entry.reason, entry.issued_at, entry.effective_from) == ("ada", "majors", NOON, None)
    change = client_of(deployment).enable("BTC", enabled=False, signature=BOB)
    assert change.before == entry
    assert (change.entry.author, change.entry.reason) == ("bob", "halted")


def test_a_live_feed_stamps_this_instant_and_an_old_one_does_not(deployment: Deployment) -> None:
    deployment.candles(walk(10))
    live, late = minute(10) + timedelta(seconds=30), minute(10) + timedelta(hours=1)
    client = client_of(deployment, late)
    assert [one.entry.effective_from for one in client.apply([asset("OLD")])] == [None]
    client = client_of(deployment, live)
    assert [one.entry.effective_from for one in client.apply([asset("NEW")])] == [live]
    assert done(client.apply([asset("NEW")])) == [("NEW", "unchanged")]
    asked_for = datetime(2031, 1, 1, tzinfo=UTC)
    assert client.remove("NEW", effective_from=asked_for).entry.effective_from == asked_for


def test_an_entry_that_waits_for_its_time_is_not_there_already(deployment: Deployment) -> None:
    client, later = client_of(deployment), datetime(2031, 1, 1, tzinfo=UTC)
    for expected in ("added", "unchanged"):
        assert done(client.apply([asset("BTC", "5m")], effective_from=later)) == [("BTC", expected)]
    assert done(client.apply([asset("BTC", "5m")])) == [("BTC", "changed")]
    assert done(client.apply([asset("BTC", "5m")])) == [("BTC", "unchanged")]


def test_an_unknown_symbol_is_refused_with_the_nearest(deployment: Deployment) -> None:
    client = client_of(deployment)
    with pytest.raises(CommandRefused, match="BTCUSDT is not on the watchlist: nothing is;"):
        client.remove("BTCUSDT")
    client.apply([asset("BTCUSDT")])
    calls: list[Callable[[], object]] = [
        lambda: client.entry("BTCUSD"),
        lambda: client.remove("BTCUSD"),
        lambda: client.enable("BTCUSD", enabled=True),
    ]
    for call in calls:
        with pytest.raises(CommandRefused, match=r'BTCUSD is not on the watchlist \(did you mean "BTCUSDT"\?\)'):
            call()
    assert sent(deployment) == 1


def test_an_unknown_time_zone_is_refused_before_anything_is_sent(deployment: Deployment) -> None:
    broken = asset("SPY", "1h", session={"zone": "America/New_Yrok"})
    with pytest.raises(CommandRefused, match=r'SPY: session.zone: .*\(did you mean "America/New_York"\?\)'):
        client_of(deployment).apply([asset("BTC"), broken])
    assert sent(deployment) == 0


def test_many_are_sent_at_once_and_counted_as_they_go(deployment: Deployment) -> None:
    counted: list[int] = []
    many = [asset(f"S{number:03}", "5m", "1h") for number in range(250)]
    client_of(deployment).apply(many[:20])
    changes = client_of(deployment).apply(many, progress=counted.append)
    assert counted == [20, 100, 100, 30]
    assert [one.done for one in changes] == ["unchanged"] * 20 + ["added"] * 230
    assert list(assets(deployment).values()) == many


def test_an_asset_that_no_reader_would_take_is_refused(deployment: Deployment) -> None:
    short = WatchlistClient(deployment.settings.model_copy(update={"max_record_bytes": 1_024}))
    long = asset("BTC", *(f"{number}m" for number in range(1, 33)), asset_type="x" * 40)
    with pytest.raises(CommandRefused, match=r"watchlist:BTC is too long to send.*at most 1,024 bytes.*RECORD_BYTES"):
        short.apply([long])
    assert sent(deployment) == 0


def test_disabling_keeps_what_somebody_changed_at_the_same_time(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_of(deployment).apply([asset("BTC", "5m")])
    ada = client_of(deployment)
    bob = _interrupted(deployment, monkeypatch, lambda: ada.apply([asset("BTC", "1h")], signature=ADA))
    bob.enable("BTC", enabled=False, signature=BOB)
    assert assets(deployment) == {"BTC": asset("BTC", "1h", enabled=False)}


def test_what_was_taken_off_at_the_same_time_is_not_put_back_by_enabling_it(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_of(deployment).apply([asset("BTC", "5m", enabled=False)])
    ada = client_of(deployment)
    bob = _interrupted(deployment, monkeypatch, lambda: ada.remove("BTC"))
    with pytest.raises(CommandRefused, match="BTC has been taken off the watchlist meanwhile, and stays off"):
        bob.enable("BTC", enabled=True)
    assert assets(deployment) == {}


def _interrupted(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> WatchlistClient:
    """A client before whose first record somebody else acts."""
    monkeypatch.setattr("dataflows.control_topic.Producer", Interrupted)
    monkeypatch.setattr(Interrupted, "before", act)
    return client_of(deployment)


def test_after_compaction_the_topic_says_the_same(deployment: Deployment, apache_kafka: Broker, tmp_path: Path) -> None:
    client = client_of(deployment)
    client.apply([asset("BTC", "5m"), asset("ETH", "1h"), asset("SOL")])
    client.apply([asset("BTC", "1h")])
    client.remove("SOL")
    ControlClient(deployment.settings).deploy(swing("fast"))
    refused = watched("ETH", "5m", session={"zone": "Mars/Crater"})
    deployment.command(refused)
    client_of(deployment).apply([asset("ETH", "1h")])  # says nothing new, and mends
    left = compacted(deployment, apache_kafka, tmp_path)
    assert assets(left) == assets(deployment) == {"BTC": asset("BTC", "1h"), "ETH": asset("ETH", "1h")}
    assert len(left.messages(topics.CONTROL)) == 5
    assert ControlClient(left.settings).strategies == ("fast",)
