"""Parts of the candle source, made and drained by hand."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dataflows.brokers.broker import Broker
from dataflows.graph import FeedItem
from dataflows.kafka.source import CandlePart, CandleSource
from dataflows.stop import StopFlag
from operators.events import CandleBatch, Command, Listing
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas import topics
from tests.dataflows.deployment import Deployment, swing

FAST = swing("fast")


def source_of(
    deployment: Deployment, *, stop: StopFlag | None = None, skew: int = 60_000, bounded: bool = True
) -> CandleSource:
    return CandleSource(
        deployment.config,
        deployment.name(topics.CANDLES),
        deployment.name(topics.CONTROL),
        deployment.name(topics.PLACEMENTS),
        deployment.codec,
        Catalog(),
        Tally(),
        stop or StopFlag(),
        max_clock_skew_ms=skew,
        bounded=bounded,
    )


def part(deployment: Deployment, state: Mapping[str, object] | None = None, *, skew: int = 60_000) -> CandlePart:
    return source_of(deployment, skew=skew).build_part("candles", "0", state)


def drained(part: CandlePart) -> list[FeedItem]:
    """Every item to the topic's present end."""
    items: list[FeedItem] = []
    while True:
        try:
            items += [item for _key, item in part.next_batch()]
        except StopIteration:
            return items


def opens(items: Sequence[FeedItem]) -> list[int]:
    return [row[2] for item in items if isinstance(item, CandleBatch) for row in item.rows]


def commands(items: Sequence[FeedItem]) -> list[tuple[str, str]]:
    return [(item.symbol, item.desired.command) for item in items if isinstance(item, Command)]


def listings(items: Sequence[FeedItem]) -> list[tuple[str, str]]:
    """Symbol, and the entry that it hears of."""
    return [(item.symbol, item.entry.command) for item in items if isinstance(item, Listing) and item.entry]


def one_partition(broker: Broker, prefix: str, folder: Path) -> Deployment:
    return Deployment(broker, prefix, folder, partitions=1).create()
