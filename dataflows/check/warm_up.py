"""Warm-up: whether an indicator is exact when it says so, wherever the candles begin."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from dataflows.check.difference import ROUNDING, TOLERANCE, Difference, Scale, differences, roots
from dataflows.check.isolation import rounding_decides, with_time
from dataflows.check.reach import candles_in, candles_until_exact, candles_until_ready
from dataflows.check.remark import Remark
from dataflows.check.run import Floats, Outcome, run
from dataflows.check.series import Series, longer
from dataflows.check.verdicts import agreement
from dataflows.graph import Parameters
from operators.indicators.anchors import ANCHOR_BARS
from operators.indicators.identity import Indicator
from operators.indicators.pointwise import Pointwise
from operators.indicators.totals import TOTALS
from operators.strategy.compile import CompiledRule, CompiledStrategy
from schemas.record import from_milliseconds

STARTS = 12
COMPARED_BARS = 6 * ANCHOR_BARS
"""Compared after each start, once it is warm: over several anchors, for a short memory shows just after one."""
_SEED = 20_250_510
_CANDLES_BUDGET = 1_500_000
_FEWEST_STARTS = 3
_MOST_OF_THE_CANDLES = 0.8


@dataclass
class Warmth:
    """What was seen of one indicator.

    Attributes:
        key: the indicator.
        ready_after: candles before its first value, as it says.
        exact_after: candles after which its value is that of full history, as it says.
        early_error: the greatest difference from full history between the two, over the column's greatest magnitude: by
            so much may the first values after a cold start be off.
        starts: from how many starts it could be compared.
    """

    key: str
    ready_after: int
    exact_after: int
    early_error: float = 0.0
    starts: int = 0


@dataclass
class WarmUp:
    """What was compared and what came of it.

    Attributes:
        starts: the bars at which a run was begun, or within which, where they are made of shorter candles.
        indicators: what was seen of each.
        verdicts: verdicts of rules that were compared.
        ties: verdicts, and values of indicators that compare, which differ where what they compare is equal to the
            tolerance: rounding decides those.
        remarks: what differed.
    """

    starts: list[int]
    indicators: list[Warmth]
    verdicts: int = 0
    ties: int = 0
    remarks: list[Remark] = field(default_factory=list)


def choose_starts(bars: int, reach: int, candles_a_bar: int = 1) -> list[int]:
    """Bars at which to begin, spread over a series, so that more than ``reach`` bars follow. None is an anchor.

    The same for the same arguments; fewer where a bar is made of many candles.
    """
    last = bars - reach - ANCHOR_BARS // 2
    if last < 1:
        return []
    wanted = max(_FEWEST_STARTS, min(STARTS, _CANDLES_BUDGET // (candles_a_bar * (reach + COMPARED_BARS))))
    edges = np.linspace(1, last, wanted + 1)
    drawn = np.random.default_rng(_SEED).uniform(edges[:-1], edges[1:])
    return sorted({int(start) + (int(start) % ANCHOR_BARS == 0) for start in drawn})


def warm_up(  # noqa: PLR0913, PLR0917  # what runs, on what, and what it is compared with
    strategy: CompiledStrategy,
    indicators: Sequence[Indicator],
    rules: Sequence[CompiledRule],
    series: Series,
    whole: Outcome,
    scale: Mapping[str, Scale],
    parameters: Parameters,
    progress: Callable[[float], None],
) -> WarmUp:
    """Begin at many places and compare with the run that began at the first candle.

    A run begins at any base candle. Where that is not the first of its bar, that bar is another one than in the whole
    run, and does not count.

    Args:
        strategy: what runs.
        indicators: all that it reads.
        rules: all of its rules.
        series: the candles.
        whole: the run over all of them, with the columns of the position that it had.
        scale: of every column.
        parameters: of the graph.
        progress: told which part of the work is done, 0 to 1.
    """
    timeframe, bars = series.timeframe, len(whole.open_times)
    seen = {
        one.key: Warmth(one.key, candles_until_ready(one, timeframe), candles_until_exact(one, timeframe))
        for one in indicators
    }
    # One that reaches further than the candles go is told of, and must not keep the others from being tried.
    reach = max((one.exact_after for one in seen.values() if _fits(one, bars)), default=0)
    starts = choose_starts(bars, reach, candles_in(timeframe, series.base))
    found = WarmUp(starts, list(seen.values()))
    comparison = _Comparison(indicators, rules, seen, scale, whole, found)
    chance = np.random.default_rng(_SEED)
    for number, start in enumerate(starts, 1):
        late = _begun_within(strategy, series, whole, start, reach, float(chance.random()), parameters)
        if late.open_times:
            comparison.with_run(late)
        progress(number / len(starts))
    found.remarks += comparison.remarks(series)
    return found


def _begun_within(  # noqa: PLR0913, PLR0917  # what runs, on what, and from where to where
    strategy: CompiledStrategy,
    series: Series,
    whole: Outcome,
    bar: int,
    reach: int,
    share: float,
    parameters: Parameters,
) -> Outcome:
    """A run that begins after a share of a bar's candles, from the first bar on that it saw whole."""
    opens, closes = (series.row_at(whole.open_times[one]) for one in (bar, bar + 1))
    first, stop = opens + int(share * (closes - opens)), bar + reach + COMPARED_BARS
    last = series.row_at(whole.open_times[stop]) if stop < len(whole.open_times) else None
    late = run(strategy, series.cut(first, last), parameters)
    return late if first == opens else late.without(1)


