"""A strategy's configuration: its parts and what must hold between them, its binding, and its one canonical text."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from pydantic import ValidationError

from schemas.correlation import CorrelationConfig
from schemas.hyperparameters import ArimaParameters, CnnParameters, EtsParameters, TransformerParameters
from schemas.indicator_config import IndicatorConfig
from schemas.meta import MetaConfig
from schemas.model_config import ArimaModel, LstmModel
from schemas.postprocessing import Calibration, Clipping, Ensemble, Smoothing
from schemas.record import Record
from schemas.signal_config import FixedConfidence, SignalConfig
from schemas.strategy import StrategyConfig, slug
from tests.strategy_configs import configs

ENTRY = SignalConfig(id="up", type="entry", expression="macd > 0")
EXIT = SignalConfig(id="down", type="exit", expression="macd < 0")
LSTM = LstmModel(
    id="lstm", type="ml", subtype="lstm", framework="onnx", inputs=("close",), outputs=("price", "confidence")
)
ARIMA = ArimaModel(id="arima", type="traditional", subtype="arima", config=ArimaParameters(order=(1, 0, 0)))
HYBRID = MetaConfig(name="MACD", kind="hybrid")


def strategy(**changes: Any) -> StrategyConfig:  # noqa: ANN401  # as StrategyConfig's
    whole: dict[str, Any] = {"id": "macd", "meta": MetaConfig(name="MACD"), "signals": (ENTRY, EXIT)}
    return StrategyConfig(**whole | changes)


def test_the_defaults_run_everywhere_and_are_long_and_sure() -> None:
    config = strategy()
    assert (config.symbols, config.timeframes, config.risk) == (("*",), ("*",), None)
    assert (ENTRY.side, ENTRY.confidence) == ("long", FixedConfidence(value=1.0))
    assert (config.meta.kind, config.meta.visibility) == ("technical", "private")
    assert (config.correlation, config.partial_bars) == (None, "skip")


def test_signals_are_weighed_by_the_defaults_unless_the_file_says_how_or_not_at_all() -> None:
    own = CorrelationConfig(cool_down="1h")
    assert strategy().weighing == CorrelationConfig()
    assert strategy(correlation=own).weighing == own
    assert strategy(correlation=CorrelationConfig(enabled=False)).weighing is None


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"id": "a|b"}, "match pattern"),
        ({"id": "a@1"}, "match pattern"),
        ({"signals": ()}, "at least 1 item"),
        ({"signals": (EXIT,)}, "expected at least one entry, got only exits"),
        ({"signals": (ENTRY, ENTRY)}, "expected each of signals once, got 'up' again"),
        ({"symbols": ("B", "A", "B")}, "expected each of symbols once, got 'B' again"),
        ({"symbols": ("B/A", "BA")}, r"expected each of symbols once, got 'BA' again \(the same as 'B/A'\)"),
        ({"symbols": ()}, "at least 1 item"),
        ({"timeframes": ("1m", "1m")}, "expected each of timeframes once, got '1m' again"),
        ({"timeframes": ("1x",)}, "expected a timeframe such as 1m"),
        ({"indicators": (IndicatorConfig(name="a", type="rsi"),) * 2}, "got 'a', which is an indicator already"),
        ({"indicators": (IndicatorConfig(name="close", type="rsi"),)}, "got 'close', which has a meaning in every"),
        ({"indicators": (IndicatorConfig(name="a", type="rsi", source="a"),)}, "do not read 'a' in turn, got a cycle"),
        ({"models": (LSTM,)}, "expected kind 'ml' or 'hybrid' for a strategy with models, got 'technical' with 1"),
        ({"meta": HYBRID}, "expected at least one model in a strategy of kind 'hybrid', got none"),
        ({"meta": MetaConfig(name="M", tags=("a", "a"))}, "expected each of tags once, got 'a' again"),
        ({"models": (LSTM, LSTM), "meta": HYBRID}, "got 'lstm', which is a model already"),
        ({"signals": [ENTRY]}, "valid tuple"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        strategy(**changes)


def test_all_contradictions_are_told_at_once() -> None:
    twice = (IndicatorConfig(name="a", type="rsi"), IndicatorConfig(name="time", type="rsi"))
    with pytest.raises(ValidationError, match=r"got 'B' again; .* got 'time', .* got only exits"):
        strategy(symbols=("B", "B"), indicators=twice, signals=(EXIT,))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"expression": " \n"}, "expected an expression such as 'rsi < 30', got nothing"),
        ({"expression": "x" * 1_000_000}, "expected at most 2,000 characters, got 1,000,000"),
        ({"confidence": 0.5}, "valid dictionary or object"),
        ({"side": "flat"}, "'long' or 'short'"),
        ({"id": "lifecycle.stop"}, "expected an id that does not begin with 'lifecycle.'"),
    ],
)
def test_a_signal_that_cannot_work_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        SignalConfig(**{"id": "r", "type": "entry", "expression": "x", **changes})


@pytest.mark.parametrize(("value", "complaint"), [(1.5, "less than or equal to 1"), (float("nan"), "finite number")])
def test_a_confidence_is_from_zero_to_one(value: float, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        FixedConfidence(value=value)


@pytest.mark.parametrize(
    ("kind", "values", "complaint"),
    [
        (TransformerParameters, {"model_units": 65}, r"a multiple of heads \(4\), got 65"),
        (CnnParameters, {"kernel_size": 61}, r"within sequence_length \(60\), got 61"),
        (EtsParameters, {"seasonal": "additive"}, "seasonal_period exactly where there is a season, got none"),
        (ArimaParameters, {"order": (1, 0, 0), "seasonal_order": (1, 0, 0, 1)}, "at least 2 bars .*, got 1"),
        (ArimaParameters, {"order": (1, 0)}, "Field required"),
        (ArimaParameters, {"order": (1, -1, 0)}, "greater than or equal to 0"),
        (Clipping, {"id": "c", "type": "clipping", "model": "m", "least": 1.0, "most": 1.0}, "least below most"),
        (
            Ensemble,
            {"id": "e", "type": "ensemble", "models": ("a", "b"), "method": "weighted"},
            "weights exactly where method is 'weighted'",
        ),
        (
            Ensemble,
            {"id": "e", "type": "ensemble", "models": ("a", "b"), "method": "weighted", "weights": {"a": 1.0}},
            "expected a weight for each model, got none for b",
        ),
        (
            Ensemble,
            {"id": "e", "type": "ensemble", "models": ("up", "b"), "method": "weighted", "weights": {"upp": 1.0}},
            r"weights of its models, got one of 'upp' \(did you mean \"up\"\?\)",
        ),
        (Ensemble, {"id": "e", "type": "ensemble", "models": ("a", "a")}, "each model once, got a more than once"),
    ],
)
def test_parameters_that_contradict_each_other_are_refused(
    kind: type[Record], values: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        kind(**values)


def test_outputs_of_models_and_of_what_is_made_of_them_have_names() -> None:
    steps = (
        Smoothing(id="smooth", type="smoothing", model="lstm"),
        Calibration(id="sure", type="calibration", model="lstm"),
        Ensemble(id="both", type="ensemble", models=("smooth", "arima")),
    )
    config = strategy(meta=HYBRID, models=(LSTM, ARIMA), postprocessing=steps)
    assert config.model_outputs() == {
        "lstm": ("price", "confidence"),
        "arima": ("forecast",),
        "smooth": ("price",),
        "sure": ("confidence",),
        "both": ("prediction",),
    }


@given(configs())
@settings(deadline=None)
def test_the_canonical_text_is_the_whole_strategy(config: StrategyConfig) -> None:
    text = config.canonical_json()
    again = StrategyConfig.model_validate_json(text)
    assert again == config
    assert again.canonical_json() == text
    assert again.fingerprint() == config.fingerprint()
    assert list(json.loads(text)) == sorted(StrategyConfig.model_fields)


def test_the_fingerprint_tells_strategies_apart() -> None:
    assert strategy().fingerprint() == strategy(symbols=("*",)).fingerprint()
    assert strategy().fingerprint() != strategy(meta=MetaConfig(name="MACD 2")).fingerprint()


@pytest.mark.parametrize(
    ("text", "expected"), [("BTC/USDT 15m", "btc_usdt_15m"), ("__", "unnamed"), ("a" * 99, "a" * 64)]
)
def test_a_slug_is_a_usable_id(text: str, expected: str) -> None:
    assert slug(text) == expected
    assert strategy(id=slug(text)).id == expected
