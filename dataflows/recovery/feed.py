"""Whether the topics of candles and commands are those that were worked, and not others of the same names."""

import contextlib

from confluent_kafka import Consumer

from dataflows.kafka.client import reader_config
from dataflows.kafka.codec import build_codec
from dataflows.kafka.feed_now import feed_of
from dataflows.kafka.gone import feed_gone
from dataflows.kafka.metadata import offset_range
from dataflows.kafka.placements import Journal, Placements, claim_run
from dataflows.settings import Settings
from schemas.placement import Placement
from schemas.topics import PLACEMENTS


def other_feed(settings: Settings, journal: Placements) -> str | None:
    """Why what was worked, by the journal, says nothing of the topics there are now; None where it does."""
    if not journal.feeds:
        return None
    return feed_gone(journal, feed_of(settings))


def begin_on_this_feed(settings: Settings, journal: Placements) -> None:
    """Have the journal say of each partition whose runs were on another feed that a life on this one begins.

    From then on nothing counts that was placed before. Where the feed is that of before, nothing is written.
    """
    if not journal.feeds:
        return
    config, codec, feed = settings.kafka_client_config(), build_codec(settings), feed_of(settings)
    topic = PLACEMENTS.prefixed(settings.topic_prefix)
    to = Journal(config, topic, codec)
    with contextlib.closing(Consumer(reader_config(config))) as consumer:
        for partition in range(feed.partitions):
            if feed.why_not(journal.worked(partition).feed) is None:
                continue
            run, _ = claim_run(config, topic, codec, partition)
            to.write(
                Placement(
                    partition=partition,
                    run=run,
                    candles=offset_range(consumer, feed.candles, partition)[0],
                    first=0,
                    end=0,
                    parameters=journal.runs[partition].parameters,
                    feed=feed.mark,
                    since=run,
                )
            )
