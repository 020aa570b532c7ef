"""Commands on their way to the symbols they concern: the graph cannot broadcast, so each feed partition does it."""

from collections.abc import Iterable

from operators.control.registry import Registry
from operators.control.scheduled import Scheduled
from operators.events import Command
from schemas.lifecycle import DesiredState, State, StrategyVersion


class Fanout:
    """The symbols seen on one partition of the feed, and the control log as far as that partition has read it.

    A command goes to every symbol seen; one that it does not concern takes no notice. A symbol seen for the first time
    gets the commands that count before its first candle.
    """

    def __init__(self, registry: Registry, symbols: Iterable[str] = ()) -> None:
        self._registry = registry
        self._symbols = dict.fromkeys(symbols)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols seen so far, in order of first sight."""
        return tuple(self._symbols)

    def control(self, record: StrategyVersion | DesiredState) -> list[Command]:
        """Take one record of the control log; the commands that follow from it for the symbols seen."""
        answer = self._registry.apply(record)
        if isinstance(record, StrategyVersion) or answer.state is State.REFUSED:
            return []
        scheduled = self._registry.wanted(record.strategy)[-1]
        # To every symbol: what ran before may be compacted away, and a symbol that it left has to hear of it.
        return [Command(symbol, scheduled.desired, scheduled.version) for symbol in self._symbols]

    def symbol(self, symbol: str) -> list[Command]:
        """The commands that a symbol must hear before its next candle: none unless it is new."""
        if symbol in self._symbols:
            return []
        self._symbols[symbol] = None
        # All of a strategy's commands or none: one that leaves this symbol ends what an earlier one begins here.
        return [
            Command(symbol, scheduled.desired, scheduled.version)
            for strategy in self._registry.strategies
            if _any_binds(wanted := self._registry.wanted(strategy), symbol)
            for scheduled in wanted
        ]


def _any_binds(commands: Iterable[Scheduled], symbol: str) -> bool:
    return any(one.version.config.binds_symbol(symbol) for one in commands)
