"""What a strategy costs is counted, and one that costs too much is refused before it runs, with what costs most."""

import pytest

from operators.control.registry import Registry
from operators.strategy.budget import MOST_OPERATIONS, MOST_TIMEFRAMES, UPDATE, Cost, cost_of
from operators.strategy.catalog import Catalog
from operators.strategy.compile import CompiledStrategy, compile_strategy
from schemas.lifecycle import State, StrategyVersion
from schemas.problems import StrategyFileError
from schemas.strategy import StrategyConfig
from schemas.strategy_file import parse_strategy


def strategy(*conditions: str, **more: object) -> StrategyConfig:
    signals = [
        {"id": f"s{number}", "type": "entry", "expression": condition} for number, condition in enumerate(conditions)
    ]
    return parse_strategy({"id": "one", "signals": signals, **more}, origin="test")


def cost(compiled: CompiledStrategy) -> Cost:
    return cost_of([*compiled.entries, *compiled.exits["long"], *compiled.exits["short"]], compiled.indicators)


def test_each_name_number_and_operation_counts_once() -> None:
    counted = dict(cost(compile_strategy(strategy("close > 1", "NOT (close + 1 > 2 AND close < 3)"))).parts)
    assert counted == {"signals.s0": 3, "signals.s1": 10}


def test_an_indicator_counts_once_with_its_window_and_its_memory_whoever_reads_it() -> None:
    counted = dict(cost(compile_strategy(strategy("sma_200 > 1", "sma_200 > 2", "close > sma_200"))).parts)
    assert counted["sma(close,period=200)"] == UPDATE + 199 // 20 + 199 // 200
    assert len(counted) == 4


def test_what_an_indicator_reads_counts_on_whatever_timeframe() -> None:
    plain = cost(compile_strategy(strategy("mean(rsi_14, 5) > 50")))
    hourly = cost(compile_strategy(strategy("mean(rsi_14, 5)@1h > 50")))
    assert [key for key, _ in plain.parts[1:]] == ["rsi(close,period=14)", "sma(rsi(close,period=14).rsi,period=5)"]
    assert {key for key, _ in plain.parts} <= {key for key, _ in hourly.parts} | {
        key.removesuffix("@1h") for key, _ in hourly.parts
    }
    assert hourly.total >= plain.total


def test_a_confidence_counts_with_its_rule() -> None:
    parts = {"a": "close > 1", "b": "close > 2"}
    document = {
        "id": "one",
        "rules": {
            "entry": {
                "condition": "close > 0",
                "confidence": {"method": "weighted", "weights": {"a": 1.0, "b": 1.0}, "parts": parts},
            }
        },
    }
    assert cost(compile_strategy(parse_strategy(document, origin="test"))).parts == (("signals.entry", 9),)


def test_one_beyond_the_budget_is_refused_with_its_costliest_part_and_the_number() -> None:
    long = " OR ".join(f"close > {number}" for number in range(90))
    config = strategy(*[long.replace("close >", f"close > {number} +") for number in range(45)], "rsi_14 > 99")
    answer = Registry(Catalog()).apply(StrategyVersion(strategy="one", version=1, config=config))
    assert answer.state is State.REFUSED
    assert answer.reason == (
        "one: 1 problem\n"
        "  - signals: expected a strategy that takes at most 20,000 operations a candle, got 20,310 by 46 signals and "
        "1 indicators; the costliest part is signals.s0 with 451: make several strategies of it"
    )


def test_thousands_of_indicators_are_refused() -> None:
    conditions = [
        " OR ".join(f"{kind}_{period + 60 * part} > 1" for period in range(2, 62))
        for part in range(14)
        for kind in ("rsi", "ema", "wma")
    ]
    with pytest.raises(
        StrategyFileError, match=r"got [\d,]+ by 42 signals and 2,520 indicators; the costliest part is "
    ):
        compile_strategy(strategy(*conditions))


def test_rules_that_read_hundreds_of_timeframes_are_refused() -> None:
    minutes = [minute for minute in range(2, 600) if 1440 % minute == 0 or minute % 5 == 0]
    conditions = [" OR ".join(f"close@{minute}m > 1" for minute in minutes[at : at + 20]) for at in range(0, 60, 20)]
    message = f"signals: expected rules that read at most {MOST_TIMEFRAMES} other timeframes, got 60 of them"
    with pytest.raises(StrategyFileError, match=message):
        compile_strategy(strategy(*conditions))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            {"signals": [{"id": f"s{n}", "type": "entry", "expression": "close > 1"} for n in range(10_000)]},
            "signals: expected at most 200 of them, got 10000",
        ),
        ({"timeframes": [f"{n}m" for n in range(1, 501)]}, "timeframes: expected at most 32 of them, got 500"),
        (
            {"indicators": [{"name": f"i{n}", "type": "rsi"} for n in range(5_000)]},
            "indicators: expected at most 200 of them, got 5000",
        ),
    ],
    ids=["10,000 rules", "500 timeframes", "5,000 indicators"],
)
def test_what_is_huge_is_refused_by_its_size(document: dict[str, object], said: str) -> None:
    whole = (
        {"id": "one", "rules": {"entry": {"condition": "close > 1"}}} if "signals" not in document else {"id": "one"}
    )
    with pytest.raises(StrategyFileError) as refused:
        parse_strategy({**whole, **document}, origin="test")
    assert [str(problem).replace(",", "") for problem in refused.value.problems] == [said.replace(",", "")]


def test_a_memory_that_is_huge_is_refused() -> None:
    config = strategy("ema_9000 > 1", *[f"ema_{9_001 + number} > 1" for number in range(20)])
    with pytest.raises(StrategyFileError, match="expected indicators that need at most 2,000,000 candles of history"):
        compile_strategy(config)


def test_the_budget_leaves_room_for_a_strategy_with_every_rule_and_indicator_that_it_may_have() -> None:
    indicators = [{"name": f"i{n}", "type": "rsi", "parameters": {"period": n + 2}} for n in range(200)]
    conditions = [f"i{n} < 30 AND close > i{n} AND i{n}[1] > 30" for n in range(200)]
    assert cost(compile_strategy(strategy(*conditions, indicators=indicators))).total < MOST_OPERATIONS
