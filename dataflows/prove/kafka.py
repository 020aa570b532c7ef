"""The proof on Kafka: real worker processes between real topics, beside the graph in memory on the same input."""

import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from dataflows.errors import WorkerFailed
from dataflows.prove.cases import reference
from dataflows.prove.chance import seeded
from dataflows.prove.happenings import Input, pinned
from dataflows.prove.kafka_cluster import Cluster, run_to_the_ends
from dataflows.prove.kafka_topics import CaseTopics
from dataflows.prove.matrix import Progress, Proved, Reference
from dataflows.prove.run import emitted
from dataflows.settings import load
from dataflows.worker import recovery_config

PARTITIONS = 4
EPOCH_SECONDS = 0.2
PATIENCE_SECONDS = 60.0
LONGEST_PAUSE_S = 0.4
LOOK_SECONDS = 0.3
CHUNKS = 4
"""Goes in which a leg's candles come while its workers run."""


@dataclass(frozen=True)
class Leg:
    """One stretch of a run: how many worker processes, and what ends them once its candles are fed."""

    workers: int
    end: Literal["stop", "kill"]


@dataclass(frozen=True)
class KafkaCase:
    """Workers that follow while candles come in random chunks, leg by leg; then ``last`` of them run to the ends.

    Without legs everything is on the topics before the first worker starts.
    """

    name: str
    legs: tuple[Leg, ...]
    last: int


CASES = (
    KafkaCase("Kafka, 1 worker process", (), 1),
    KafkaCase("Kafka, 2 worker processes", (), 2),
    KafkaCase("Kafka, 4 worker processes", (), 4),
    KafkaCase("Kafka, fed in chunks, stopped twice", (Leg(1, "stop"), Leg(1, "stop")), 1),
    KafkaCase("Kafka, fed in chunks, stopped with 1, 2 and 4", (Leg(1, "stop"), Leg(2, "stop")), 4),
    KafkaCase("Kafka, fed in chunks, killed twice", (Leg(1, "kill"), Leg(2, "kill")), 1),
)
SMALL = (KafkaCase("Kafka, fed in chunks, stopped with 1 and 2", (Leg(1, "stop"),), 2),)
"""What of it takes seconds: three processes are started."""


def prove_on_kafka(
    servers: str,
    given: Input,
    chosen: Sequence[KafkaCase],
    *,
    seed: int,
    progress: Progress = lambda _what: None,
) -> Iterator[Proved]:
    """Each case on topics of its own, compared with the graph in memory; all commands are sent at the start.

    Raises:
        CandelabraError: the broker or a worker failed, which proves nothing either way.
    """
    told = pinned(given)
    progress(f"{given.name}: reference of what Kafka has")
    known = Reference(emitted(told, reference()))
    for number, case in enumerate(chosen):
        progress(f"{given.name}: {case.name}")
        started = time.perf_counter()
        found = _run(servers, told, case, seeded(seed, number))
        yield known.compared(given.name, case.name, found, time.perf_counter() - started, origins=False)


def _run(servers: str, given: Input, case: KafkaCase, chance: Random) -> dict[str, dict[str, list[bytes]]]:
    with tempfile.TemporaryDirectory(prefix="candelabra-prove-") as folder:
        flags: dict[str, object] = {
            "bootstrap_servers": servers,
            "topic_prefix": f"prove-{uuid.uuid4().hex[:8]}.",
            "partitions": PARTITIONS,
            "epoch_seconds": EPOCH_SECONDS,
            "recovery_dir": str(Path(folder) / "recovery"),
            "history_bars": given.parameters.history_bars,
            "gap_tolerance_bars": given.parameters.gap_tolerance_bars,
            "timeframes": given.parameters.timeframes,
        }
        settings = load(**flags)
        recovery_config(settings)  # made once, before the workers look for it
        with CaseTopics(settings) as topics:
            topics.tell(sent.record for sent in given.script)
            start = 0
            for leg, end in zip(case.legs, _cuts(given, case, chance), strict=True):
                with Cluster(flags, leg.workers, follow=True) as cluster:
                    _feed_while_it_runs(topics, given, range(start, end), cluster, chance)
                    _end(cluster, leg)
                start = end
            topics.feed(given.rows[start:])
            run_to_the_ends(flags, case.last)
            return topics.read()


def _cuts(given: Input, case: KafkaCase, chance: Random) -> list[int]:
    """After which candles the legs end: each leg has enough of them that something comes of it."""
    share = len(given.rows) // (len(case.legs) + 1)
    return [number * share - chance.randrange(share // 2) for number in range(1, len(case.legs) + 1)]


def _end(cluster: Cluster, leg: Leg) -> None:
    """As the leg has it. Bytewax may panic in a process when another ends before it: then that leg was killed."""
    if leg.end == "kill":
        cluster.kill()
        return
    try:
        cluster.stop()
    except WorkerFailed:
        if leg.workers == 1:
            raise


def _feed_while_it_runs(topics: CaseTopics, given: Input, stretch: range, cluster: Cluster, chance: Random) -> None:
    """Half of the rows before the workers look, the others in chunks while they work, the last just before they end."""
    half = (stretch.start + stretch.stop) // 2
    cuts = [half, *sorted(chance.randint(half, stretch.stop) for _ in range(CHUNKS - 2))]
    before = topics.size()
    for number, (first, last) in enumerate(zip([stretch.start, *cuts], [*cuts, stretch.stop], strict=True)):
        topics.feed(given.rows[first:last])
        if number == 0:
            _until_it_works(topics, before, cluster)
        time.sleep(chance.uniform(0, LONGEST_PAUSE_S))


def _until_it_works(topics: CaseTopics, before: int, cluster: Cluster) -> None:
    """Until something comes of what was fed: a worker needs seconds to start, and is to be ended at work."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while cluster.alive() and topics.size() == before:
        if time.monotonic() > deadline:
            raise WorkerFailed(f"nothing came of the candles within {PATIENCE_SECONDS:.0f} s")
        time.sleep(LOOK_SECONDS)
