"""When somebody wants to be told: alert rules as data."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from schemas.alert import EngineKind, Severity
from schemas.alert_figures import EQUITY_FIGURES, METRIC_FIGURES, PORTFOLIO_FIGURES, SHARES, HealthFigure
from schemas.alert_ranges import Threshold, beyond_range
from schemas.alert_reference import Reference
from schemas.duration import Duration
from schemas.faults import Fault, refuse, repeated
from schemas.names import did_you_mean
from schemas.record import Record
from schemas.signal_config import SIGNAL_ID_PATTERN
from schemas.strategy import SymbolPattern
from schemas.units import unit

NAME_PATTERN: Final = r"^[A-Za-z0-9*?][A-Za-z0-9_.*?-]{0,99}$"

NameOrPattern = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
"""The id of a strategy or a portfolio, or a pattern of ids: ``*`` stands for any characters, ``?`` for one."""

Positive = Annotated[float, Field(gt=0, le=1e9)]


def _metric(name: str) -> str:
    if name not in METRIC_FIGURES:
        raise ValueError(
            f"expected a figure of the metrics such as performance.drawdown, got {name[:64]!r}"
            f"{did_you_mean(name, METRIC_FIGURES)}"
        )
    return name


def _figure(name: str) -> str:
    if name not in EQUITY_FIGURES:
        raise ValueError(f"expected one of {', '.join(EQUITY_FIGURES)}, got {name[:64]!r}")
    return name


def _of_portfolio(name: str) -> str:
    if name not in PORTFOLIO_FIGURES:
        raise ValueError(
            f"expected a figure of a portfolio's metrics such as daily_loss, got {name[:64]!r}"
            f"{did_you_mean(name, PORTFOLIO_FIGURES)}"
        )
    return name


class _Rule(Record):
    """What every rule has."""

    id: Annotated[str, StringConstraints(pattern=SIGNAL_ID_PATTERN)] = Field(
        description="The rule's name; alerts carry it.", examples=["deep_drawdown"]
    )
    severity: Severity = Field(default="warning", description="How grave it is.")
    held_for: Duration | None = Field(
        default=None,
        description="How long the value has to stay beyond the threshold before the alert fires, in the time of what "
        "is looked at. In a file it is written `for`.",
        examples=["15m"],
    )
    repeat_after: Duration | None = Field(
        default=None, description="Tell again after so long while it stands; without it once.", examples=["1d"]
    )
    message: Annotated[str, Field(max_length=500)] = Field(
        default="", description="What to do, or whom to call: put before what the alert says."
    )


class _Compares(_Rule):
    """A rule with a threshold and, on its safe side, the value at which the alert is over."""

    figure: str
    above: float | None = Field(default=None, description="Fires where the value is greater.", examples=[0.1])
    below: float | None = Field(default=None, description="Fires where the value is smaller.", examples=[1])
    resolve_below: float | None = Field(
        default=None,
        description="With `above`: over once the value is this or smaller. The threshold itself if not given.",
        examples=[0.08],
    )
    resolve_above: float | None = Field(
        default=None,
        description="With `below`: over once the value is this or greater. The threshold itself if not given.",
    )

    @model_validator(mode="after")
    def _has_one_threshold(self) -> Self:
        refuse(list(self._thresholds()))
        return self

    def _thresholds(self) -> Iterator[Fault]:
        thresholds: dict[Threshold, float | None] = {name: getattr(self, name) for name in get_args(Threshold)}
        for name, value in thresholds.items():
            if self.figure in SHARES and value is not None and value > 1:
                yield Fault((name,), f"expected at most 1, got {value:g}: {self.figure} is a fraction, 0.2 is 20 %")
                thresholds[name] = None
        yield from beyond_range(self.figure, thresholds)
        if (self.above is None) == (self.below is None):
            got = "neither" if self.above is None else "both"
            yield Fault(("above",), f"expected either above or below, got {got}")
            return
        if self.above is not None:
            wrong, end, bound = self.resolve_above, self.resolve_below, self.above
            if end is not None and end > bound:
                yield Fault(
                    ("resolve_below",), f"expected at most the threshold above which it fires, {bound:g}, got {end:g}"
                )
            if wrong is not None:
                yield Fault(("resolve_above",), "expected resolve_below where it fires above, got resolve_above")
        elif self.below is not None:
            wrong, end, bound = self.resolve_below, self.resolve_above, self.below
            if end is not None and end < bound:
                yield Fault(
                    ("resolve_above",), f"expected at least the threshold below which it fires, {bound:g}, got {end:g}"
                )
            if wrong is not None:
                yield Fault(("resolve_below",), "expected resolve_above where it fires below, got resolve_below")


class _OfSeries(_Rule):
    """A rule of strategies on series."""

    strategies: tuple[NameOrPattern, ...] = Field(
        default=("*",),
        min_length=1,
        max_length=1_000,
        description="Strategies, by id or by pattern.",
        examples=[["macd*"]],
    )
    symbols: tuple[SymbolPattern, ...] = Field(
        default=("*",),
        min_length=1,
        max_length=1_000,
        description="Symbols, by name or by pattern.",
        examples=[["BTC*"]],
    )
    timeframes: tuple[Annotated[str, StringConstraints(pattern=r"^([1-9][0-9]{0,3}[smhdw]|\*)$")], ...] = Field(
        default=("*",), min_length=1, max_length=100, description="Timeframes; `*` is all.", examples=[["1h", "4h"]]
    )


class MetricRule(_Compares, _OfSeries):
    """A figure of a strategy's metrics is beyond a threshold."""

    model_config = ConfigDict(title="Metric rule")

    type: Literal["metric"] = Field(description="A figure of `StrategyMetrics`.")
    figure: Annotated[str, AfterValidator(_metric), Field(json_schema_extra={"enum": [*METRIC_FIGURES]})] = Field(
        description="The figure, in its own unit.", examples=["performance.drawdown"]
    )


