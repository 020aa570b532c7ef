"""The yardstick: one process that consumes candles, decodes, encodes and produces each again, and does nothing else.

It uses the codec, the client settings and the batch sizes of the engine. ``python -m dataflows.bench.bare_loop SERVERS
PREFIX`` copies ``candles`` to ``echo`` until a byte comes on standard input (``follow``) or the topic ends.
"""

import select
import sys
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from dataflows.bench.measure import Stopwatch, report
from dataflows.kafka.client import reader_config, writer_config
from dataflows.kafka.metadata import partition_count
from dataflows.settings import load
from schemas.codec import Codec
from schemas.framing import SingleObject

BATCH = 8_192


def main(servers: str, prefix: str, *, follow: bool) -> None:
    """Copy until the end, then report what it took."""
    config = load(bootstrap_servers=servers).kafka_client_config()
    codec = Codec(SingleObject())
    candles, echo = f"{prefix}candles", f"{prefix}echo"
    partitions = partition_count(config, candles)
    consumer = Consumer({**reader_config(config), "enable.partition.eof": not follow, "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(candles, number, OFFSET_BEGINNING) for number in range(partitions)])
    producer = Producer(writer_config(config))
    watch, count, ended = Stopwatch(), 0, 0
    while ended < partitions:
        messages = consumer.consume(BATCH, 0)
        if not messages:
            # As the engine's source does when there is nothing: a millisecond, then look again.
            time.sleep(0.001)
        for message in messages:
            if message.error() is not None:
                ended += 1
                continue
            row = codec.decode_candle_row(message.value())
            while True:
                try:
                    producer.produce(echo, codec.encode_candle_row(row), message.key(), message.partition() or 0)
                    break
                except BufferError:
                    producer.poll(0.01)
            count += 1
        producer.poll(0)
        if follow and select.select([sys.stdin], [], [], 0)[0]:
            break
    producer.flush()
    report(watch.usage(count))
    consumer.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], follow="follow" in sys.argv[3:])
