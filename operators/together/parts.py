"""Items for a series cut into what closes at one time each, so that those of several series can be put in one order."""

import json
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final, NamedTuple, TypeAlias

from operators.correlation import rolls
from operators.events import Frames, Item, Lost, PortfolioRoll, Roll, Rolled, Transition
from operators.finer import Finer
from operators.indicators.history import BASE_COLUMNS
from operators.market.portfolio_rolls import read, written
from schemas.lifecycle import DesiredState, StrategyVersion

_PARTIAL: Final = frozenset([0])

Primitives: TypeAlias = list[Any]


class Part(NamedTuple):
    """What closes of an item at one time: one bar, or a command.

    Attributes:
        close_ms: event time, milliseconds.
        event: as the strategy step takes it. A bar is frames of one row; in rolls it bears those of its item.
        is_last: whether the item ends with it.
    """

    close_ms: int
    event: Item
    is_last: bool


def unrolled(item: Item) -> Frames | Transition:
    """An item without its rolls."""
    return item.event if isinstance(item, Rolled) else item


def parts_of(item: Item, columns: Collection[str]) -> Iterator[Part]:
    """The parts of an item in order. Bars keep their prices and ``columns``, of those that there are.

    >>> values = {"open": [0.0, 1.0, 2.0], "close": [0.0, 1.5, 2.5], "rsi": [0.0, 30.0, 40.0], "macd": [0.0, 0.1, 0.2]}
    >>> first, second = parts_of(Frames("BTC", "1m", [0, 60_000], values), ["rsi"])
    >>> first.close_ms, second.close_ms, first.is_last, second.is_last
    (60000, 120000, False, True)
    >>> second.event.columns
    {'open': [1.0, 2.0], 'close': [1.5, 2.5], 'rsi': [30.0, 40.0]}
    """
    rolled = item if isinstance(item, Rolled) else None
    event = unrolled(item)
    if isinstance(event, Transition):
        yield Part(event.close_time, item, is_last=True)
        return
    count = len(event.open_times)
    names = [name for name in (*BASE_COLUMNS, *sorted(columns)) if name in event.columns]
    before: int | None = None
    for row in range(count):
        close_ms = event.close_ms(row)
        bar, is_last = _bar(event, row, names), row == count - 1
        if rolled is None:
            yield Part(close_ms, bar, is_last)
        else:
            asked = tuple(since for since in rolled.stands_after if _is_first_after(since, before, close_ms))
            yield Part(close_ms, Rolled(bar, rolled.roll, rolled.symbol_roll, rolled.portfolio_roll, asked), is_last)
        before = close_ms


def _is_first_after(since: int | None, before: int | None, close_ms: int) -> bool:
    """Whether a close is the first after an instant, of an item whose close before it is given, None for its first."""
    if since is None:
        return before is None
    return close_ms > since and (before is None or before <= since)


def _bar(frames: Frames, row: int, names: Collection[str]) -> Frames:
    failed = frames.failed
    if failed is not None:
        failed = {column: Lost(0, lost.reason) for column, lost in failed.items() if lost.row <= row} or None
    return Frames(
        frames.symbol,
        frames.timeframe,
        [frames.open_times[row]],
        {name: frames.columns[name][row : row + 2] for name in names},
        None if frames.close_times is None else [frames.close_times[row]],
        _PARTIAL if row in frames.partial else frozenset(),
        failed,
        frames.finer,
    )


def written_part(part: Part) -> Primitives:
    """A part as primitives; versions by number, for they are immutable and looked up again."""
    event, rolled = part.event, None
    if isinstance(event, Rolled):
        told = event.portfolio_roll
        rolled = [
            None if event.roll is None else rolls.primitives(event.roll),
            None if event.symbol_roll is None else rolls.primitives(event.symbol_roll),
            None if told is None else [told.number, told.until, told.items, [written(one) for one in told.heard]],
            list(event.stands_after),
        ]
        event = event.event
    own = _written_command(event) if isinstance(event, Transition) else _written_bar(event)
    return [part.close_ms, part.is_last, rolled, type(event).__name__, own]


def wanted_state(kept: Primitives) -> str | None:
    """The state that the command of a part as ``written_part`` wrote it asks for; None where it is a bar."""
    _, _, _, name, own = kept
    return str(json.loads(own[5])["state"]) if name == Transition.__name__ else None


def read_part(kept: Primitives, version: Callable[[int], StrategyVersion]) -> Part:
    """What ``written_part`` wrote; ``version`` looks up the strategy's versions by number."""
    close_ms, is_last, rolled, name, own = kept
    event = _read_command(own, version) if name == Transition.__name__ else _read_bar(own)
    if rolled is None:
        return Part(close_ms, event, is_last)
    roll, symbol_roll, told, stands_after = rolled
    own_rolls: list[Roll | None] = [None if one is None else rolls.restored(one) for one in (roll, symbol_roll)]
    if told is not None:
        number, until, items, heard = told
        told = PortfolioRoll(number, until, items, tuple(read(one) for one in heard))
    return Part(close_ms, Rolled(event, own_rolls[0], own_rolls[1], told, tuple(stands_after)), is_last)


def _written_command(event: Transition) -> Primitives:
    where = event.symbol, event.timeframe, event.open_time, event.close_time, event.price
    told = event.warm_up, event.unable, event.young, event.bars_a_year
    return [*where, event.desired.model_dump_json(), event.version.version, *told]


def _read_command(own: Primitives, version: Callable[[int], StrategyVersion]) -> Transition:
    symbol, timeframe, open_time, close_time, price, desired, number, *told = own
    state = DesiredState.model_validate_json(desired)
    return Transition(symbol, timeframe, open_time, close_time, price, state, version(number), *told)


def _written_bar(bar: Frames) -> Primitives:
    opened, closed = bar.open_times[0], bar.close_ms(0)
    finer = None if bar.finer is None else bar.finer.within(opened, closed).primitives()
    failed = None if bar.failed is None else {column: lost.reason for column, lost in sorted(bar.failed.items())}
    columns = {name: list(values) for name, values in bar.columns.items()}
    given = None if bar.close_times is None else closed
    return [bar.symbol, bar.timeframe, opened, columns, given, bool(bar.partial), failed, finer]


def _read_bar(own: Primitives) -> Frames:
    symbol, timeframe, opened, columns, given, partial, failed, finer = own
    return Frames(
        symbol,
        timeframe,
        [opened],
        columns,
        None if given is None else [given],
        _PARTIAL if partial else frozenset(),
        None if failed is None else {column: Lost(0, reason) for column, reason in failed.items()},
        None if finer is None else Finer.restored(finer),
    )
