"""Commands to the engine: written to the control topic, answered on the status topic."""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from dataflows.control_topic import ControlTopic
from dataflows.errors import BrokerUnreachable, CommandRefused
from dataflows.kafka.codec import build_codec
from dataflows.kafka.follow import Followed, TopicFollower
from dataflows.live_instant import READ_SECONDS, live_instant, whole_milliseconds
from dataflows.settings import Settings
from operators.control.history import previous_version
from operators.control.same_symbols import other_symbols
from operators.control.scheduled import Scheduled
from operators.strategy.compile import compile_strategy
from operators.strategy.runnable import unrunnable
from schemas import topics
from schemas.lifecycle import NOTHING_YET, DesiredState, State, StrategyStatus, StrategyVersion
from schemas.names import did_you_mean
from schemas.problems import Problem, StrategyFileError
from schemas.strategy import StrategyConfig

Wanted = Literal["running", "paused", "stopped"]

QUIET_SECONDS = 1.0
ATTEMPTS = 8
"""How often a command that means the same whatever came before is sent again after another was quicker."""


@dataclass(frozen=True)
class Signature:
    """Who gives a command, and why. For people; nothing is decided by it."""

    author: str = ""
    reason: str = ""


UNSIGNED = Signature()


@dataclass(frozen=True)
class Sent:
    """A command on the control topic. ``unchanged``: it said what was wanted already, so nothing was written."""

    desired: DesiredState
    unchanged: bool = False


