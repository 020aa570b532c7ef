"""What is weighed on a symbol: which strategies across their timeframes, and whether they against each other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from operators.control.scheduled import Scheduled
from operators.market.roster import Roster
from operators.market.terms import Terms
from schemas.timeframe import length_of
from schemas.trading_style import TradingStyle
from schemas.watchlist import ConsensusConfig

Styled = tuple[tuple[str, TradingStyle], ...]
"""Timeframes with their styles, shortest first."""


@dataclass(frozen=True)
class Weighed:
    """What is weighed on a symbol.

    Attributes:
        strategies: those whose signals are weighed across their timeframes, with these.
        timeframes: all on which any strategy runs.
        running: how many strategies run.
        consensus: how they are weighed against each other; None where they are not.
    """

    strategies: Mapping[str, Styled]
    timeframes: Styled = ()
    running: int = 0
    consensus: ConsensusConfig | None = None

    @property
    def anything(self) -> bool:
        """Whether anything is weighed."""
        return bool(self.strategies) or self.of_all

    @property
    def of_all(self) -> bool:
        """Whether strategies are weighed against each other."""
        return self.consensus is not None and self.running > 0


NOTHING = Weighed({})


def weighed(present: Iterable[Scheduled], roster: Roster, terms: Terms) -> Weighed:
    """What is weighed as things stand.

    Args:
        present: the commands in force.
        roster: on which timeframes each strategy can run.
        terms: the styles of timeframes, and whether there is a consensus.
    """
    strategies: dict[str, Styled] = {}
    shared: dict[Styled, Styled] = {}  # so that equal ones are one object, which their rolls are told apart by
    everywhere: set[str] = set()
    running = 0
    for one in present:
        timeframes, weighing = roster.running_on(one.desired.strategy), one.version.config.weighing
        everywhere.update(timeframes)
        running += bool(timeframes)
        if weighing is not None and len(timeframes) > 1:
            styled = _styled(timeframes, terms)
            strategies[one.desired.strategy] = shared.setdefault(styled, styled)
    return Weighed(strategies, _styled(sorted(everywhere, key=length_of), terms), running, terms.consensus)


def _styled(timeframes: Iterable[str], terms: Terms) -> Styled:
    return tuple((name, terms.style(name)) for name in timeframes)
