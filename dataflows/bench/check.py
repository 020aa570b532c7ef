"""Whether the signals on a topic are those of the graph run in memory over the same candles."""

from collections.abc import Iterator

from dataflows.bench.workload import GeneratedCandles
from dataflows.graph import Parameters
from dataflows.kafka.codec import build_codec
from dataflows.kafka.follow import Followed, TopicFollower
from dataflows.replay import replay
from dataflows.settings import Settings
from schemas.signal import Signal
from schemas.strategy import StrategyConfig


def signals_differ(settings: Settings, candles: GeneratedCandles, configs: list[StrategyConfig]) -> str:
    """What differs, in words; empty where every signal is there once and nothing else is."""
    expected = sorted(one.model_dump_json() for one in replay(candles, configs, parameters=Parameters()).signals)
    found = sorted(one.model_dump_json() for one in _signals(settings))
    if found == expected:
        return ""
    right = len(set(found) & set(expected))
    return f"expected {len(expected):,} signals, got {len(found):,}, of which {right:,} are right"


def _signals(settings: Settings) -> Iterator[Signal]:
    codec = build_codec(settings)
    followed = Followed(f"{settings.topic_prefix}signals", lambda value: codec.decode(value, Signal))
    with TopicFollower(settings.kafka_client_config(), [followed]) as follower:
        while not follower.caught_up:
            for one in follower.poll(max_records=10_000, timeout_s=0.5):
                if isinstance(one.record, Signal):
                    yield one.record
