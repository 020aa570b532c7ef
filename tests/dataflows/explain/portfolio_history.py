"""A portfolio's history around a noon, as it tells of it: it trips, is reset, and is removed."""

from datetime import UTC, datetime, timedelta

from schemas.metrics import EquityPoint
from schemas.portfolio_event import PortfolioEvent, portfolio_event_id
from schemas.position import Fill, LimitReached
from schemas.record import Record, to_milliseconds

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
FALL = LimitReached("max_drawdown", allowed=0.2, actual=0.25, lifted_by="a reset")


def event(hours: int, kind: str, number: int = 0, **more: object) -> PortfolioEvent:
    time = NOON + timedelta(hours=hours)
    given: dict[str, object] = {"reason": "so it is", "equity": 1_000.0, **more}
    if kind in {"followed", "refused", "leaving"}:
        given |= {"strategy": "dip", "symbol": "BTC", "timeframe": "1h"}
    if kind == "followed":
        given["fills"] = (Fill(to_milliseconds(time), "buy", 1.0, 100.0, 0.0, "entry"),)
    return PortfolioEvent.model_validate(
        {
            "id": portfolio_event_id("main", time, number),
            "portfolio": "main",
            "close_time": time,
            "number": number,
            "event": kind,
            **given,
        }
    )


def point(hours: int, equity: float) -> EquityPoint:
    return EquityPoint(
        close_time=NOON + timedelta(hours=hours), portfolio="main", equity=equity, cash=equity, drawdown=0.0
    )


HISTORY: list[Record] = [
    event(-5, "configured", command="first"),
    event(-2, "followed"),
    event(0, "tripped", limit=FALL),
    event(0, "leaving", 1, limit=FALL),
    event(0, "followed", 2),
    event(2, "refused", limit=FALL),
    event(3, "refused", limit=FALL),
    event(5, "reset", command="second"),
    event(6, "removed", command="third"),
    *(point(hours, 1_000.0 + hours) for hours in (-2, 0, 4)),
]
