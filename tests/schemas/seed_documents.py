"""The shapes in which strategies were first written down: whole, as their authors wrote them, and one completed."""

import json
from typing import Any

FLAT = """{
	"id": "macd_btc_15m",
	"name": "MACD BTC 15m Strategy",
	"symbol": "BTC/USDT",
	"timeframe": "15m",
	"indicators": {
		"macd": {
			"fastPeriod": 12,
			"slowPeriod": 26,
			"signalPeriod": 9
		},
		"rsi": {
			"period": 14,
			"overbought": 70,
			"oversold": 30
		}
	},
	"rules": {
		"entry": {
			"condition": "macd_crossover_bullish AND rsi < 70",
			"confidence": 0.75
		},
		"exit": {
			"condition": "macd_crossover_bearish OR rsi > 80",
			"confidence": 0.8
		}
	},
	"risk": {
		"maxPositionSize": 0.1,
		"stopLoss": 0.02,
		"takeProfit": 0.04
	}
}"""

LISTED_VERBATIM = """{
	"id": "enhanced_rsi_ema_strategy",
	"name": "Enhanced RSI + EMA Strategy",
	"description": "Advanced strategy combining RSI with EMA trend confirmation",

	"indicators": [
		{
			"RSI": {
				"description": "Relative Strength Index",
				"params": [
					{ "name": "period", "default": 14, "type": "number" },
					{ "name": "price", "default": "close", "type": "string" }
				]
			}
		},
		{
			"EMA": {
				"description": "Exponential Moving Average",
				"params": [{ "name": "period", "default": 20, "type": "number" }]
			}
		}
	],

	"signals": [
		{
			"id": "rsi_oversold_long",
			"name": "RSI Oversold Long Entry",
			"type": "entry",
			"side": "long",
			"confidence": 0.7,
			"logic": "AND",
			"conditions": [
				{
					"indicator": "rsi_14",
					"operator": "lt",
					"value": 30
				},
				{
					"indicator": "ema_20",
					"operator": "gt",
					"value": "ema_50"
				}
			]
		}
	]
}"""

MODELS = """{
	"models": [
		{
			"id": "lstm_price_predictor",
			"type": "ml",
			"subtype": "lstm",
			"framework": "tensorflow",
			"config": {
				"sequence_length": 60,
				"hidden_units": 128,
				"dropout": 0.2,
				"epochs": 100,
				"batch_size": 32
			},
			"inputs": ["close", "volume", "rsi_14", "macd_signal"],
			"outputs": ["price_prediction", "confidence"],
			"training": {
				"lookback_days": 365,
				"validation_split": 0.2,
				"retrain_frequency": "weekly"
			}
		},
		{
			"id": "arima_trend",
			"type": "traditional",
			"subtype": "arima",
			"config": {
				"order": [2, 1, 2],
				"seasonal_order": [1, 1, 1, 24]
			}
		}
	]
}"""

SIGNALS = """{
	"signals": [
		{
			"id": "ml_enhanced_entry",
			"type": "entry",
			"side": "long",
			"expression": "(lstm_price_predictor.confidence > 0.8) AND (macd_crossover_bullish) AND (rsi_14 < 70)",
			"confidence_weight": {
				"lstm_confidence": 0.6,
				"technical_confirmation": 0.4
			}
		}
	]
}"""

LISTED = """{
  "name": "RSI and EMA",
  "indicators": [
    {"RSI": {"description": "Relative strength", "params": [
      {"name": "period", "default": 14, "type": "number"},
      {"name": "price", "default": "close", "type": "string"}
    ]}},
    {"EMA": {"description": "Fast mean", "params": [{"name": "period", "default": 20, "type": "number"}]}}
  ],
  "signals": [
    {"type": "entry", "side": "long", "logic": "AND", "confidence": 0.6, "conditions": [
      {"indicator": "rsi_14", "operator": "lt", "value": 30},
      {"indicator": "ema_20", "operator": "gt", "value": "ema_50"}
    ]},
    {"type": "exit", "side": "long", "logic": "OR", "conditions": [
      {"indicator": "rsi_14", "operator": "gt", "value": 70},
      {"indicator": "ema_20", "operator": "crosses_below", "value": "ema_50"}
    ]}
  ]
}"""
"""LISTED_VERBATIM with exits: what was written down only enters."""


def advanced() -> dict[str, Any]:
    """The two parts of the advanced form, which was written down without the rest, as one strategy."""
    return {
        "meta": {"name": "ML enhanced", "tags": ["ml"], "kind": "hybrid"},
        "symbols": ["BTC/USDT"],
        "timeframes": ["1h"],
        "indicators": [
            {"name": "macd", "type": "macd"},
            {"name": "rsi_14", "type": "rsi", "parameters": {"period": 14}},
        ],
        **json.loads(MODELS),
        **json.loads(SIGNALS),
    }
