"""An anomaly that somebody should know of, and that stopped nothing."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from schemas.ids import record_id
from schemas.record import Record, StrategyId, Symbol, UtcTime, to_milliseconds
from schemas.timeframe import Timeframe

AlertKind = Literal["gap", "partial", "quarantine"]


class Alert(Record):
    """``gap``: candles are missing before ``event_time``. ``partial``: a bar was made without some of its candles.

    ``quarantine``: a strategy was taken out of service on this series: it raised an error, needs an indicator that did,
    gave an absurd value or a storm of signals, or cannot run on it.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    kind: AlertKind
    severity: Literal["info", "warning", "error"]
    symbol: Symbol
    timeframe: Timeframe
    strategy: StrategyId | None = None
    event_time: UtcTime
    message: Annotated[str, StringConstraints(max_length=2_000)]

    @property
    def key(self) -> str:
        """The record's key on the alerts topic: the source of the anomaly."""
        series = f"{self.symbol}|{self.timeframe}"
        return series if self.strategy is None else f"{self.strategy}|{series}"


def alert_id(kind: AlertKind, symbol: str, timeframe: str, event_time: UtcTime, strategy: str | None = None) -> str:
    """The deterministic id of an alert: 32 hex digits."""
    return record_id("alert", kind, symbol, timeframe, str(to_milliseconds(event_time)), strategy or "")
