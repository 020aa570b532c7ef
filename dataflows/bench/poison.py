"""`bench poison`: a feed with one malformed record in a hundred, beside the same feed without them.

Both lie on topics of their own, with the same strategies, and are worked in turn by one worker from topic to topic.
Then every malformed record must be a dead letter, with its reason, its origin and its bytes; and every other output
topic must be, key by key and byte for byte, that of the feed without them.
"""

import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dataflows.bench.engine import empty_outputs, prepare
from dataflows.bench.measure import Usage, finish, start
from dataflows.bench.poison_check import Origin, dead_lettered, outputs_differ
from dataflows.bench.poison_feed import copy_commands, inject
from dataflows.bench.poison_records import KINDS
from dataflows.bench.workload import GeneratedCandles, strategies
from dataflows.errors import BenchFailed
from dataflows.feed import feed
from dataflows.kafka.codec import build_codec
from dataflows.settings import Settings, load
from schemas.topics import CANDLES

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much is run: ``records`` of which a ``share`` is malformed, of so many symbols, in so many rounds."""

    records: int = 1_000_000
    share: float = 0.01
    symbols: int = 100
    strategies: int = 5
    rounds: int = 3

    @property
    def candles_per_symbol(self) -> int:
        """Good ones."""
        return round(self.records * (1 - self.share)) // self.symbols

    @property
    def candles(self) -> int:
        """Good ones."""
        return self.candles_per_symbol * self.symbols

    @property
    def malformed(self) -> int:
        """The others."""
        return self.records - self.candles


@dataclass(frozen=True)
class Poisoned:
    """Rounds without and with malformed records, done in turn.

    Attributes:
        clean: of each round without.
        poisoned: of each round with them; only good candles are counted.
        injected: malformed records by kind.
        by_reason: dead letters by reason.
    """

    clean: tuple[Usage, ...]
    poisoned: tuple[Usage, ...]
    injected: Mapping[str, int]
    by_reason: Mapping[str, int]

    @property
    def expected(self) -> dict[str, int]:
        """Malformed records by the reason for which they are to be refused."""
        counts: Counter[str] = Counter()
        for kind, count in self.injected.items():
            counts[KINDS[kind][0].value] += count
        return dict(counts)

    @property
    def clean_candles_per_s(self) -> float:
        """Of all rounds together."""
        return _per_second(self.clean)

    @property
    def poisoned_candles_per_s(self) -> float:
        """Of all rounds together: good candles, so that what is refused counts as time lost."""
        return _per_second(self.poisoned)

    @property
    def ratio(self) -> float:
        """What is left of the throughput."""
        return self.poisoned_candles_per_s / self.clean_candles_per_s

    @property
    def cpu_ratio(self) -> float:
        """CPU seconds without malformed records, over those with them."""
        return sum(one.cpu_s for one in self.clean) / sum(one.cpu_s for one in self.poisoned)

    @property
    def us_per_malformed(self) -> float:
        """CPU that one more malformed record takes, in microseconds."""
        more = sum(one.cpu_s for one in self.poisoned) - sum(one.cpu_s for one in self.clean)
        return more / len(self.poisoned) / sum(self.injected.values()) * 1e6


def poison(servers: str, plan: Plan, say: Say) -> Poisoned:
    """Fill both topics, work them in turn, check every round.

    Raises:
        BenchFailed: a malformed record is not where it belongs, or shows anywhere else.
    """
    clean = _settings(servers, "clean")
    prepare(clean, strategies(plan.strategies))
    dirty = _settings(servers, "poisoned")
    prepare(dirty, [])
    copy_commands(clean, dirty)
    candles = GeneratedCandles(plan.symbols, plan.candles_per_symbol)
    say(f"feeding {plan.candles:,} candles of {plan.symbols} symbols")
    feed(candles, client_config=clean.kafka_client_config(), topic=_candles(clean), codec=build_codec(clean))
    say(f"feeding them once more with {plan.malformed:,} malformed records among them")
    injected = inject(dirty, candles, plan.malformed)
    rounds: dict[str, list[Usage]] = {clean.topic_prefix: [], dirty.topic_prefix: []}
    by_reason: Mapping[str, int] = {}
    for number in range(plan.rounds):
        # Whoever comes second finds the broker warm: so they take turns.
        for settings in (clean, dirty) if number % 2 == 0 else (dirty, clean):
            say(f"{'without' if settings is clean else 'with'} malformed records, round {number + 1}")
            rounds[settings.topic_prefix].append(_run(settings, plan, first=number == 0))
        say("looking where everything is")
        by_reason = _checked(clean, dirty, injected.origins)
    return Poisoned(tuple(rounds[clean.topic_prefix]), tuple(rounds[dirty.topic_prefix]), injected.kinds, by_reason)


def _per_second(usages: Sequence[Usage]) -> float:
    return sum(one.candles for one in usages) / sum(one.wall_s for one in usages)


def _candles(settings: Settings) -> str:
    return CANDLES.prefixed(settings.topic_prefix)


def _settings(servers: str, name: str) -> Settings:
    return load(bootstrap_servers=servers, topic_prefix=f"bench-{uuid.uuid4().hex[:8]}-{name}.")


def _run(settings: Settings, plan: Plan, *, first: bool) -> Usage:
    if not first:
        empty_outputs(settings)
    with tempfile.TemporaryDirectory() as recovery:
        arguments = [settings.bootstrap_servers, settings.topic_prefix, recovery]
        usage = finish(start("dataflows.bench.engine_process", arguments))
    if usage.candles != plan.candles:
        raise BenchFailed(f"expected {plan.candles:,} candles to be worked, got {usage.candles:,}")
    return usage


def _checked(clean: Settings, dirty: Settings, injected: Sequence[Origin]) -> Mapping[str, int]:
    found = dead_lettered(dirty, injected, _candles(dirty))
    if found.difference:
        raise BenchFailed(found.difference)
    unexpected = dead_lettered(clean, (), _candles(clean))
    if unexpected.difference:
        raise BenchFailed(f"without malformed records: {unexpected.difference}")
    different = outputs_differ(clean, dirty)
    if different:
        raise BenchFailed(f"the outputs are not those of the run without malformed records: {different}")
    return found.by_reason
