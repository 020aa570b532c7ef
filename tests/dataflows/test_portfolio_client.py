"""Portfolios on Apache Kafka: what is sent, what is not, and what is refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.control_client import Signature
from dataflows.errors import CommandRefused
from dataflows.portfolio_client import PortfolioClient
from operators.risk.roster import NOT_THERE, Member
from schemas import topics
from schemas.portfolio import PortfolioConfig
from tests.dataflows.deployment import Deployment, swing, version, wanted, watched

pytestmark = pytest.mark.kafka

NOON = datetime(2031, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def deployment(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> Deployment:
    return Deployment(apache_kafka, topic_prefix, tmp_path).create()


def client_of(deployment: Deployment) -> PortfolioClient:
    return PortfolioClient(deployment.settings, now=lambda: NOON)


def config(*symbols: str) -> PortfolioConfig:
    return PortfolioConfig(id="main", symbols=symbols)


def test_it_is_added_changed_reset_and_removed_and_others_read_it(deployment: Deployment) -> None:
    client = client_of(deployment)
    assert client.apply(config("BTC"), signature=Signature("ada", "majors")).done == "added"
    assert client_of(deployment).apply(config("BTC")).done == "unchanged"
    changed = client_of(deployment).apply(config("BTC", "ETH"))
    assert changed.done == "changed"
    reset = client_of(deployment).reset("main", signature=Signature("bob", "looked into it"))
    assert (reset.author, reset.reason, reset.issued_at) == ("bob", "looked into it", NOON)
    assert client_of(deployment).entries == {"main": changed.entry}
    assert client_of(deployment).remove("main").done == "removed"
    assert client_of(deployment).entries == {}
    assert len(deployment.messages(topics.CONTROL)) == 4


def test_what_cannot_be_carried_out_is_refused_and_what_counts_is_written_again(deployment: Deployment) -> None:
    client = client_of(deployment)
    with pytest.raises(CommandRefused, match="main: symbols: expected the symbols on which it follows its strategies"):
        client.apply(config())
    with pytest.raises(CommandRefused, match="there is no portfolio 'main': there is none"):
        client.reset("main")
    client.apply(config("BTC"))
    with pytest.raises(CommandRefused, match="expected the symbols"):
        client.apply(config())
    assert client_of(deployment).entry("main").config == config("BTC")
    with pytest.raises(CommandRefused, match='did you mean "main"'):
        client.remove("mian")


def test_who_is_followed_is_what_the_control_topic_says_of_strategies(deployment: Deployment) -> None:
    main = PortfolioConfig(id="main", strategies=("fast", "slow", "fst"), symbols=("BTC", "ETH"))
    deployment.command(version(swing("fast")), wanted("fast"), version(swing("slow")), wanted("slow", "paused"))
    deployment.command(version(swing("other")), wanted("other"), watched("BTC", "1m"))
    found = client_of(deployment).roster(main)
    assert found.members == (
        Member("fast", "running", ("BTC",)),
        Member("slow", "paused", ("BTC",)),
        Member("fst", NOT_THERE, ()),
    )
    assert [one.partition(";")[0] for one in found.doubts] == [
        "strategies: there is no strategy 'fst' (did you mean \"fast\"?)",
        "symbols: none of its strategies runs on 'ETH'",
    ]
    client_of(deployment).apply(main)
    rest = client_of(deployment).roster(PortfolioConfig(id="rest", symbols=("BTC",)))
    assert [one.strategy for one in rest.members] == ["other"]
    client_of(deployment).apply(main.model_copy(update={"symbols": ("ETH",)}))
    every = client_of(deployment).roster(PortfolioConfig(id="rest", symbols=("BTC",)))
    assert [one.strategy for one in every.members] == ["fast", "other", "slow"]
