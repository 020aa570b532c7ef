"""Equity above, drawdown below, as an ECharts chart."""

from typing import Any, Final

from ui.dashboard.curve import Curve

_MUTED: Final = "#8b93a7"
_FAINT: Final = "rgba(139, 147, 167, 0.10)"


def equity_spec(curve: Curve, capital: float | None) -> dict[str, Any]:
    """The option object of the chart: equity in quote currency beside the capital, drawdown in percent of the peak.

    Without a ``capital`` there is no line for it: a portfolio's comes and goes with its members.

    Points are told at closes with a position only: until the next one the last holds, so lines are steps.
    """
    equity = [[time, round(value, 2)] for time, value in zip(curve.times_ms, curve.equity, strict=True)]
    below = [[time, round(-100 * value, 3)] for time, value in zip(curve.times_ms, curve.drawdown, strict=True)]
    line = {"type": "line", "step": "end", "showSymbol": False}
    return {
        "animation": False,
        "tooltip": {"trigger": "axis"},
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "grid": [
            {"left": 76, "right": 20, "top": 34, "height": "46%"},
            {"left": 76, "right": 20, "bottom": 30, "height": "22%"},
        ],
        "xAxis": [
            {"type": "time", "gridIndex": 0, "axisLabel": {"show": False}, "splitLine": {"show": False}},
            {"type": "time", "gridIndex": 1, "axisLabel": {"color": _MUTED}, "splitLine": {"show": False}},
        ],
        "yAxis": [_values("Equity", 0, "{value}"), _values("Drawdown", 1, "{value} %")],
        "series": [
            {
                **line,
                "name": "Equity",
                "data": equity,
                "lineStyle": {"color": "#f5a524", "width": 1.6},
                "itemStyle": {"color": "#f5a524"},
                **({} if capital is None else {"markLine": _level("capital", capital)}),
            },
            {
                **line,
                "name": "Drawdown %",
                "data": below,
                "xAxisIndex": 1,
                "yAxisIndex": 1,
                "lineStyle": {"color": "#ef5350", "width": 1},
                "itemStyle": {"color": "#ef5350"},
                "areaStyle": {"color": "rgba(239, 83, 80, 0.30)"},
            },
        ],
    }


def _level(name: str, value: float) -> dict[str, Any]:
    return {
        "silent": True,
        "symbol": "none",
        "label": {"formatter": name, "position": "insideStartTop", "color": _MUTED},
        "lineStyle": {"color": _MUTED, "type": "dashed"},
        "data": [{"yAxis": value}],
    }


def _values(name: str, grid: int, text: str) -> dict[str, Any]:
    return {
        "type": "value",
        "name": name,
        "nameTextStyle": {"color": _MUTED, "align": "right"},
        "gridIndex": grid,
        "scale": grid == 0,
        "splitNumber": 4 if grid == 0 else 2,
        "axisLabel": {"color": _MUTED, "formatter": text},
        "splitLine": {"lineStyle": {"color": _FAINT}},
    }
