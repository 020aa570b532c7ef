"""Cost: what a candle takes, for each indicator and each rule, beside a plain RSI measured in the same minute."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import inf

import numpy as np

from dataflows.check.remark import Remark
from dataflows.check.run import BATCH_ROWS, Outcome, begin
from dataflows.check.series import Series
from dataflows.check.verdicts import verdicts
from dataflows.graph import Parameters
from operators.events import CandleBatch
from operators.indicators.history import BASE_COLUMNS
from operators.indicators.identity import Indicator, resolve
from operators.market.step import MarketStep
from operators.strategy.catalog import Catalog
from operators.strategy.compile import CompiledRule, CompiledStrategy
from operators.tally import Tally
from schemas.candle_row import CandleRow

MEASURED_CANDLES = 1_024
ROUNDS = 5
ABSURD_US = 1_000.0
"""Microseconds a candle: with more, one core keeps up with fewer than a thousand candles a second."""


@dataclass(frozen=True)
class IndicatorCost:
    """Microseconds a candle, with all that the indicator reads; ``live`` one candle at a time, ``behind`` in batches.

    ``times_rsi`` is ``live`` over that of ``rsi(close,period=14)`` in the same run.
    """

    key: str
    live_us: float
    behind_us: float
    times_rsi: float


@dataclass(frozen=True)
class RuleCost:
    """Microseconds for one verdict; ``live`` for one candle, ``behind`` for each of many worked as arrays."""

    rule: str
    live_us: float
    behind_us: float


@dataclass
class Cost:
    """What a candle of one series costs.

    Attributes:
        candles: how many were measured.
        live_us: microseconds a candle for all indicators of the strategy together, one candle at a time.
        behind_us: the same in batches.
        rsi_us: microseconds a candle for a plain RSI, one candle at a time.
        indicators: each by itself.
        rules: each by itself.
        remarks: what is absurd.
    """

    candles: int
    live_us: float
    behind_us: float
    rsi_us: float
    indicators: list[IndicatorCost]
    rules: list[RuleCost]
    remarks: list[Remark] = field(default_factory=list)


def cost(  # noqa: PLR0913, PLR0917  # what runs, on what, and whom to tell
    strategy: CompiledStrategy,
    indicators: Sequence[Indicator],
    rules: Sequence[CompiledRule],
    series: Series,
    whole: Outcome,
    parameters: Parameters,
    progress: Callable[[float], None],
) -> Cost:
    """Measure CPU time on the first bars of the series; each figure is the least of some rounds done in turn.

    What an indicator costs is what the market step takes with it, less what it takes without any. The bars are fed as
    candles, so that making them of shorter ones, which is done once for all strategies, is in neither.
    """
    bars = _as_candles(series, whole)
    rsi = resolve("rsi", {"period": 14}, where="rsi")
    wanted: list[tuple[Indicator, ...]] = [(), (rsi,), tuple(indicators), *((one,) for one in indicators)]
    taken = [(inf, inf)] * len(wanted)
    for round_ in range(ROUNDS):
        for place, some in enumerate(wanted):
            only = replace(strategy, indicators=some)
            live, behind = (_market_us(only, bars, parameters, size) for size in (1, BATCH_ROWS))
            taken[place] = min(taken[place][0], live), min(taken[place][1], behind)
            progress((round_ * len(wanted) + place + 1) / (ROUNDS * len(wanted)))
    (idle_live, idle_behind), (rsi_live, _), (live, behind), *each = taken
    rsi_us = max(rsi_live - idle_live, 0.01)
    found = Cost(
        candles=len(bars.rows),
        live_us=max(live - idle_live, 0.0),
        behind_us=max(behind - idle_behind, 0.0),
        rsi_us=rsi_us,
        indicators=[
            IndicatorCost(
                one.key, max(own - idle_live, 0.0), max(many - idle_behind, 0.0), max(own - idle_live, 0.0) / rsi_us
            )
            for one, (own, many) in zip(indicators, each, strict=True)
        ],
        rules=[_rule_cost(rule, whole) for rule in rules],
    )
    found.remarks += [_absurd(one.key, one.live_us, series) for one in found.indicators if one.live_us > ABSURD_US]
    found.remarks += [_absurd(one.rule, one.live_us, series) for one in found.rules if one.live_us > ABSURD_US]
    return found


def _as_candles(series: Series, whole: Outcome) -> Series:
    """The first bars of a series as one whose base they are."""
    prices = (whole.columns[name][:MEASURED_CANDLES].tolist() for name in BASE_COLUMNS)
    rows: list[CandleRow] = [
        (series.symbol, series.timeframe, open_time, *bar, True)
        for open_time, *bar in zip(whole.open_times, *prices, strict=False)
    ]
    return Series(series.symbol, series.timeframe, series.timeframe, rows)


def _market_us(strategy: CompiledStrategy, series: Series, parameters: Parameters, batch_rows: int) -> float:
    """Microseconds a candle in the market step, for this strategy alone."""
    rows = series.rows
    batches = [
        CandleBatch(series.symbol, "check", 0, some, range(len(some)), [None] * len(some))
        for some in (rows[start : start + batch_rows] for start in range(0, len(rows), batch_rows))
    ]
    market = MarketStep(Catalog(lambda _config: strategy), Tally(), parameters)
    market.on_batch(begin(strategy, series))
    started = time.thread_time()
    for batch in batches:
        market.on_batch([batch])
    return (time.thread_time() - started) / len(rows) * 1e6


def _rule_cost(rule: CompiledRule, whole: Outcome) -> RuleCost:
    operands = [whole.operand(column, lag)[-MEASURED_CANDLES:] for column, lag in rule.operands]
    bars = min(MEASURED_CANDLES, len(whole.open_times))
    values = np.array(operands).T.tolist() if operands else [[]] * bars
    evaluate, live, behind = rule.evaluate, inf, inf
    for _ in range(ROUNDS):
        started = time.thread_time()
        for one in values:
            evaluate(*one)
        between = time.thread_time()
        verdicts(rule, operands, bars)
        live, behind = min(live, between - started), min(behind, time.thread_time() - between)
    return RuleCost(rule.id, live / bars * 1e6, behind / bars * 1e6)


def _absurd(where: str, taken_us: float, series: Series) -> Remark:
    message = f"takes {taken_us:,.0f} microseconds a candle; one core would keep up with {1e6 / taken_us:,.0f} a second"
    return Remark("finding", "cost", where, message, series.name)
