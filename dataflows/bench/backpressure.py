"""`bench backpressure`: a broker that takes records slowly slows the intake, and nothing piles up.

Every candle signals. One worker runs over a full topic twice, once with its producer throttled by a quota of the
broker's, and tells every two seconds what it holds. What lies on the topics in the end is compared with the graph in
memory.
"""

import subprocess
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dataflows.bench.check import signals_differ
from dataflows.bench.engine import empty_outputs, prepare
from dataflows.bench.soak import worked
from dataflows.bench.soak_sample import Sample
from dataflows.bench.workload import GeneratedCandles, pulse, strategies
from dataflows.brokers.java import find_java
from dataflows.brokers.kafka_jars import kafka_jars
from dataflows.errors import BenchFailed
from dataflows.feed import feed
from dataflows.kafka.codec import build_codec
from dataflows.settings import load

Say = Callable[[str], None]

SYMBOLS = 50
QUOTA_SECONDS = 60.0


@dataclass(frozen=True)
class Pressed:
    """The same work with a free broker and with a slow one.

    Attributes:
        candles: worked in each.
        free: what the worker held with no quota.
        slow: what it held when its producer was let send so many bytes a second.
        bytes_per_s: the quota.
    """

    candles: int
    free: tuple[Sample, ...]
    slow: tuple[Sample, ...]
    bytes_per_s: int


def press(servers: str, *, candles: int, bytes_per_s: int, say: Say) -> Pressed:
    """Fill a topic, run free, run throttled, compare what came out each time.

    Raises:
        BrokerUnavailable: there is no Java or no Kafka to set the quota with.
        BenchFailed: signals were lost, repeated or changed, or the quota did not slow anything down.
    """
    settings = load(bootstrap_servers=servers, topic_prefix=f"bench-{uuid.uuid4().hex[:8]}.")
    configs = [*strategies(4), pulse()]
    prepare(settings, configs)
    source = GeneratedCandles(SYMBOLS, candles // SYMBOLS)
    total = SYMBOLS * (candles // SYMBOLS)
    say(f"feeding {total:,} candles of {SYMBOLS} symbols")
    topic = f"{settings.topic_prefix}candles"
    feed(source, client_config=settings.kafka_client_config(), topic=topic, codec=build_codec(settings))
    client = f"slow-{uuid.uuid4().hex[:8]}"
    say(f"a quota of {bytes_per_s:,} bytes a second")
    _limit(servers, client, bytes_per_s)
    found: list[tuple[Sample, ...]] = []
    for name in ("free", client):
        empty_outputs(settings)
        say("running " + ("free" if name == "free" else "throttled"))
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "recovery"
            found.append(tuple(worked(servers, settings.topic_prefix, store, {"CANDELABRA_CLIENT_ID": name})))
        if different := signals_differ(settings, source, configs):
            raise BenchFailed(f"{name}: the signals on the topic are not those of the graph in memory: {different}")
    free, slow = found
    if slow[-1].seconds < 1.5 * free[-1].seconds:
        raise BenchFailed(f"the quota slowed nothing: {free[-1].seconds} s free, {slow[-1].seconds} s throttled")
    return Pressed(total, free, slow, bytes_per_s)


def _limit(servers: str, client: str, bytes_per_s: int) -> None:
    """Kafka's own tool, for the Python client cannot set quotas."""
    command = [
        find_java(),
        *("-cp", f"{kafka_jars()}/*", "kafka.admin.ConfigCommand"),
        *("--bootstrap-server", servers, "--alter", "--entity-type", "clients", "--entity-name", client),
        *("--add-config", f"producer_byte_rate={bytes_per_s}"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=QUOTA_SECONDS, check=False)
    if done.returncode:
        raise BenchFailed(f"the broker took no quota: {(done.stdout + done.stderr).strip()[-500:]}")
