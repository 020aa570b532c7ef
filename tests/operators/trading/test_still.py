"""A bar over which nothing happens to a position comes to the same by the short way as by the whole one."""

import json
from math import nan

from hypothesis import event, given, settings
from hypothesis import strategies as st

from operators.events import Frames
from operators.positions.bar import Bar
from operators.positions.causes import TIME_STOP
from operators.strategy.at_bar import only
from operators.strategy.trading_columns import TradingColumns
from operators.trading.desk import Desk
from operators.trading.reader import Reader
from operators.trading.still import begins_still, hold_over, still_rows
from operators.trading.told import Readings
from operators.trading.waiting import NOTHING
from schemas.execution import ExecutionConfig
from schemas.risk import FractionDistance, RiskConfig, RiskLimits
from tests.operators.trading.floor import MINUTE_MS, Floor

Move = tuple[int, int, int, int]
"""Thousandths: body, shadow above, shadow below; volume."""

moves: st.SearchStrategy[Move] = st.tuples(
    st.integers(-6, 6), st.integers(0, 4), st.integers(0, 4), st.sampled_from([5, 5, 0])
)
reaches = st.builds(FractionDistance, fraction=st.sampled_from([0.005, 0.02, 0.3]))
risks = st.builds(
    RiskConfig,
    stop_loss=st.none() | reaches,
    take_profit=st.none() | reaches,
    trailing_stop=st.none() | reaches,
    break_even=st.none() | reaches,
    max_bars_held=st.none() | st.integers(1, 12),
    limits=st.builds(RiskLimits, max_daily_loss=st.none() | st.just(0.01), max_drawdown=st.none() | st.just(0.02)),
)


def frames_of(drawn: list[Move]) -> Frames:
    bars: list[Bar] = []
    price = 100.0
    for number, (body, above, below, volume) in enumerate(drawn):
        close = price * (1 + body / 1_000)
        high, low = max(price, close) * (1 + above / 1_000), min(price, close) * (1 - below / 1_000)
        times = (number + 1) * MINUTE_MS, (number + 2) * MINUTE_MS
        bars.append(Bar(price, high, low, close, float(volume), *times))
        price = close
    columns = {
        name: [nan, *(getattr(bar, name) for bar in bars)] for name in ("open", "high", "low", "close", "volume")
    }
    return Frames("BTCUSDT", "1m", [bar.open_time for bar in bars], columns)


def as_kept(desk: Desk) -> str:
    return json.dumps(desk.snapshot())


@settings(max_examples=200)
@given(risk=risks, side=st.sampled_from(["long", "short"]), drawn=st.lists(moves, min_size=3, max_size=40))
def test_the_short_way_is_the_whole_one(risk: RiskConfig, side: str, drawn: list[Move]) -> None:
    floor, whole = (Floor(ExecutionConfig(), risk) for _ in range(2))
    frames = frames_of(drawn)
    reader, nothing = Reader(frames, TradingColumns()), Readings()
    for one in (floor, whole):
        one.over(reader.bar(0)._replace(open_time=0, close_time=MINUTE_MS), "buy" if side == "long" else "sell")
    for row in range(len(drawn)):
        still = next(still_rows(floor.desk, reader, row, row + 1), None) == row
        assert begins_still(floor.desk, only(frames, row)) == still
        event(f"still: {still}")
        for desk in (floor.desk, whole.desk):
            if still and desk is floor.desk:
                hold_over(desk, reader, row)
                continue
            ended = desk.over(reader.bar(row), nothing)
            if desk.time_is_up:
                desk.leave(TIME_STOP, None)
            happened = ended is not None or bool(desk.changes) or desk.waiting != NOTHING
            assert not (still and happened)
            desk.close(reader.close_ms(row))
        assert as_kept(floor.desk) == as_kept(whole.desk)
