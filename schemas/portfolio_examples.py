"""Portfolio files that work: for editors and the tests."""

from typing import Any, Final

EXAMPLES: Final[tuple[dict[str, Any], ...]] = (
    {
        "id": "main",
        "strategies": ["trend", "dip"],
        "symbols": ["BTCUSDT", "ETHUSDT", "AAPL"],
        "groups": {"majors": ["BTC*", "ETH*"]},
        "limits": {"max_gross_exposure": 1.5, "max_group_exposure": {"majors": 0.8}, "max_heat": 0.06},
        "conflict": "priority",
        "priorities": ["trend", "dip"],
        "kill_switch": {"action": "flatten", "max_drawdown": 0.2},
    },
    {"id": "others", "symbols": ["SOLUSDT"], "kill_switch": {"max_daily_loss": 0.1}},
)