class _Comparison:
    """The whole run beside runs that began later; of each indicator and each rule the first thing that is wrong."""

    def __init__(  # noqa: PLR0913, PLR0917  # as above
        self,
        indicators: Sequence[Indicator],
        rules: Sequence[CompiledRule],
        seen: Mapping[str, Warmth],
        scale: Mapping[str, Scale],
        whole: Outcome,
        found: WarmUp,
    ) -> None:
        self._indicators = indicators
        self._rules = rules
        self._seen = seen
        self._scale = scale
        self._whole = whole
        self._found = found
        self._columns = with_time(whole.columns, whole.open_times)
        self._counting: set[str] = set()
        self._wrong: dict[str, tuple[Difference, int]] = {}
        self._rounded: dict[str, Difference] = {}
        self._flipped: dict[str, tuple[int, str]] = {}
        self._exact_after = {column: seen[one.key].exact_after for one in indicators for column in one.columns}

    def with_run(self, late: Outcome) -> None:
        """Take note of what differs from a run that began later."""
        start = self._whole.bar_at(late.open_times[0])
        stop = start + len(late.open_times)
        told = []
        for one in self._indicators:
            warmth = self._seen[one.key]
            columns = [name for name in one.columns if name in late.columns]
            expected = {name: self._whole.columns[name][start:stop] for name in columns}
            found = {name: late.columns[name] for name in columns}
            if columns and warmth.exact_after < stop - start:
                warmth.starts += 1
                warmth.early_error = max(warmth.early_error, self._early_error(warmth, expected, found))
                told += [
                    difference.later(start + warmth.exact_after)
                    for difference in differences(
                        [one],
                        _from(warmth.exact_after, expected),
                        _from(warmth.exact_after, found),
                        self._scale,
                        tolerance=TOLERANCE,
                    )
                ]
        for difference in roots(told):
            key = difference.indicator.key
            compared = stop - start - self._seen[key].exact_after
            if difference.indicator.kind in TOTALS or difference.indicator.definition.counts_bars:
                self._counting.add(key)
            elif isinstance(difference.indicator.definition.kernel, Pointwise):
                self._found.ties += difference.count  # of equal values: a comparison in it fell the other way
            elif difference.size <= self._scale[difference.column].read * ROUNDING:
                self._rounded.setdefault(key, difference)
            elif rounding_decides(difference, self._columns, self._scale, compared):
                self._found.ties += difference.count
            else:
                self._wrong.setdefault(key, (difference, start))
        differing = {column for difference in told for column in difference.indicator.columns}
        for rule in self._rules:
            if not any(column in differing for column, _ in rule.operands):
                self._rule(rule, late, start, stop)

    def _rule(self, rule: CompiledRule, late: Outcome, start: int, stop: int) -> None:
        exact = max((self._exact_after.get(column, 0) + lag for column, lag in rule.operands), default=0)
        if exact >= stop - start or not rule.operands:
            return
        expected = [self._whole.operand(column, lag)[start:stop][exact:] for column, lag in rule.operands]
        found = [
            late.operand(column, lag)[exact:] if column in late.columns else ours
            for (column, lag), ours in zip(rule.operands, expected, strict=True)
        ]
        scales = [self._scale[column] for column, _ in rule.operands if column in self._scale]
        allowed = max((max(TOLERANCE * scale.own, ROUNDING * scale.read) for scale in scales), default=0.0)
        result = agreement(rule, expected, found, allowed)
        self._found.verdicts += result.compared
        self._found.ties += result.ties
        if result.flip is not None:
            text = f"{result.flip.expected} with all candles before it and {result.flip.found} with"
            self._flipped.setdefault(rule.id, (start + exact + result.flip.index, f"{text} {exact:,} and more"))

    def _early_error(self, warmth: Warmth, expected: Mapping[str, Floats], found: Mapping[str, Floats]) -> float:
        worst = 0.0
        for name, values in expected.items():
            apart = np.abs(values[: warmth.exact_after] - found[name][: warmth.exact_after])
            apart = apart[np.isfinite(apart)]
            if apart.size and self._scale[name].own:
                worst = max(worst, float(apart.max()) / self._scale[name].own)
        return worst

    def remarks(self, series: Series) -> list[Remark]:
        """What is to be said of it."""
        told = [self._too_short(series, *one) for one in self._wrong.values()]
        for key, one in self._rounded.items():
            message = (
                f"{one.column} is {one.size:.1e} off full history after its warm-up: more than {TOLERANCE:g} of its "
                "own values, but within the rounding of what it reads; a comparison near equality may fall either way"
            )
            told.append(Remark("note", "warm-up", key, message, series.name))
        for key in sorted(self._counting):
            message = (
                "adds up or counts all candles since the first, so its level depends on where the candles begin: "
                "compare it with its own past, never with a number"
            )
            told.append(Remark("note", "warm-up", key, message, series.name))
        for rule, (index, text) in self._flipped.items():
            message = f"says {text}, though the values that it reads are the same"
            told.append(Remark("finding", "warm-up", rule, message, series.name, self._time(index)))
        for warmth in self._seen.values():
            if not warmth.starts:
                message = (
                    f"its warm-up could not be tried: it takes {warmth.exact_after:,} candles, and there are "
                    f"{len(self._whole.open_times):,}; {longer(series)}"
                )
                told.append(Remark("note", "warm-up", warmth.key, message, series.name))
        return told

    def _too_short(self, series: Series, one: Difference, start: int) -> Remark:
        warmth = self._seen[one.indicator.key]
        message = (
            f"its warm-up is too short: it says that {warmth.exact_after:,} candles make it exact, but "
            f"{one.index - start:,} candles after a start {one.column} is {one.found!r}, and {one.expected!r} with all "
            "candles before it; its memory must be longer"
        )
        return Remark("finding", "warm-up", warmth.key, message, series.name, self._time(one.index))

    def _time(self, index: int) -> datetime:
        return from_milliseconds(self._whole.open_times[index])


def _fits(warmth: Warmth, bars: int) -> bool:
    return warmth.exact_after <= bars * _MOST_OF_THE_CANDLES


def _from(bar: int, columns: Mapping[str, Floats]) -> dict[str, Floats]:
    return {name: values[bar:] for name, values in columns.items()}
