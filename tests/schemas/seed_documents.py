"""The two shapes in which strategies were first written down, whole."""

FLAT = """{
  "id": "macd_btc_15m",
  "name": "MACD BTC 15m",
  "symbol": "BTC/USDT",
  "timeframe": "15m",
  "indicators": {
    "macd": {"fastPeriod": 12, "slowPeriod": 26, "signalPeriod": 9},
    "rsi": {"period": 14, "overbought": 70, "oversold": 30}
  },
  "rules": {
    "entry": {"condition": "macd_crossover_bullish AND rsi < 70", "confidence": 0.75},
    "exit": {"condition": "macd_crossover_bearish OR rsi > 80", "confidence": 0.8}
  },
  "risk": {"maxPositionSize": 0.1, "stopLoss": 0.02, "takeProfit": 0.04}
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
