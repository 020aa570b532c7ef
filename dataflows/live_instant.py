"""Whether the feed is live, and then which instant a command is stamped with."""

import time
from datetime import datetime

from dataflows.errors import BrokerUnreachable, TopicMissing
from dataflows.kafka.client import ClientConfig
from dataflows.kafka.follow import Followed, TopicFollower
from dataflows.kafka.metadata import partition_count
from schemas.candle import Candle
from schemas.codec import Codec
from schemas.timeframe import timeframe_ms

READ_SECONDS = 60.0
"""A broker that stops answering in the middle of a topic must not hold a command for ever."""
LEADER_SECONDS = 5.0


def live_instant(client_config: ClientConfig, topic: str, codec: Codec, now: datetime) -> datetime | None:
    """This instant, where the feed is live: its newest candle closed no more than two candles ago. Else None."""
    try:
        partition_count(client_config, topic)
    except TopicMissing:
        return None
    followed = Followed(topic, lambda value: codec.decode(value, Candle), last=1)
    deadline = time.monotonic() + READ_SECONDS
    with _follower(client_config, followed) as follower:
        while not follower.caught_up and time.monotonic() < deadline:
            for one in follower.poll(timeout_s=0.2):
                if isinstance(one.record, Candle):
                    age = (now - one.record.close_time).total_seconds() * 1000
                    if -timeframe_ms(one.record.timeframe) <= age <= 2 * timeframe_ms(one.record.timeframe):
                        return whole_milliseconds(now)
    return None


def _follower(client_config: ClientConfig, followed: Followed) -> TopicFollower:
    """The topic from its newest record on; again for a while, for one just made has no leader for a moment."""
    deadline = time.monotonic() + LEADER_SECONDS
    while True:
        try:
            return TopicFollower(client_config, [followed])
        except BrokerUnreachable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def whole_milliseconds(instant: datetime) -> datetime:
    """A time as records hold it."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
