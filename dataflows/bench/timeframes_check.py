"""Whether what lies on the output topics is what the graph gives in memory over the same candles."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dataflows.bench.workload import GeneratedCandles
from dataflows.graph import Parameters
from dataflows.kafka.codec import build_codec
from dataflows.kafka.follow import Followed, TopicFollower
from dataflows.replay import replay
from dataflows.settings import Settings
from schemas.composite import Composite, Consensus, LateSignal
from schemas.record import Record
from schemas.signal import Signal
from schemas.strategy import StrategyConfig
from schemas.topics import COMPOSITES, LATE_SIGNALS, SIGNALS
from schemas.watchlist import AssetConfig

_KINDS: dict[str, tuple[type[Record], ...]] = {
    SIGNALS.name: (Signal,),
    COMPOSITES.name: (Composite, Consensus),
    LATE_SIGNALS.name: (LateSignal,),
}


@dataclass(frozen=True)
class Checked:
    """How many records there are of each kind, and what differs, in words; empty where nothing does."""

    records: dict[str, int]
    difference: str


def checked(
    settings: Settings,
    candles: GeneratedCandles,
    configs: Sequence[StrategyConfig],
    assets: Sequence[AssetConfig],
) -> Checked:
    """Compare signals, composites and late signals, each with all of its fields."""
    parameters = Parameters(settings.history_bars, settings.gap_tolerance_bars, settings.timeframes)
    replayed = replay(candles, configs, parameters=parameters, watchlist=assets).topics()
    counts: Counter[str] = Counter()
    differences = []
    for topic, kinds in _KINDS.items():
        expected: Counter[str] = Counter()
        for one in replayed[topic]:
            expected[one.model_dump_json()] += 1
            counts[type(one).__name__] += 1
        found = Counter(one.model_dump_json() for one in _records(settings, topic, kinds))
        if found != expected:
            right = (found & expected).total()
            differences.append(
                f"{topic}: expected {expected.total():,} records, got {found.total():,}, of which {right:,} are right"
            )
    return Checked(dict(counts), "; ".join(differences))


def _records(settings: Settings, topic: str, kinds: tuple[type[Record], ...]) -> Iterator[Record]:
    codec = build_codec(settings)
    followed = Followed(f"{settings.topic_prefix}{topic}", lambda value: codec.decode_any(value, kinds))
    with TopicFollower(settings.kafka_client_config(), [followed]) as follower:
        while not follower.caught_up:
            for one in follower.poll(max_records=10_000, timeout_s=0.5):
                if isinstance(one.record, Record):
                    yield one.record
