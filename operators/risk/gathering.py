"""What all strategies on one symbol report, put in the order of the market's rolls and handed on to portfolios."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final, NamedTuple, cast

from operators.events import Beat, Heard, PortfolioRoll, Worked
from operators.lift import Snapshot
from operators.market.portfolio_rolls import leaves_later, looks_at, read, written
from operators.risk.report import Report, primitives, restored
from operators.snapshot import check_version
from schemas.portfolio import PORTFOLIO_KEY, PortfolioEntry
from schemas.record import to_milliseconds

SCHEMA_VERSION: Final = 1
"""Of the snapshot: the first. A change of its form raises it, and brings a ``migrated`` from every version before, as
``operators.market.step`` has; what is of another version is refused."""


class Gathered(NamedTuple):
    """All that a symbol says to one portfolio up to ``until`` (event time, milliseconds), in one go.

    ``heard`` is what it has heard of what is wanted of that portfolio; ``ends`` says that nothing more will come.
    """

    symbol: str
    until: int
    heard: tuple[Heard, ...]
    reports: tuple[Report, ...]
    ends: bool = False


@dataclass(slots=True)
class _Pending:
    roll: PortfolioRoll
    left: int
    reports: list[Report] = field(default_factory=list)


class GatherStep:
    """Key ``symbol``. Collects the reports of a roll, and hands them on once it, and all before it, are complete.

    Items of one series come in order, those of different series in any. A portfolio that names no strategies is told of
    all that no other names at that time; of one that another names from then on it hears that it has left. One whose
    configuration leaves the symbol out from a later time on is told of all up to then.

    State: how far the chain has come, who looks at the symbol and since when, and what is not complete.
    """

    def __init__(self, resume: Snapshot | None = None) -> None:
        self._symbol = ""
        self._next = 1
        self._pending: dict[int, _Pending] = {}
        self._claims: dict[str, list[_Claim]] = {}
        self._since: dict[str, float] = {}
        if resume is not None:
            state = cast("dict[str, Any]", resume)  # written by snapshot() below
            check_version("gathered reports", state["schema_version"], SCHEMA_VERSION)
            self._symbol, self._next = state["symbol"], state["next"]
            for number, until, items, heard, left, reports in state["pending"]:
                roll = PortfolioRoll(number, until, items, tuple(map(read, heard)))
                self._pending[number] = _Pending(roll, left, [restored(one) for one in reports])
            for portfolio, (looks_since, claims) in state["claims"].items():
                self._since[portfolio] = -inf if looks_since is None else looks_since
                self._claims[portfolio] = [
                    _Claim(-inf if since is None else since, None if names is None else frozenset(names))
                    for since, names in claims
                ]

    def snapshot(self) -> Snapshot:
        """As primitives."""
        return {
            "schema_version": SCHEMA_VERSION,
            "symbol": self._symbol,
            "next": self._next,
            "pending": [
                [
                    number,
                    one.roll.until,
                    one.roll.items,
                    [written(heard) for heard in one.roll.heard],
                    one.left,
                    [primitives(report) for report in one.reports],
                ]
                for number, one in sorted(self._pending.items())
            ],
            "claims": {
                portfolio: [
                    _or_none(self._since[portfolio]),
                    [[_or_none(one.since), None if one.names is None else sorted(one.names)] for one in claims],
                ]
                for portfolio, claims in sorted(self._claims.items())
            },
        }

    @property
    def finished(self) -> bool:
        """Never: a chain that is taken up again goes on where it ended."""
        return False

    def on_batch(self, events: Iterable[Worked | Beat]) -> list[tuple[str, Gathered]]:
        """Take what was worked; what is complete, under the keys of portfolios."""
        out: list[tuple[str, Gathered]] = []
        for event in events:
            roll = event.portfolio_roll
            if roll is None:
                continue
            self._symbol = event.symbol
            waiting = self._pending.get(roll.number)
            if waiting is None:
                waiting = self._pending[roll.number] = _Pending(roll, roll.items)
            if isinstance(event, Worked):
                waiting.left -= 1
                waiting.reports += event.reports
        while (complete := self._pending.get(self._next)) is not None and complete.left <= 0:
            del self._pending[self._next]
            self._next += 1
            out += self._handed_on(complete)
        return out

    def _handed_on(self, complete: _Pending) -> Iterator[tuple[str, Gathered]]:
        roll = complete.roll
        heard: dict[str, list[Heard]] = {}
        looked: dict[str, list[_Span]] = {}
        for one in roll.heard:
            portfolio = one.record.portfolio
            heard.setdefault(portfolio, []).append(one)
            if isinstance(one.record, PortfolioEntry):
                looked.setdefault(portfolio, []).extend(self._heard(one.record, one.from_ms))
        for portfolio in list(self._since):
            leaves = self._leaves(portfolio)
            if leaves is not None and leaves <= roll.until:
                looked.setdefault(portfolio, []).append(_Span(self._since.pop(portfolio), leaves))
        for portfolio, since in self._since.items():
            looked.setdefault(portfolio, []).append(_Span(since, inf))
        reports = sorted(complete.reports, key=_in_order)
        for portfolio in sorted(looked.keys() | heard.keys()):
            told = tuple(self._of(portfolio, looked.get(portfolio, ()), reports))
            ends = portfolio not in self._since
            yield (
                f"{PORTFOLIO_KEY}{portfolio}",
                Gathered(self._symbol, roll.until, tuple(heard.get(portfolio, ())), told, ends),
            )
        for portfolio in self._claims.keys() - self._since.keys():
            del self._claims[portfolio]
        for portfolio, claims in self._claims.items():
            in_force = (
                sum(one.since <= roll.until for one in claims) - 1
            )  # nothing closes before the roll's end any more
            self._claims[portfolio] = claims[max(in_force, 0) :]

    def _heard(self, entry: PortfolioEntry, heard_ms: int | None) -> Iterator["_Span"]:
        """Take what is wanted; for how long it was looked at, where that ends with it."""
        portfolio, from_ms = entry.portfolio, -inf if heard_ms is None else heard_ms
        leaves = self._leaves(portfolio)
        if leaves is not None and leaves <= from_ms:
            yield _Span(self._since.pop(portfolio), leaves)
            self._claimed(portfolio, _Claim(leaves, None))
        if looks_at(entry, self._symbol):
            self._claim(entry, from_ms)
        elif portfolio in self._since:
            leaves_ms = leaves_later(entry, heard_ms)
            if leaves_ms is None:
                yield _Span(self._since.pop(portfolio), from_ms)
                self._claimed(portfolio, _Claim(from_ms, None))
            else:
                self._claimed(portfolio, _Claim(leaves_ms, _NOBODY))

    def _claim(self, entry: PortfolioEntry, from_ms: float) -> None:
        """Who is a member of what, as far as this symbol is concerned, from when on."""
        portfolio, since = entry.portfolio, from_ms
        self._since.setdefault(portfolio, from_ms)
        if entry.effective_from is not None:
            since = max(since, to_milliseconds(entry.effective_from))
        names = None if entry.config is None else frozenset(entry.config.strategies) or None
        self._claimed(portfolio, _Claim(since, names))

    def _claimed(self, portfolio: str, claim: "_Claim") -> None:
        claims = [one for one in self._claims.get(portfolio, []) if one.since < claim.since]
        self._claims[portfolio] = [*claims, claim]

    def _leaves(self, portfolio: str) -> float | None:
        """From when on it looks no more, as the newest that is known; None where it looks on."""
        leaves = None
        for claim in reversed(self._claims.get(portfolio, [])):
            if claim.names != _NOBODY:
                break
            leaves = claim.since
        return leaves

    def _of(self, portfolio: str, looked: Iterable["_Span"], reports: Iterable[Report]) -> Iterator[Report]:
        """What a portfolio is to hear: those it names, or all that no other names; of these that they have left."""
        own = self._claims.get(portfolio, [])
        others = [each for name, each in self._claims.items() if name != portfolio]
        spans = list(looked)
        for report in reports:
            at_ms = report.at_ms
            if not any(since < at_ms <= until for since, until in spans):
                continue
            taken = False
            if _in_force(own, at_ms) is None:
                taken = any(report.strategy in (_in_force(each, at_ms) or ()) for each in others)
            yield report._replace(next_ms=None, entry=None) if taken else report


class _Span(NamedTuple):
    """A portfolio looks at what closes after ``since``, up to ``until``."""

    since: float
    until: float


class _Claim(NamedTuple):
    """From a time on: the strategies that are named; None where none are, or the portfolio is not there."""

    since: float
    names: frozenset[str] | None


_NOBODY: Final[frozenset[str]] = frozenset()
"""What is claimed from the time on from which a configuration without the symbol holds."""


def _in_force(claims: list[_Claim], at_ms: int) -> frozenset[str] | None:
    """The strategies that are named at an instant; None where none are."""
    named = [one.names for one in claims if one.since < at_ms]
    return named[-1] if named else None


def _or_none(time: float) -> float | None:
    return None if time == -inf else time


def _in_order(report: Report) -> tuple[int, str]:
    return report.at_ms, report.key
