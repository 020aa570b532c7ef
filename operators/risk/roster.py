"""Which strategies a portfolio has to follow, by what is deployed: who is there, and what is named in vain."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from operators.risk.group_symbols import named_in_vain
from schemas.binding import binds_symbol
from schemas.names import did_you_mean
from schemas.portfolio import PortfolioConfig
from schemas.strategy import StrategyConfig
from schemas.watchlist import WatchlistEntry

NOT_THERE = "not there"
"""The state of a strategy that nobody has deployed."""

_SHOWN = 5
"""Symbols that a message names."""


class Deployed(NamedTuple):
    """A strategy on the control log: the version that is current, and what is wanted of it."""

    config: StrategyConfig
    state: str


class Member(NamedTuple):
    """One that a portfolio follows: the state that is wanted of it, or ``NOT_THERE``, and on which of its symbols."""

    strategy: str
    state: str
    symbols: tuple[str, ...]

    @property
    def is_there(self) -> bool:
        """Whether anybody has deployed it."""
        return self.state != NOT_THERE


@dataclass(frozen=True, slots=True)
class Roster:
    """``members`` in the portfolio's order, and ``doubts``: what would surprise whoever wrote it, with its place."""

    members: tuple[Member, ...]
    doubts: tuple[str, ...]


def roster(
    config: PortfolioConfig,
    deployed: Mapping[str, Deployed],
    watchlist: Mapping[str, WatchlistEntry],
    *,
    others: Collection[PortfolioConfig] = (),
) -> Roster:
    """Who is followed. Nothing of it is an error: strategies may be deployed after the portfolio that follows them.

    ``deployed`` are all strategies there are, by id. ``others`` are the other portfolios: one that names no strategies
    leaves to each of them those that it names, on the symbols that it lists; who is left on no symbol is no member.
    """
    taken = _taken(others) if not config.strategies else {}
    members = []
    for name in config.strategies or sorted(deployed):
        one = deployed.get(name)
        if one is None:
            members.append(Member(name, NOT_THERE, ()))
            continue
        bound = (symbol for symbol in config.symbols if _runs_on(one.config, symbol, watchlist))
        left = tuple(symbol for symbol in bound if symbol.replace("/", "") not in taken.get(name, ()))
        if left or name not in taken:
            members.append(Member(name, one.state, left))
    return Roster(tuple(members), tuple(_doubts(config, members, deployed, watchlist)))


def _taken(others: Collection[PortfolioConfig]) -> dict[str, set[str]]:
    """The symbols, without slashes, on which a strategy is named by a portfolio: a symbol knows only who lists it."""
    taken: dict[str, set[str]] = {}
    for one in others:
        for name in one.strategies:
            taken.setdefault(name, set()).update(symbol.replace("/", "") for symbol in one.symbols)
    return taken


def _runs_on(config: StrategyConfig, symbol: str, watchlist: Mapping[str, WatchlistEntry]) -> bool:
    bare = symbol.replace("/", "")
    entry = next((one for name, one in watchlist.items() if name.replace("/", "") == bare), None)
    if entry is not None and entry.asset is not None and not entry.asset.enabled:
        return False
    return binds_symbol(config, symbol, listed=entry is not None, exists=bool(watchlist))


def _doubts(
    config: PortfolioConfig,
    members: Collection[Member],
    deployed: Mapping[str, Deployed],
    watchlist: Mapping[str, WatchlistEntry],
) -> Iterator[str]:
    yield from named_in_vain(config)
    for place, names in (("strategies", config.strategies), ("priorities", config.priorities)):
        for name in names:
            if name not in deployed and (place == "strategies" or name not in config.strategies):
                hint = did_you_mean(name, deployed)
                yield f"{place}: there is no strategy {name!r}{hint}; it counts from when it is deployed"
    there = [one for one in members if one.is_there]
    if not there:
        if not config.strategies:
            yield "strategies: there is none to follow yet"
        return
    for one in there if config.strategies else ():
        if config.symbols and not one.symbols:
            own = deployed[one.strategy].config.symbols
            more = f" and {len(own) - _SHOWN:,} more" if len(own) > _SHOWN else ""
            yield (
                f"strategies: {one.strategy!r} runs on none of the portfolio's symbols: it is bound to "
                f"{', '.join(own[:_SHOWN])}{more}"
            )
    known = {*watchlist, *(own for one in there for own in deployed[one.strategy].config.symbols)}
    known = {name for name in known if "*" not in name and "?" not in name}
    for symbol in config.symbols:
        if not any(symbol in one.symbols for one in there):
            hint = did_you_mean(symbol, sorted(known - {symbol}))
            yield (
                f"symbols: none of its strategies runs on {symbol!r}{hint}; it is waited for all the same, and nothing "
                "is followed before its first candle"
            )
