"""An anomaly that somebody should know of, and that stopped nothing: found by the engine, or by a rule of a person."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, FiniteFloat, StringConstraints, model_validator

from schemas.ids import record_id
from schemas.portfolio import PORTFOLIO_KEY, PortfolioId
from schemas.record import Record, StrategyId, Symbol, UtcTime, to_milliseconds
from schemas.signal_config import SIGNAL_ID_PATTERN
from schemas.timeframe import Timeframe

AlertKind = Literal["gap", "partial", "quarantine", "refusal", "kill_switch", "rule", "degraded", "resolved"]
EngineKind = Literal["gap", "partial", "quarantine", "refusal", "kill_switch"]
"""Those that the engine tells by itself."""
Severity = Literal["info", "warning", "error"]

SEVERITIES: Final[tuple[Severity, ...]] = ("info", "warning", "error")
"""From the least on."""

RULE_KEY: Final = "rule:"
"""What the keys of alerts by rules begin with: the engine's own never share a key with them."""

MOST_OF_A_MESSAGE: Final = 2_000
"""Characters."""


class Alert(Record):
    """``gap``: candles are missing before ``event_time``. ``partial``: a bar was made without some of its candles.

    ``quarantine``: a strategy was taken out of service on this series: it raised an error, needs an indicator that did,
    gave an absurd value or a storm of signals, or cannot run on it. ``refusal``: an order was refused by a limit.
    ``kill_switch``: a portfolio's kill switch tripped.

    ``rule``: something is beyond the threshold of an alert rule. ``degraded``: a strategy earns less than its reference
    does. ``resolved``: what such an alert told of is over. All three name the ``rule``, its ``metric`` and their
    ``source``, say by ``state`` whether the alert stands now, and hold the ``value`` that was seen and the
    ``threshold`` that it passed, in the metric's unit; ``figures`` has more by name, such as both means of a
    degradation. Severity of a resolved one is that of what it resolves.

    ``symbol`` and ``timeframe`` are None where the alert is of a portfolio, of a whole symbol, or of a worker.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    kind: AlertKind
    severity: Severity
    symbol: Symbol | None = None
    timeframe: Timeframe | None = None
    strategy: StrategyId | None = None
    event_time: UtcTime
    message: Annotated[str, StringConstraints(max_length=MOST_OF_A_MESSAGE)]
    portfolio: PortfolioId | None = None
    rule: Annotated[str, StringConstraints(pattern=SIGNAL_ID_PATTERN)] | None = None
    source: Annotated[str, StringConstraints(max_length=300)] | None = None
    state: Literal["firing", "resolved"] | None = None
    metric: Annotated[str, StringConstraints(max_length=100)] | None = None
    value: FiniteFloat | None = None
    threshold: FiniteFloat | None = None
    figures: dict[str, FiniteFloat] = Field(default_factory=dict, max_length=50)

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if (self.rule is None) != (self.source is None) or (self.rule is None) != (self.state is None):
            raise ValueError("expected rule, source and state, or none of them, got some")
        if self.rule is None and self.portfolio is None and (self.symbol is None or self.timeframe is None):
            raise ValueError("expected a symbol and a timeframe, a portfolio or a rule, got none of them")
        return self

    @property
    def key(self) -> str:
        """The record's key on the alerts topic: the source of the anomaly, or the rule and the source."""
        if self.rule is not None:
            return f"{RULE_KEY}{self.rule}|{self.source}"
        parts = [self.strategy, self.symbol, self.timeframe]
        if self.portfolio is not None:
            parts.insert(0, f"{PORTFOLIO_KEY}{self.portfolio}")
        return "|".join(part for part in parts if part is not None)


def alert_id(kind: AlertKind, symbol: str, timeframe: str, event_time: UtcTime, strategy: str | None = None) -> str:
    """The deterministic id of an alert of the engine: 32 hex digits."""
    return record_id("alert", kind, symbol, timeframe, str(to_milliseconds(event_time)), strategy or "")


def rule_alert_id(rule: str, source: str, state: str, since_ms: int, number: int = 0) -> str:
    """The deterministic id of an alert by a rule: 32 hex digits.

    ``since_ms`` is when it fired (of a resolved one too), ``number`` counts how often it was told again.

    >>> rule_alert_id("deep", "macd|BTCUSDT|1m", "firing", 0) == rule_alert_id("deep", "macd|BTCUSDT|1m", "firing", 0)
    True
    """
    return record_id("rule-alert", rule, source, state, str(since_ms), str(number))


def at_least(severity: Severity, least: Severity) -> bool:
    """Whether a severity is as grave as another, or graver.

    >>> at_least("error", "warning"), at_least("info", "warning")
    (True, False)
    """
    return SEVERITIES.index(severity) >= SEVERITIES.index(least)
