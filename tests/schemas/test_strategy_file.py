"""Strategy files: every accepted shape becomes the one normal form, and the normal form stays itself."""

import json
from typing import Any

import pytest
from hypothesis import given, settings

from schemas.binding import timeframes_of
from schemas.correlation import CorrelationConfig, WindowConfig
from schemas.risk import FractionDistance, RiskLimits
from schemas.signal_config import FixedConfidence, ScaledConfidence, WeightedConfidence
from schemas.strategy import StrategyConfig
from schemas.strategy_file import load_strategy, parse_strategy
from tests.schemas.seed_documents import FLAT, LISTED, LISTED_VERBATIM, advanced
from tests.strategy_configs import configs

RULES = {"entry": {"condition": "rsi_14 < 30"}}


def load(document: object) -> StrategyConfig:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return load_strategy(content, origin="dip.json")


def test_flat_seed_document_is_read_whole() -> None:
    config = load(FLAT.encode())
    assert (config.id, config.meta.name, config.meta.kind) == ("macd_btc_15m", "MACD BTC 15m Strategy", "technical")
    assert (config.symbols, config.timeframes) == (("BTC/USDT",), ("15m",))
    macd, rsi = config.indicators
    assert (macd.name, macd.type) == ("macd", "macd")
    assert macd.parameters == {"fastPeriod": 12, "slowPeriod": 26, "signalPeriod": 9}
    assert rsi.parameters == {"period": 14, "overbought": 70, "oversold": 30}
    entry, leave = config.signals
    assert (entry.id, entry.type, entry.side) == ("entry", "entry", "long")
    assert (entry.confidence, leave.confidence) == (FixedConfidence(value=0.75), FixedConfidence(value=0.8))
    assert entry.expression == "macd_crossover_bullish AND rsi < 70"
    assert (leave.id, leave.type, leave.expression) == ("exit", "exit", "macd_crossover_bearish OR rsi > 80")
    assert config.risk is not None
    assert config.risk.limits == RiskLimits(max_position_size=0.1)
    assert config.risk.stop_loss == FractionDistance(fraction=0.02)
    assert config.risk.take_profit == FractionDistance(fraction=0.04)
    assert timeframes_of(config, "BTCUSDT", None, False, "1m") == ("15m",)  # noqa: FBT003  # no watchlist


def test_listed_seed_document_is_read_whole() -> None:
    config = load(LISTED_VERBATIM.encode())
    assert (config.id, config.meta.name) == ("enhanced_rsi_ema_strategy", "Enhanced RSI + EMA Strategy")
    assert config.meta.description == "Advanced strategy combining RSI with EMA trend confirmation"
    assert (config.symbols, config.timeframes) == (("*",), ("*",))
    assert [(one.name, one.type, one.parameters, one.description) for one in config.indicators] == [
        ("rsi_14", "rsi", {"period": 14, "price": "close"}, "Relative Strength Index"),
        ("ema_20", "ema", {"period": 20}, "Exponential Moving Average"),
    ]
    (entry,) = config.signals
    assert (entry.id, entry.type, entry.side) == ("rsi_oversold_long", "entry", "long")
    assert (entry.description, entry.confidence) == ("RSI Oversold Long Entry", FixedConfidence(value=0.7))
    assert entry.expression == "(rsi_14 < 30) AND (ema_20 > ema_50)"


def test_listed_conditions_may_be_alternatives_and_crosses() -> None:
    leave = load(LISTED.encode()).signals[1]
    assert leave.expression == "(rsi_14 > 70) OR (crossunder(ema_20, ema_50))"


def test_advanced_seed_document_is_read_whole() -> None:
    config = load(advanced())
    assert (config.id, config.meta.kind, config.meta.tags) == ("ml_enhanced", "hybrid", ("ml",))
    lstm, arima = config.models
    assert lstm.model_dump() == {
        "id": "lstm_price_predictor",
        "type": "ml",
        "subtype": "lstm",
        "framework": "tensorflow",
        "config": {
            "sequence_length": 60,
            "hidden_units": 128,
            "layers": 1,
            "dropout": 0.2,
            "epochs": 100,
            "batch_size": 32,
            "learning_rate": 0.001,
            "optimizer": "adam",
            "seed": 0,
        },
        "inputs": ("close", "volume", "rsi_14", "macd_signal"),
        "outputs": ("price_prediction", "confidence"),
        "training": {"lookback_days": 365, "validation_split": 0.2, "retrain_frequency": "weekly"},
    }
    assert (arima.id, arima.type, arima.subtype) == ("arima_trend", "traditional", "arima")
    assert arima.config.model_dump() == {"order": (2, 1, 2), "seasonal_order": (1, 1, 1, 24)}
    (signal,) = config.signals
    assert (signal.id, signal.type, signal.side) == ("ml_enhanced_entry", "entry", "long")
    assert signal.expression.startswith("(lstm_price_predictor.confidence > 0.8) AND (macd_crossover_bullish) AND ")
    assert signal.confidence == WeightedConfidence(
        method="weighted", weights={"lstm_confidence": 0.6, "technical_confirmation": 0.4}
    )
    assert config.model_outputs() == {
        "lstm_price_predictor": ("price_prediction", "confidence"),
        "arima_trend": ("forecast",),
    }


