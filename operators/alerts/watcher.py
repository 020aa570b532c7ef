"""All rules over all that is seen: records in, alerts out.

A state machine for each rule and source, so the order in which records of different sources come does not matter;
those of one source come in their order. The one thing that looks across sources is ``tick``, which says that all there
was has been seen: a feed that is still being read is not stale.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import exp, sqrt
from typing import Any, Final, TypeAlias

from operators.alerts.band import deviations
from operators.alerts.degradation import Verdict, degraded
from operators.alerts.pace import Pace
from operators.alerts.returns import Returns
from operators.alerts.scope import means_symbol, means_timeframe, names
from operators.alerts.source import Source, source_of
from operators.alerts.telling import alert_of, dropped, gone
from operators.alerts.terms import metric_of, terms_of
from operators.alerts.threshold import NOTHING_SEEN, Happening, Standing, observe
from operators.snapshot import check_version, fingerprint
from schemas.alert import Alert
from schemas.alert_figures import EQUITY_FIGURES, METRIC_FIGURES, PORTFOLIO_FIGURES
from schemas.alert_reference import ReferenceFile, Sample
from schemas.alert_rule import (
    AlertRule,
    AlertRules,
    BandRule,
    DegradationRule,
    EquityRule,
    HealthRule,
    MetricRule,
    PortfolioRule,
    SilentStrategyRule,
    StaleFeedRule,
)
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.record import to_milliseconds
from schemas.trade import Trade

SCHEMA_VERSION: Final = 1

OfSources: TypeAlias = MetricRule | EquityRule | PortfolioRule | BandRule | DegradationRule | SilentStrategyRule
"""Rules that name what they are about."""

_NO_FIGURES: Final[Mapping[str, float]] = {}


class Watcher:
    """Every rule's state on every source.

    Args:
        rules: the rules.
        references: the files of reference figures that rules name, by that name.
        resume: a snapshot to go on from. Rules that have changed since begin anew; see ``leftovers``.
    """

    def __init__(
        self, rules: AlertRules, references: Mapping[str, ReferenceFile], resume: Mapping[str, Any] | None = None
    ) -> None:
        self._rules = rules.rules
        self._terms = {rule.id: terms_of(rule) for rule in self._rules}
        self._prints = {rule.id: _print(rule, references) for rule in self._rules}
        self._references = references
        self._standings: dict[str, dict[str, Standing]] = {rule.id: {} for rule in self._rules}
        self._returns: dict[str, dict[str, Returns]] = {rule.id: {} for rule in self._rules}
        self._meant: dict[tuple[str, str], bool] = {}
        self.pace = Pace(None if resume is None else resume["pace"])
        self.leftovers: list[Alert] = []
        """The ends of alerts whose rules are not what they were in the snapshot: to be told once."""
        if resume is not None:
            check_version("alert rules", resume["schema_version"], SCHEMA_VERSION)
            self._restore(resume["rules"])

    def snapshot(self) -> dict[str, Any]:
        """The state as primitives."""
        return {
            "schema_version": SCHEMA_VERSION,
            "pace": self.pace.snapshot(),
            "rules": {
                rule.id: {
                    "fingerprint": self._prints[rule.id],
                    "severity": rule.severity,
                    "metric": metric_of(rule),
                    "threshold": self._terms[rule.id].threshold,
                    "standings": {name: one.snapshot() for name, one in self._standings[rule.id].items()},
                    "returns": {name: one.snapshot() for name, one in self._returns[rule.id].items()},
                }
                for rule in self._rules
            },
        }

    @property
    def firing(self) -> int:
        """How many alerts stand now."""
        return sum(one.fired_ms is not None for some in self._standings.values() for one in some.values())

    def metrics(self, record: StrategyMetrics) -> Iterator[Alert]:
        """A strategy's metrics, as of their close."""
        source, at_ms = source_of(record), to_milliseconds(record.close_time)
        for rule in self._rules:
            if isinstance(rule, MetricRule) and self._means(rule, source):
                yield from self._seen(rule, source, at_ms, METRIC_FIGURES[rule.figure](record))
            elif isinstance(rule, BandRule) and self._means(rule, source):
                yield from self._banded(rule, source, at_ms, record)

    def equity(self, point: EquityPoint) -> Iterator[Alert]:
        """A point of an equity curve."""
        source, at_ms = source_of(point), to_milliseconds(point.close_time)
        for rule in self._rules:
            if isinstance(rule, EquityRule) and self._means(rule, source):
                yield from self._seen(rule, source, at_ms, EQUITY_FIGURES[rule.figure](point))

    def portfolio(self, record: PortfolioMetrics) -> Iterator[Alert]:
        """A portfolio's metrics, as of their close."""
        source, at_ms = source_of(record), to_milliseconds(record.close_time)
        for rule in self._rules:
            if isinstance(rule, PortfolioRule) and self._means(rule, source):
                yield from self._seen(rule, source, at_ms, PORTFOLIO_FIGURES[rule.figure](record))

    def removed(self, event: PortfolioEvent) -> Iterator[Alert]:
        """That a portfolio was removed, which ends all that stands of it; of another event nothing follows.

        Its figures come on other topics, before this or after: those of closes up to the removal's are news no more.
        Where later ones were seen it is there again, and they decide.
        """
        if event.event != "removed":
            return
        source, at_ms = Source(event.key, portfolio=event.portfolio), to_milliseconds(event.close_time)
        for rule in self._rules:
            if not (isinstance(rule, EquityRule | PortfolioRule) and self._means(rule, source)):
                continue
            standing = self._standings[rule.id].get(source.name, NOTHING_SEEN)
            if standing.at_ms is not None and standing.at_ms > at_ms:
                continue
            self._standings[rule.id][source.name] = Standing(at_ms + 1)
            if standing.fired_ms is not None:
                terms = self._terms[rule.id]
                told = Happening("resolved", at_ms, terms.threshold, standing.fired_ms, standing.number)
                yield gone(rule, metric_of(rule), terms, source, told)

    def trade(self, trade: Trade) -> Iterator[Alert]:
        """A closed trade."""
        source, at_ms = source_of(trade), to_milliseconds(trade.exit_time)
        for rule in self._rules:
            if isinstance(rule, DegradationRule) and self._means(rule, source):
                returns = self._returns[rule.id].get(source.name)
                if returns is None:
                    returns = self._returns[rule.id][source.name] = self._returns_of(rule, None)
                samples = returns.samples(rule.min_trades) if returns.add(trade) else None
                if samples is not None:
                    verdict = degraded(*samples)
                    yield from self._seen(rule, source, at_ms, verdict.p_value, partial(_of_verdict, verdict))

    def health(self, worker: str, figures: Mapping[str, float | None], at_ms: int) -> Iterator[Alert]:
        """Figures of a worker's health, by name, at an instant of the clock."""
        source = Source(worker)
        for rule in self._rules:
            if isinstance(rule, HealthRule):
                yield from self._seen(rule, source, at_ms, figures.get(rule.figure))

    def tick(self, wall_ms: int) -> Iterator[Alert]:
        """All there was has been seen, at this instant of the clock."""
        for rule in self._rules:
            if isinstance(rule, StaleFeedRule):
                yield from self._stale(rule, wall_ms)
            elif isinstance(rule, SilentStrategyRule):
                for source, at_ms, silence in self.pace.silences():
                    if self._means(rule, source):
                        yield from self._seen(rule, source, at_ms, silence)

    def _stale(self, rule: StaleFeedRule, wall_ms: int) -> Iterator[Alert]:
        symbols = [one for one in self.pace.symbols() if means_symbol(rule.symbols, one[0])]
        newest = max((close_ms for _, close_ms, _ in symbols), default=wall_ms)
        now = wall_ms if rule.clock == "wall" else newest
        for symbol, close_ms, length_ms in symbols:
            yield from self._seen(rule, Source(symbol, symbol=symbol), now, max(0, now - close_ms) / length_ms)

    def _banded(self, rule: BandRule, source: Source, at_ms: int, record: StrategyMetrics) -> Iterator[Alert]:
        bars, result = record.performance.bars, record.performance.total_return
        reference = self._reference(rule)
        off = None if reference is None or bars < rule.min_bars else deviations(result, bars, reference)
        if off is None or reference is None:
            return
        value = abs(off) if rule.side == "both" else -off
        yield from self._seen(rule, source, at_ms, value, partial(_of_band, rule, reference, result, bars))

    def _seen(
        self,
        rule: AlertRule,
        source: Source,
        at_ms: int,
        value: float | None,
        figures: Callable[[], Mapping[str, float]] = lambda: _NO_FIGURES,
    ) -> Iterator[Alert]:
        terms, standings = self._terms[rule.id], self._standings[rule.id]
        standing, told = observe(terms, standings.get(source.name, NOTHING_SEEN), at_ms, value)
        standings[source.name] = standing
        if told is not None:
            yield alert_of(rule, metric_of(rule), terms, source, told, figures())

    def _means(self, rule: OfSources, at: Source) -> bool:
        known = self._meant.get((rule.id, at.name))
        if known is None:
            known = self._meant[rule.id, at.name] = _means(rule, at)
        return known

    def _reference(self, rule: BandRule | DegradationRule) -> Sample | None:
        """What is given; None where it is the strategy's earlier self."""
        if rule.reference.file is None:
            return rule.reference.sample
        held = self._references[rule.reference.file]
        return held.bars if isinstance(rule, BandRule) else held.trades

    def _returns_of(self, rule: DegradationRule, resume: Mapping[str, Any] | None) -> Returns:
        return Returns(rule.reference, self._reference(rule), rule.window, resume)

    def _restore(self, saved: Mapping[str, Any]) -> None:
        rules = {rule.id: rule for rule in self._rules}
        for name, held in saved.items():
            standings = {source: Standing.restored(one) for source, one in held["standings"].items()}
            rule = rules.get(name)
            if rule is not None and held["fingerprint"] == self._prints[name]:
                self._standings[name] = standings
                if isinstance(rule, DegradationRule):
                    self._returns[name] = {one: self._returns_of(rule, kept) for one, kept in held["returns"].items()}
                continue
            for source, one in standings.items():
                if one.fired_ms is not None:
                    at_ms = one.fired_ms if one.at_ms is None else one.at_ms
                    told = Happening("resolved", at_ms, held["threshold"], one.fired_ms, one.number)
                    self.leftovers.append(
                        dropped(name, held["severity"], held["metric"], held["threshold"], source, told)
                    )


