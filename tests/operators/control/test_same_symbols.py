"""Every version of a strategy counts the positions of the same symbols together, whoever reads the log, and when."""

import pytest

from operators.control.compaction import Written, displaced
from operators.control.registry import Registry
from operators.strategy.catalog import Catalog
from schemas.lifecycle import State, StrategyVersion
from schemas.risk import RiskConfig, RiskLimits
from tests.operators.plain_engine import desired, expression

DIP = expression("dip", "rsi_14 < 30", "rsi_14 > 70")
BROKEN = expression("dip", "nonsense < 3", "rsi_14 > 70")

WAY_OUT = (
    ". The symbols that a strategy waits for are its own for good: make it another strategy (`candelabra strategy "
    "clone` gives a file another id)"
)


def counting(*symbols: str, number: int = 1, most: int | None = 1, of: StrategyVersion = DIP) -> StrategyVersion:
    """A version over these symbols with the limit, None for one without."""
    risk = None if most is None else RiskConfig(limits=RiskLimits(max_concurrent_positions=most))
    config = of.config.model_copy(update={"symbols": symbols, "risk": risk})
    return of.model_copy(update={"config": config, "version": number})


def applied(*records: Written) -> tuple[Registry, list[State]]:
    registry = Registry(Catalog())
    return registry, [registry.apply(record).state for record in records]


def refusal(first: StrategyVersion, second: StrategyVersion) -> str:
    registry, states = applied(first)
    assert states == [State.ACCEPTED]
    answer = registry.apply(second)
    assert answer.state is State.REFUSED
    assert registry.versions("dip") == {1: first}
    assert answer.reason is not None
    return answer.reason


@pytest.mark.parametrize(
    "second",
    [
        counting("ETH/USDT", "BTCUSDT", number=2),
        counting("BTCUSDT", "ETHUSDT", number=2, most=7),
    ],
    ids=["in another order and writing", "with another limit"],
)
def test_a_version_over_the_same_symbols_is_accepted(second: StrategyVersion) -> None:
    registry, states = applied(first := counting("BTC/USDT", "ETHUSDT"), second)
    assert states == [State.ACCEPTED] * 2
    assert registry.versions("dip") == {1: first, 2: second}


@pytest.mark.parametrize(
    "second",
    [counting("ETHUSDT", number=2, most=None), counting("*", number=2), counting("BTC*", "ETHUSDT", number=2)],
    ids=["without the limit", "with any symbol", "with a pattern"],
)
def test_versions_that_count_nothing_together_may_follow_each_other(second: StrategyVersion) -> None:
    _, states = applied(counting("BTCUSDT", most=None), second, counting("A*", number=3))
    assert states == [State.ACCEPTED] * 3


def test_other_symbols_are_refused_with_what_differs_and_the_way_out() -> None:
    assert refusal(counting("BTC/USDT", "ETHUSDT"), counting("BTCUSDT", "SOLUSDT", "XRPUSDT", number=2)) == (
        "dip: 1 problem\n  - symbols: expected the 2 symbols BTCUSDT, ETHUSDT counted together as in version 1, got 3: "
        f"without ETHUSDT, with SOLUSDT, XRPUSDT{WAY_OUT}"
    )
    assert "got 1: without ETHUSDT. " in refusal(counting("BTCUSDT", "ETHUSDT"), counting("BTCUSDT", number=2))
    more = refusal(counting("BTCUSDT"), counting("BTCUSDT", "ETHUSDT", number=2))
    assert "expected the 1 symbol BTCUSDT counted together as in version 1, got 2: with ETHUSDT. " in more


def test_many_symbols_are_not_all_listed() -> None:
    many = [f"S{number:04}" for number in range(2_000)]
    reason = refusal(counting(*many), counting("Z", *many[:-7], number=2))
    assert "expected the 2,000 symbols S0000, S0001, S0002, S0003, S0004 and 1,995 more counted together" in reason
    assert "got 1,994: without S1993, S1994, S1995, S1996, S1997 and 2 more, with Z. " in reason