def test_normal_form_of_release_0_1_is_still_read() -> None:
    old = {
        "description": "Buy the dip.",
        "id": "dip",
        "indicators": [{"name": "rsi", "parameters": {"period": 14}, "type": "rsi"}],
        "name": "Dip",
        "risk": {"max_position_size": None, "stop_loss": 0.02, "take_profit": None},
        "rules": [{"condition": "rsi < 30", "confidence": 0.75, "id": "buy", "side": "long", "type": "entry"}],
        "symbols": ["*"],
        "timeframes": ["1m"],
    }
    config = load(old)
    assert (config.meta.name, config.meta.description) == ("Dip", "Buy the dip.")
    (buy,) = config.signals
    assert (buy.id, buy.expression, buy.confidence) == ("buy", "rsi < 30", FixedConfidence(value=0.75))
    assert config.risk is not None
    assert (config.risk.stop_loss, config.risk.take_profit) == (FractionDistance(fraction=0.02), None)
    assert config.risk.limits == RiskLimits()


SHAPES = {"flat": json.loads(FLAT), "listed": json.loads(LISTED), "advanced": advanced()}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_normal_form_is_accepted_and_stays_itself(shape: dict[str, Any]) -> None:
    config = load(shape)
    assert load_strategy(config.canonical_json().encode(), origin="again") == config


@given(configs())
@settings(deadline=None)
def test_any_normal_form_is_accepted_and_stays_itself(config: StrategyConfig) -> None:
    assert parse_strategy(config.model_dump(mode="json"), origin="again") == config


def test_shapes_may_be_mixed() -> None:
    listing = [{"id": "in", "type": "entry", "condition": "close > 1"}]
    mixed = load({"id": "a", "meta": {"author": "Ada"}, "indicators": {"rsi": {}}, "signals": listing})
    assert (mixed.meta.author, mixed.indicators[0].type, mixed.signals[0].expression) == ("Ada", "rsi", "close > 1")
    by_type = load({"id": "a", "signals": {"entry": {"expression": "close > 1"}}})
    assert by_type.signals[0].id == "entry"


def test_rules_may_be_lists_and_get_numbers() -> None:
    config = load({"id": "a", "rules": {"entry": [{"condition": "close > 1"}, {"condition": "close > 2"}]}})
    assert [(rule.id, rule.expression) for rule in config.signals] == [
        ("entry_1", "close > 1"),
        ("entry_2", "close > 2"),
    ]


def test_comments_are_for_readers() -> None:
    noted = {
        "$schema": "./strategy.schema.json",
        "$comment": "all of it",
        "id": "a",
        "meta": {"$comment": ["of", "several lines"], "name": "A"},
        "indicators": {"$comment": "two", "rsi": {"$comment": "Wilder's", "period": 14}},
        "signals": {
            "$comment": "one",
            "entry": {
                "conditions": [{"$comment": "low", "indicator": "rsi", "operator": "lt", "value": 30}],
                "confidence": {"$comment": "?", "weights": {"$comment": "!", "rsi": 1}},
            },
        },
        "risk": {"$comment": "little", "stop_loss": {"$comment": "tight", "fraction": 0.01}},
    }
    bare = {
        "id": "a",
        "name": "A",
        "indicators": {"rsi": {"period": 14}},
        "rules": {"entry": {"condition": "rsi < 30", "confidence_weight": {"rsi": 1}}},
        "risk": {"stopLoss": 0.01},
    }
    assert load(noted) == load(bare)


def test_indicator_under_a_name_of_its_own() -> None:
    (mapped,) = load({"id": "a", "rules": RULES, "indicators": {"fast": {"type": "ema", "period": 5}}}).indicators
    listing = [{"name": "fast", "type": "ema", "parameters": {"period": 5}}]
    (listed,) = load({"id": "a", "rules": RULES, "indicators": listing}).indicators
    assert mapped == listed
    assert (mapped.name, mapped.type, mapped.parameters) == ("fast", "ema", {"period": 5})


def test_indicator_by_name_takes_everything_that_a_listed_one_takes() -> None:
    body = {"source": "macd.signal", "timeframe": "1h", "modifiers": [{"type": "lag", "bars": 1}], "description": "d"}
    by_name = load({"id": "a", "rules": RULES, "indicators": {"ema": {"period": 5, **body}}})
    listing = [{"name": "ema", "type": "ema", "parameters": {"period": 5}, **body}]
    assert by_name == load({"id": "a", "rules": RULES, "indicators": listing})
    assert by_name.indicators[0].source == "macd.signal"


