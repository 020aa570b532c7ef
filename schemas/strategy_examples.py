"""An example of a strategy and of each of its sections, for the JSON Schemas and for whoever reads them."""

from collections.abc import Mapping
from typing import Any, Final

META: Final[dict[str, Any]] = {
    "name": "Oversold in an upward trend",
    "description": "Buy what is oversold while the price is above its slow mean.",
    "author": "Ada",
    "tags": ["mean reversion"],
}
INDICATORS: Final[list[dict[str, Any]]] = [
    {"name": "rsi", "type": "rsi", "parameters": {"period": 14}},
    {"name": "slow", "type": "sma", "parameters": {"period": 200}, "timeframe": "1h"},
    {
        "name": "rsi_change",
        "type": "sma",
        "parameters": {"period": 5},
        "source": "rsi",
        "modifiers": [{"type": "change", "bars": 3}],
    },
]
SIGNALS: Final[list[dict[str, Any]]] = [
    {
        "id": "oversold",
        "type": "entry",
        "side": "long",
        "expression": "rsi < 30 AND close > slow",
        "confidence": {"method": "scaled", "value": "rsi", "threshold": 30, "full": 10},
    },
    {"id": "recovered", "type": "exit", "expression": "rsi > 60", "confidence": 0.7},
    {
        "type": "entry",
        "conditions": [{"indicator": "rsi", "operator": "lt", "value": 30}],
        "confidence_weight": {"technical_confirmation": 1},
    },
]
MODELS: Final[list[dict[str, Any]]] = [
    {
        "id": "lstm_price_predictor",
        "type": "ml",
        "subtype": "lstm",
        "framework": "tensorflow",
        "config": {"sequence_length": 60, "hidden_units": 128, "dropout": 0.2, "epochs": 100, "batch_size": 32},
        "inputs": ["close", "volume", "rsi"],
        "outputs": ["price_prediction", "confidence"],
        "training": {"lookback_days": 365, "validation_split": 0.2, "retrain_frequency": "weekly"},
    },
    {
        "id": "arima_trend",
        "type": "traditional",
        "subtype": "arima",
        "config": {"order": [2, 1, 2], "seasonal_order": [1, 1, 1, 24]},
    },
]
POSTPROCESSING: Final[list[dict[str, Any]]] = [
    {"id": "smooth", "type": "smoothing", "model": "lstm_price_predictor", "method": "ema", "period": 5},
    {
        "id": "consensus",
        "type": "ensemble",
        "models": ["smooth", "arima_trend"],
        "method": "weighted",
        "weights": {"smooth": 0.7, "arima_trend": 0.3},
    },
]
RISK: Final[dict[str, Any]] = {
    "sizing": {"method": "risk_per_trade", "fraction": 0.01},
    "stop_loss": {"method": "atr", "multiple": 2},
    "take_profit": 0.04,
    "break_even": 0.02,
    "protections": [
        {"method": "cool_down", "bars": 5},
        {"method": "stop_loss_guard", "lookback_bars": 48, "trades": 3, "stop_bars": 12},
    ],
    "limits": {"max_position_size": 0.1, "max_daily_loss": 0.05},
}
EXECUTION: Final[dict[str, Any]] = {
    "fill": "next_open",
    "capital": 50_000,
    "spread": 0.0002,
    "slippage": {"method": "volatility", "multiple": 0.1},
    "fees": {"method": "proportional", "maker": 0.0002, "taker": 0.0005},
    "tick_size": 0.01,
    "lot_size": 0.001,
    "leverage": 2,
    "scale_in": {"max_entries": 3, "share": 0.5},
    "scale_out": [{"at": 0.02, "fraction": 0.5}],
}
CORRELATION: Final[dict[str, Any]] = {
    "windows": {"day": {"length": "2h", "every": "5m", "half_life": "30m"}},
    "weights": {"15m": 2},
    "minimum_confidence": 0.6,
    "cool_down": "1h",
}
STRATEGY: Final[dict[str, Any]] = {
    "id": "oversold_in_uptrend",
    "meta": META,
    "symbols": ["BTC*", "ETHUSDT"],
    "timeframes": ["5m", "15m"],
    "indicators": INDICATORS,
    "signals": SIGNALS[:2],
    "risk": RISK,
}

EXAMPLES: Final[Mapping[str, list[dict[str, Any]]]] = {
    "strategy": [
        STRATEGY,
        {**STRATEGY, "models": MODELS, "postprocessing": POSTPROCESSING},
        {
            **STRATEGY,
            "timeframes": ["day", "1h"],
            "execution": EXECUTION,
            "correlation": CORRELATION,
            "partial_bars": "exits",
        },
    ],
    "meta": [META],
    "indicator": INDICATORS,
    "model": MODELS,
    "postprocessing": POSTPROCESSING,
    "signal": SIGNALS,
    "risk": [RISK],
    "execution": [EXECUTION, {"capital": 1_000, "fees": 0.001, "slippage": 0.0005}],
}
"""Examples by the name of the schema that they are of."""
