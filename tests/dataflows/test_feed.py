"""Feeding a file: every good row once and in order, bad ones counted, at the pace asked for."""

from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.errors import DeliveryFailed, TopicMissing
from dataflows.feed import MAX_REFUSED_SHOWN, Fed, feed
from dataflows.stop import StopFlag
from schemas import topics
from schemas.candle import NO_TIME
from schemas.candle_row import CandleRow
from tests.dataflows.deployment import Deployment, as_file, walk


class Recording(StopFlag):
    """Notes how long the feed would have slept; asks for the end after so many sleeps."""

    def __init__(self, end_after: int = 1_000_000) -> None:
        super().__init__()
        self.slept: list[float] = []
        self._end_after = end_after

    def wait(self, seconds: float) -> bool:
        self.slept.append(seconds)
        if len(self.slept) >= self._end_after:
            self.set()
        return self.is_set


def fed(
    deployment: Deployment, rows: list[CandleRow], *, speed: float | None = None, stop: StopFlag | None = None
) -> Fed:
    return feed(
        as_file(rows, deployment.folder / "candles.parquet"),
        client_config=deployment.config,
        topic=deployment.name(topics.CANDLES),
        codec=deployment.codec,
        speed=speed,
        stop=stop,
    )


def on_topic(deployment: Deployment) -> dict[str, list[tuple[int, CandleRow]]]:
    """The candles of each symbol as the topic has them, each with its partition."""
    found: dict[str, list[tuple[int, CandleRow]]] = {}
    for message in deployment.messages(topics.CANDLES):
        row = deployment.codec.decode_candle_row(message.value())
        assert message.key() == row[0].encode()
        found.setdefault(row[0], []).append((message.partition() or 0, row))
    return found


def test_every_row_comes_once_in_order_on_its_symbols_partition(
    any_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment, rows = Deployment(any_broker, topic_prefix, tmp_path).create(), walk(2_000)
    assert fed(deployment, rows) == Fed(len(rows), 0, ())
    found = on_topic(deployment)
    assert {symbol: [row for _, row in there] for symbol, there in found.items()} == {
        symbol: [row for row in rows if row[0] == symbol] for symbol in ("AAA", "BBB", "CCC")
    }
    assert all(len({partition for partition, _ in there}) == 1 for there in found.values())


def test_rows_that_are_no_candles_are_counted_and_told(
    embedded_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment, rows = Deployment(embedded_broker, topic_prefix, tmp_path).create(), walk(20)
    bad = {3: float("nan"), 7: -5.0}
    for place, close in bad.items():
        rows[place] = (*rows[place][:6], close, *rows[place][7:])
    result = fed(deployment, rows)
    assert (result.candles, result.refused_count) == (58, 2)
    assert result.refused[0] == (3, "candle of 'AAA' 1m: close nan is not a finite price above zero")
    assert result.refused[1][0] == 7
    assert result.refused[1][1].startswith("candle of 'BBB' 1m: close -5.0 is not")
    assert sum(map(len, on_topic(deployment).values())) == 58


def test_only_the_first_refusals_are_told(embedded_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(embedded_broker, topic_prefix, tmp_path).create()
    rows = [(*row[:7], -1.0, True) for row in walk(40)]
    result = fed(deployment, rows)
    assert (result.candles, result.refused_count, len(result.refused)) == (0, 120, MAX_REFUSED_SHOWN)


def test_the_markets_pace_is_kept_across_symbols(embedded_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment, rows = Deployment(embedded_broker, topic_prefix, tmp_path).create(), walk(10)
    by_symbol = sorted(rows, key=lambda row: row[0])  # one symbol after the other, as many files have it
    stop = Recording()
    assert fed(deployment, by_symbol, speed=60.0, stop=stop).candles == len(rows)
    assert stop.slept == pytest.approx([1.0] * 9)  # a minute of the market is a second at 60x
    assert {symbol: [row for _, row in there] for symbol, there in on_topic(deployment).items()} == {
        symbol: [row for row in rows if row[0] == symbol] for symbol in ("AAA", "BBB", "CCC")
    }


def test_at_a_pace_a_row_that_is_no_candle_is_refused_by_its_number_in_the_file(
    embedded_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment, rows = Deployment(embedded_broker, topic_prefix, tmp_path).create(), walk(3)
    rows = [(rows[8][0], "1y", *rows[8][2:]), *rows[8::-1], (rows[0][0], "1m", NO_TIME, *rows[0][3:])]
    result = fed(deployment, rows, speed=60.0, stop=Recording())
    assert (result.candles, result.refused_count) == (9, 2)
    refused = dict(result.refused)
    assert refused[0].startswith("candle of 'CCC': expected a timeframe such as 1m")
    assert refused[10] == "candle of 'AAA': expected an open time, got none, or none that can be read"


def test_it_stops_between_two_rows_with_all_acknowledged(
    embedded_broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(embedded_broker, topic_prefix, tmp_path).create()
    assert fed(deployment, walk(10), speed=1.0, stop=Recording(end_after=4)).candles == 12
    assert sum(map(len, on_topic(deployment).values())) == 12


def test_a_missing_topic_is_named_at_once(embedded_broker: Broker, topic_prefix: str, tmp_path: Path) -> None:
    with pytest.raises(TopicMissing, match=r"there is no topic .*create it with `candelabra topics create`"):
        fed(Deployment(embedded_broker, topic_prefix, tmp_path), walk(1))


@pytest.mark.kafka
def test_a_candle_that_the_broker_refuses_is_an_error(apache_kafka: Broker, topic_prefix: str, tmp_path: Path) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create(candles={"max.message.bytes": "60"})
    with pytest.raises(
        DeliveryFailed, match=r"candles: the broker did not take a candle: Broker: Message size too large"
    ):
        fed(deployment, walk(3))
