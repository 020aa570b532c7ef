"""Bars for the tests of fills: built by hand, and drawn at random on a grid of eighths, where sums are exact."""

from collections.abc import Sequence

from hypothesis import strategies as st

from operators.positions.bar import Bar

MINUTE = 60_000


def bar(open_: float, high: float, low: float, close: float, *, volume: float = 5.0, minute: int = 0) -> Bar:  # noqa: PLR0913  # what a bar is
    return Bar(open_, high, low, close, volume, minute * MINUTE, (minute + 1) * MINUTE)


def ticks(prices: Sequence[float], *, of: Bar) -> list[Bar]:
    """One bar of one price after the other, which together take the time of a longer one."""
    length = (of.close_time - of.open_time) / len(prices)
    ends = [of.open_time + round(place * length) for place in range(len(prices) + 1)]
    return [
        Bar(price, price, price, price, 1.0, begin, end)
        for price, begin, end in zip(prices, ends, ends[1:], strict=False)
    ]


def prices() -> st.SearchStrategy[float]:
    """From 80 to 120, in eighths."""
    return st.integers(640, 960).map(lambda eighths: eighths / 8)


@st.composite
def paths(draw: st.DrawFn) -> tuple[Bar, list[float]]:
    """A bar, and the prices within it of which it is made."""
    path = draw(st.lists(prices(), min_size=1, max_size=12))
    return bar(path[0], max(path), min(path), path[-1]), path


@st.composite
def bars(draw: st.DrawFn) -> Bar:
    return draw(paths())[0]
