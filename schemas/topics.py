"""The topics of Candelabra: name, key and clean-up of each, as data."""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

CleanupPolicy: TypeAlias = Literal["delete", "compact"]

_LONGEST_NAME = 249  # Kafka's own limit
_LEGAL_NAME = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic as it must be on the broker.

    Attributes:
        name: its name without a deployment's prefix.
        cleanup_policy: ``delete`` keeps a record for the retention time, ``compact`` the last record of each key.
        key: what a record's key holds, parts separated by ``|``; alternatives separated by ``or``.
    """

    name: str
    cleanup_policy: CleanupPolicy
    key: str

    def prefixed(self, prefix: str) -> str:
        """Return the topic's name on the broker.

        >>> CANDLES.prefixed("paper.")
        'paper.candles'

        Raises:
            ValueError: Kafka allows no such name.
        """
        name = prefix + self.name
        if not _LEGAL_NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
            raise ValueError(
                f"topic prefix {prefix!r}: a topic name is 1 to {_LONGEST_NAME} letters, digits, '.', '_' or '-', "
                f"and {name!r} is not"
            )
        return name


CANDLES = TopicSpec("candles", "delete", key="symbol")
CONTROL = TopicSpec(
    "control",
    "compact",
    key="strategy@version or strategy or watchlist:symbol or portfolio:id or portfolio:id|reset",
)
PLACEMENTS = TopicSpec("placements", "compact", key="partition or partition|run|offset")
STATUS = TopicSpec("status", "compact", key="strategy or strategy|symbol|timeframe")
SIGNALS = TopicSpec("signals", "delete", key="strategy|symbol|timeframe")
COMPOSITES = TopicSpec("composites", "delete", key="strategy|symbol or *|symbol")
LATE_SIGNALS = TopicSpec("late-signals", "delete", key="strategy|symbol or *|symbol")
POSITIONS = TopicSpec("positions", "delete", key="strategy|symbol|timeframe")
METRICS = TopicSpec("metrics", "compact", key="strategy|symbol|timeframe or portfolio:id")
EQUITY = TopicSpec("equity", "delete", key="strategy|symbol|timeframe or portfolio:id")
SUBSCRIPTIONS = TopicSpec("subscriptions", "compact", key="subscriber|strategy")
ORDERS = TopicSpec("orders", "delete", key="subscriber|strategy|symbol")
EXECUTIONS = TopicSpec("executions", "delete", key="strategy|symbol|timeframe or portfolio:id")
ALERTS = TopicSpec("alerts", "delete", key="source key")
DEAD_LETTER = TopicSpec("dead-letter", "delete", key="source key")

ALL_TOPICS: tuple[TopicSpec, ...] = (
    CANDLES,
    CONTROL,
    PLACEMENTS,
    STATUS,
    SIGNALS,
    COMPOSITES,
    LATE_SIGNALS,
    POSITIONS,
    METRICS,
    EQUITY,
    SUBSCRIPTIONS,
    ORDERS,
    EXECUTIONS,
    ALERTS,
    DEAD_LETTER,
)
