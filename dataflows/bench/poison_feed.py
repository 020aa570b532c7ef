"""The two feeds of `bench poison`: the same commands and candles, and malformed records among those of one of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from random import Random

from confluent_kafka import KafkaError, Message, Producer

from dataflows.bench.poison_check import Origin, messages, origin
from dataflows.bench.poison_records import KINDS, Poison, Spoiler
from dataflows.bench.workload import GeneratedCandles
from dataflows.errors import DeliveryFailed
from dataflows.feed import FLUSH_SECONDS
from dataflows.kafka.client import writer_config
from dataflows.kafka.codec import build_codec
from dataflows.settings import Settings
from schemas.candle_row import CandleRow
from schemas.topics import CANDLES, CONTROL

SEED = 11
SETTLED_MINUTES = 5
"""After so many a symbol has its base timeframe, and a candle before the first one is late."""

ANY_PARTITION = -1
"""The client chooses it, by the key."""


@dataclass
class Injected:
    """What was malformed: where each record lies, and how many there are by kind."""

    origins: list[Origin] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    def lies(self, poison: Poison, message: Message) -> None:
        """One more, with its place."""
        place = message.partition() or 0, message.offset() or 0
        self.kinds[poison.kind] += 1
        self.origins.append(origin(*place, poison.reason, poison.key, poison.value))


def copy_commands(clean: Settings, dirty: Settings) -> None:
    """The same commands, down to their ids, which statuses repeat."""
    found = messages(clean.kafka_client_config(), CONTROL.prefixed(clean.topic_prefix))
    records = ((one.key(), one.value(), None) for one in found)
    _produce(dirty, CONTROL.prefixed(dirty.topic_prefix), records, partition=0)


def inject(settings: Settings, candles: GeneratedCandles, malformed: int) -> Injected:
    """Feed good candles, and so many malformed records of every kind at random places between them."""
    injected = Injected()
    codec = build_codec(settings)
    spoiler = Spoiler(codec, Random(SEED))  # noqa: S311  # seeded, not a key
    records = (
        (one.key, one.value, one) if isinstance(one, Poison) else (one[0].encode(), codec.encode_candle_row(one), None)
        for one in _mixed(candles, malformed, spoiler)
    )
    _produce(settings, CANDLES.prefixed(settings.topic_prefix), records, injected.lies)
    return injected


def _mixed(candles: GeneratedCandles, malformed: int, spoiler: Spoiler) -> Iterator[CandleRow | Poison]:
    chance = spoiler.chance
    kinds = [list(KINDS)[number % len(KINDS)] for number in range(malformed)]
    chance.shuffle(kinds)
    settled, end = SETTLED_MINUTES * candles.symbols, candles.symbols * candles.candles_per_symbol
    places = Counter(chance.randrange(settled, end) for _ in kinds)
    for number, row in enumerate(row for batch in candles.batches() for row in batch):
        yield row
        for _ in range(places[number]):
            yield spoiler.spoil(kinds.pop(), row)


def _produce(
    settings: Settings,
    topic: str,
    records: Iterable[tuple[bytes | None, bytes | None, Poison | None]],
    lies: Callable[[Poison, Message], None] = lambda _poison, _message: None,
    *,
    partition: int = ANY_PARTITION,
) -> None:
    """Write records and wait until all are acknowledged; ``lies`` is told where each malformed one is."""
    producer = Producer({**writer_config(settings.kafka_client_config()), "linger.ms": 5})
    failures: list[str] = []

    def delivered(error: KafkaError | None, message: Message, poison: Poison | None = None) -> None:
        if error is not None:
            failures.append(error.str())
        elif poison is not None:
            lies(poison, message)

    def telling(poison: Poison) -> Callable[[KafkaError | None, Message], None]:
        return lambda error, message: delivered(error, message, poison)

    for key, value, poison in records:
        while True:
            try:
                producer.produce(topic, value, key, partition, delivered if poison is None else telling(poison))
                break
            except BufferError:
                producer.poll(0.05)
        producer.poll(0)
    if producer.flush(FLUSH_SECONDS) or failures:
        raise DeliveryFailed(f"{topic}: the broker did not take a record: {(failures or ['no answer in time'])[0]}")
