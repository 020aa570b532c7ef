"""A portfolio that follows its strategies: instants in, what it mirrors, refuses and leaves out, as records."""

from collections.abc import Iterable, Iterator, Mapping
from math import fsum
from typing import Any, Final, NamedTuple

from operators.risk.absurd import MOST, absurd
from operators.risk.barrier import Instant
from operators.risk.exact import exact, nearest
from operators.risk.fund import Fund
from operators.risk.kill_switch import Reset
from operators.risk.mirror import Mirror
from operators.risk.portfolio import Portfolio
from operators.risk.portfolio_records import Events, Standing, equity_point, metrics
from operators.risk.refusal import Refusal
from operators.risk.report import Report
from operators.risk.verdict import Leave, Lifted, Refused, Tripped, Verdict
from operators.snapshot import check_version
from schemas.alert import Alert
from schemas.metrics import EquityPoint
from schemas.portfolio import PortfolioConfig
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics

SCHEMA_VERSION: Final = 2
"""Of the snapshot. A change of its form raises it, and ``migrated`` brings what versions before wrote."""

Told = PortfolioEvent | EquityPoint | PortfolioMetrics | Alert
"""Of one instant in this order: what was done, what that makes of equity, alerts."""


class Follower:
    """A state machine of instants, as ``operators.risk.barrier`` releases them.

    It mirrors what the strategies do on accounts of its own, at their prices, quantities and fees, as long as its
    limits allow: see ``Mirror`` for how, and ``Portfolio`` for what is allowed. An entry that it refuses is not
    mirrored, nor what the strategy adds to it, nor its exit. What it has to leave is closed at the close of the
    instant, or at the next close of the series where that has none there. It never feeds back into a strategy.

    Its equity is that of all mirrored accounts, each of which begins with the capital of its series. One that begins
    anew brings that capital, and what the account before it came to is taken. A member whose numbers no account can be
    reckoned with leaves at what it was last worth, and joins again with the first report that makes sense.

    State: the mirrors, the portfolio's, the fund's, whose numbers are absurd, who has to leave, how many entries were
    followed and refused, whether it has worked any instant, and one with this configuration. Sums are not state: they
    are exact.

    Args:
        config: the portfolio.
        command: that brought it.
        now_ms: event time at which it begins, milliseconds.
        resume: what ``snapshot`` gave; SnapshotRefused where that was of another configuration.
    """

    def __init__(
        self, config: PortfolioConfig, command: str, now_ms: int, resume: Mapping[str, Any] | None = None
    ) -> None:
        state: Mapping[str, Any] = {} if resume is None else migrated(resume, config)
        self._config, self._command = config, command
        self._portfolio = Portfolio(config, now_ms, state.get("portfolio"))
        self._fund = Fund(state.get("fund"))
        self._mirrors = {
            key: Mirror(one["account"]["capital"], resume=one) for key, one in state.get("mirrors", {}).items()
        }
        self._is_new: bool = state.get("is_new", True)
        self._followed, self._refused = state.get("counts", (0, 0))
        self._absurd: set[str] = set(state.get("absurd", ()))
        self._sums: dict[str, tuple[int, int]] = {}
        self._equity = self._cash = 0
        self._held: set[str] = set()
        self._symbols = _bare(config)
        self._strangers: set[str] = set(state.get("strangers", ()))
        self._has_begun: bool = state.get("has_begun", False)
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
            "strangers": sorted(self._strangers),
            "is_new": self._is_new,
            "has_begun": self._has_begun,
            "absurd": sorted(self._absurd),
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
        """Another configuration, from the next instant on. What is mirrored stays; who is no member any more leaves.

        Who is no member of one of several that come before that instant leaves too, and may join again at it.
        """
        self._config, self._command, self._symbols = config, command, _bare(config)
        self._absurd.clear()
        self._is_new = True
        self._strangers |= self._strangers_now()
        self._portfolio.configured(config)

    def removed(self, at_ms: int, command: str) -> list[Told]:
        """The portfolio was taken away; nothing is told of it after this, and of one that never began not even this."""
        if not self._has_begun:
            return []
        events = Events(self._config.id, at_ms)
        events.configured(command, removed=True)
        return list(events.records(self.equity))

    def follows(self, strategy: str, symbol: str) -> bool:
        """Whether a strategy is a member on a symbol, as far as its own configuration says."""
        return _follows(self._config, self._symbols, strategy, symbol)

    def reset(self, command: Reset) -> None:
        """Lift the kill switch at the first instant after its time."""
        self._portfolio.reset(command)

    def at(self, instant: Instant) -> list[Told]:
        """Work one instant, later than all before."""
        at_ms = instant.at_ms
        self._has_begun = True
        an_hour_ended = self._fund.until(at_ms)
        held_before, before = bool(self._held), self.equity
        events = Events(self._config.id, at_ms)
        if self._is_new:
            self._is_new = False
            events.configured(self._command, removed=False)
        learnt = _Learnt({}, [], [])
        newest, came, ended = learnt
        late = self._learn(instant.late, learnt, events)
        reports = self._learn([*self._expelled(at_ms), *instant.reports], learnt, events)
        verdicts = self._portfolio.at(Instant(at_ms, reports, late))
        for verdict in verdicts:
            self._heed(verdict, newest, events)
        traded = fees = 0.0
        trades = []
        for key in newest:
            self._count(key)
        worked = [*ended, *((key, self._mirrors[key]) for key in newest)]
        for key, mirror in sorted(worked, key=lambda one: one[0]):
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
        for _, mirror in ended:
            self._equity -= exact(mirror.account.equity)
            self._cash -= exact(mirror.account.cash)
        gone = [key for key, report in newest.items() if report.next_ms is None]
        for key in gone:
            self._forget(key)
        if not (changed or gone):
            return []
        told = came or events.found or gone or an_hour_ended
        return list(self._told(at_ms, events, with_metrics=bool(told)))

    def _expelled(self, at_ms: int) -> list[Report]:
        """The last word of those who are no members any more: they leave at what they were last worth."""
        strangers, self._strangers = sorted(self._strangers), set()
        return [_last_word(key, at_ms, self._mirrors[key]) for key in strangers if key in self._mirrors]

    def _strangers_now(self) -> set[str]:
        return set(_strangers(self._config, self._mirrors))

    def _learn(self, reports: Iterable[Report], learnt: "_Learnt", events: Events) -> list[Report]:
        """Mirror what series tell; the same of what is mirrored."""
        newest, came, ended = learnt
        found: list[Report] = []
        for told in reports:
            report, key = told, told.key
            mirror = self._mirrors.get(key)
            if not self.follows(report.strategy, report.symbol) and report.next_ms is not None:
                continue
            if self._is_absurd(report, events):
                if mirror is None:
                    continue
                report = _last_word(key, report.at_ms, mirror)
            if mirror is not None and key in newest and newest[key].next_ms is None and report.next_ms is not None:
                self._count(key)
                del self._sums[key]  # it counts until the instant is worked
                ended.append((key, mirror))
                del newest[key]
                mirror = None
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

    def _is_absurd(self, report: Report, events: Events) -> bool:
        """Whether nobody can reckon with what a series tells; said where it begins."""
        key, number = report.key, absurd(report)
        if number is None:
            self._absurd.discard(key)
            return False
        if key not in self._absurd:
            self._absurd.add(key)
            self._refused += 1
            events.refused(Refused(key, report.at_ms, Refusal("absurd", MOST, number)))
        return True

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