def _print(rule: AlertRule, references: Mapping[str, ReferenceFile]) -> str:
    """A fingerprint of all that the rule's state depends on; what it is called in messages does not count."""
    parameters = rule.model_dump(mode="json", exclude={"severity", "message"})
    reference = getattr(rule, "reference", None)
    held = None if reference is None or reference.file is None else references[reference.file].model_dump(mode="json")
    return fingerprint({"rule": parameters, "reference": held})


def _means(rule: OfSources, at: Source) -> bool:
    if at.portfolio is not None:
        return isinstance(rule, EquityRule | PortfolioRule) and names(rule.portfolios, at.portfolio)
    if isinstance(rule, PortfolioRule) or (isinstance(rule, EquityRule) and rule.portfolios):
        return False
    return (
        names(rule.strategies, at.strategy or "")
        and means_symbol(rule.symbols, at.symbol or "")
        and means_timeframe(rule.timeframes, at.timeframe or "")
    )


def _of_verdict(verdict: Verdict) -> dict[str, float]:
    return {
        "statistic": verdict.statistic,
        "degrees_of_freedom": verdict.degrees,
        "p_value": verdict.p_value,
        "live_mean": verdict.live.mean,
        "live_variance": verdict.live.variance,
        "live_trades": float(verdict.live.number),
        "reference_mean": verdict.reference.mean,
        "reference_variance": verdict.reference.variance,
        "reference_trades": float(verdict.reference.number),
    }


def _of_band(rule: BandRule, reference: Sample, total_return: float, bars: int) -> dict[str, float]:
    middle, half = bars * reference.mean, rule.z * sqrt(bars * reference.variance)
    return {
        "total_return": total_return,
        "bars": float(bars),
        "lower": _grown(middle - half),
        "upper": _grown(middle + half),
    }


_MOST_LOG = 700.0  # e to more is no float


def _grown(logarithm: float) -> float:
    """A logarithmic return as a fraction of the capital."""
    return exp(min(logarithm, _MOST_LOG)) - 1
