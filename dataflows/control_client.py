"""Commands to the engine: written to the control topic, answered on the status topic."""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from confluent_kafka import KafkaError, Message, Producer

from dataflows.errors import BrokerUnreachable, CommandRefused, DeliveryFailed, TopicMissing
from dataflows.kafka.client import writer_config
from dataflows.kafka.codec import build_codec
from dataflows.kafka.control_log import ControlLog
from dataflows.kafka.follow import Followed, TopicFollower
from dataflows.kafka.metadata import partition_count
from dataflows.settings import Settings
from operators.control.registry import Registry
from operators.control.scheduled import Scheduled
from operators.strategy.catalog import Catalog
from operators.strategy.compile import compile_strategy
from schemas import topics
from schemas.candle import Candle
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import DesiredState, State, StrategyStatus, StrategyVersion
from schemas.names import did_you_mean
from schemas.strategy import StrategyConfig
from schemas.timeframe import timeframe_ms

Wanted = Literal["running", "paused", "stopped"]

QUIET_SECONDS = 1.0
DELIVERY_SECONDS = 10.0
READ_SECONDS = 60.0
"""A broker that stops answering in the middle of a topic must not hold a command for ever."""


@dataclass(frozen=True)
class Sent:
    """A command on the control topic. ``unchanged``: it said what was wanted already, so nothing was written."""

    desired: DesiredState
    unchanged: bool = False


