"""A strategy as data: indicators, entry and exit rules, and where they apply. The one normal form."""

import hashlib
import json
import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.record import Record, StrategyId, Symbol
from schemas.timeframe import Timeframe

ANY = "*"
"""A binding that takes every symbol, or every timeframe, of the feed."""

MAX_CONDITION_LENGTH = 2_000

LIFECYCLE = "lifecycle."
"""Rules of the engine's own begin with this, such as ``lifecycle.stop``: a signal's id is made from its rule."""

Side = Literal["long", "short"]
RuleType = Literal["entry", "exit"]

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]


def _bounded(condition: str) -> str:
    if len(condition) > MAX_CONDITION_LENGTH:
        message = f"expected at most {MAX_CONDITION_LENGTH:,} characters, got {len(condition):,}"
        raise ValueError(message)
    if not condition.strip():
        message = "expected a condition such as 'rsi < 30', got nothing"
        raise ValueError(message)
    return condition


def _not_ours(rule: str) -> str:
    if rule.startswith(LIFECYCLE):
        message = f"expected an id that does not begin with {LIFECYCLE!r}, got {rule!r}"
        raise ValueError(message)
    return rule


class IndicatorConfig(Record):
    """An indicator under the name by which rules refer to it."""

    name: Identifier
    type: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    parameters: dict[str, int | float | str] = Field(default_factory=dict, max_length=32)


class RuleConfig(Record):
    """When to enter or leave a side. ``confidence`` is in [0, 1] and travels with the signal."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"), AfterValidator(_not_ours)]
    type: RuleType
    side: Side = "long"
    condition: Annotated[str, AfterValidator(_bounded)]
    confidence: float = Field(default=1.0, ge=0, le=1)


class RiskConfig(Record):
    """Limits, as fractions of equity or of the entry price. Recorded with the version; this release enforces none."""

    max_position_size: float | None = Field(default=None, gt=0, le=1)
    stop_loss: float | None = Field(default=None, gt=0, lt=1)
    take_profit: float | None = Field(default=None, gt=0)


class StrategyConfig(Record):
    """A whole strategy. Immutable: a change is a new version.

    ``symbols`` and ``timeframes`` say which series it runs on; ``"*"`` takes every one of the feed. Rules of one type
    and side are tried in order, the first that holds wins.
    """

    id: StrategyId
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    description: Annotated[str, StringConstraints(max_length=4_000)] = ""
    symbols: tuple[Symbol | Literal["*"], ...] = Field(default=(ANY,), min_length=1, max_length=10_000)
    timeframes: tuple[Timeframe | Literal["*"], ...] = Field(default=(ANY,), min_length=1, max_length=32)
    indicators: tuple[IndicatorConfig, ...] = Field(default=(), max_length=200)
    rules: tuple[RuleConfig, ...] = Field(min_length=1, max_length=200)
    risk: RiskConfig | None = None

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for what, names in (
            ("indicator", [indicator.name for indicator in self.indicators]),
            ("rule", [rule.id for rule in self.rules]),
            ("symbol", list(self.symbols)),
            ("timeframe", list(self.timeframes)),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                message = f"expected each {what} once, got {', '.join(twice)} more than once"
                raise ValueError(message)
        if not any(rule.type == "entry" for rule in self.rules):
            message = "expected at least one entry rule, got only exits"
            raise ValueError(message)
        return self

    def binds(self, symbol: str, timeframe: str) -> bool:
        """Whether the strategy runs on this series. ``BTC/USDT`` and ``BTCUSDT`` are one symbol here."""
        return self.binds_symbol(symbol) and (timeframe in self.timeframes or ANY in self.timeframes)

    def binds_symbol(self, symbol: str) -> bool:
        """Whether the strategy runs on any timeframe of this symbol."""
        bare = symbol.replace("/", "")
        return any(own == ANY or own.replace("/", "") == bare for own in self.symbols)

    def canonical_json(self) -> str:
        """The same text for the same strategy: sorted keys, no spaces, defaults written out."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), allow_nan=False)

    def fingerprint(self) -> str:
        """128 bits of SHA-256 over the canonical text, in hex: equal for equal strategies."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()[:32]


def slug(text: str) -> str:
    """A usable id from a free text.

    >>> slug("MACD BTC 15m (v2)")
    'macd_btc_15m_v2'
    """
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:64] or "unnamed"
