"""What an owner does with a portfolio while everything breaks: it changes, goes and comes back, is reset."""

from collections.abc import Callable, Sequence
from random import Random

from dataflows.prove.script import everything
from operators.control.portfolios import Wanted
from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset
from schemas.record import from_milliseconds

PORTFOLIO = "everything"
FOLLOWED = ("everywhere", "by_day", "referring")
"""Of the strategies that run from before the first candle: the others are not followed."""


class PortfolioOwner:
    """Gives records of one portfolio, at random from a seed. While it is gone, whatever is done brings it back.

    Each kind of entry has limits that bite, and all but one have a kill switch that trips soon after every reset. One
    leaves the last symbol out.
    """

    def __init__(self, symbols: Sequence[str], chance: Random, command: Callable[[], str]) -> None:
        self._symbols = tuple(symbols)
        self._chance = chance
        self._command = command
        self._number = 0
        self._is_there = False

    def opening(self) -> Wanted:
        """Before the first candle."""
        return self._entry(None)

    def change(self, since: int | None) -> Wanted:
        """Another entry: the next kind in turn."""
        self._number += self._is_there
        return self._entry(since)

    def remove(self, since: int | None) -> Wanted:
        """Take it away: that is at once, so it names no time."""
        return self._entry(None, taken_away=True) if self._is_there else self._entry(since)

    def reset(self, since: int | None) -> Wanted:
        """Lift its kill switch, whether it has tripped or not."""
        if not self._is_there:
            return self._entry(since)
        effective = None if since is None else from_milliseconds(since)
        return PortfolioReset(portfolio=PORTFOLIO, effective_from=effective, command=self._command())

    def _entry(self, since: int | None, *, taken_away: bool = False) -> PortfolioEntry:
        self._is_there = not taken_away
        effective = None if since is None else from_milliseconds(since)
        config = None if taken_away else _config(self._symbols, self._number)
        return PortfolioEntry(portfolio=PORTFOLIO, config=config, effective_from=effective, command=self._command())


def _config(symbols: Sequence[str], number: int) -> PortfolioConfig:
    """One of four kinds of entries."""
    kinds: tuple[dict[str, object], ...] = (
        {},
        {"conflict": "first", "kill_switch": {"action": "freeze", "max_drawdown": 0.0005}},
        {"symbols": symbols[:-1], "conflict": "priority", "priorities": ("referring", "everywhere")},
        {"strategies": ("everywhere", "latecomer_1"), "limits": {"max_net_exposure": 0.1}, "kill_switch": None},
    )
    document = everything(symbols).model_dump()
    return PortfolioConfig.model_validate({**document, "strategies": FOLLOWED, **kinds[number % len(kinds)]})
