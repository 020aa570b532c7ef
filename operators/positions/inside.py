"""Whether finer bars tell what happened inside a longer one."""

from collections.abc import Sequence
from itertools import pairwise

from operators.positions.bar import Bar


def accounts_for(finer: Sequence[Bar], bar: Bar) -> bool:
    """Whether these bars, in the order of time, are the whole of that one.

    They lie within it, none overlaps the next, and together they open at its open and have its high and its low. Where
    a candle is missing that reached one of these, they do not, and the longer bar alone counts. A close may differ:
    there are bars whose close is a mean.

    >>> whole = Bar(open=1.0, high=4.0, low=1.0, close=3.0, volume=2.0, open_time=0, close_time=120)
    >>> first = Bar(open=1.0, high=2.0, low=1.0, close=2.0, volume=1.0, open_time=0, close_time=60)
    >>> second = Bar(open=2.0, high=4.0, low=2.0, close=3.0, volume=1.0, open_time=60, close_time=120)
    >>> accounts_for([first, second], whole), accounts_for([first], whole)
    (True, False)
    """
    return (
        bool(finer)
        and bar.open_time <= finer[0].open_time
        and finer[-1].close_time <= bar.close_time
        and all(one.close_time <= after.open_time for one, after in pairwise(finer))
        and finer[0].open == bar.open
        and max(one.high for one in finer) == bar.high
        and min(one.low for one in finer) == bar.low
    )
