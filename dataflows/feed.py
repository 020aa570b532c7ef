"""Candles from a file to the candle topic, as fast as it goes or at the pace of the market."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from operator import itemgetter
from threading import TIMEOUT_MAX

from confluent_kafka import KafkaError, Message, Producer

from dataflows.candle_reader import CandleReader
from dataflows.errors import DeliveryFailed
from dataflows.kafka.client import ClientConfig, writer_config
from dataflows.kafka.metadata import partition_count
from dataflows.stop import StopFlag
from schemas.candle_row import CandleRow, is_candle
from schemas.codec import Codec, EncodeError
from schemas.timeframe import timeframe_ms

FLUSH_SECONDS = 60.0


@dataclass(frozen=True)
class Fed:
    """What became of a file. ``refused``: the first few rows that are no candles, counted from 0, with the reason."""

    candles: int
    refused_count: int
    refused: tuple[tuple[int, str], ...]


MAX_REFUSED_SHOWN = 20
_BY_TIME = itemgetter(0)


def feed(  # noqa: PLR0913  # from where, to where, how fast, and who is told
    candles: CandleReader,
    *,
    client_config: ClientConfig,
    topic: str,
    codec: Codec,
    speed: float | None = None,
    stop: StopFlag | None = None,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Fed:
    """Produce every row, keyed by symbol, and wait until all are acknowledged.

    ``speed``: market time over real time (1.0 is the market's own pace); None for no pause. A paced feed goes by close
    time across symbols; else rows keep the file's order. Rows that are no candles are refused here and counted.

    Raises:
        BrokerUnreachable: nobody answered.
        TopicMissing: there is no such topic.
        DeliveryFailed: the broker did not take a candle.
        CandleFileError: the file does not hold candles.
    """
    partition_count(client_config, topic)
    stop = stop or StopFlag()
    producer = Producer({**writer_config(client_config), "linger.ms": 5 if speed is None else 0})
    failures: list[str] = []

    def delivered(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            failures.append(error.str())

    sent, refused = 0, 0
    examples: list[tuple[int, str]] = []
    for number, row in _paced(candles, speed, stop):
        try:
            value = codec.encode_candle_row(row)
        except EncodeError as error:
            refused += 1
            if len(examples) < MAX_REFUSED_SHOWN:
                examples.append((number, str(error)))
            progress(1)
            continue
        while True:
            try:
                producer.produce(topic, value, row[0], on_delivery=delivered)
                break
            except BufferError:
                producer.poll(0.05)
        sent += 1
        producer.poll(0)
        progress(1)
        if failures or stop.is_set:
            break
    left = producer.flush(FLUSH_SECONDS)
    if failures or left:
        raise DeliveryFailed(f"{topic}: the broker did not take a candle: {(failures or ['no answer in time'])[0]}")
    return Fed(sent, refused, tuple(examples))


def _paced(candles: CandleReader, speed: float | None, stop: StopFlag) -> Iterator[tuple[int, CandleRow]]:
    """Rows with their numbers in the file; a row that is no candle comes with the one in front of it."""
    numbered = enumerate(row for batch in candles.batches() for row in batch)
    if speed is None:
        yield from numbered
        return
    before = -inf
    timed: list[tuple[float, int, CandleRow]] = []
    for number, row in numbered:
        if is_candle(row):
            before = row[2] + timeframe_ms(row[1])
        timed.append((before, number, row))
    timed.sort(key=_BY_TIME)
    previous = -inf
    for closes, number, row in timed:
        if -inf < previous < closes and stop.wait(min((closes - previous) / 1000 / speed, TIMEOUT_MAX)):
            return
        previous = closes
        yield number, row
