"""What is true of every definition."""

import re

import pytest
import talib.stream
from talib import abstract

from operators.indicators.catalog import CATALOG, IndicatorDefinition, definition_of, kind_names
from operators.indicators.definition import Parameter, fold
from operators.indicators.identity import IndicatorError, resolve
from operators.indicators.kernels.talib_kernel import kernel_of

DEFINITIONS = list(CATALOG.values())
DEFINED_BY_TALIB = [definition for definition in DEFINITIONS if definition.kernel is None]
each = pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.name)


def test_no_name_means_two_kinds() -> None:
    names = [fold(name) for name in kind_names()]
    assert len(names) == len(set(names))
    assert all(definition_of(name) is not None for name in kind_names())
    assert definition_of("nothing") is None


@pytest.mark.parametrize("definition", DEFINED_BY_TALIB, ids=lambda definition: definition.name)
def test_talib_has_the_function_with_these_inputs(definition: IndicatorDefinition) -> None:
    info = abstract.Function(definition.talib).info  # type: ignore[attr-defined]  # left out of TA-Lib's stub
    assert hasattr(talib.stream, definition.talib)
    assert len(info["output_names"]) == len(definition.produced)
    given = info["input_names"]
    chosen = [reads for kind, reads in given.items() if isinstance(reads, str) and kind != "periods"]
    assert [price for price in definition.chosen if price] == chosen
    assert list(definition.inputs) == [
        column for reads in given.values() if isinstance(reads, list) for column in reads
    ]


@each
def test_defaults_lie_within_the_bounds(definition: IndicatorDefinition) -> None:
    for parameter in (*definition.parameters, *definition.thresholds):
        assert parameter.minimum <= parameter.default <= parameter.maximum
        assert parameter.doc


@each
def test_an_alias_that_means_two_parameters_sets_both_to_the_same(definition: IndicatorDefinition) -> None:
    parameters = (*definition.parameters, *definition.thresholds)
    names = {fold(name) for one in parameters for name in (one.name, one.talib, *one.aliases) if name}
    for name in names:
        meant = [one for one in parameters if one.answers_to(name)]
        assert len({(one.kind, one.minimum, one.maximum) for one in meant}) == 1
        assert len(meant) == 1 or definition.name == "bbands"


@each
def test_canonical_names_mean_one_parameter(definition: IndicatorDefinition) -> None:
    parameters = (*definition.parameters, *definition.thresholds)
    for one in parameters:
        assert [other.name for other in parameters if other.answers_to(fold(one.name))] == [one.name]


@each
def test_memory_reaches_back_over_the_lookback(definition: IndicatorDefinition) -> None:
    lengths = [one for one in definition.parameters if one.kind is int and not one.choices]
    usual = {one.name: one.default for one in definition.parameters}
    for factor in (0, 1, 30):
        numbers = {one.name: max(one.minimum, min(one.maximum, int(one.default * factor))) for one in lengths}
        kernel = kernel_of(definition)
        assert definition.memory(usual | numbers) >= kernel.lookback(usual | numbers) >= 0


@each
def test_states_read_only_what_is_there(definition: IndicatorDefinition) -> None:
    indicator = resolve(definition.name, {}, where=definition.name, sources=["close"] * len(definition.chosen))
    for state, text in indicator.states("it").items():
        assert state not in definition.outputs
        assert "it" in re.findall(r"\w+", text)
        assert set(re.findall(r"it\.(\w+)", text)) <= set(definition.outputs)
        assert set(re.findall(r"[a-z_]\w*", text)) <= {
            "crossover",
            "crossunder",
            "lowest",
            "close",
            "it",
            *definition.outputs,
        }


def test_the_states_of_the_seed_documents_are_there() -> None:
    macd = resolve("macd", {}, where="macd").states("macd")
    assert macd["crossover_bullish"] == "crossover(macd.macd, macd.signal)"
    assert macd["crossover_bearish"] == "crossunder(macd.macd, macd.signal)"
    bands = resolve("bbands", {}, where="bands").states("bands")
    assert bands["breakout_up"] == "crossover(close, bands.upper)"
    assert bands["breakout_down"] == "crossunder(close, bands.lower)"
    width = "(bands.upper - bands.lower) / bands.middle"
    assert bands["squeeze"] == f"{width} <= lowest({width}, 125)"
    williams = resolve("willr", {}, where="w").states("w")
    assert williams == {"overbought": "w > -20", "oversold": "w < -80"}


def test_a_threshold_is_not_a_parameter_of_another_kind() -> None:
    with pytest.raises(IndicatorError, match='sma has no parameter "overbought"'):
        resolve("sma", {"overbought": 70}, where="sma")


def test_names_are_compared_without_case_and_underscores() -> None:
    parameter = Parameter("fast_period", ("fast",), int, 12, 2, 2000, "Span", talib="fastperiod")
    assert all(parameter.answers_to(fold(name)) for name in ("fastPeriod", "FAST_PERIOD", "Fast", "fast-period"))
    assert not parameter.answers_to(fold("slow"))
