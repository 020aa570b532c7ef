"""The definitions that are made of TA-Lib's metadata."""

import math

import pytest
from talib import _ta_lib, abstract

from operators.indicators.catalog import CATALOG, definition_of
from operators.indicators.definition import IndicatorDefinition, Number, Parameter
from operators.indicators.identity import IndicatorError, Output, resolve
from operators.indicators.talib_memory import FORGETTING, MA_TYPES
from operators.indicators.talib_metadata import FUNCTIONS, talib_function

TALIB = [definition for definition in CATALOG.values() if definition.kernel is None]
each = pytest.mark.parametrize("definition", TALIB, ids=lambda definition: definition.name)
PARAMETERS = [(definition, parameter) for definition in TALIB for parameter in definition.parameters]
each_parameter = pytest.mark.parametrize(
    ("definition", "parameter"), PARAMETERS, ids=[f"{definition.name}-{one.name}" for definition, one in PARAMETERS]
)


def accepts(definition: IndicatorDefinition, parameter: Parameter, value: Number) -> bool:
    """Whether TA-Lib takes a value with the others at their defaults; MAVP's least period with the longest."""
    function = abstract.Function(definition.talib)  # type: ignore[attr-defined]  # left out of TA-Lib's stub
    widest = {"maxperiod": 100_000} if definition.name == "mavp" else {}
    function.parameters = {**function.parameters, **widest, parameter.talib: value}
    return bool(function.lookback >= 0)


def beyond(parameter: Parameter) -> tuple[Number, Number]:
    """The last number below the bounds, and the first above."""
    low, high = parameter.minimum, parameter.maximum
    if parameter.kind is int:
        return int(low) - 1, int(high) + 1
    return math.nextafter(low, -math.inf), math.nextafter(high, math.inf)


def test_all_of_talib_is_there_and_nothing_else() -> None:
    assert {definition.talib for definition in TALIB} == set(FUNCTIONS)
    assert len(TALIB) >= 201
    assert len(PARAMETERS) >= 150
    assert set(FORGETTING) <= set(FUNCTIONS)


@each
def test_parameters_are_talibs(definition: IndicatorDefinition) -> None:
    ask = _ta_lib._ta_getOptInputParameterInfo  # type: ignore[attr-defined]  # noqa: SLF001  # not public
    told = [ask(definition.talib.encode(), place) for place in range(len(definition.parameters))]
    theirs = abstract.Function(definition.talib).info["parameters"]  # type: ignore[attr-defined]  # as above
    assert [one["name"] for one in told] == [one.talib for one in definition.parameters] == list(theirs)
    assert [one["default_value"] for one in told] == [one.default for one in definition.parameters]
    assert [one["type"] == 0 for one in told] == [one.kind is float for one in definition.parameters]
    assert [one["type"] == 3 for one in told] == [bool(one.choices) for one in definition.parameters]


@each_parameter
def test_bounds_are_talibs(definition: IndicatorDefinition, parameter: Parameter) -> None:
    assert accepts(definition, parameter, parameter.minimum)
    assert accepts(definition, parameter, parameter.maximum)
    below, above = beyond(parameter)
    assert not accepts(definition, parameter, below)
    assert not accepts(definition, parameter, above)


@each_parameter
def test_a_number_outside_the_bounds_is_refused_with_them(
    definition: IndicatorDefinition, parameter: Parameter
) -> None:
    for wrong in (*beyond(parameter), math.nan):
        with pytest.raises(IndicatorError) as refused:
            resolve(definition.name, {parameter.talib: wrong}, where="x", sources=["close"] * len(definition.chosen))
        assert f"x.{parameter.talib}: expected" in str(refused.value)
        assert f"from {parameter.minimum} to {parameter.maximum}, found" in str(refused.value)


@each
def test_outputs_are_talibs_and_known_by_its_names(definition: IndicatorDefinition) -> None:
    theirs = talib_function(definition.talib).outputs
    indicator = resolve(definition.name, {}, where="x", sources=["close"] * len(definition.chosen))
    assert [indicator.output(name) for name in theirs] == list(definition.produced)
    assert set(definition.produced) == set(definition.outputs)


