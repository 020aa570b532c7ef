"""Lifecycle as data: which versions exist, what state is wanted, and what the engine answered."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.record import Record, StrategyId, Symbol, UtcTime
from schemas.strategy import StrategyConfig
from schemas.timeframe import Timeframe

VersionNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]
CommandId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Author = Annotated[str, StringConstraints(max_length=100)]
"""Who wrote something: a login name or what they call themselves. Informational; empty where nobody said."""
Why = Annotated[str, StringConstraints(max_length=500)]
"""Why, in the author's words. Informational; empty where nobody said."""

MAX_REASON_LENGTH = 8_000

NOTHING_YET = 0
"""The ``expected_version`` of a first deployment: no version is current."""


class StrategyVersion(Record):
    """An immutable, numbered configuration. Key on ``control``: ``strategy@version``.

    Versions count from 1. ``based_on`` is the version that this one was made from: where another is current by the time
    the record comes, it is refused. None says nothing: the first version has none, nor has a record of release 0.1.
    ``author``, ``created_at`` (UTC, the author's clock) and ``reason`` are for people; nothing is decided by them.
    """

    strategy: StrategyId
    version: VersionNumber
    config: StrategyConfig
    author: Author = ""
    created_at: UtcTime | None = None
    reason: Why = ""
    based_on: VersionNumber | None = None

    @property
    def key(self) -> str:
        """The record's key on the control topic."""
        return f"{self.strategy}@{self.version}"


class DesiredState(Record):
    """What its owner wants of a strategy. Key on ``control``: ``strategy``; the newest one counts.

    It takes effect at the first closed candle of each series whose close time is after ``effective_from`` (event time),
    or at the very next closed candle without one. A higher ``generation`` is a restart: the strategy begins flat again
    and leaves quarantine. ``command`` is echoed by the acknowledgement; a command that comes twice changes nothing.

    ``expected_version`` is the version that its sender took for current, 0 for none yet: where another is, the command
    is refused. ``follows`` is, in the same way, the command that its sender took for the newest. None is not checked.
    ``author``, ``issued_at`` (UTC, the sender's clock) and ``reason`` are for people; nothing is decided by them.
    """

    strategy: StrategyId
    version: VersionNumber
    state: Literal["running", "paused", "stopped"]
    generation: int = Field(default=0, ge=0, le=2**31 - 1)
    effective_from: UtcTime | None = None
    command: CommandId
    expected_version: Annotated[int, Field(ge=NOTHING_YET, le=2**31 - 1)] | None = None
    follows: CommandId | None = None
    author: Author = ""
    issued_at: UtcTime | None = None
    reason: Why = ""

    @property
    def key(self) -> str:
        """The record's key on the control topic."""
        return self.strategy


class State(StrEnum):
    """The actual state that a status reports."""

    ACCEPTED = "accepted"
    """The command is valid and known to the workers; no series has acted on it yet."""
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    QUARANTINED = "quarantined"
    """The strategy is out of service on this series until it is restarted or updated; ``reason`` says why."""
    REFUSED = "refused"
    """The command cannot be carried out; ``reason`` says why. What ran before goes on."""


class StrategyStatus(Record):
    """An acknowledgement: the actual state, the version, and the bar from which it holds, or why not.

    With ``symbol`` and ``timeframe`` it speaks of one running instance (key ``strategy|symbol|timeframe``), and
    ``effective_bar`` is the open time of the first candle that the state holds for. Without them it answers the command
    as a whole (key ``strategy``).
    """

    strategy: StrategyId
    symbol: Symbol | None = None
    timeframe: Timeframe | None = None
    state: State
    version: VersionNumber | None = None
    generation: int = Field(default=0, ge=0, le=2**31 - 1)
    effective_bar: UtcTime | None = None
    command: CommandId | None = None
    reason: Annotated[str, StringConstraints(max_length=MAX_REASON_LENGTH)] | None = None

    @property
    def key(self) -> str:
        """The record's key on the status topic."""
        if self.symbol is None or self.timeframe is None:
            return self.strategy
        return f"{self.strategy}|{self.symbol}|{self.timeframe}"
