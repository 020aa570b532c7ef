"""Portfolios as something to read and to change: written to the control topic, read back, judged as workers do."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from dataflows.control_client import UNSIGNED, Signature
from dataflows.control_topic import ControlTopic
from dataflows.errors import CommandRefused
from dataflows.kafka.codec import build_codec
from dataflows.live_instant import live_instant, whole_milliseconds
from dataflows.settings import Settings
from schemas import topics
from schemas.names import did_you_mean
from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset

Done: TypeAlias = Literal["added", "changed", "removed", "unchanged"]


@dataclass(frozen=True)
class Change:
    """What became of a portfolio: ``entry`` is what counts now."""

    done: Done
    entry: PortfolioEntry


class PortfolioClient:
    """Reads what the control topic says of portfolios and adds to it. One per command line call.

    What it adds it reads back: a change returns once it is accepted, by the rules that every worker follows. ``now`` is
    the clock by which a live feed is recognised and records are dated.

    Raises:
        BrokerUnreachable, TopicMissing: the control topic cannot be read.
    """

    def __init__(self, settings: Settings, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._config = settings.kafka_client_config()
        self._codec = build_codec(settings)
        self._topic = ControlTopic(self._config, topics.CONTROL.prefixed(settings.topic_prefix), self._codec)
        self._candles = topics.CANDLES.prefixed(settings.topic_prefix)

    @property
    def entries(self) -> dict[str, PortfolioEntry]:
        """The entry of every portfolio that is there, sorted by id."""
        return {name: one for name, one in self._topic.portfolios.entries.items() if one.config is not None}

    def entry(self, portfolio: str) -> PortfolioEntry:
        """What is said of a portfolio; CommandRefused with the nearest id where there is none."""
        entry = self.entries.get(portfolio)
        if entry is None:
            end = did_you_mean(portfolio, self.entries) if self.entries else ": there is none"
            raise CommandRefused(
                f"there is no portfolio {portfolio!r}{end}; `candelabra portfolio list` shows what there is, and "
                "`candelabra portfolio apply FILE` adds one"
            )
        return entry

    def apply(
        self, config: PortfolioConfig, *, effective_from: datetime | None = None, signature: Signature = UNSIGNED
    ) -> Change:
        """Let a portfolio be as it is given; what is said already is not sent again.

        Raises:
            CommandRefused: it names no symbols, or is too long to send.
        """
        before = self.entries.get(config.id)
        if before is not None and before.config == config and effective_from is None:
            return Change("unchanged", before)
        begins = effective_from or live_instant(self._config, self._candles, self._codec, self._now())
        entry = PortfolioEntry(
            portfolio=config.id,
            config=config,
            effective_from=begins,
            command=uuid.uuid4().hex,
            author=signature.author,
            issued_at=whole_milliseconds(self._now()),
            reason=signature.reason,
        )
        self._add(entry)
        return Change("added" if before is None else "changed", entry)

    def remove(self, portfolio: str, *, signature: Signature = UNSIGNED) -> Change:
        """Take a portfolio away, from the next close of its symbols on.

        Raises:
            CommandRefused: there is no such portfolio.
        """
        self.entry(portfolio)
        entry = PortfolioEntry(
            portfolio=portfolio,
            config=None,
            command=uuid.uuid4().hex,
            author=signature.author,
            issued_at=whole_milliseconds(self._now()),
            reason=signature.reason,
        )
        self._add(entry)
        return Change("removed", entry)

    def reset(
        self, portfolio: str, *, effective_from: datetime | None = None, signature: Signature = UNSIGNED
    ) -> PortfolioReset:
        """Lift a portfolio's kill switch.

        Raises:
            CommandRefused: there is no such portfolio.
        """
        self.entry(portfolio)
        reset = PortfolioReset(
            portfolio=portfolio,
            effective_from=effective_from or live_instant(self._config, self._candles, self._codec, self._now()),
            command=uuid.uuid4().hex,
            author=signature.author,
            issued_at=whole_milliseconds(self._now()),
            reason=signature.reason,
        )
        self._add(reset)
        return reset

    def _add(self, record: PortfolioEntry | PortfolioReset) -> None:
        answer = self._topic.add_portfolio(record)
        if answer.refusal:
            raise CommandRefused(f"{record.portfolio}: {answer.refusal}")
