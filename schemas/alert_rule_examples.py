"""Files of alert rules that work: for editors, the guide and the tests."""

from typing import Any, Final

EXAMPLES: Final[tuple[dict[str, Any], ...]] = (
    {
        "rules": [
            {
                "id": "deep_drawdown",
                "type": "metric",
                "figure": "performance.drawdown",
                "above": 0.1,
                "resolve_below": 0.08,
                "severity": "error",
                "strategies": ["macd*"],
                "message": "Pause it and look at the last trades.",
            },
            {"id": "workers", "type": "health", "figure": "up", "below": 1, "for": "30s", "severity": "error"},
            {"id": "feed", "type": "stale_feed", "bars": 5, "clock": "wall"},
        ],
        "send": "warning",
    },
    {
        "rules": [
            {"id": "silent", "type": "silent_strategy", "after": "7d", "severity": "info"},
            {"id": "portfolio", "type": "equity", "figure": "drawdown", "above": 0.2, "portfolios": ["*"]},
            {"id": "worse", "type": "degradation", "reference": {"file": "backtest.json"}, "window": 200},
            {
                "id": "outside",
                "type": "band",
                "reference": {"sample": {"mean": 0.0001, "variance": 0.0004, "number": 5000}},
                "z": 3,
            },
        ]
    },
)