class _Learnt(NamedTuple):
    """At one instant: the newest report by key, the capital of who joined, who ended before one of its key began."""

    newest: dict[str, Report]
    came: list[float]
    ended: list[tuple[str, Mirror]]


def migrated(snapshot: Mapping[str, Any], config: PortfolioConfig) -> Mapping[str, Any]:
    """A snapshot in the form of today's, from whatever version, for the configuration that it was made with.

    Version 1 tells only whether anybody may have to leave, and tells of an end whatever came before it.

    Raises:
        SnapshotRefused: a version that is not known.
    """
    if snapshot["schema_version"] == 1:
        state = dict(snapshot)
        strangers = _strangers(config, snapshot["mirrors"]) if state.pop("look_for_strangers") else []
        return {**state, "schema_version": SCHEMA_VERSION, "strangers": strangers, "has_begun": True}
    check_version("follower", snapshot["schema_version"], SCHEMA_VERSION)
    return snapshot


def _strangers(config: PortfolioConfig, keys: Iterable[str]) -> list[str]:
    """Of ``strategy|symbol|timeframe``, those that are no members; sorted."""
    symbols = _bare(config)
    return [key for key in sorted(keys) if not _follows(config, symbols, *key.split("|")[:2])]


def _follows(config: PortfolioConfig, symbols: frozenset[str], strategy: str, symbol: str) -> bool:
    named = config.strategies
    return (not named or strategy in named) and (not symbols or symbol.replace("/", "") in symbols)


def _bare(config: PortfolioConfig) -> frozenset[str]:
    return frozenset(symbol.replace("/", "") for symbol in config.symbols)


def _last_word(key: str, at_ms: int, mirror: Mirror) -> Report:
    """Of who leaves at what it was last worth."""
    one = mirror.account
    return Report(key, at_ms, None, one.equity, one.quantity, one.quantity, one.mark or 1.0)


def _before(report: Report) -> float:
    """What a strategy held before what its report tells of."""
    moved = fsum(one.quantity if one.side == "buy" else -one.quantity for one in report.fills)
    held = report.quantity - moved
    return held if abs(held) > 1e-9 * (abs(report.quantity) + abs(moved)) else 0.0