class EquityRule(_Compares, _OfSeries):
    """A figure of an equity curve, of a strategy or of a portfolio, is beyond a threshold."""

    model_config = ConfigDict(title="Equity rule")

    type: Literal["equity"] = Field(description="A figure of `EquityPoint`.")
    figure: Annotated[str, AfterValidator(_figure), Field(json_schema_extra={"enum": [*EQUITY_FIGURES]})] = Field(
        description="The figure, in its own unit.", examples=["drawdown"]
    )
    portfolios: tuple[NameOrPattern, ...] = Field(
        default=(),
        max_length=1_000,
        description="Portfolios in place of strategies, by id or by pattern.",
        examples=[["*"]],
    )


class PortfolioRule(_Compares):
    """A figure of a portfolio's metrics is beyond a threshold."""

    model_config = ConfigDict(title="Portfolio rule")

    type: Literal["portfolio"] = Field(description="A figure of `PortfolioMetrics`.")
    figure: Annotated[str, AfterValidator(_of_portfolio), Field(json_schema_extra={"enum": [*PORTFOLIO_FIGURES]})] = (
        Field(description="The figure, in its own unit; `heat_of_equity` is a fraction.", examples=["daily_loss"])
    )
    portfolios: tuple[NameOrPattern, ...] = Field(
        default=("*",), min_length=1, max_length=1_000, description="Portfolios, by id or by pattern."
    )


class HealthRule(_Compares):
    """A figure of a worker's health is beyond a threshold."""

    model_config = ConfigDict(title="Health rule")

    type: Literal["health"] = Field(description="A figure of a worker's `/metrics`.")
    figure: HealthFigure = Field(description="The figure; rates are of the time between two looks.")


class StaleFeedRule(_Rule):
    """No candle of a symbol for some bars of its own."""

    model_config = ConfigDict(title="Stale feed rule")

    type: Literal["stale_feed"] = Field(description="A symbol's candles do not come.")
    bars: Positive = Field(
        default=5.0, description="Bars without a candle after which it fires.", json_schema_extra=unit("bars")
    )
    clock: Literal["event", "wall"] = Field(
        default="event",
        description="`event`: while the newest candle of any symbol goes on. `wall`: while the clock does, so that a "
        "feed that stops as a whole is seen too.",
    )
    symbols: tuple[SymbolPattern, ...] = Field(
        default=("*",), min_length=1, max_length=1_000, description="Symbols, by name or by pattern."
    )


