"""Protections: after which trades a strategy does not enter for some bars, as data.

Each looks at the trades that closed within its last ``lookback_bars`` on the same series. Entries only: a position that
is open keeps its stops and its exits. Modelled on the protections of Freqtrade.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from schemas.indicator_config import MAX_BARS
from schemas.record import Record
from schemas.units import Fraction, unit

_BARS = unit("bars")
_TRADES = unit("trades")

Bars = Annotated[int, Field(ge=1, le=MAX_BARS)]
Trades = Annotated[int, Field(ge=1, le=10_000)]


class CoolDown(Record):
    """A pause after every trade."""

    model_config = ConfigDict(title="Cool-down")

    method: Literal["cool_down"] = Field(description="No entry for `bars` after any trade, won or lost.")
    bars: Bars = Field(description="How long.", examples=[5], json_schema_extra=_BARS)


class StopLossGuard(Record):
    """A pause after several trades that a stop ended at a loss."""

    model_config = ConfigDict(title="Stop-loss guard")

    method: Literal["stop_loss_guard"] = Field(
        description="No entry for `stop_bars` once `trades` of the last `lookback_bars` ended at a loss by a stop, "
        "a trailing stop or a liquidation."
    )
    lookback_bars: Bars = Field(description="How far back trades count.", examples=[48], json_schema_extra=_BARS)
    trades: Trades = Field(description="So many of them.", examples=[3], json_schema_extra=_TRADES)
    stop_bars: Bars = Field(description="How long.", examples=[12], json_schema_extra=_BARS)


class MaxDrawdownGuard(Record):
    """A pause after trades whose results together fell far from their best."""

    model_config = ConfigDict(title="Max drawdown guard")

    method: Literal["max_drawdown_guard"] = Field(
        description="No entry for `stop_bars` once the trades of the last `lookback_bars`, at least `trades` of them, "
        "lost `max_drawdown` from a peak."
    )
    lookback_bars: Bars = Field(description="How far back trades count.", examples=[48], json_schema_extra=_BARS)
    trades: Trades = Field(description="Fewer of them say nothing.", examples=[10], json_schema_extra=_TRADES)
    max_drawdown: Fraction = Field(
        description="From the highest equity after one of them to a later one.",
        examples=[0.1],
        json_schema_extra=unit("fraction of equity at the peak"),
    )
    stop_bars: Bars = Field(description="How long.", examples=[12], json_schema_extra=_BARS)


class LowProfitGuard(Record):
    """A pause after trades that together earned too little."""

    model_config = ConfigDict(title="Low profit guard")

    method: Literal["low_profit_guard"] = Field(
        description="No entry for `stop_bars` once the trades of the last `lookback_bars`, at least `trades` of them, "
        "returned less than `required_profit` together."
    )
    lookback_bars: Bars = Field(description="How far back trades count.", examples=[48], json_schema_extra=_BARS)
    trades: Trades = Field(description="Fewer of them say nothing.", examples=[2], json_schema_extra=_TRADES)
    required_profit: float = Field(
        ge=-100,
        le=100,
        description="The least sum of their returns, each its profit net of fees by the value of its entries.",
        examples=[0.02],
        json_schema_extra=unit("fraction of the entry value"),
    )
    stop_bars: Bars = Field(description="How long.", examples=[12], json_schema_extra=_BARS)


Protection = Annotated[CoolDown | StopLossGuard | MaxDrawdownGuard | LowProfitGuard, Field(discriminator="method")]