class ControlClient:
    """Reads what the control topic says and adds to it. One per command line call.

    What it adds it reads back: a command returns once it is accepted, by the rules that every worker follows, and
    CommandRefused says what came in between. ``now`` is the clock by which a live feed is recognised and commands are
    dated.

    Raises:
        BrokerUnreachable, TopicMissing: the control topic cannot be read.
    """

    def __init__(self, settings: Settings, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings = settings
        self._now = now
        self._config = settings.kafka_client_config()
        self._codec = build_codec(settings)
        self._topic = ControlTopic(self._config, topics.CONTROL.prefixed(settings.topic_prefix), self._codec)
        self._candles = topics.CANDLES.prefixed(settings.topic_prefix)

    @property
    def strategies(self) -> tuple[str, ...]:
        """Every strategy on the control topic."""
        return self._topic.strategies

    def versions(self, strategy: str) -> dict[int, StrategyVersion]:
        """The versions of a strategy; CommandRefused with the nearest name where there is none."""
        versions = self._topic.registry_of(strategy).versions(strategy)
        if not versions:
            hint = did_you_mean(strategy, self._topic.names)
            raise CommandRefused(f"there is no strategy {strategy!r}{hint}; `candelabra strategy list` shows them all")
        return versions

    def version(self, strategy: str, number: int | None = None) -> StrategyVersion:
        """One version, the current one where none is named; CommandRefused where there is none of that number."""
        versions = self.versions(strategy)
        if number is None:
            number = self._topic.registry_of(strategy).current(strategy) or max(versions)
        if number not in versions:
            have = ", ".join(map(str, sorted(versions)))
            raise CommandRefused(f"strategy {strategy!r} has no version {number}, it has {have}")
        return versions[number]

    def wanted(self, strategy: str) -> Scheduled | None:
        """The newest command of a strategy, None before the first."""
        queue = self._topic.registry_of(strategy).wanted(strategy)
        return queue[-1] if queue else None

    def commands(self, strategy: str) -> tuple[DesiredState, ...]:
        """The accepted commands that the control topic still holds, in its order."""
        return self._topic.registry_of(strategy).commands(strategy)

    def deploy(
        self, config: StrategyConfig, effective_from: datetime | None = None, *, signature: Signature = UNSIGNED
    ) -> Sent:
        """A new strategy, running from now on. The same file again changes nothing; another needs ``update``."""
        _check(config)
        versions = self._topic.registry_of(config.id).versions(config.id)
        current = self._topic.registry_of(config.id).current(config.id)
        same = _version_of(config, versions)
        if versions and same is None:
            raise CommandRefused(
                f"strategy {config.id!r} exists with other contents (version {current or max(versions)}): "
                "use `candelabra strategy update`, or give it another id"
            )
        if same is None:
            same = self._add_version(config, 1, None, signature)
        elif current not in {None, same}:
            raise CommandRefused(
                f"this file is version {same} of strategy {config.id!r}, and version {current} is current: use "
                f"`candelabra strategy rollback {config.id} --to {same}`"
            )
        return self._order(config.id, same, "running", effective_from, signature=signature)

    def update(
        self,
        config: StrategyConfig,
        effective_from: datetime | None = None,
        *,
        expect: int | None = None,
        signature: Signature = UNSIGNED,
    ) -> Sent:
        """Another version of a strategy, in the state that is wanted of it now.

        Raises:
            CommandRefused: the version that is current is not ``expect``, or is another than when this client began.
            StrategyFileError: it cannot run, or counts the positions of other symbols together than those before it.
        """
        _check(config)
        versions = self.versions(config.id)
        current = self._topic.registry_of(config.id).current(config.id)
        base = current or max(versions)
        if expect is not None and expect != base:
            newest = self.wanted(config.id)
            by = f" (by {newest.desired.author})" if newest and newest.desired.author else ""
            raise CommandRefused(
                f"you expect version {expect} of strategy {config.id!r}, and version {base} is current{by}: nothing "
                f"was sent. See what changed with `candelabra strategy diff {config.id}@{expect} {config.id}@{base}`"
            )
        number = _version_of(config, versions)
        if number is None:
            _refuse(config, other_symbols(config, versions))
            number = self._add_version(config, max(versions) + 1, base, signature)
        return self._order(config.id, number, None, effective_from, expected=current, signature=signature)

    def rollback(
        self,
        strategy: str,
        to: int | None = None,
        effective_from: datetime | None = None,
        *,
        signature: Signature = UNSIGNED,
    ) -> Sent:
        """An old version current again, in the state that is wanted now. Default: the one that was current before.

        Raises:
            CommandRefused: there is no such version, or nothing is known to have been current before.
        """
        versions = self.versions(strategy)
        current = self._topic.registry_of(strategy).current(strategy)
        if to is None:
            to = previous_version(versions, self.commands(strategy))
            if to is None:
                raise CommandRefused(
                    f"strategy {strategy!r}: no version is known to have been current before version "
                    f"{current or max(versions)}: name one with --to"
                )
        number = self.version(strategy, to).version
        return self._order(strategy, number, None, effective_from, expected=current, signature=signature)

    def want(
        self,
        strategy: str,
        state: Wanted,
        effective_from: datetime | None = None,
        *,
        signature: Signature = UNSIGNED,
    ) -> Sent:
        """Start, pause, resume or stop: the current version in another state."""
        return self._order(strategy, None, state, effective_from, signature=signature)

    def resume(self, strategy: str, effective_from: datetime | None = None, *, signature: Signature = UNSIGNED) -> Sent:
        """Go on after a pause; CommandRefused for a strategy that is stopped, which would begin anew."""
        return self._order(strategy, None, "running", effective_from, resuming=True, signature=signature)

    def restart(
        self, strategy: str, effective_from: datetime | None = None, *, signature: Signature = UNSIGNED
    ) -> Sent:
        """Run from a flat position, out of quarantine."""
        return self._order(strategy, None, "running", effective_from, restart=True, signature=signature)

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

    def _add_version(self, config: StrategyConfig, number: int, based_on: int | None, signature: Signature) -> int:
        """Write a version; its number once every reader of the topic takes it for that."""
        version = StrategyVersion(
            strategy=config.id,
            version=number,
            config=config,
            author=signature.author,
            created_at=whole_milliseconds(self._now()),
            reason=signature.reason,
            based_on=based_on,
        )
        answer = self._topic.add(version)
        if answer.state is State.REFUSED:
            self._topic.mend(config.id)
            raise _too_late(config.id, answer.reason)
        return number

    def _order(  # noqa: PLR0913  # a command says what, from when, judged by what, and by whom
        self,
        strategy: str,
        version: int | None,
        state: Wanted | None,
        effective_from: datetime | None,
        *,
        signature: Signature,
        expected: int | None = None,
        restart: bool = False,
        resuming: bool = False,
    ) -> Sent:
        """Write a desired state that follows the newest one, again where another was quicker.

        No ``version`` means the current one, no ``state`` the one that is wanted now. A named version is not for
        another state of things: where another than ``expected`` has become current meanwhile, it is refused.
        """
        versions = self.versions(strategy)
        begins = effective_from or live_instant(self._config, self._candles, self._codec, self._now())
        refusal: str | None = None
        for _ in range(ATTEMPTS):
            newest = self.wanted(strategy)
            current = newest.desired.version if newest else None
            if version is not None and current not in {expected, version}:
                raise _too_late(strategy, refusal or f"version {current} has become current since")
            if resuming and newest is not None and newest.desired.state == "stopped":
                raise CommandRefused(f"strategy {strategy!r} is stopped, not paused: use `candelabra strategy start`")
            desired = DesiredState(
                strategy=strategy,
                version=version or current or max(versions),
                state=state or (newest.desired.state if newest else "running"),
                generation=(newest.desired.generation if newest else 0) + restart,
                effective_from=begins,
                command=uuid.uuid4().hex,
                expected_version=current or NOTHING_YET,
                follows=newest.desired.command if newest else None,
                author=signature.author,
                issued_at=whole_milliseconds(self._now()),
                reason=signature.reason,
            )
            if newest is not None and not restart and _says_already(newest.desired, desired, asked_for=effective_from):
                self._topic.mend(strategy)
                return Sent(newest.desired, unchanged=True)
            answer = self._topic.add(desired)
            self._topic.mend(strategy)
            if answer.state is not State.REFUSED:
                return Sent(desired)
            refusal = answer.reason
        raise _too_late(strategy, refusal)


def _version_of(config: StrategyConfig, versions: dict[int, StrategyVersion]) -> int | None:
    return next((number for number, one in sorted(versions.items()) if one.config == config), None)


def _says_already(newest: DesiredState, wish: DesiredState, *, asked_for: datetime | None) -> bool:
    """Whether the newest command says what is wished: the same version in the same state, and no later.

    One that waits for its time does not say it for the next candle.
    """
    if (newest.version, newest.state) != (wish.version, wish.state):
        return False
    if asked_for is not None or newest.effective_from is None:
        return newest.effective_from == asked_for
    return wish.effective_from is not None and newest.effective_from <= wish.effective_from


def _check(config: StrategyConfig) -> None:
    """StrategyFileError where the strategy cannot be compiled, or cannot run yet."""
    compile_strategy(config)
    _refuse(config, unrunnable(config))


def _refuse(config: StrategyConfig, problems: list[Problem]) -> None:
    if problems:
        raise StrategyFileError(config.id, problems)


def _too_late(strategy: str, refusal: str | None) -> CommandRefused:
    """What the control topic says of a command that another one was quicker than."""
    return CommandRefused(
        f"strategy {strategy!r}: another command was quicker, and this one was refused: {refusal}. Look with "
        f"`candelabra strategy versions {strategy}`, then decide again"
    )
