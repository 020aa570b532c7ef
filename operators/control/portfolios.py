"""Portfolios as the control log tells them: what is wanted of each, and which symbols have to hear of it."""

from dataclasses import dataclass

from operators.events import Enrolment
from schemas.names import did_you_mean
from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset

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
        after: the command of the configuration before it, None where there was none.
        before: that configuration's record.
    """

    refusal: str = ""
    repeated: bool = False
    concerned: tuple[str, ...] = ()
    after: str | None = None
    before: PortfolioEntry | None = None


class Portfolios:
    """Records of portfolios, one by one. Whoever applies the same ones gets the same answers.

    An entry concerns the symbols of its configuration and of the one before, a reset those of the configuration. A
    symbol that is seen for the first time hears the newest of each that concerns it.
    """

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Wanted]] = {}
        self._newest: dict[str, tuple[PortfolioEntry, Enlisted]] = {}
        self._resets: dict[str, tuple[PortfolioReset, Enlisted]] = {}
        self._symbols: dict[str, tuple[str, ...]] = {}

    @property
    def entries(self) -> dict[str, PortfolioEntry]:
        """The newest entry of every portfolio, sorted; those that were taken away among them."""
        return {portfolio: entry for portfolio, (entry, _) in sorted(self._newest.items())}

    @property
    def configs(self) -> dict[str, PortfolioConfig]:
        """Those that are there, sorted."""
        return {portfolio: entry.config for portfolio, entry in self.entries.items() if entry.config is not None}

    def apply(self, record: Wanted) -> Enlisted:
        """Take one record. What is refused changes nothing, nor does what comes twice."""
        portfolio = record.portfolio
        known = self._known.setdefault(portfolio, {})
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
        before = self._newest.get(portfolio)
        symbols = self._symbols.get(portfolio, ())
        if isinstance(record, PortfolioReset):
            answer = Enlisted(concerned=tuple(sorted(symbols)))
            self._resets[portfolio] = record, answer
            return answer
        own = () if record.config is None else record.config.symbols
        answer = Enlisted(
            concerned=tuple(sorted({*own, *symbols})),
            after=None if before is None else before[0].command,
            before=None if before is None else before[0],
        )
        self._newest[portfolio] = record, answer
        if own:
            self._symbols[portfolio] = own
        else:
            self._resets.pop(portfolio, None)
        return answer

    def enrolments(self, symbol: str) -> list[Enrolment]:
        """What a symbol has to hear before its first candle."""
        found: list[Enrolment] = []
        for portfolio in sorted(self._newest):
            entry, answer = self._newest[portfolio]
            if entry.config is None or symbol not in answer.concerned:
                continue
            found.append(Enrolment(symbol, entry, answer.concerned, answer.after))
            reset = self._resets.get(portfolio)
            if reset is not None and symbol in reset[1].concerned:
                found.append(Enrolment(symbol, reset[0], reset[1].concerned))
        return found

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
