"""Commands on their way to the symbols they concern: the graph cannot broadcast, so each feed partition does it."""

from collections.abc import Iterable

from operators.control.records import ControlRecord
from operators.control.registry import Registry
from operators.control.scheduled import Scheduled
from operators.events import Command, Enrolment, Listing
from schemas.binding import binds_symbol
from schemas.lifecycle import DesiredState, State, StrategyVersion
from schemas.portfolio import PortfolioEntry, PortfolioReset
from schemas.watchlist import WatchlistEntry


class Fanout:
    """The symbols seen on one partition of the feed, and the control log as far as that partition has read it.

    A command goes to every symbol seen; one that it does not concern takes no notice. An entry of the watchlist goes to
    its symbol, and to every symbol seen where the watchlist begins or ends with it. What is wanted of a portfolio goes
    to the symbols that it concerns. A symbol seen for the first time gets what counts before its first candle: what the
    watchlist says of it, then the commands, then portfolios.
    """

    def __init__(self, registry: Registry, symbols: Iterable[str] = ()) -> None:
        self._registry = registry
        self._symbols = dict.fromkeys(symbols)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols seen so far, in order of first sight."""
        return tuple(self._symbols)

    def control(self, record: ControlRecord) -> list[Command | Enrolment | Listing]:
        """Take one record of the control log; what follows from it for the symbols seen."""
        if isinstance(record, PortfolioEntry | PortfolioReset):
            return self._enrol(record)
        if isinstance(record, WatchlistEntry):
            return self._list(record)
        return self._command(record)

    def symbol(self, symbol: str) -> list[Command | Enrolment | Listing]:
        """What a symbol must hear before its next candle: nothing unless it is new."""
        if symbol in self._symbols:
            return []
        self._symbols[symbol] = None
        # All of a strategy's commands or none: one that leaves this symbol ends what an earlier one begins here.
        commands = [
            Command(symbol, scheduled.desired, scheduled.version)
            for strategy in self._registry.strategies
            if _any_may_bind(wanted := self._registry.wanted(strategy), symbol)
            for scheduled in wanted
        ]
        enrolments = self._registry.portfolios.enrolments(symbol)
        return [*self._registry.watchlist.listings(symbol), *commands, *enrolments]

    def _enrol(self, record: PortfolioEntry | PortfolioReset) -> list[Command | Enrolment | Listing]:
        answer = self._registry.apply(record)
        if answer.refusal or answer.repeated:
            return []
        bare = {symbol.replace("/", "") for symbol in answer.concerned}
        return [
            Enrolment(symbol, record, answer.concerned, answer.after)
            for symbol in self._symbols
            if symbol.replace("/", "") in bare
        ]

    def _list(self, entry: WatchlistEntry) -> list[Command | Enrolment | Listing]:
        answer = self._registry.apply(entry)
        if answer.refusal or answer.repeated:
            return []
        concerned = self._symbols if answer.for_all else self._symbols.keys() & {entry.symbol}
        return [self._registry.watchlist.listings(symbol)[-1] for symbol in concerned]

    def _command(self, record: StrategyVersion | DesiredState) -> list[Command | Enrolment | Listing]:
        answer = self._registry.apply(record)
        if isinstance(record, StrategyVersion) or answer.state is State.REFUSED:
            return []
        scheduled = self._registry.wanted(record.strategy)[-1]
        # To every symbol: what ran before may be compacted away, and a symbol that it left has to hear of it.
        return [Command(symbol, scheduled.desired, scheduled.version) for symbol in self._symbols]


def _any_may_bind(commands: Iterable[Scheduled], symbol: str) -> bool:
    """Whether one of them runs on the symbol where that is on the watchlist: it may yet come there."""
    return any(binds_symbol(one.version.config, symbol, listed=True, exists=True) for one in commands)
