"""Whether working every candle again from the first would give what is on the output topics already."""

import contextlib
import json
from collections.abc import Mapping

from confluent_kafka import Consumer

from dataflows.kafka.client import reader_config
from dataflows.kafka.codec import build_codec
from dataflows.kafka.metadata import offset_range, partition_count
from dataflows.kafka.placements import read_placements
from dataflows.recovery.manifest import parameters_of
from dataflows.settings import Settings
from operators.control.placing import Run
from schemas.topics import CANDLES, PLACEMENTS


def runs_before(settings: Settings) -> Mapping[int, Run]:
    """The newest run of each candle partition by the journal of placements; empty where nothing was ever worked."""
    topic = PLACEMENTS.prefixed(settings.topic_prefix)
    return read_placements(settings.kafka_client_config(), topic, build_codec(settings)).runs


def why_no_rebuild(settings: Settings, runs: Mapping[int, Run]) -> str | None:
    """Why a rebuild could give something else; None where it gives the same."""
    if not runs:
        return None
    return _other_parameters(settings, runs) or _candles_gone(settings, runs)


def differences(then: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """The names that differ, with both values.

    >>> differences({"history_bars": 64, "timeframes": ["5m"]}, {"history_bars": 128, "timeframes": ["5m"]})
    ['history_bars was 64 and is 128 now']
    """
    return [
        f"{name} was {_shown(then.get(name))} and is {_shown(now.get(name))} now"
        for name in {**now, **then}
        if then.get(name) != now.get(name)
    ]


def _shown(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _other_parameters(settings: Settings, runs: Mapping[int, Run]) -> str | None:
    now = parameters_of(settings)
    told = {line for run in runs.values() for line in differences(json.loads(run.parameters), now)}
    return f"the settings differ from the last run's: {'; '.join(sorted(told))}" if told else None


def _candles_gone(settings: Settings, runs: Mapping[int, Run]) -> str | None:
    config, topic = settings.kafka_client_config(), CANDLES.prefixed(settings.topic_prefix)
    count = partition_count(config, topic)
    if set(runs) != set(range(count)):
        return f"{topic} has {count} partitions, and the runs so far were on {len(runs)}, so symbols may have moved"
    with contextlib.closing(Consumer(reader_config(config))) as consumer:
        for partition, run in sorted(runs.items()):
            oldest, _end = offset_range(consumer, topic, partition)
            if oldest > run.began:
                return (
                    f"the first candles are gone: {topic}[{partition}] was worked from offset {run.began}, and the "
                    f"oldest that is left is {oldest}"
                )
    return None
