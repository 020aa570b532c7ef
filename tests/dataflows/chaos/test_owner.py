"""An owner does everything that one can do, in an order that makes sense, the same from the same seed."""

from collections import Counter

import pytest

from dataflows.chaos.inputs import generated_input
from dataflows.chaos.owner import SOONEST_MINUTES, Owner
from dataflows.prove.chance import seeded
from operators.control.records import ControlRecord
from operators.control.registry import Registry
from operators.strategy.catalog import Catalog
from schemas.lifecycle import DesiredState, StrategyStatus, StrategyVersion
from schemas.portfolio import PortfolioEntry, PortfolioReset
from schemas.record import to_milliseconds
from schemas.watchlist import WatchlistEntry

NOW = 1_736_121_600_000
SYMBOLS = ("AAA", "BBB", "CCC")


def said(seed: int, count: int) -> list[ControlRecord]:
    owner = Owner(SYMBOLS, seeded(seed))
    return [*owner.opening(), *(record for _ in range(count) for record in owner.next(NOW))]


@pytest.mark.parametrize("seed", range(4))
def test_only_what_asks_the_impossible_is_refused(seed: int) -> None:
    registry = Registry(Catalog())
    answers = [registry.apply(record) for record in said(seed, 150)]
    reasons = [one.reason or "" for one in answers if isinstance(one, StrategyStatus) and one.state == "refused"]
    assert reasons
    assert all("has no version" in reason for reason in reasons)
    assert not any(one.refusal for one in answers if not isinstance(one, StrategyStatus))


def test_everything_comes_with_a_time_and_without() -> None:
    records = said(7, 150)
    states = Counter((one.state, one.effective_from is None) for one in records if isinstance(one, DesiredState))
    assert states.keys() == {(state, timed) for state in ("running", "paused", "stopped") for timed in (True, False)}
    assert max(one.version for one in records if isinstance(one, StrategyVersion)) > 3
    assert max(one.generation for one in records if isinstance(one, DesiredState)) > 1
    assert len({one.strategy for one in records if isinstance(one, StrategyVersion)}) == 8
    commands = Counter(one.command for one in records if isinstance(one, DesiredState))
    assert max(commands.values()) > 1, "none was sent twice"


def test_most_of_what_is_said_is_of_strategies() -> None:
    records = said(7, 150)
    of_strategies = [one for one in records if isinstance(one, DesiredState | StrategyVersion)]
    assert len(of_strategies) > len(records) / 2


def test_a_portfolio_changes_goes_comes_back_and_is_reset_with_a_time_and_without() -> None:
    records = [one for one in said(7, 300) if isinstance(one, PortfolioEntry | PortfolioReset)]
    entries = [one for one in records if isinstance(one, PortfolioEntry)]
    configs = [one.config for one in entries if one.config is not None]
    removals = [one for one in entries if one.config is None]
    resets = [one for one in records if isinstance(one, PortfolioReset)]
    for kind in ([one for one in entries if one.config is not None], resets):
        assert {one.effective_from is None for one in kind} == {True, False}
    assert {one.effective_from for one in removals} == {None}
    assert {config.conflict for config in configs} == {"net", "first", "priority"}
    switches = {config.kill_switch.action if config.kill_switch else None for config in configs}
    assert switches == {"flatten", "freeze", None}
    assert {len(config.symbols) for config in configs} == {len(SYMBOLS), len(SYMBOLS) - 1}
    assert max(Counter(one.command for one in records).values()) > 1, "none was sent twice"


def test_a_portfolio_is_there_before_the_first_candle_and_follows_strategies_that_are() -> None:
    opening = Owner(SYMBOLS, seeded(7)).opening()
    (entry,) = [one for one in opening if isinstance(one, PortfolioEntry)]
    assert entry.config is not None
    assert {*entry.config.strategies} < {one.strategy for one in opening if isinstance(one, StrategyVersion)}


def test_a_time_that_is_named_is_well_ahead() -> None:
    times = [one.effective_from for one in said(7, 150) if not isinstance(one, StrategyVersion)]
    ahead = [to_milliseconds(one) - NOW for one in times if one is not None]
    assert min(ahead) >= SOONEST_MINUTES * 60_000


def test_only_one_entry_of_the_watchlist_ever_changes() -> None:
    owner = Owner(SYMBOLS, seeded(7))
    opening = owner.opening()
    later = [record for _ in range(150) for record in owner.next(NOW)]
    entries = [one for one in later if isinstance(one, WatchlistEntry)]
    assert {one.symbol for one in opening if isinstance(one, WatchlistEntry)} == {"AAA", "BBB"}
    assert {one.symbol for one in entries} == {owner.changing} == {"CCC"}
    assert any(one.asset is None for one in entries)


def test_the_same_seed_says_the_same() -> None:
    assert said(7, 50) == said(7, 50)
    assert said(7, 50) != said(8, 50)


def test_garbage_lies_among_the_candles_and_no_candle_is_missing() -> None:
    given = generated_input(7, 300)
    assert len(given.records) == len(given.rows) + given.garbage
    assert 0.005 < given.garbage / len(given.rows) < 0.02
    assert all(one.now <= other.now for one, other in zip(given.records, given.records[1:], strict=False))
    assert given.records == generated_input(7, 300).records
