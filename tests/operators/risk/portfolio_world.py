"""Symbols whose series report to portfolios, from the market's rolls on: in any order, cut and restored anywhere."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from operators.control.portfolios import Portfolios
from operators.events import Beat, Enrolment, Heard, PortfolioRoll, Worked
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
Minutes = Mapping[str, int]
"""By symbol, at which its first candle closes; 0 where it is not there."""
NONE_LATE: Minutes = {}


def entry(command: str, config: PortfolioConfig | None, portfolio: str = "main") -> PortfolioEntry:
    return PortfolioEntry(portfolio=portfolio, config=config, command=command)


def reset(command: str) -> PortfolioReset:
    return PortfolioReset(portfolio="main", command=command)


def hearings(symbol: str, orders: Orders, first: int) -> list[tuple[int, Heard]]:
    """What a symbol hears, and at which minute, as the control log has it; its first candle closes at ``first``.

    Of what comes before that it hears then, and only of what may still take effect.
    """
    log, found, is_there = Portfolios(), [], False
    for minutes, record in orders:
        if minutes[symbol] >= first and not is_there:
            is_there = True
            found += [(first, _heard(one, None)) for one in log.enrolments(symbol)]
        answer = log.apply(record)
        if is_there and symbol in answer.concerned:
            minute = minutes[symbol]
            found.append((minute, Heard(record, minute * MINUTE, answer.concerned, answer.after)))
    return found if is_there else [(first, _heard(one, None)) for one in log.enrolments(symbol)]


def _heard(enrolment: Enrolment, from_ms: int | None) -> Heard:
    return Heard(enrolment.record, from_ms, enrolment.concerned, enrolment.after)


def market(
    symbol: str, stories: Sequence[list[Report]], orders: Orders, ends: Iterable[int], first: int = 0
) -> list[list[Item]]:
    """What comes of a symbol, roll by roll: one ends at each of these minutes, from the first close on."""
    rolls: list[list[Item]] = []
    before = first - 1
    left = hearings(symbol, orders, first)
    begins = min((minute for minute, _ in left), default=MINUTES + 1)
    for end in ends:
        if end < begins:
            before = max(before, end)
            continue
        heard = tuple(one for minute, one in left if minute <= end)
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
    stories: Sequence[list[Report]], orders: Orders, first: Minutes = NONE_LATE, *, symbols: Iterable[str] | None = None
) -> dict[str, list[Told]]:
    """Symbol by symbol, roll by roll, each of one minute."""
    world = World()
    for symbol in orders[0][0] if symbols is None else symbols:
        for roll in market(symbol, stories, orders, range(MINUTES + 1), first.get(symbol, 0)):
            for item in roll:
                world.take(item)
    return dict(world.told)


def mixed(
    data: st.DataObject, stories: Sequence[list[Report]], orders: Orders, first: Minutes = NONE_LATE
) -> dict[str, list[Told]]:
    """Cut and interleaved at will, in order within each series; restored in between."""
    world = World()
    queues: dict[str, list[Item]] = defaultdict(list)
    for symbol in orders[0][0]:
        ends = sorted({*data.draw(st.sets(st.integers(0, MINUTES - 1))), MINUTES})
        for roll in market(symbol, stories, orders, ends, first.get(symbol, 0)):
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
    first: Minutes = NONE_LATE


def written(told: Mapping[str, list[Told]]) -> dict[str, list[str]]:
    return {key: [one.model_dump_json() for one in each] for key, each in sorted(told.items()) if each}
