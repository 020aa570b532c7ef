"""A strategy made ready to run, or refused with everything that is wrong."""

import pytest
from pydantic import ValidationError

from operators.strategy.catalog import Catalog
from operators.strategy.compile import CompiledStrategy, compile_strategy
from schemas.indicator_config import IndicatorConfig
from schemas.meta import MetaConfig
from schemas.problems import StrategyFileError
from schemas.signal_config import SignalConfig
from schemas.strategy import StrategyConfig
from tests.operators.plain_engine import expression, version


def config(*indicators: IndicatorConfig, entry: str = "close > 0", leave: str = "close < 0") -> StrategyConfig:
    rules = (
        SignalConfig(id="entry", type="entry", expression=entry),
        SignalConfig(id="exit", type="exit", expression=leave),
    )
    return StrategyConfig(id="s", meta=MetaConfig(name="s"), indicators=indicators, signals=rules)


def test_indicators_that_no_rule_reads_are_left_out() -> None:
    declared = (IndicatorConfig(name="rsi", type="rsi"), IndicatorConfig(name="slow", type="ema"))
    assert [one.kind for one in compile_strategy(config(*declared, entry="rsi < 30")).indicators] == ["rsi"]


def test_indicators_that_mean_the_same_are_one() -> None:
    declared = (
        IndicatorConfig(name="one", type="RSI", parameters={"period": 14}),
        IndicatorConfig(name="two", type="rsi", parameters={"timeperiod": 14.0, "price": "close"}),
    )
    compiled = compile_strategy(config(*declared, entry="one < 30 AND two < 30 AND rsi_14 < 30"))
    assert [one.key for one in compiled.indicators] == ["rsi(close,period=14)"]


def test_rules_are_sorted_by_what_they_do() -> None:
    compiled = compile_strategy(version().config.model_copy(update={"signals": RULES}))
    assert [rule.id for rule in compiled.entries] == ["a", "d"]
    assert {side: [rule.id for rule in rules] for side, rules in compiled.exits.items()} == {
        "long": ["b"],
        "short": ["c"],
    }


RULES = (
    SignalConfig(id="a", type="entry", side="short", expression="close > 1"),
    SignalConfig(id="b", type="exit", side="long", expression="close > 1"),
    SignalConfig(id="c", type="exit", side="short", expression="close > 1"),
    SignalConfig(id="d", type="entry", side="long", expression="close > 1"),
)


def test_unknown_indicator_suggests_the_nearest() -> None:
    with pytest.raises(StrategyFileError, match=r'indicators\.x: unknown indicator "rsii" \(did you mean "rsi"\?\)'):
        compile_strategy(config(IndicatorConfig(name="x", type="rsii")))


def test_all_rules_and_all_indicators_are_reported_each_kind_at_once() -> None:
    bad = (
        IndicatorConfig(name="x", type="rsi", parameters={"period": 0}),
        IndicatorConfig(name="y", type="macd", parameters={"fats_period": 3}),
    )
    with pytest.raises(StrategyFileError) as caught:
        compile_strategy(config(*bad, entry="nonsense"), origin="my.json")
    assert caught.value.origin == "my.json"
    assert [problem.where for problem in caught.value.problems] == ["indicators.x.period", "indicators.y.fats_period"]
    with pytest.raises(StrategyFileError) as caught:
        compile_strategy(config(entry="rsii < 30", leave="close >"))
    assert str(caught.value).startswith("s: 2 problems\n")
    assert len(caught.value.problems) == 2


def test_name_with_two_meanings_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"a name of its own, got 'close', which has a meaning in every"):
        config(IndicatorConfig(name="close", type="rsi"))


def test_version_is_compiled_once_for_a_process() -> None:
    compiled: list[str] = []

    def count(config: StrategyConfig) -> CompiledStrategy:
        compiled.append(config.id)
        return compile_strategy(config)

    catalog = Catalog(count)
    one = expression("s", "close > 0", "close < 0")
    assert catalog.add(one) is catalog.add(one) is catalog.get("s", 1)
    assert compiled == ["s"]


def test_version_that_was_never_added_is_named() -> None:
    with pytest.raises(
        LookupError, match=r"^version 4 of strategy 'gone' is in the recovery state but not on the control"
    ):
        Catalog().get("gone", 4)
