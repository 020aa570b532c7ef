"""A portfolio that follows its strategies: instants in, what it mirrors, refuses and leaves out, as records."""

from collections.abc import Iterable, Iterator, Mapping
from math import fsum
from typing import Any, Final

from operators.risk.barrier import Instant
from operators.risk.exact import exact, nearest
from operators.risk.fund import Fund
from operators.risk.kill_switch import Reset
from operators.risk.mirror import Mirror
from operators.risk.portfolio import Portfolio
from operators.risk.portfolio_records import Events, Standing, equity_point, metrics
from operators.risk.report import Report
from operators.risk.verdict import Leave, Lifted, Refused, Tripped, Verdict
from operators.snapshot import check_version
from schemas.alert import Alert
from schemas.metrics import EquityPoint
from schemas.portfolio import PortfolioConfig
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics

SCHEMA_VERSION: Final = 1

Told = PortfolioEvent | EquityPoint | PortfolioMetrics | Alert
"""Of one instant in this order: what was done, what that makes of equity, alerts."""


class Follower:
    """A state machine of instants, as ``operators.risk.barrier`` releases them.

    It mirrors what the strategies do on accounts of its own, at their prices, quantities and fees, as long as its
    limits allow: see ``Mirror`` for how, and ``Portfolio`` for what is allowed. An entry that it refuses is not
    mirrored, nor what the strategy adds to it, nor its exit. What it has to leave is closed at the close of the
    instant, or at the next close of the series where that has none there. It never feeds back into a strategy.

    Its equity is that of all mirrored accounts, each of which begins with the capital of its series.

    State: the mirrors, the portfolio's, the fund's. Sums are not state: they are exact.

    Args:
        config: the portfolio.
        command: that brought it.
        now_ms: event time at which it begins, milliseconds.
        resume: what ``snapshot`` gave; SnapshotRefused where that was of another configuration.
    """

    def __init__(
        self, config: PortfolioConfig, command: str, now_ms: int, resume: Mapping[str, Any] | None = None
    ) -> None:
        state: Mapping[str, Any] = {} if resume is None else resume
        if resume is not None:
            check_version("follower", state["schema_version"], SCHEMA_VERSION)
        self._config, self._command = config, command
        self._portfolio = Portfolio(config, now_ms, state.get("portfolio"))
        self._fund = Fund(state.get("fund"))
        self._mirrors = {
            key: Mirror(one["account"]["capital"], resume=one) for key, one in state.get("mirrors", {}).items()
        }
        self._look_for_strangers: bool = state.get("look_for_strangers", False)
        self._is_new: bool = state.get("is_new", True)
        self._followed, self._refused = state.get("counts", (0, 0))
        self._sums: dict[str, tuple[int, int]] = {}
        self._equity = self._cash = 0
        self._held: set[str] = set()
        for key in self._mirrors:
            self._count(key)

    def snapshot(self) -> dict[str, Any]:
        """As primitives."""
        return {
            "schema_version": SCHEMA_VERSION,
            "portfolio": self._portfolio.snapshot(),
            "fund": self._fund.snapshot(),
            "mirrors": {key: one.snapshot() for key, one in sorted(self._mirrors.items())},
            "counts": [self._followed, self._refused],
            "look_for_strangers": self._look_for_strangers,
            "is_new": self._is_new,
        }

    @property
    def portfolio(self) -> Portfolio:
        """What decides. To be read alone."""
        return self._portfolio

    @property
    def mirrors(self) -> Mapping[str, Mirror]:
        """By ``strategy|symbol|timeframe``. To be read alone."""
        return self._mirrors

    @property
    def equity(self) -> float:
        """Of all mirrored accounts, quote currency."""
        return nearest(self._equity)

    def configured(self, config: PortfolioConfig, command: str) -> None:
        """Another configuration, from the next instant on. What is mirrored stays; who is no member any more leaves."""
        self._config, self._command = config, command
        self._look_for_strangers = self._is_new = True
        self._portfolio.configured(config)

    def removed(self, at_ms: int, command: str) -> list[Told]:
        """The portfolio was taken away; nothing is told of it after this."""
        events = Events(self._config.id, at_ms)
        events.configured(command, removed=True)
        return list(events.records(self.equity))

    def follows(self, strategy: str, symbol: str) -> bool:
        """Whether a strategy is a member on a symbol, as far as its own configuration says."""
        strategies, symbols = self._config.strategies, self._config.symbols
        return (not strategies or strategy in strategies) and (not symbols or symbol in symbols)

    def reset(self, command: Reset) -> None:
        """Lift the kill switch at the first instant after its time."""
        self._portfolio.reset(command)

    def at(self, instant: Instant) -> list[Told]:
        """Work one instant, later than all before."""
        at_ms = instant.at_ms
        an_hour_ended = self._fund.until(at_ms)
        held_before, before = bool(self._held), self.equity
        newest: dict[str, Report] = {}
        came: list[float] = []
        late = self._learn(instant.late, newest, came)
        reports = self._learn([*self._expelled(at_ms), *instant.reports], newest, came)
        verdicts = self._portfolio.at(Instant(at_ms, reports, late))
        events = Events(self._config.id, at_ms)
        if self._is_new:
            self._is_new = False
            events.configured(self._command, removed=False)
        for verdict in verdicts:
            self._heed(verdict, newest, events)
        traded = fees = 0.0
        trades = []
        for key in sorted(newest):
            mirror = self._mirrors[key]
            self._count(key)
            if mirror.fills:
                events.followed(key, mirror.fills, mirror.account.quantity)
                traded += fsum(one.quantity * one.price for one in mirror.fills)
                fees += fsum(one.fee for one in mirror.fills)
                trades += mirror.trades
        changed = bool(came or events.found or held_before or self._held)
        holds, after = bool(self._held), self.equity
        self._fund.marked(
            at_ms,
            before=before,
            came=fsum(came),
            after=after,
            holds=holds,
            traded=traded,
            fees=fees,
            trades=trades,
        )
        gone = [key for key, report in newest.items() if report.next_ms is None]
        for key in gone:
            self._forget(key)
        if not (changed or gone):
            return []
        told = came or events.found or gone or an_hour_ended
        return list(self._told(at_ms, events, with_metrics=bool(told)))

    def _expelled(self, at_ms: int) -> list[Report]:
        """The last word of those who are no members any more: they leave at what they were last worth."""
        if not self._look_for_strangers:
            return []
        self._look_for_strangers = False
        strangers = [key for key in sorted(self._mirrors) if not self.follows(*key.split("|")[:2])]
        accounts = [(key, self._mirrors[key].account) for key in strangers]
        return [
            Report(key, at_ms, None, one.equity, one.quantity, one.quantity, one.mark or 1.0) for key, one in accounts
        ]

    def _learn(self, reports: Iterable[Report], newest: dict[str, Report], came: list[float]) -> list[Report]:
        """Mirror what series tell; the same of what is mirrored."""
        found: list[Report] = []
        for report in reports:
            key = report.key
            mirror = self._mirrors.get(key)
            if not self.follows(report.strategy, report.symbol) and report.next_ms is not None:
                continue
            if mirror is None:
                if report.next_ms is None:
                    continue
                mirror = self._mirrors[key] = Mirror(report.capital, _before(report))
                came.append(report.capital)
            if key not in newest:
                mirror.begin()
            newest[key] = report
            found.append(mirror.told(report))
        return found

    def _heed(self, verdict: Verdict, newest: Mapping[str, Report], events: Events) -> None:
        if isinstance(verdict, Tripped | Lifted):
            events.switched(verdict)
            return
        mirror, report = self._mirrors[verdict.key], newest.get(verdict.key)
        if isinstance(verdict, Leave):
            mirror.to_leave()
            if report is not None:
                mirror.leave(verdict.at_ms)
            events.leaving(verdict)
        elif isinstance(verdict, Refused):
            self._refused += 1
            mirror.refused()
            events.refused(verdict)
        elif report is not None:
            self._followed += 1
            filled = len(mirror.fills)
            mirror.allowed(report.price)
            if len(mirror.fills) == filled:
                return  # it waits for its fill, and counts until then as it was allowed
        if report is not None and not isinstance(verdict, Refused):
            self._portfolio.filled(mirror.reported(report))

    def _told(self, at_ms: int, events: Events, *, with_metrics: bool) -> Iterator[Told]:
        standing = Standing(
            at_ms,
            self._command,
            self.equity,
            nearest(self._cash),
            len(self._held),
            len(self._mirrors),
            self._followed,
            self._refused,
        )
        yield from events.records(standing.equity)
        yield equity_point(self._config.id, standing, self._portfolio, self._fund)
        if with_metrics:
            yield metrics(self._config, standing, self._portfolio, self._fund)
        yield from events.alerts()

    def _count(self, key: str) -> None:
        """What an account comes to now."""
        account = self._mirrors[key].account
        was = self._sums.get(key, (0, 0))
        now = self._sums[key] = exact(account.equity), exact(account.cash)
        self._equity += now[0] - was[0]
        self._cash += now[1] - was[1]
        if account.quantity:
            self._held.add(key)
        else:
            self._held.discard(key)

    def _forget(self, key: str) -> None:
        equity, cash = self._sums.pop(key)
        self._equity -= equity
        self._cash -= cash
        self._held.discard(key)
        del self._mirrors[key]


def _before(report: Report) -> float:
    """What a strategy held before what its report tells of."""
    moved = fsum(one.quantity if one.side == "buy" else -one.quantity for one in report.fills)
    held = report.quantity - moved
    return held if abs(held) > 1e-9 * (abs(report.quantity) + abs(moved)) else 0.0
