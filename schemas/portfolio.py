"""Strategies taken together: what they may risk in all, how they agree on a symbol, and what stops them, as data."""

import hashlib
import json
from collections.abc import Iterator
from typing import Annotated, Final, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from schemas.faults import Fault, refuse, repeated
from schemas.lifecycle import Author, CommandId, Why
from schemas.names import did_you_mean
from schemas.record import Record, StrategyId, Symbol, UtcTime
from schemas.strategy import SymbolPattern
from schemas.units import Fraction, unit

PORTFOLIO_KEY: Final = "portfolio:"
"""What the keys of portfolios begin with; no strategy's id has a colon."""

PORTFOLIO_ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"

PortfolioId = Annotated[str, StringConstraints(pattern=PORTFOLIO_ID_PATTERN)]
"""A portfolio's identity, and the form of its groups' names."""

Exposure = Annotated[float, Field(gt=0, le=1_000)]
Conflict = Literal["net", "first", "priority"]

_EQUITY = unit("fraction of equity")
_TIMES = unit("times equity")


class PortfolioLimits(Record):
    """What all positions together may not exceed. An entry that would is refused; what is open stays."""

    model_config = ConfigDict(title="Portfolio limits")

    max_gross_exposure: Exposure | None = Field(
        default=None, description="Values of all positions, added up.", examples=[2], json_schema_extra=_TIMES
    )
    max_net_exposure: Exposure | None = Field(
        default=None,
        description="Values of long positions less those of short ones, on either side of zero.",
        examples=[1],
        json_schema_extra=_TIMES,
    )
    max_symbol_exposure: Exposure | None = Field(
        default=None, description="Values of all positions on one symbol.", examples=[0.5], json_schema_extra=_TIMES
    )
    max_group_exposure: dict[PortfolioId, Exposure] = Field(
        default_factory=dict,
        max_length=100,
        description="Values of all positions on a group's symbols, by the group's name, in times equity.",
        examples=[{"majors": 1}],
        json_schema_extra=_TIMES,
    )
    max_heat: Fraction | None = Field(
        default=None,
        description="What would be lost if every stop were hit; a position without one risks all that it is worth.",
        examples=[0.06],
        json_schema_extra=_EQUITY,
    )
    max_daily_loss: Fraction | None = Field(
        default=None, description="No entry for the rest of a UTC day after it.", json_schema_extra=_EQUITY
    )


class KillSwitch(Record):
    """What stops everything, until somebody resets it."""

    model_config = ConfigDict(title="Kill switch")

    action: Literal["flatten", "freeze"] = Field(
        default="freeze",
        description="`flatten` leaves every position at the next close, `freeze` only refuses entries.",
    )
    max_daily_loss: Fraction | None = Field(
        default=None, description="Loss of a UTC day at which it trips.", examples=[0.1], json_schema_extra=_EQUITY
    )
    max_drawdown: Fraction | None = Field(
        default=None,
        description="Fall from the highest equity at which it trips.",
        examples=[0.2],
        json_schema_extra=_EQUITY,
    )

    @model_validator(mode="after")
    def _can_trip(self) -> Self:
        if self.max_daily_loss is None and self.max_drawdown is None:
            raise ValueError("expected max_daily_loss or max_drawdown, at which it trips, got neither")
        return self


