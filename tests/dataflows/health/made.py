"""Records made by hand."""

from datetime import datetime

from schemas.signal import Signal, signal_id


def signal(symbol: str, timeframe: str, open_time: datetime, close_time: datetime) -> Signal:
    """An entry of a strategy by the name of swing."""
    return Signal(
        id=signal_id("swing", 1, symbol, timeframe, close_time, "entry"),
        strategy="swing",
        version=1,
        symbol=symbol,
        timeframe=timeframe,
        open_time=open_time,
        close_time=close_time,
        rule="entry",
        type="entry",
        side="long",
        confidence=0.7,
        price=100.0,
        position_before="flat",
        position_after="long",
        condition="rsi < 45",
        values={"rsi": 40.0},
    )