class ControlClient:
    """Reads what the control topic says and adds to it. One per command line call.

    ``now`` is the clock by which a live feed is recognised.

    Raises:
        BrokerUnreachable, TopicMissing: the control topic cannot be read.
    """

    def __init__(self, settings: Settings, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings = settings
        self._now = now
        self._config = settings.kafka_client_config()
        self._codec = build_codec(settings)
        self._topic = topics.CONTROL.prefixed(settings.topic_prefix)
        partition_count(self._config, self._topic)
        self._producer = Producer(writer_config(self._config))
        self._registry = Registry(Catalog())
        log = ControlLog(self._config, self._topic, self._codec)
        try:
            for entry in log.whole():
                if not isinstance(entry.record, DeadLetter):
                    self._registry.apply(entry.record)
        finally:
            log.close()

    @property
    def strategies(self) -> tuple[str, ...]:
        """Every strategy on the control topic."""
        return self._registry.strategies

    def versions(self, strategy: str) -> dict[int, StrategyVersion]:
        """The versions of a strategy; CommandRefused with the nearest name where there is none."""
        versions = self._registry.versions(strategy)
        if not versions:
            hint = did_you_mean(strategy, self.strategies)
            raise CommandRefused(f"there is no strategy {strategy!r}{hint}; `candelabra strategy list` shows them all")
        return versions

    def wanted(self, strategy: str) -> Scheduled | None:
        """The newest command of a strategy, None before the first."""
        queue = self._registry.wanted(strategy)
        return queue[-1] if queue else None

    def deploy(self, config: StrategyConfig, effective_from: datetime | None = None) -> Sent:
        """A new strategy, running from now on. The same file again changes nothing; another needs ``update``."""
        compile_strategy(config)
        versions = self._registry.versions(config.id)
        same = _version_of(config, versions)
        if versions and same is None:
            raise CommandRefused(
                f"strategy {config.id!r} exists with other contents (version {max(versions)}): "
                "use `candelabra strategy update`, or give it another id"
            )
        if same is not None and effective_from is None and self._is_wanted(config.id, same, "running"):
            return Sent(self._registry.wanted(config.id)[-1].desired, unchanged=True)
        version = StrategyVersion(strategy=config.id, version=same or 1, config=config)
        return self._send(version, "running", effective_from, known=same is not None)

    def update(self, config: StrategyConfig, effective_from: datetime | None = None) -> Sent:
        """Another version of a strategy, in the state that is wanted of it now."""
        compile_strategy(config)
        versions = self.versions(config.id)
        wanted = self.wanted(config.id)
        state: Wanted = wanted.desired.state if wanted else "running"
        same = _version_of(config, versions)
        if same is not None and effective_from is None and self._is_wanted(config.id, same, state):
            return Sent(self._registry.wanted(config.id)[-1].desired, unchanged=True)
        version = StrategyVersion(strategy=config.id, version=same or max(versions) + 1, config=config)
        return self._send(version, state, effective_from, known=same is not None)

    def want(self, strategy: str, state: Wanted, effective_from: datetime | None = None) -> Sent:
        """Start, pause, resume or stop: the newest version in another state."""
        version = self._current(strategy)
        if self._is_wanted(strategy, version.version, state) and effective_from is None:
            return Sent(self._registry.wanted(strategy)[-1].desired, unchanged=True)
        return self._send(version, state, effective_from, known=True)

    def resume(self, strategy: str, effective_from: datetime | None = None) -> Sent:
        """Go on after a pause; CommandRefused for a strategy that is stopped, which would begin anew."""
        wanted = self.wanted(strategy)
        if wanted is not None and wanted.desired.state == "stopped":
            raise CommandRefused(f"strategy {strategy!r} is stopped, not paused: use `candelabra strategy start`")
        return self.want(strategy, "running", effective_from)

    def restart(self, strategy: str, effective_from: datetime | None = None) -> Sent:
        """Run from a flat position, out of quarantine."""
        return self._send(self._current(strategy), "running", effective_from, known=True, restart=True)

    def answers(self, sent: Sent, *, wait_seconds: float) -> Iterator[StrategyStatus]:
        """The answers to a command as they come: first to the command, then from each series that acts on it.

        Ends when the wait is over, at a refusal, or when acting series have been quiet for a second.
        """
        topic = topics.STATUS.prefixed(self._settings.topic_prefix)
        followed = Followed(topic, lambda value: self._codec.decode(value, StrategyStatus), last=1_000)
        deadline = time.monotonic() + wait_seconds
        acting: float | None = None
        with TopicFollower(self._config, [followed]) as follower:
            while time.monotonic() < deadline and (acting is None or time.monotonic() - acting < QUIET_SECONDS):
                for one in follower.poll(timeout_s=0.1):
                    status = one.record
                    if not isinstance(status, StrategyStatus) or status.command != sent.desired.command:
                        continue
                    yield status
                    if status.state is State.REFUSED:
                        return
                    if status.symbol is not None:
                        acting = time.monotonic()

    def statuses(self) -> dict[str, StrategyStatus]:
        """The newest answer by key (``strategy``, ``strategy|symbol|timeframe``)."""
        topic = topics.STATUS.prefixed(self._settings.topic_prefix)
        found: dict[str, StrategyStatus] = {}
        with TopicFollower(
            self._config, [Followed(topic, lambda value: self._codec.decode(value, StrategyStatus))]
        ) as follower:
            deadline = time.monotonic() + READ_SECONDS
            while not follower.caught_up:
                if time.monotonic() > deadline:
                    raise BrokerUnreachable(f"{topic} could not be read to its end: {follower.trouble or 'too slow'}")
                for one in follower.poll(timeout_s=0.2):
                    if isinstance(one.record, StrategyStatus):
                        found[one.record.key] = one.record
        return found

    def _current(self, strategy: str) -> StrategyVersion:
        versions = self.versions(strategy)
        wanted = self.wanted(strategy)
        return wanted.version if wanted else versions[max(versions)]

    def _is_wanted(self, strategy: str, version: int, state: Wanted) -> bool:
        wanted = self.wanted(strategy)
        return wanted is not None and wanted.desired.version == version and wanted.desired.state == state

    def _send(
        self,
        version: StrategyVersion,
        state: Wanted,
        effective_from: datetime | None,
        *,
        known: bool,
        restart: bool = False,
    ) -> Sent:
        wanted = self.wanted(version.strategy)
        generation = (wanted.desired.generation if wanted else 0) + (1 if restart else 0)
        desired = DesiredState(
            strategy=version.strategy,
            version=version.version,
            state=state,
            generation=generation,
            effective_from=effective_from or self._live_instant(),
            command=uuid.uuid4().hex,
        )
        records: list[StrategyVersion | DesiredState] = [desired] if known else [version, desired]
        self._produce(records)
        for record in records:
            self._registry.apply(record)
        return Sent(desired)

    def _produce(self, records: list[StrategyVersion | DesiredState]) -> None:
        failures: list[str] = []

        def delivered(error: KafkaError | None, _message: Message) -> None:
            if error is not None:
                failures.append(error.str())

        for record in records:
            self._producer.produce(self._topic, self._codec.encode(record), record.key, 0, delivered)
        if self._producer.flush(DELIVERY_SECONDS) or failures:
            reason = failures[0] if failures else f"no answer within {DELIVERY_SECONDS:.0f} s"
            self._producer.purge()
            raise DeliveryFailed(
                f"{self._topic}: the broker did not say that it took the command: {reason}. It may have: look with "
                "`candelabra strategy show` before you send it again"
            )

    def _live_instant(self) -> datetime | None:
        """This instant, where the feed is live: its newest candle closed no more than two candles ago. Else None."""
        topic = topics.CANDLES.prefixed(self._settings.topic_prefix)
        now = self._now()
        followed = Followed(topic, lambda value: self._codec.decode(value, Candle), last=1)
        try:
            partition_count(self._config, topic)
        except TopicMissing:
            return None
        with TopicFollower(self._config, [followed]) as follower:
            deadline = time.monotonic() + READ_SECONDS
            while not follower.caught_up and time.monotonic() < deadline:
                for one in follower.poll(timeout_s=0.2):
                    if isinstance(one.record, Candle):
                        age = (now - one.record.close_time).total_seconds() * 1000
                        if -timeframe_ms(one.record.timeframe) <= age <= 2 * timeframe_ms(one.record.timeframe):
                            return now.replace(microsecond=now.microsecond // 1000 * 1000)
        return None


def _version_of(config: StrategyConfig, versions: dict[int, StrategyVersion]) -> int | None:
    return next((number for number, one in sorted(versions.items()) if one.config == config), None)
