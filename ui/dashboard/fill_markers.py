"""What the chart draws of a position: its fills as dots, and where it would be left as lines."""

from typing import Any, Final

from operators.positions import causes
from schemas.position import Fill, PositionChange
from schemas.record import to_milliseconds
from schemas.signal import Signal
from schemas.signal_config import FORCED
from ui.dashboard.digits import price_text

_UNASKED: Final = {
    causes.STOP_LOSS,
    causes.TRAILING_STOP,
    causes.BREAK_EVEN,
    causes.LIQUIDATION,
    causes.TAKE_PROFIT,
    causes.SCALE_OUT,
    causes.TIME_STOP,
    causes.UNPROTECTED,
}


def fill_markers(change: PositionChange) -> list[dict[str, Any]]:
    """A marker for each fill of a change, on the candle of its bar."""
    return [
        {
            "id": f"{change.id}.{number}",
            "time": to_milliseconds(change.open_time) // 1_000,
            "type": "fill",
            "side": "long" if fill.side == "buy" else "short",
            "price": fill.price,
            "label": fill_label(fill),
            "detail": fill_detail(change, fill),
        }
        for number, fill in enumerate(change.fills)
    ]


def levels(holding: PositionChange | None) -> list[dict[str, Any]]:
    """The lines of an open position, as they stood after its last change: entry, stop, target, liquidation."""
    if holding is None:
        return []
    prices = {
        "entry": holding.average_price,
        "stop": holding.stop_price,
        "target": holding.target_price,
        "liquidation": holding.liquidation_price,
    }
    return [{"kind": kind, "price": price} for kind, price in prices.items() if price is not None]


def words(reason: str) -> str:
    """What caused a fill, to be read: ``stop_loss`` is ``stop loss``."""
    return reason.replace("_", " ")


def fill_label(fill: Fill) -> str:
    """What stands at a fill: why, where no rule asked for it; else the signal before it says so already."""
    return words(fill.reason) if fill.reason in _UNASKED else ""


def fill_detail(change: PositionChange, fill: Fill) -> str:
    """A fill in a line: what, at which price, why and what it cost."""
    came_to = "closed" if change.change == "closed" else f"{change.change} {change.position}"
    filled = f"filled: {fill.side} {fill.quantity:.6g} at {price_text(fill.price)}"
    return f"{filled}   {words(fill.reason)}   fee {fill.fee:,.2f}   {came_to}"


def is_told_by_its_fill(signal: Signal) -> bool:
    """An exit that no rule asked for has a fill at its price that says why; an order that was refused has none."""
    return signal.rule.startswith(FORCED) and signal.rule != f"{FORCED}refused"
