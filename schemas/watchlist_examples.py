"""An example of a watchlist in each accepted shape, for its JSON Schema and for whoever reads it."""

from typing import Any, Final

PROVIDERS: Final[dict[str, Any]] = {
    "binance": {"base_timeframe": "1m"},
    "nasdaq": {
        "base_timeframe": "1m",
        "quiet_market": True,
        "session": {"zone": "America/New_York", "opens": "09:30", "closes": "16:00", "days": "mon-fri"},
    },
}
WATCHLIST: Final[dict[str, Any]] = {
    "providers": PROVIDERS,
    "data_provider": "binance",
    "timeframes": ["5m", "15m", "1h", "4h", "1d"],
    "consensus": True,
    "assets": [
        "BTCUSDT",
        {"symbol": "ETHUSDT", "priority": 2, "consensus": {"minimum_strategies": 3, "cool_down": "1h"}},
        {
            "symbol": "AAPL",
            "data_provider": "nasdaq",
            "timeframes": [
                {"name": "5m", "aggregation_method": "vwap"},
                {"name": "1h", "trading_style": "day", "buffer_size": 500},
                "1d",
            ],
        },
    ],
}
ASSET: Final[dict[str, Any]] = {
    "symbol": "AAPL",
    "enabled": True,
    "data_provider": "alpaca",
    "timeframes": {
        "1m": {
            "name": "1m",
            "trading_style": "day",
            "update_frequency_seconds": 1,
            "enabled": True,
            "buffer_size": 1000,
        },
        "1h": {"name": "1h", "trading_style": "swing", "update_frequency_seconds": 60},
        "1d": {"name": "1d", "trading_style": "position", "update_frequency_seconds": 300},
    },
    "priority": 1,
    "asset_type": "stock",
    "last_updated": None,
}
BY_SYMBOL: Final[dict[str, Any]] = {
    "timeframes": {"5m": {"trading_style": "day"}, "1h": {}},
    "assets": {"BTCUSDT": {}, "ETHUSDT": {"enabled": False}},
}

EXAMPLES: Final[list[Any]] = [WATCHLIST, BY_SYMBOL, ASSET, ["BTCUSDT", "ETHUSDT"]]
"""A whole watchlist, one by symbol and timeframe, one asset, and bare symbols."""
