"""Look-ahead: whether anything that was said of a candle changes when the candles after it are taken away."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from dataflows.check.difference import ROUNDING, Difference, Scale, differences, roots
from dataflows.check.remark import Remark
from dataflows.check.run import Outcome, run
from dataflows.check.series import Series
from dataflows.graph import Parameters
from operators.indicators.identity import Indicator
from operators.strategy.compile import CompiledStrategy
from schemas.record import from_milliseconds, to_milliseconds
from schemas.signal import Signal

SPREAD_CUTS = 20
SIGNAL_CUTS = 20
_SEED = 20_250_509
_CANDLES_BUDGET = 1_500_000
"""About how many candles all cut runs may work together: on a long series there are fewer cuts."""
_CANDLES_A_REPORT = 256


@dataclass
class LookAhead:
    """What was compared and what came of it.

    Attributes:
        candles: candles, each of which was worked once as the newest there is.
        cuts: after how many of them the future was cut off and the rest worked again as a batch.
        values: values of indicators and prices that were compared.
        signals: signals that were compared.
        remarks: what differed.
    """

    candles: int
    cuts: int
    values: int = 0
    signals: int = 0
    remarks: list[Remark] = field(default_factory=list)


def choose_cuts(candles: int, signal_rows: Sequence[int]) -> list[int]:
    """The candles after which the future is cut off: spread over the series, and those that cause signals.

    The same for the same arguments. A cut at candle ``i`` leaves the candles 0 to ``i``.

    >>> choose_cuts(1, []), choose_cuts(2, [])
    ([], [0])
    """
    if candles < 2:  # noqa: PLR2004  # one candle has no future to cut off
        return []
    share = min(1.0, _CANDLES_BUDGET / (candles * (SPREAD_CUTS + SIGNAL_CUTS) / 2))
    edges = np.linspace(0, candles - 1, max(2, round(SPREAD_CUTS * share)) + 1)
    spread = np.random.default_rng(_SEED).uniform(edges[:-1], edges[1:])
    at_signals = [row for row in signal_rows if row < candles - 1]
    most = max(2, round(SIGNAL_CUTS * share))
    if len(at_signals) > most:
        at_signals = [at_signals[int(place)] for place in np.linspace(0, len(at_signals) - 1, most)]
    return sorted({*map(int, spread), *at_signals})


def look_ahead(  # noqa: PLR0913, PLR0917  # what runs, on what, and what it is compared with
    strategy: CompiledStrategy,
    indicators: Sequence[Indicator],
    series: Series,
    whole: Outcome,
    scale: Mapping[str, Scale],
    parameters: Parameters,
    progress: Callable[[float], None],
) -> LookAhead:
    """Compare a run over all candles with runs that cannot see what comes after a candle.

    First candle by candle, as a live feed brings them: there every candle is once the last one, so all of them are
    cuts. Then after some candles in batches, as a worker that catches up does. Candles are those of the base: a cut
    within a bar of a longer timeframe leaves that bar forming.

    Args:
        strategy: what runs.
        indicators: all that it reads.
        series: the candles.
        whole: the run over all of them.
        scale: of every column.
        parameters: of the graph.
        progress: told which part of the work is done, 0 to 1.
    """
    rows = series.rows
    comparison = _Comparison(indicators, whole, scale)
    closing = {series.row_that_closes(to_milliseconds(signal.close_time)) for signal in whole.signals}
    cuts = choose_cuts(len(rows), sorted(closing))
    done = 0

    def worked(count: int) -> None:
        nonlocal done
        done += count
        if done % _CANDLES_A_REPORT == 0:
            progress(0.5 * done / len(rows))

    comparison.with_run(run(strategy, series, parameters, batch_rows=1, worked=worked))
    for number, cut in enumerate(cuts, 1):
        comparison.with_run(run(strategy, series.cut(stop=cut + 1), parameters))
        progress(0.5 + 0.5 * number / len(cuts))
    return LookAhead(len(rows), len(cuts), comparison.values, comparison.signals, comparison.remarks(series))


class _Comparison:
    """The whole run beside runs over its first candles; of each indicator the difference that tells most."""

    def __init__(self, indicators: Sequence[Indicator], whole: Outcome, scale: Mapping[str, Scale]) -> None:
        self.values = 0
        self.signals = 0
        self._indicators = indicators
        self._whole = whole
        self._scale = scale
        row_of = {open_time: row for row, open_time in enumerate(whole.open_times)}
        rows = [row_of[to_milliseconds(signal.open_time)] for signal in whole.signals]
        self._texts = {signal.model_dump_json(): row for signal, row in zip(whole.signals, rows, strict=True)}
        self._worst: dict[str, Difference] = {}
        self._changed: dict[str, datetime] = {}
        self._missing: dict[str, datetime] = {}
        self._written: dict[str, datetime] = {}

    def with_run(self, other: Outcome) -> None:
        """Take note of what differs from a run over the first so many candles, in the bars that these close."""
        count = len(other.open_times)
        expected = {name: values[:count] for name, values in self._whole.columns.items()}
        self.values += count * len(other.columns)
        for one in roots(differences(self._indicators, expected, other.columns, self._scale, tolerance=0.0)):
            known = self._worst.get(one.indicator.key)
            if known is None or self._weight(one) > self._weight(known):
                self._worst[one.indicator.key] = one
        past = {text for text, row in self._texts.items() if row < count}
        again = {signal.model_dump_json() for signal in other.signals}
        self.signals += len(past)
        ours = {signal.id: signal for signal in map(Signal.model_validate_json, past - again)}
        theirs = {signal.id: signal for signal in map(Signal.model_validate_json, again - past)}
        for identity, signal in (ours | theirs).items():
            if identity not in ours or identity not in theirs:
                _earliest(self._missing, signal)
            if ours.get(identity) == theirs.get(identity):
                _earliest(self._written, signal)
            else:
                _earliest(self._changed, signal)

    def remarks(self, series: Series) -> list[Remark]:
        """What is to be said of it. Where a value differs, signals that differ follow from it."""
        told = [self._told(one, series) for one in self._worst.values()]
        only_rounding = bool(told) and all(map(self._is_rounding, self._worst.values()))
        for rule, bar in sorted((self._missing if only_rounding else self._changed).items()):
            because = (
                "with the values above"
                if told
                else "though every value that it reads is the same: the rule itself depends on later candles"
            )
            message = f"its signal at this bar is another, or is not there, without the candles after it, {because}"
            told.append(Remark("finding", "look-ahead", rule, message, series.name, bar))
        for rule, bar in sorted(self._written.items()):
            message = (
                "its signal at this bar says the same and is written in other bytes without the candles after it, as 7 "
                "and 7.0 are: a kernel gives an int where it should give a float"
            )
            told.append(Remark("finding", "look-ahead", rule, message, series.name, bar))
        return told

    def _weight(self, one: Difference) -> tuple[bool, int]:
        """A difference that is no rounding tells more than one that is; then the earlier bar."""
        return not self._is_rounding(one), -one.index

    def _is_rounding(self, one: Difference) -> bool:
        return one.size <= self._scale[one.column].read * ROUNDING

    def _told(self, one: Difference, series: Series) -> Remark:
        bar = from_milliseconds(self._whole.open_times[one.index])
        if self._is_rounding(one):
            message = (
                f"{one.column} depends on how candles are batched: {one.expected!r} in a batch with later candles, "
                f"{one.found!r} without them. {one.size:.1e} apart, that is rounding and no look-ahead, but a run that "
                "is resumed would not give the same bytes: computing over an array must equal computing value by value"
            )
        else:
            message = (
                f"looks ahead: {one.column} is {one.expected!r} when the candles after this bar are there and "
                f"{one.found!r} when they are not"
            )
        return Remark("finding", "look-ahead", one.indicator.key, message, series.name, bar)


def _earliest(bars: dict[str, datetime], signal: Signal) -> None:
    bars[signal.rule] = min(bars.get(signal.rule, signal.open_time), signal.open_time)
