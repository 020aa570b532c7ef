"""What may happen to a recovery store, and to the candles that it goes on from: refused by name, then the way out."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

from confluent_kafka import OFFSET_END, TopicPartition

from dataflows.brokers.contact import admin_client
from dataflows.chaos.faults import Fault
from dataflows.chaos.workers import Workers
from dataflows.errors import OffsetLost, RecoveryRefused, WorkerFailed
from dataflows.recovery.store import prepare
from dataflows.settings import Settings
from dataflows.start import Start
from schemas.topics import CANDLES

STORE_FAULTS = (Fault.STORE_LOST, Fault.STORE_PARTITION_LOST, Fault.STORE_CORRUPTED)
MOST_WORKERS = 3
ANSWER_SECONDS = 30.0
GARBAGE_BYTES = 4_096
"""A page, the first: what it says of the others is gone."""


def begin(settings: Settings) -> None:
    """The store of a deployment that has worked nothing yet."""
    with prepare(settings, MOST_WORKERS, Start.RESUME):
        pass


def damage_and_rebuild(settings: Settings, fault: Fault, chance: Random) -> Iterator[str]:
    """Harm the store, see that it is refused with the way out, and go that way; in words, what is not as promised."""
    folder = settings.recovery_dir or Path()
    _harm(folder, fault, chance)
    try:
        with prepare(settings, MOST_WORKERS, Start.RESUME):
            yield f"{fault}: a run goes on from {folder.name}, expected RecoveryRefused"
    except RecoveryRefused as refused:
        if "--rebuild" not in str(refused):
            yield f"{fault}: the refusal does not name --rebuild: {refused}"
    with prepare(settings, MOST_WORKERS, Start.REBUILD):
        pass


def _harm(folder: Path, fault: Fault, chance: Random) -> None:
    if fault is Fault.STORE_LOST:
        shutil.rmtree(folder)
        return
    part = chance.choice(sorted(folder.glob("part-*.sqlite3")))
    if fault is Fault.STORE_PARTITION_LOST:
        part.unlink()
        return
    with part.open("r+b") as file:
        file.write(chance.randbytes(GARBAGE_BYTES))


def go_on_from_what_is_gone(settings: Settings, older: Path, workers: Workers) -> Iterator[str]:
    """Put an older store back, remove all candles, and run: that is to be refused, not skipped."""
    folder = settings.recovery_dir or Path()
    shutil.rmtree(folder)
    shutil.copytree(older, folder)
    topic = CANDLES.prefixed(settings.topic_prefix)
    places = [TopicPartition(topic, number, OFFSET_END) for number in range(settings.partitions)]
    admin = admin_client(settings.kafka_client_config())  # held: without it there is no answer
    for answer in admin.delete_records(places).values():
        answer.result(ANSWER_SECONDS)
    with workers:
        try:
            workers.finish()
        except WorkerFailed as failed:
            if OffsetLost.__name__ not in str(failed):
                yield f"{Fault.OFFSET_LOST}: a worker ended with another error, expected OffsetLost: {failed}"
        else:
            yield f"{Fault.OFFSET_LOST}: a worker came to its end, expected OffsetLost"