@each
def test_says_what_it_is(definition: IndicatorDefinition) -> None:
    assert definition.group in {abstract.Function(name).info["group"] for name in FUNCTIONS}  # type: ignore[attr-defined]  # as above
    assert definition.title
    assert definition.doc.endswith(".")
    assert all(one.doc for one in definition.parameters)


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("engulfing", "cdlengulfing"),
        ("morning_star", "cdlmorningstar"),
        ("Three Black Crows".replace(" ", "_"), "cdl3blackcrows"),
        ("doji", "cdldoji"),
        ("donchian_channels", "donchian"),
        ("heikin_ashi", "ha"),
        ("percentile_rank", "percentrank"),
        ("parabolic_sar", "sar"),
        ("on_balance_volume", "obv"),
        ("kaufman_adaptive_moving_average", "kama"),
        ("stochastic_rsi", "stochrsi"),
    ],
)
def test_functions_have_names_that_a_person_would_write(alias: str, name: str) -> None:
    definition = definition_of(alias)
    assert definition is not None
    assert definition.name == name


@pytest.mark.parametrize("name", list(MA_TYPES))
def test_a_kind_of_mean_goes_by_name_or_number(name: str) -> None:
    by_name = resolve("bbands", {"ma_type": name.upper()}, where="x")
    by_number = resolve("bbands", {"matype": MA_TYPES[name]}, where="x")
    assert by_name == by_number
    assert by_name.key.endswith(f"ma_type={name})")


def test_every_number_of_a_mean_has_a_name() -> None:
    assert sorted(MA_TYPES.values()) == list(range(int(talib_function("MA").parameters[1].maximum) + 1))
    assert MA_TYPES["sma"] == 0
    assert MA_TYPES["ema"] == 1


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        (
            "bbands",
            {"ma_type": "emma"},
            (
                "x.ma_type: expected one of sma, ema, wma, dema, tema, trima, kama, mama, t3, hma, disabled, default, "
                'zlema, rma, or an integer from 0 to 13 (did you mean "ema"?), found "emma"'
            ),
        ),
        ("correl", {"price": "close"}, "x.price: correl reads 2 series, expected a source for each"),
        (
            "rsi",
            {"length": 100_000},
            (
                "x.length: rsi with period 100000 depends on 3,100,032 bars before each bar, expected at most 200,000; "
                "the longest period that works is 6450"
            ),
        ),
        (
            "macd",
            {"slow": 100_000, "signal": 100_000},
            (
                "x: macd with fast_period 12, slow_period 100000, signal_period 100000 depends on 3,200,062 bars "
                "before each bar, expected at most 200,000; more than one of them must be shorter"
            ),
        ),
        (
            "sar",
            {"acceleration": 0},
            (
                "x.acceleration: sar with acceleration 0, maximum 0.2 depends on all bars before each bar, expected "
                "at most 200,000; the least acceleration that works is 0.000101"
            ),
        ),
        (
            "supertrend",
            {"multiplier": 1e30},
            (
                "x.multiplier: supertrend with period 10, multiplier 1e+30 depends on all bars before each bar, "
                "expected at most 200,000; the greatest multiplier that works is 1240"
            ),
        ),
    ],
)
def test_what_cannot_be_computed_is_refused_with_what_can(
    kind: str, parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(IndicatorError) as refused:
        resolve(kind, parameters, where="x")
    assert str(refused.value) == message


def test_numbers_that_talib_refuses_together_are_refused() -> None:
    expected = "x: mavp cannot be computed with min_period 40, max_period 30, ma_type sma, expected numbers that fit"
    with pytest.raises(IndicatorError, match=expected):
        resolve("mavp", {"min_period": 40, "max_period": 30}, where="x", sources=["close", "volume"])


def test_the_longest_period_that_works_does_and_the_next_does_not() -> None:
    assert resolve("rsi", {"period": 6450}, where="x").memory <= 200_000
    with pytest.raises(IndicatorError, match="longest period that works is 6450"):
        resolve("rsi", {"period": 6451}, where="x")
    assert resolve("sma", {"period": 100_000}, where="x").memory == 99_999


def test_two_series_may_be_a_price_and_an_indicator() -> None:
    rsi = resolve("rsi", {}, where="rsi")
    found = resolve("correl", {"period": 20}, where="c", sources=["hl2", Output(rsi, "rsi")])
    assert found.key == "correl(hl2,rsi(close,period=14).rsi,period=20)"
    assert resolve("obv", {"price": "open"}, where="o").inputs == ("open", "volume")