def test_whole_float_period_gives_the_name_of_the_integer() -> None:
    listing = [{"RSI": {"params": [{"name": "period", "default": 14.0}]}}]
    assert load({"id": "a", "rules": RULES, "indicators": listing}).indicators[0].name == "rsi_14"


def test_given_value_goes_before_the_default() -> None:
    listing = [{"RSI": {"params": [{"name": "period", "default": 14, "value": 7}]}}]
    assert load({"id": "a", "rules": RULES, "indicators": listing}).indicators[0].parameters == {"period": 7}


def test_id_is_made_from_the_name_where_there_is_none() -> None:
    assert load({"name": "My Dip (v2)", "rules": RULES}).id == "my_dip_v2"
    assert load({"meta": {"name": "My Dip (v2)"}, "rules": RULES}).id == "my_dip_v2"


def test_kind_follows_from_the_models_where_it_is_not_given() -> None:
    model = {"id": "m", "type": "traditional", "subtype": "ets"}
    assert load({"id": "a", "rules": RULES}).meta.kind == "technical"
    assert load({"id": "a", "rules": RULES, "models": [model]}).meta.kind == "ml"
    assert load({"id": "a", "rules": RULES, "models": [model], "indicators": {"rsi": {}}}).meta.kind == "hybrid"


def test_method_may_be_left_out_where_the_fields_tell_it() -> None:
    scaled = {"value": "rsi", "threshold": 30, "full": 10}
    rules = {"entry": {"condition": "rsi < 30", "confidence": scaled}}
    config = load({"id": "a", "rules": rules, "risk": {"stop_loss": {"multiple": 2}, "takeProfit": 0.1}})
    assert config.signals[0].confidence == ScaledConfidence(method="scaled", value="rsi", threshold=30, full=10)
    assert config.risk is not None
    assert config.risk.stop_loss is not None
    assert config.risk.stop_loss.method == "atr"


def test_keys_may_be_spelt_in_either_case() -> None:
    model = {
        "id": "m",
        "type": "ml",
        "subtype": "lstm",
        "framework": "pytorch",
        "config": {"sequenceLength": 30},
        "inputs": ["close"],
        "outputs": ["up"],
        "training": {"lookbackDays": 90},
    }
    (camel,) = load({"id": "a", "rules": RULES, "models": [model]}).models
    assert camel.config.model_dump()["sequence_length"] == 30
    assert camel.training.lookback_days == 90
    rules = {"entry": {"condition": "close > 1", "confidenceWeight": {"up": 1}}}
    assert load({"id": "a", "rules": rules}).signals[0].confidence.method == "weighted"


@pytest.mark.parametrize(
    ("written", "config"),
    [
        (None, None),
        (True, CorrelationConfig()),
        (False, CorrelationConfig(enabled=False)),
        ({}, CorrelationConfig()),
        (
            {
                "$comment": "slow",
                "windows": {"$comment": "two", "day": {"length": "2h", "every": "5m", "halfLife": "30m"}},
                "weights": {"1h": 2, "$comment": "long"},
                "conflictPenalty": 1,
                "minimumSupporting": 2,
                "minimum_confidence": 0.6,
                "coolDown": "1h",
                "onePerWindow": False,
                "top": 3,
            },
            CorrelationConfig(
                windows={"day": WindowConfig(length="2h", every="5m", half_life="30m")},
                weights={"1h": 2.0},
                conflict_penalty=1.0,
                minimum_supporting=2,
                minimum_confidence=0.6,
                cool_down="1h",
                one_per_window=False,
                top=3,
            ),
        ),
    ],
    ids=["nothing", "yes", "no", "defaults", "everything"],
)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_shape_says_how_its_timeframes_are_weighed(
    shape: dict[str, Any], written: object, config: CorrelationConfig | None
) -> None:
    assert load({**shape, "correlation": written}).correlation == config
    assert load(shape).correlation is None


@pytest.mark.parametrize("key", ["partial_bars", "partialBars"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_shape_says_what_acts_on_a_bar_that_lacks_candles(shape: dict[str, Any], key: str) -> None:
    assert load({**shape, key: "exits"}).partial_bars == "exits"
    assert load(shape).partial_bars == "skip"


def test_every_shape_binds_to_styles() -> None:
    flat = {key: value for key, value in SHAPES["flat"].items() if key != "timeframe"}
    assert load({**SHAPES["flat"], "timeframe": "swing"}).timeframes == ("swing",)
    for shape in (flat, SHAPES["listed"], SHAPES["advanced"]):
        assert load({**shape, "timeframes": ["day", "position", "7m"]}).timeframes == ("day", "position", "7m")
