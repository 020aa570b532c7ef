"""The check of a strategy on candles: look-ahead, warm-up, cost, and rules that cannot act."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dataflows.check.cost import Cost, cost
from dataflows.check.difference import scales
from dataflows.check.holdings import holdings
from dataflows.check.look_ahead import LookAhead, look_ahead
from dataflows.check.remark import Remark, Severity
from dataflows.check.rules import RuleOnData, all_rules, rules_on_data
from dataflows.check.run import Outcome, WouldBeQuarantined, WouldEndWorker, run
from dataflows.check.series import Series, longer
from dataflows.check.warm_up import WarmUp, warm_up
from dataflows.graph import Parameters
from operators.indicators.graph import ordered
from operators.strategy.compile import CompiledStrategy
from operators.strategy.hits import may_act
from schemas.record import from_milliseconds

Progress = Callable[[str, float], None]
"""Told what is being done, and which part of the whole check is done, 0 to 1."""

_SHARES = {"run": 0.05, "look-ahead": 0.5, "warm-up": 0.3, "cost": 0.15}
"""Which part of the time each part of the check takes, about."""
_MANY = 0.01
"""Of the bars of a series: fewer that lack candles are not worth a word."""


@dataclass
class CheckedSeries:
    """What came of one series. What could not be done, because the strategy raised or cannot run there, is None.

    Attributes:
        series: symbol and timeframe.
        timeframe: of the series.
        base: the timeframe of the candles that the series is made of.
        candles: how many of those were taken.
        bars: how many candles of its own timeframe the series has.
        first: when the first base candle opened.
        last: when the last one did.
        passed_over: rows that the engine would make no bar of.
        more: whether the file holds candles beyond these.
        look_ahead: what was said with and without the candles that followed.
        warm_up: what was said wherever the candles began.
        cost: what a candle of the series takes.
        rules: what each rule did.
        raised: why the strategy could not be worked to the end.
        lacking: that bars on which rules may not act are many, because they lack candles.
        refused: that entries were not let in, and why the first was not.
    """

    series: str
    timeframe: str
    base: str
    candles: int
    bars: int
    first: datetime
    last: datetime
    passed_over: int
    more: bool
    look_ahead: LookAhead | None = None
    warm_up: WarmUp | None = None
    cost: Cost | None = None
    rules: list[RuleOnData] = field(default_factory=list)
    raised: list[Remark] = field(default_factory=list)
    lacking: list[Remark] = field(default_factory=list)
    refused: list[Remark] = field(default_factory=list)


@dataclass
class Checked:
    """What came of a strategy: of each series, and everything that there is to say."""

    strategy: str
    fingerprint: str
    series: list[CheckedSeries]
    left_out: list[str]
    remarks: list[Remark]

    @property
    def findings(self) -> list[Remark]:
        """For which the check fails."""
        return [one for one in self.remarks if one.severity == "finding"]

    @property
    def notes(self) -> list[Remark]:
        """For which it does not."""
        return [one for one in self.remarks if one.severity == "note"]


def check(
    strategy: CompiledStrategy,
    series: Sequence[Series],
    *,
    left_out: Sequence[str] = (),
    parameters: Parameters | None = None,
    progress: Progress = lambda _what, _share: None,
) -> Checked:
    """Check a strategy on candles.

    What is checked is what is handed in: the indicators and rules that ``strategy`` holds run through the engine's own
    steps. A rule that never fires, always fires or is never ready is a finding only if that is so on every series, and
    so is a series of which no bar closes.

    Args:
        strategy: as compiled.
        series: at least one, each with at least one candle.
        left_out: names of series that were not taken, for the report.
        parameters: of the graph.
        progress: told how far it is.
    """
    found = []
    for number, one in enumerate(series):

        def told(what: str, share: float, one: Series = one, number: int = number) -> None:
            progress(f"{one.name}: {what}", (number + share) / len(series))

        found.append(_on(strategy, one, parameters or Parameters(), told))
    remarks = [remark for one in found for remark in _remarks(one, found)]
    remarks.sort(key=lambda one: one.severity)  # findings first; else as they were found
    config = strategy.config
    return Checked(config.id, config.fingerprint(), found, list(left_out), remarks)


def _on(strategy: CompiledStrategy, series: Series, parameters: Parameters, progress: Progress) -> CheckedSeries:
    rows = series.rows
    found = CheckedSeries(
        series.name,
        series.timeframe,
        series.base,
        len(rows),
        0,
        from_milliseconds(rows[0][2]),
        from_milliseconds(rows[-1][2]),
        series.passed_over,
        series.more,
    )
    done = 0.0

    def part(name: str) -> Callable[[float], None]:
        nonlocal done
        begun, share = done, _SHARES[name]
        done += share
        return lambda fraction: progress(name, begun + share * fraction)

    try:
        _all_parts(strategy, series, parameters, part, found)
    except WouldEndWorker as error:
        message = f"could not be worked and would end a worker: {error}"
        found.raised.append(Remark("finding", "rules", strategy.config.id, message[:500], series.name))
    except WouldBeQuarantined as error:
        message = f"could not be computed and would be quarantined: {error}"
        found.raised.append(Remark("finding", "rules", strategy.config.id, message[:500], series.name))
    return found


def _all_parts(
    strategy: CompiledStrategy,
    series: Series,
    parameters: Parameters,
    part: Callable[[str], Callable[[float], None]],
    found: CheckedSeries,
) -> None:
    """Fill in what comes of each part, as far as the strategy can be computed."""
    part("run")(0.0)
    whole = run(strategy, series, parameters)
    found.bars = len(whole.open_times)
    found.raised += [
        Remark("finding", "rules", strategy.config.id, alert.message, series.name, alert.event_time)
        for alert in whole.raised
    ]
    if not found.bars:
        found.raised.append(_no_bars(strategy.config.id, series, whole.unable))
        return
    indicators = ordered(strategy.indicators)
    rules = all_rules(strategy)
    scale = scales(indicators, whole.columns)
    whole.columns.update(holdings(whole))
    found.look_ahead = look_ahead(strategy, indicators, series, whole, scale, parameters, part("look-ahead"))
    found.warm_up = warm_up(strategy, indicators, rules, series, whole, scale, parameters, part("warm-up"))
    found.cost = cost(strategy, indicators, rules, series, whole, parameters, part("cost"))
    found.rules = rules_on_data(strategy, indicators, series, whole)
    found.lacking = _lacking(strategy, series, whole)
    found.refused = _refused(strategy, series, whole)


def _lacking(strategy: CompiledStrategy, series: Series, whole: Outcome) -> list[Remark]:
    """Whether many bars lack candles, on which not every rule may act."""
    partial_bars, bars, lacking = strategy.config.partial_bars, len(whole.open_times), len(whole.partial)
    if may_act(partial_bars, "entry") or lacking < _MANY * bars or not lacking:
        return []
    message = (
        f"{lacking:,} of {bars:,} bars lack candles of {series.base}, and by partial_bars {partial_bars!r} "
        f"{'only exits act' if may_act(partial_bars, 'exit') else 'no rule acts'} on them; where none was to come, "
        "because the market is quiet or closed, the watchlist has to say so"
    )
    severity: Severity = "finding" if lacking == bars else "note"
    return [Remark(severity, "rules", strategy.config.id, message, series.name)]


def _refused(strategy: CompiledStrategy, series: Series, whole: Outcome) -> list[Remark]:
    """Whether entries were refused: a limit that does its work, or an account that is too small for every order."""
    if not whole.refused:
        return []
    first, count = whole.refused[0], len(whole.refused)
    entered = any(signal.type == "entry" for signal in whole.signals)
    message = f"entries were refused {count:,} times, each for as long as the same limit stood; first: {first.message}"
    severity: Severity = "note" if entered else "finding"
    return [Remark(severity, "rules", strategy.config.id, message, series.name, first.event_time)]


def _no_bars(strategy: str, series: Series, unable: str) -> Remark:
    """Why there is nothing to look at."""
    if unable:
        message = f"cannot run on this series, and would be quarantined there: {unable}"
        return Remark("finding", "rules", strategy, message, series.name)
    count = f"{len(series.rows):,} candles of {series.base}"
    message = f"no bar of {series.timeframe} is closed within these {count}: {longer(series)}"
    return Remark("finding", "warm-up", strategy, message, series.name)


def _remarks(one: CheckedSeries, every: Sequence[CheckedSeries]) -> list[Remark]:
    elsewhere = any(series.bars for series in every)
    told = [
        replace(remark, severity="note") if remark.part == "warm-up" and elsewhere else remark for remark in one.raised
    ]
    for part in (one.look_ahead, one.warm_up, one.cost):
        if part is not None:
            told += part.remarks
    told += one.lacking + one.refused
    fires_somewhere = {rule.rule for series in every for rule in series.rules if rule.fires == "at times"}
    for rule in one.rules:
        excused = rule.fires in {"never", "always", "not ready"} and rule.rule in fires_somewhere
        for remark in rule.remarks:
            told.append(replace(remark, severity="note") if excused else remark)
    return told
