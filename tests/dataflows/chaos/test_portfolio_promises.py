"""What a portfolio tells against the commands, or against itself, is found, and nothing else is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from dataflows.chaos.portfolio_promises import PortfolioRecords, broken_by, portfolios
from operators.control.portfolios import Wanted
from operators.performance.trades import Trades
from schemas.codec import Codec
from schemas.framing import SingleObject
from schemas.metrics import EquityPoint
from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset
from schemas.portfolio_event import PortfolioEvent, portfolio_event_id
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.record import from_milliseconds

MINUTE = 60_000
START = 1_735_689_600_000  # 2025-01-01T00:00:00Z
KEY = "portfolio:main"
CODEC = Codec(SingleObject())


def at(minute: float) -> datetime:
    return from_milliseconds(START + round(minute * MINUTE))


def applied(command: str, since: float | None = None, *, removed: bool = False) -> PortfolioEntry:
    config = None if removed else PortfolioConfig(id="main", symbols=("AAA",))
    effective = None if since is None else at(since)
    return PortfolioEntry(portfolio="main", config=config, effective_from=effective, command=command)


def lifted(command: str, since: float | None = None) -> PortfolioReset:
    return PortfolioReset(portfolio="main", effective_from=None if since is None else at(since), command=command)


def event(minute: int, what: Any, command: str | None = None) -> PortfolioEvent:  # noqa: ANN401  # one of its words
    return PortfolioEvent(
        id=portfolio_event_id("main", at(minute), 0),
        portfolio="main",
        close_time=at(minute),
        number=0,
        event=what,
        command=command,
        equity=1_000.0,
        reason="as it happens",
    )


def figures(minute: int, command: str, *, tripped: bool = False, followed: int = 0) -> PortfolioMetrics:
    return PortfolioMetrics(
        portfolio="main",
        command=command,
        close_time=at(minute),
        equity=1_000.0,
        cash=1_000.0,
        heat=0.0,
        daily_loss=0.0,
        drawdown=0.0,
        kill_switch="tripped" if tripped else "armed",
        positions=0,
        members=1,
        followed=followed,
        refused=0,
        trades=Trades().figures(),
    )


def point(minute: int) -> EquityPoint:
    return EquityPoint(close_time=at(minute), portfolio="main", equity=1_000.0, cash=1_000.0, drawdown=0.0)


GOOD = PortfolioRecords(
    [applied("one"), lifted("two", 12.5), applied("three", 20), applied("gone", removed=True), applied("four", 40)],
    [
        event(1, "configured", "one"),
        event(5, "tripped"),
        event(13, "reset", "two"),
        event(15, "tripped"),
        event(21, "configured", "three"),
        event(30, "removed", "gone"),
        event(41, "configured", "four"),
        event(42, "tripped"),
    ],
    [
        figures(1, "one", followed=1),
        figures(5, "one", tripped=True, followed=2),
        figures(10, "one", tripped=True, followed=2),
        figures(13, "one", followed=4),
        figures(15, "one", tripped=True, followed=5),
        figures(30, "three", tripped=True, followed=5),
        figures(42, "four", tripped=True, followed=7),
    ],
    [point(minute) for minute in range(1, 30)],
)


def of(wanted: Sequence[Wanted], *events: PortfolioEvent, metrics: Sequence[PortfolioMetrics] = ()) -> PortfolioRecords:
    return PortfolioRecords(wanted, events, metrics, [point(11)])


def test_what_was_kept_is_not_complained_of() -> None:
    assert broken_by({KEY: GOOD}) == []


def test_what_may_rightly_never_take_effect_is_not_complained_of() -> None:
    """An entry gives way to what comes after it, a reset lifts nothing, a time lies beyond all candles."""
    superseded = of([applied("one", 15), applied("two", 10)], event(11, "configured", "two"))
    assert broken_by({KEY: superseded}) == []
    assert broken_by({KEY: of([applied("one"), lifted("two", 5)], event(1, "configured", "one"))}) == []
    assert broken_by({KEY: of([applied("one"), applied("two", 11)], event(1, "configured", "one"))}) == []


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            of([applied("one")], event(1, "configured", "one"), event(5, "configured", "one")),
            "portfolio:main: one is told 2 times as configured",
        ),
        (
            of([applied("one"), applied("two")], event(1, "configured", "two"), event(2, "configured", "one")),
            "portfolio:main: one takes effect after two, and was sent before it",
        ),
        (
            of([applied("one")], event(1, "configured", "two")),
            "portfolio:main: two is told as configured at 2025-01-01 00:01:00+00:00, and nobody sent it",
        ),
        (
            of([applied("one", 8)], event(12, "configured", "one")),
            "portfolio:main: one was to hold from 2025-01-01 00:08:00+00:00, and is told of at 2025-01-01 00:12:00",
        ),
        (
            of([applied("one", 11)], event(11, "configured", "one")),
            "portfolio:main: one was to hold from 2025-01-01 00:11:00+00:00, and is told of at 2025-01-01 00:11:00",
        ),
        (
            of([lifted("one", 8)], event(7, "tripped"), event(12, "reset", "one")),
            "portfolio:main: one was to hold from 2025-01-01 00:08:00+00:00, and is told of at 2025-01-01 00:12:00",
        ),
        (
            of([applied("one"), applied("two", 8)], event(1, "configured", "one")),
            "portfolio:main: two was to hold from 2025-01-01 00:08:00+00:00, and is not told of, though something is",
        ),
        (of([], event(1, "tripped"), event(2, "tripped")), "tripped at 2025-01-01 00:02:00+00:00, though it had tri"),
        (of([lifted("one")], event(2, "reset", "one")), "reset at 2025-01-01 00:02:00+00:00, though it had not trip"),
        (
            of(
                [applied("one")],
                event(1, "configured", "one"),
                metrics=[figures(2, "one", tripped=True), figures(4, "one", tripped=True, followed=1)],
            ),
            "an entry is followed after 2025-01-01 00:02:00+00:00, up to 2025-01-01 00:04:00+00:00, though it has trip",
        ),
        (
            of([applied("one")], event(2, "configured", "one"), metrics=[figures(1, "one")]),
            "figures of 2025-01-01 00:01:00+00:00 are under one, though nothing was told of",
        ),
        (
            of(
                [applied("one"), applied("two", removed=True)],
                event(1, "configured", "one"),
                event(2, "removed", "two"),
                metrics=[figures(3, "one")],
            ),
            "figures of 2025-01-01 00:03:00+00:00 are under one, though two was removed",
        ),
        (
            of(
                [applied("one"), applied("two")],
                event(1, "configured", "one"),
                event(2, "configured", "two"),
                metrics=[figures(2, "one")],
            ),
            "figures of 2025-01-01 00:02:00+00:00 are under one, though two was configured",
        ),
    ],
)
def test_what_was_not_kept_is_said(wrong: PortfolioRecords, text: str) -> None:
    (said,) = broken_by({KEY: wrong})
    assert text in said


def test_portfolios_are_found_among_what_strategies_tell() -> None:
    found = {
        "executions": {KEY: [CODEC.encode(one) for one in GOOD.events], "swing|AAA|5m": [b"not looked at"]},
        "metrics": {KEY: [CODEC.encode(one) for one in GOOD.metrics]},
        "equity": {KEY: [CODEC.encode(one) for one in GOOD.equity]},
    }
    assert portfolios(found, GOOD.wanted) == {KEY: GOOD}
    silent = portfolios({topic: {} for topic in found}, GOOD.wanted)
    assert silent == {KEY: replace(GOOD, events=[], metrics=[], equity=[])}
