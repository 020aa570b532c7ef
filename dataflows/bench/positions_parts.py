"""What a bar of an open position is made of, each part timed by itself on desks of the same terms."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from statistics import median

from operators.events import Frames
from operators.performance.annual import bars_a_year
from operators.positions.exits import Held, protective_exits
from operators.positions.guard import Guard, advanced
from operators.strategy.compile import compile_strategy
from operators.trading.book import Book
from operators.trading.desk import Desk
from operators.trading.reader import Reader
from operators.trading.terms import terms_of
from operators.trading.told import Readings
from schemas.codec import Codec
from schemas.framing import SingleObject
from schemas.record import from_milliseconds
from schemas.strategy import StrategyConfig
from schemas.timeframe import timeframe_ms

REPEATS = 2_000


@dataclass(frozen=True)
class Parts:
    """Microseconds for one bar of one position, the median of rounds.

    Attributes:
        exits: stop, target and trailing stop looked at and moved on.
        mark: the account marked at the close.
        performance: equity, drawdown and returns, and what the limits of a day keep of it.
        records: the equity point made.
        encode: the equity point to bytes; the sink does that, so it is no part of the step.
    """

    exits: float
    mark: float
    performance: float
    records: float
    encode: float


def parts(config: StrategyConfig, series: Frames, warm: int, rounds: int) -> Parts:
    """Time the parts over the bars of a series after the first ``warm``, again and again."""
    terms = terms_of(compile_strategy(config))
    reader = Reader(series, terms.columns)
    bars = [reader.bar(row) for row in range(len(series.open_times))]
    desk = Desk(
        terms,
        bar_ms=timeframe_ms(series.timeframe),
        bars_a_year=bars_a_year(series.timeframe),
        opened_at=series.open_times[0],
    )
    readings = Readings()
    desk.enter("long", "in", "0" * 32, readings)
    for bar in bars[:warm]:
        desk.over(bar, readings)
        desk.close(bar.close_time)
    guard, account = _guard_of(desk), desk.account
    held = Held(abs(account.quantity), abs(account.quantity))
    book = Book(config.id, 1, series.symbol, series.timeframe, terms.name)
    bars = bars[warm:]
    plan, costs, codec = terms.plan, terms.costs, Codec(SingleObject())
    times = [from_milliseconds(bar.close_time) for bar in bars]  # one for all positions that read the same frames
    closes = iter(range(bars[-1].close_time, 2**62, timeframe_ms(series.timeframe)))

    def exits(number: int) -> None:
        bar = bars[number % len(bars)]
        protective_exits(plan, guard, held, bar, costs, nan, ())
        advanced(plan, guard, bar)

    def mark(number: int) -> None:
        bar = bars[number % len(bars)]
        account.close_bar(bar.high, bar.low, bar.close)

    def performance(_number: int) -> None:
        close_ms, equity = next(closes), account.equity
        desk.performance.bar(close_ms, equity, exposed=True, traded=0.0, fees=0.0)
        if desk.risk.needs_marks:
            desk.risk.marked(close_ms, equity)

    def records(number: int) -> None:
        book.equity(desk, times[number % len(times)])

    point = book.equity(desk, times[0])

    def encode(_number: int) -> None:
        codec.encode(point)

    return Parts(*(_timed(one, rounds) for one in (exits, mark, performance, records, encode)))


def _guard_of(desk: Desk) -> Guard:
    if desk.guard is None:
        raise AssertionError("an order that waited for an open was not filled")
    return desk.guard


def _timed(part: Callable[[int], None], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        started = time.thread_time()
        for number in range(REPEATS):
            part(number)
        taken.append((time.thread_time() - started) / REPEATS * 1e6)
    return median(taken)
