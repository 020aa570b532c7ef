"""Symbols whose series report to portfolios, from the market's rolls on: in any order, cut and restored anywhere."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from operators.control.portfolios import Portfolios
from operators.events import Beat, Heard, PortfolioRoll, Worked
from operators.risk.follower import Told
from operators.risk.gathering import Gathered, GatherStep
from operators.risk.portfolio_step import PortfolioStep
from operators.risk.report import Report
from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset
from tests.operators.risk.traders import MINUTE

MINUTES = 12

Item = Worked | Beat
Orders = Sequence[tuple[Mapping[str, int], PortfolioEntry | PortfolioReset]]
"""By symbol the minute after whose close it hears of them, in the order of the log."""


def entry(command: str, config: PortfolioConfig | None, portfolio: str = "main") -> PortfolioEntry:
    return PortfolioEntry(portfolio=portfolio, config=config, command=command)


def reset(command: str) -> PortfolioReset:
    return PortfolioReset(portfolio="main", command=command)


def links(orders: Orders, record: PortfolioEntry | PortfolioReset) -> tuple[tuple[str, ...], str | None]:
    """The symbols that a record concerns, and the command of the entry before it: as the control log has them."""
    log = Portfolios()
    for _, one in orders:
        answer = log.apply(one)
        if one is record:
            return answer.concerned, answer.after
    raise AssertionError(record)


def market(symbol: str, stories: Sequence[list[Report]], orders: Orders, ends: Iterable[int]) -> list[list[Item]]:
    """What comes of a symbol, roll by roll: one ends at each of these minutes."""
    rolls: list[list[Item]] = []
    before = -1
    log = [(minutes[symbol], Heard(record, None, *links(orders, record))) for minutes, record in orders]
    left = [one for one in log if symbol in one[1].concerned]
    begins = min((minute for minute, _ in left), default=MINUTES + 1)
    for end in ends:
        if end < begins:
            before = end
            continue
        heard = tuple(one._replace(from_ms=minute * MINUTE) for minute, one in left if minute <= end)
        left = [one for one in left if one[0] > end]
        mine = [story for story in stories if story[0].symbol == symbol]
        roll = PortfolioRoll(len(rolls) + 1, end * MINUTE, len(mine), heard)
        items: list[Item] = [
            Worked(
                story[0].strategy,
                1,
                symbol,
                "1m",
                None,
                None,
                (),
                portfolio_roll=roll,
                reports=tuple(one for one in story if before * MINUTE < one.at_ms <= end * MINUTE),
            )
            for story in mine
        ]
        rolls.append(items or [Beat(symbol, roll)])
        before = end
    return rolls


class World:
    """Gather steps by symbol and portfolio steps by key, each restored whenever somebody says so."""

    def __init__(self) -> None:
        self.gathering: dict[str, GatherStep] = defaultdict(GatherStep)
        self.portfolios: dict[str, PortfolioStep] = defaultdict(PortfolioStep)
        self.told: dict[str, list[Told]] = defaultdict(list)

    def take(self, item: Item) -> None:
        for key, gathered in self.gathering[item.symbol].on_batch([item]):
            self.hand_on(key, gathered)

    def hand_on(self, key: str, gathered: Gathered) -> None:
        self.told[key] += self.portfolios[key].on_batch([gathered])

    def restart(self) -> None:
        for symbol, gathering in self.gathering.items():
            kept: dict[str, Any] = json.loads(json.dumps(gathering.snapshot()))
            self.gathering[symbol] = GatherStep(kept)
            assert self.gathering[symbol].snapshot() == kept
        for key, portfolio in self.portfolios.items():
            kept = json.loads(json.dumps(portfolio.snapshot()))
            self.portfolios[key] = PortfolioStep(kept)
            assert self.portfolios[key].snapshot() == kept


def plain(
    stories: Sequence[list[Report]], orders: Orders, symbols: Iterable[str] | None = None
) -> dict[str, list[Told]]:
    """Symbol by symbol, roll by roll, each of one minute."""
    world = World()
    for symbol in orders[0][0] if symbols is None else symbols:
        for roll in market(symbol, stories, orders, range(MINUTES + 1)):
            for item in roll:
                world.take(item)
    return dict(world.told)


def mixed(stories: Sequence[list[Report]], orders: Orders, data: st.DataObject) -> dict[str, list[Told]]:
    """Cut and interleaved at will, in order within each series; restored in between."""
    world = World()
    queues: dict[str, list[Item]] = defaultdict(list)
    for symbol in orders[0][0]:
        ends = sorted({*data.draw(st.sets(st.integers(0, MINUTES - 1))), MINUTES})
        for roll in market(symbol, stories, orders, ends):
            for item in roll:
                queues[f"{item.strategy if isinstance(item, Worked) else ''}|{symbol}"].append(item)
    while queues:
        key = data.draw(st.sampled_from(sorted(queues)))
        world.take(queues[key].pop(0))
        if not queues[key]:
            del queues[key]
        if data.draw(st.booleans()):
            world.restart()
    return dict(world.told)


class Story(NamedTuple):
    stories: list[list[Report]]
    orders: Orders


def written(told: Mapping[str, list[Told]]) -> dict[str, list[str]]:
    return {key: [one.model_dump_json() for one in each] for key, each in sorted(told.items()) if each}