def test_a_limit_that_is_taken_away_is_told_at_its_place() -> None:
    reason = refusal(counting("BTCUSDT", "ETHUSDT"), counting("BTCUSDT", "ETHUSDT", number=2, most=None))
    assert (
        "- risk.limits.max_concurrent_positions: expected the 2 symbols BTCUSDT, ETHUSDT counted together as in "
        "version 1, got no such limit. " in reason
    )


def test_a_limit_that_is_added_is_told_at_its_place() -> None:
    reason = refusal(counting("BTCUSDT", "ETHUSDT", most=None), counting("BTCUSDT", "ETHUSDT", number=2))
    assert (
        "- risk.limits.max_concurrent_positions: expected no symbols counted together as in version 1, with no such "
        "limit, got the 2 symbols BTCUSDT, ETHUSDT. " in reason
    )


def test_a_pattern_in_the_place_of_names_is_told_and_so_are_names_in_its_place() -> None:
    reason = refusal(counting("BTCUSDT", "ETHUSDT"), counting("BTCUSDT", "ETH*", number=2))
    assert "- symbols: expected the 2 symbols BTCUSDT, ETHUSDT counted together as in version 1, got the " in reason
    assert "got the pattern 'ETH*' among them. " in reason
    reason = refusal(counting("?TCUSDT"), counting("BTCUSDT", number=2))
    assert "- symbols: expected no symbols counted together as in version 1, with the pattern '?TCUSDT' " in reason


def test_what_comes_twice_is_answered_as_the_first_time() -> None:
    one, other = counting("A", "B"), counting("A", "C", number=2)
    registry, states = applied(one, other, one, other, one)
    assert states == [State.ACCEPTED, State.REFUSED, State.ACCEPTED, State.REFUSED, State.ACCEPTED]
    assert registry.versions("dip") == {1: one}


def test_the_number_of_one_that_was_refused_is_given_and_may_be_taken() -> None:
    one, same, third = counting("A", "B"), counting("B", "A", number=2), counting("A", "B", number=3, most=2)
    registry, states = applied(one, counting("A", "C", number=2), third, same)
    assert states == [State.ACCEPTED, State.REFUSED, State.ACCEPTED, State.ACCEPTED]
    assert registry.versions("dip") == {1: one, 2: same, 3: third}


@pytest.mark.parametrize("first", [counting("A", "B", of=BROKEN), counting("A", "B").model_copy(update={"version": 9})])
def test_one_that_was_refused_says_nothing_of_those_after_it(first: StrategyVersion) -> None:
    one = counting("A", "C", number=2 if first.version == 1 else 1)
    registry, states = applied(first, one, counting("A", "B", number=one.version + 1))
    assert states == [State.REFUSED, State.ACCEPTED, State.REFUSED]
    assert registry.versions("dip") == {one.version: one}


def test_one_that_was_refused_for_its_symbols_is_not_in_the_catalog() -> None:
    """The number is free again, and the catalog has one configuration for each."""
    catalog = Catalog()
    registry = Registry(catalog)
    second = counting("A", "B", number=2, most=3)
    for record in (counting("A", "B"), counting("A", "C", number=2), second):
        registry.apply(record)
    assert registry.versions("dip")[2] == second
    catalog.add(second)


def test_whoever_reads_the_compacted_log_refuses_the_same() -> None:
    log: list[StrategyVersion] = [
        counting("A", "B"),
        counting("A", "C", number=2),
        counting("A", "B", number=3, most=2),
        counting("B", "C"),
    ]
    wanted = desired(log[2])
    whole, _ = applied(*log, wanted)
    written: list[Written] = [*log, wanted]
    written += displaced(whole, "dip", {record.key: (place, record) for place, record in enumerate(written)})
    newest = {record.key: place for place, record in enumerate(written)}
    reader, states = applied(*(written[place] for place in sorted(newest.values())))
    assert states == [State.ACCEPTED, State.REFUSED, State.ACCEPTED, State.ACCEPTED]
    assert reader.versions("dip") == whole.versions("dip") == {1: log[0], 3: log[2]}
    assert [one.desired for one in reader.wanted("dip")] == [wanted]
    again = counting("A", "C", number=4)
    assert reader.apply(again) == whole.apply(again)
