"""Portfolios as the control log tells them: what is wanted of each, and which symbols have to hear of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from operators.control.scheduled import still_due
from operators.events import Enrolment
from schemas.names import did_you_mean
from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset
from schemas.record import to_milliseconds

MAX_REMEMBERED = 64
"""Commands of one portfolio that are remembered, so that a repeat is known for one; the oldest are forgotten."""

Wanted = PortfolioEntry | PortfolioReset


@dataclass(frozen=True, slots=True)
class Enlisted:
    """How a record of a portfolio was taken.

    Attributes:
        refusal: why it was not, empty where it was.
        repeated: it was given before, and changes nothing.
        concerned: the symbols that have to hear of it.
        after: the command of the entry before it, None where there was none.
        before: that entry's record; None for a reset.
    """

    refusal: str = ""
    repeated: bool = False
    concerned: tuple[str, ...] = ()
    after: str | None = None
    before: PortfolioEntry | None = None


class Portfolios:
    """Records of portfolios, one by one. Whoever applies the same ones gets the same answers.

    An entry concerns all symbols that it or any entry of the same portfolio before it has named: on any of them one of
    those may be in force until it is. A reset concerns the symbols of the newest. A symbol that is seen for the first
    time hears of all that concerns it and may still take effect: the newest, and what was due before it.
    """

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Wanted]] = {}
        self._newest: dict[str, PortfolioEntry] = {}
        self._due: dict[str, list[_Due]] = {}
        self._symbols: dict[str, tuple[str, ...]] = {}

    @property
    def entries(self) -> dict[str, PortfolioEntry]:
        """The newest entry of every portfolio, sorted; those that were taken away among them."""
        return dict(sorted(self._newest.items()))

    @property
    def configs(self) -> dict[str, PortfolioConfig]:
        """Those that are there, sorted."""
        return {portfolio: entry.config for portfolio, entry in self.entries.items() if entry.config is not None}

    def apply(self, record: Wanted) -> Enlisted:
        """Take one record. What is refused changes nothing, nor does what comes twice."""
        portfolio = record.portfolio
        known = self._known.get(portfolio, {})
        given = known.get(record.command)
        if given is not None:
            if given != record:
                return Enlisted(f"command {record.command} was given before, and said otherwise")
            return Enlisted(repeated=True)
        problem = self._problem(record)
        if problem:
            return Enlisted(problem)
        if len(known) == MAX_REMEMBERED:
            del known[next(iter(known))]
        known[record.command] = record
        self._known[portfolio] = known
        before = self._newest.get(portfolio)
        symbols = self._symbols.get(portfolio, ())
        if isinstance(record, PortfolioReset):
            newest = self._newest[portfolio]  # there is one, or it had been refused
            own = () if newest.config is None else newest.config.symbols
            answer = Enlisted(concerned=tuple(sorted(own)), after=newest.command)
            self._keep(_Due(record, answer))
            return answer
        own = () if record.config is None else record.config.symbols
        answer = Enlisted(
            concerned=_once((*own, *symbols)), after=None if before is None else before.command, before=before
        )
        self._newest[portfolio] = record
        self._symbols[portfolio] = answer.concerned
        self._keep(_Due(record, answer))
        return answer

    def enrolments(self, symbol: str) -> list[Enrolment]:
        """What a symbol has to hear before its first candle. A slash in its name does not count."""
        bare = symbol.replace("/", "")
        return [
            Enrolment(symbol, one.record, one.answer.concerned, one.answer.after)
            for _, due in sorted(self._due.items())
            for one in due
            if bare in {each.replace("/", "") for each in one.answer.concerned}
        ]

    def _keep(self, newest: "_Due") -> None:
        """In the order of the log; what is due before it stays."""
        due = self._due.setdefault(newest.record.portfolio, [])
        kept = still_due([one for one in due if type(one.record) is type(newest.record)], newest)
        due[:] = [one for one in due if type(one.record) is not type(newest.record) or one in kept] + [newest]

    def _problem(self, record: Wanted) -> str:
        """Why a record cannot be carried out; empty where it can."""
        if isinstance(record, PortfolioEntry) and record.config is not None:
            if not record.config.symbols:
                return "symbols: expected the symbols on which it follows its strategies, got none"
            return ""
        configs = self.configs
        if record.portfolio in configs:
            return ""
        return f"there is no portfolio {record.portfolio!r}{did_you_mean(record.portfolio, configs)}"


def _once(symbols: Iterable[str]) -> tuple[str, ...]:
    """Each symbol as it is written first; a slash does not count."""
    found: dict[str, str] = {}
    for symbol in symbols:
        found.setdefault(symbol.replace("/", ""), symbol)
    return tuple(sorted(found.values()))


class _Due(NamedTuple):
    record: Wanted
    answer: Enlisted

    @property
    def from_ms(self) -> int | None:
        """The event time after which it takes effect; None for the next candle."""
        effective_from = self.record.effective_from
        return None if effective_from is None else to_milliseconds(effective_from)
