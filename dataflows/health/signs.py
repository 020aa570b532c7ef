"""Signs of work on the topics, for where no worker can be asked: when anything was written, what is worked again."""

import contextlib
import time
from collections.abc import Mapping, Sequence

from confluent_kafka import Consumer, TopicPartition

from dataflows.health.lag import PartitionLag, arriving, patience
from dataflows.health.news import newest_signals
from dataflows.kafka.client import ClientConfig, reader_config
from dataflows.kafka.codec import build_codec
from dataflows.kafka.metadata import offset_range
from dataflows.settings import Settings
from schemas.candle import Candle
from schemas.decode_error import DecodeError

_READ_SECONDS = 2.0


def newest_output(client_config: ClientConfig, topics: Mapping[str, int]) -> int | None:
    """When the newest record of these topics was written, milliseconds since the epoch; None where they have none.

    ``topics`` are names with their numbers of partitions. Takes a moment; two seconds where a record does not come.
    """
    newest: dict[tuple[str, int], int] = {}
    with contextlib.closing(Consumer({**reader_config(client_config), "log_level": 0})) as consumer:
        places = []
        for topic, partitions in topics.items():
            for number in range(partitions):
                low, high = offset_range(consumer, topic, number)
                if low < high:
                    places.append(TopicPartition(topic, number, high - 1))
        if not places:
            return None
        consumer.assign(places)
        for message in arriving(consumer, time.monotonic() + _READ_SECONDS):
            newest[message.topic() or "", message.partition() or 0] = message.timestamp()[1]
            if len(newest) == len(places):
                break
    return max(newest.values(), default=None)


def worked_again(settings: Settings, lags: Sequence[PartitionLag], now_ms: int) -> frozenset[int]:
    """The partitions of which the candle that has waited too long was worked before, by what is on the topics.

    So it is while a store is rebuilt, and after a crash. It is seen by a signal that follows from that candle or a
    later one of its symbol, and was written long ago; where a symbol has no signals it is not seen.
    """
    until_ms = now_ms - round(patience(settings.epoch_seconds) * 1000)
    late = [lag for lag in lags if lag.waiting_since_ms is not None and lag.waiting_since_ms <= until_ms]
    if not any(lag.waiting for lag in late):
        return frozenset()
    codec, signals = build_codec(settings), newest_signals(settings, until_ms)
    again = set()
    for lag in late:
        try:
            candle = codec.decode(lag.waiting, Candle)
        except DecodeError:
            continue
        if candle.symbol in signals and signals[candle.symbol] >= candle.close_time:
            again.add(lag.partition)
    return frozenset(again)
