"""Whether working every candle again from the first would give what is on the output topics already."""

import contextlib
import json
from collections.abc import Mapping

from confluent_kafka import Consumer

from dataflows.kafka.client import reader_config
from dataflows.kafka.codec import build_codec
from dataflows.kafka.control_log import ControlLog
from dataflows.kafka.gone import candles_gone, commands_gone
from dataflows.kafka.metadata import partition_count
from dataflows.kafka.placements import Placements, read_placements
from dataflows.recovery.feed import other_feed
from dataflows.recovery.manifest import parameters_of
from dataflows.settings import Settings
from operators.control.placing import Run
from schemas.topics import CANDLES, CONTROL, PLACEMENTS


def journal_before(settings: Settings) -> Placements:
    """The journal of placements; without runs where nothing was ever worked."""
    topic = PLACEMENTS.prefixed(settings.topic_prefix)
    return read_placements(settings.kafka_client_config(), topic, build_codec(settings))


def why_no_rebuild(settings: Settings, journal: Placements) -> str | None:
    """Why a rebuild could give something else; None where it gives the same."""
    runs = journal.runs
    if not runs:
        return None
    return (
        other_feed(settings, journal)
        or _other_parameters(settings, runs)
        or _candles_gone(settings, journal)
        or _commands_gone(settings, journal)
    )


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


def _candles_gone(settings: Settings, journal: Placements) -> str | None:
    runs = journal.runs
    config, topic = settings.kafka_client_config(), CANDLES.prefixed(settings.topic_prefix)
    count = partition_count(config, topic)
    within = {partition: run for partition, run in runs.items() if partition < count}
    # What is beyond was worked on a topic of that name before it was made anew, where all others were begun anew since.
    beyond = len(runs) > len(within) and any(run.since == 1 for run in within.values())
    # A mark with the number of partitions was looked at before; some may have died before they ever began.
    is_marked = any(journal.worked(partition).feed.count("|") > 1 for partition in within)
    if beyond or (len(within) < count and not is_marked):
        return f"{topic} has {count} partitions, and the runs so far were on {len(runs)}, so symbols may have moved"
    with contextlib.closing(Consumer(reader_config(config))) as consumer:
        return candles_gone(within, topic, consumer)


def _commands_gone(settings: Settings, journal: Placements) -> str | None:
    counted = [one for placed in journal.placed.values() for one in placed if one.records]
    if not counted:
        return None
    topic = CONTROL.prefixed(settings.topic_prefix)
    with contextlib.closing(ControlLog(settings.kafka_client_config(), topic, build_codec(settings))) as log:
        return commands_gone(counted, topic, [entry.offset for entry in log.whole()])
