"""Find the offsets from which the last N records of some partitions can be read.

A broker can be asked for a partition's end, but the embedded one then counts batches in place of records (seen in Tansu
0.6: 30 records sent as one batch end at 1). What every broker says truly is the end that comes with fetched records, so
the answer is only where a first fetch begins.
"""

import time
from collections.abc import Mapping

from confluent_kafka import Consumer, TopicPartition

Place = tuple[str, int]
"""Topic and partition."""

_ANSWER_TIMEOUT_S = 5.0
_FETCH_TIMEOUT_S = 10.0


def offsets_near_end(consumer: Consumer, last: Mapping[Place, int]) -> dict[Place, int]:
    """The offset of the ``last[place]``-th record from the end of each place, or of its first record if it has fewer.

    Takes a few fetches. The consumer must read nothing yet, and reads nothing afterwards.

    Raises:
        KafkaException: the broker did not answer.
    """
    offsets = {}
    for place, count in last.items():
        low, high = consumer.get_watermark_offsets(TopicPartition(*place), timeout=_ANSWER_TIMEOUT_S)
        offsets[place] = max(low, high - count)
    probed = [TopicPartition(*place, offset) for place, offset in offsets.items()]
    consumer.incremental_assign(probed)
    unheard, deadline = set(offsets), time.monotonic() + _FETCH_TIMEOUT_S
    while unheard and time.monotonic() < deadline:
        for message in consumer.consume(100, timeout=0.1):
            unheard.discard((message.topic() or "", message.partition() or 0))
    for place in offsets.keys() - unheard:
        _, high = consumer.get_watermark_offsets(TopicPartition(*place), cached=True)
        offsets[place] = max(offsets[place], high - last[place])
    consumer.incremental_unassign([TopicPartition(*place) for place in offsets])
    return offsets