class PortfolioConfig(Record):
    """Strategies that share equity, limits and a kill switch. Its equity is that of all its strategies together.

    Two strategies conflict where one wants to be long and the other short on the same symbol: ``net`` lets both, and
    only the difference counts as net exposure; ``first`` refuses the later one; ``priority`` lets the one that stands
    earlier in ``priorities`` enter and has the other leave, and refuses the later one. Those that do not stand there
    come last, and are among themselves as ``first``.
    """

    model_config = ConfigDict(title="Portfolio")

    id: PortfolioId = Field(description="The portfolio's identity, for good.", examples=["main"])
    strategies: tuple[StrategyId, ...] = Field(
        default=(),
        max_length=10_000,
        description="Its strategies, by id; without any, per symbol all that no other portfolio of it names.",
    )
    symbols: tuple[Symbol, ...] = Field(
        default=(),
        max_length=1_000,
        description="The symbols it follows them on; needed to deploy it. Each is waited for at every instant.",
        examples=[["BTCUSDT", "ETHUSDT"]],
    )
    patience_seconds: Annotated[int, Field(ge=1, le=31_622_400)] | None = Field(
        default=None,
        description="How far another symbol may be ahead of one that has fallen silent until that is waited for no "
        "more; without it, for ever. Longer than any gap that a feed makes up for: what comes after it is too late.",
        examples=[3600],
        json_schema_extra=unit("seconds of event time"),
    )
    groups: dict[PortfolioId, tuple[SymbolPattern, ...]] = Field(
        default_factory=dict,
        max_length=100,
        description="Symbols that are limited together, by the group's name: names or patterns as in a strategy.",
        examples=[{"majors": ["BTC*", "ETH*"]}],
    )
    limits: PortfolioLimits = Field(
        default=PortfolioLimits(), description="What all positions together may not exceed."
    )
    conflict: Conflict = Field(
        default="net", description="What happens where strategies want different sides of one symbol."
    )
    priorities: tuple[StrategyId, ...] = Field(
        default=(), max_length=10_000, description="Strategies by rank, the first before all others."
    )
    kill_switch: KillSwitch | None = Field(default=None, description="What stops all of them, until a reset.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        refuse(
            [
                *repeated("strategies", [(one, one) for one in self.strategies]),
                *repeated("priorities", [(one, one) for one in self.priorities]),
                *repeated("symbols", [(one, one) for one in self.symbols]),
                *self._ranks(),
                *self._groups(),
            ]
        )
        return self

    def _ranks(self) -> Iterator[Fault]:
        if self.conflict == "priority" and not self.priorities:
            yield Fault(("priorities",), "expected at least one strategy where conflicts go by priority, got none")
        for at, name in enumerate(self.priorities):
            if self.strategies and name not in self.strategies:
                hint = did_you_mean(name, self.strategies)
                yield Fault(("priorities", at), f"expected one of its strategies, got {name!r}{hint}")

    def _groups(self) -> Iterator[Fault]:
        for name, symbols in self.groups.items():
            if not symbols:
                yield Fault(("groups", name), "expected at least one symbol in a group, got none")
            yield from repeated(("groups", name), [(symbol, symbol.replace("/", "")) for symbol in symbols])
        for name in self.limits.max_group_exposure:
            if name not in self.groups:
                known = ", ".join(self.groups) or "there is none"
                hint = did_you_mean(name, self.groups)
                place = ("limits", "max_group_exposure", name)
                yield Fault(place, f"expected the name of a group ({known}), got {name!r}{hint}")

    def canonical_json(self) -> str:
        """The same text for the same portfolio: sorted keys, no spaces, defaults written out."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), allow_nan=False)

    def fingerprint(self) -> str:
        """128 bits of SHA-256 over the canonical text, in hex: equal for equal portfolios."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()[:32]


class PortfolioEntry(Record):
    """What is wanted of one portfolio. Key on ``control``: ``portfolio:ID``; the newest one counts.

    It takes effect at the first close after ``effective_from`` (event time), or at the very next one without it.
    ``config`` is None where the portfolio was taken away, which is at the very next one whatever it names. ``author``,
    ``issued_at`` (UTC, the sender's clock) and ``reason`` are for people; nothing is decided by them.
    """

    portfolio: PortfolioId
    config: PortfolioConfig | None
    effective_from: UtcTime | None = None
    command: CommandId
    author: Author = ""
    issued_at: UtcTime | None = None
    reason: Why = ""

    @model_validator(mode="after")
    def _speaks_of_one_portfolio(self) -> Self:
        if self.config is not None and self.config.id != self.portfolio:
            raise ValueError(f"expected a config of {self.portfolio!r}, got one of {self.config.id!r}")
        return self

    @property
    def key(self) -> str:
        """The record's key on the control topic."""
        return f"{PORTFOLIO_KEY}{self.portfolio}"


class PortfolioReset(Record):
    """The command that lifts a portfolio's kill switch. Key on ``control``: ``portfolio:ID|reset``.

    Its strategies may enter again from the first close after ``effective_from`` (event time), or from the very next one
    without it, and its losses are counted from there. A command that comes twice resets once. ``author``, ``issued_at``
    (UTC, the sender's clock) and ``reason`` are for people; nothing is decided by them.
    """

    portfolio: PortfolioId
    effective_from: UtcTime | None = None
    command: CommandId
    author: Author = ""
    issued_at: UtcTime | None = None
    reason: Why = ""

    @property
    def key(self) -> str:
        """The record's key on the control topic: beside that of its configuration, which it must not displace."""
        return f"{PORTFOLIO_KEY}{self.portfolio}|reset"