class SilentStrategyRule(_OfSeries):
    """A strategy that runs has given no signal for long."""

    model_config = ConfigDict(title="Silent strategy rule")

    type: Literal["silent_strategy"] = Field(description="A running strategy gives no signal.")
    after: Duration = Field(description="How long without a signal, of candles' time.", examples=["7d"])


class BandRule(_OfSeries):
    """The live result is outside the band that the backtest's returns allow."""

    model_config = ConfigDict(title="Band rule")

    type: Literal["band"] = Field(description="The total return is outside the backtest's confidence band.")
    reference: Reference = Field(
        description="Logarithmic returns a bar of a backtest: a file, or the figures themselves."
    )
    z: Positive = Field(
        default=3.0,
        description="Half the width of the band in standard deviations of the sum of so many bars' returns.",
        json_schema_extra=unit("standard deviations"),
    )
    resolve_z: Annotated[float, Field(ge=0, le=1e9)] | None = Field(
        default=None, description="Over once it is no further out than this; `z` itself if not given."
    )
    side: Literal["below", "both"] = Field(default="below", description="Whether too good a result is told too.")
    min_bars: Annotated[int, Field(ge=1, le=10**9)] = Field(
        default=30, description="Bars before which it is not judged.", json_schema_extra=unit("bars")
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        found = []
        if self.reference.file is None and self.reference.sample is None:
            found.append(Fault(("reference",), "expected a file or a sample of returns a bar, got first trades"))
        if self.reference.sample is not None and self.reference.sample.variance == 0:
            found.append(Fault(("reference", "sample", "variance"), "expected a number greater than 0, got 0"))
        if self.resolve_z is not None and self.resolve_z > self.z:
            found.append(Fault(("resolve_z",), f"expected at most z, {self.z:g}, got {self.resolve_z:g}"))
        refuse(found)
        return self


class DegradationRule(_OfSeries):
    """A strategy's last trades earn less than its reference: Welch's t-test, one-sided."""

    model_config = ConfigDict(title="Degradation rule")

    type: Literal["degradation"] = Field(description="The last trades earn less than the reference's.")
    reference: Reference = Field(description="Returns of trades: of a backtest, or of its own first trades or days.")
    window: Annotated[int, Field(ge=10, le=10_000)] = Field(
        default=100, description="How many of the last trades are judged, at most.", json_schema_extra=unit("trades")
    )
    min_trades: Annotated[int, Field(ge=5, le=10_000)] = Field(
        default=50, description="Trades before which it is not judged.", json_schema_extra=unit("trades")
    )
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        default=0.001, description="Fires where the p-value is smaller: the chance of one false alarm at one look."
    )
    resolve_alpha: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        default=None,
        description="Over once the p-value is this or greater; ten times alpha, 0.5 at most, if not given.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        found = []
        if self.min_trades > self.window:
            found.append(
                Fault(("min_trades",), f"expected at most the window of {self.window} trades, got {self.min_trades}")
            )
        if self.resolve_alpha is not None and self.resolve_alpha < self.alpha:
            found.append(
                Fault(("resolve_alpha",), f"expected at least alpha, {self.alpha:g}, got {self.resolve_alpha:g}")
            )
        refuse(found)
        return self


AlertRule = Annotated[
    MetricRule
    | EquityRule
    | PortfolioRule
    | HealthRule
    | StaleFeedRule
    | SilentStrategyRule
    | BandRule
    | DegradationRule,
    Field(discriminator="type"),
]


class AlertRules(Record):
    """Alert rules, and what of the alerts is sent out."""

    model_config = ConfigDict(title="Alert rules")

    rules: tuple[AlertRule, ...] = Field(default=(), max_length=1_000, description="The rules, each with its own id.")
    send: Severity = Field(
        default="warning", description="The least severity of alerts, the engine's own too, that are sent out."
    )

    mute: tuple[EngineKind, ...] = Field(
        default=(),
        max_length=5,
        description="The engine's own alerts that are not sent out, however grave; they stay on the topic.",
        examples=[["gap", "partial"]],
    )

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        found = list(repeated("rules", [(one.id, one.id) for one in self.rules], "id"))
        refuse(found)
        return self
