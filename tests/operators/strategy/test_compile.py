"""A strategy made ready to run, or refused with everything that is wrong."""

import itertools

import pytest
from pydantic import ValidationError

from operators.snapshot import SnapshotRefused
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


def test_all_rules_and_all_indicators_are_reported_at_once() -> None:
    bad = (
        IndicatorConfig(name="x", type="rsi", parameters={"period": 0}),
        IndicatorConfig(name="y", type="macd", parameters={"fats_period": 3}),
    )
    with pytest.raises(StrategyFileError) as caught:
        compile_strategy(config(*bad, entry="nonsense > 0", leave="close >"), origin="my.json")
    assert caught.value.origin == "my.json"
    assert str(caught.value).startswith("my.json: 4 problems\n")
    assert [str(problem).partition(": ")[0] for problem in caught.value.problems] == [
        "indicators.x.period",
        "indicators.y.fats_period",
        "signals.entry, character 1",
        "signals.exit, character 8",
    ]


def test_rule_that_names_a_refused_indicator_is_not_reported_for_that_name() -> None:
    bad = IndicatorConfig(name="y", type="macd", parameters={"fats_period": 3})
    rules = {"entry": "y.histogram > 0 AND y_bullish AND nonsense > 0", "leave": "crossunder(y, y.signal)"}
    with pytest.raises(StrategyFileError) as caught:
        compile_strategy(config(bad, **rules))
    assert [str(problem).partition(": ")[0] for problem in caught.value.problems] == [
        "indicators.y.fats_period",
        "signals.entry, character 35",
    ]


def test_a_declaration_seen_before_is_refused_at_its_own_place_and_keeps_its_own_levels() -> None:
    for name in ("x", "z", "x"):
        with pytest.raises(StrategyFileError) as caught:
            compile_strategy(config(IndicatorConfig(name=name, type="rsi", parameters={"period": 0})))
        assert [problem.where for problem in caught.value.problems] == [f"indicators.{name}.period"]
    for oversold in (20, 25.5, 20):
        levels = IndicatorConfig(name="rsi", type="rsi", parameters={"oversold": oversold})
        (rule,) = compile_strategy(config(levels, entry="rsi_oversold")).entries
        assert (rule.evaluate(oversold - 0.25), rule.evaluate(oversold + 0.25)) == (True, False)


@pytest.mark.parametrize("condition", ["1 < 2", "close > 1", "close > open", "crossover(close, open) AND volume > 1"])
def test_a_rule_asked_of_the_first_candle_says_what_it_says_of_its_values(condition: str) -> None:
    (rule,) = compile_strategy(config(entry=condition)).entries
    numbers = (0.0, 2.0, float("nan"))
    for before, now in itertools.product(itertools.product(numbers, repeat=3), repeat=2):
        columns = {name: [*pair, 7.0] for name, *pair in zip(("open", "close", "volume"), before, now, strict=True)}
        values = [columns[column][1 - lag] for column, lag in rule.operands]
        assert rule.evaluate(*rule.first_values(columns)) is rule.evaluate(*values)


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
        SnapshotRefused, match=r"^version 4 of strategy 'gone' is in the recovery state but not on the control"
    ):
        Catalog().get("gone", 4)
