"""The picture "a position, from its signal to its trailing stop": prices above, equity below."""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

from operators.positions.bar import Bar
from schemas.record import to_milliseconds
from ui.pictures.svg import Drawing
from ui.pictures.trade import Story

WIDTH: Final = 1000
HEIGHT: Final = 624
LEFT: Final = 28
RIGHT: Final = 900
PRICES: Final = (112.0, 430.0)
EQUITY: Final = (500.0, 600.0)
"""Where each lane begins and ends, in pixels from the top."""

_ROOM: Final = 26  # above the highest and below the lowest of a lane: words stand there
_TITLE: Final = "A position, from its signal to its trailing stop"
_DESCRIPTION: Final = (
    "Candles of a minute. A signal at a close is filled at the next open. A stop follows the highest price at a fixed "
    "distance, always one bar behind, until a low comes to it. Below, the equity at each close."
)
_BELOW: Final = (
    "What a bar reaches moves the stop for the next one. No rule sold: the signal is position.trailing_stop."
)

Scale = Callable[[float], float]


def draw(story: Story) -> str:
    """The SVG, with the figures that the engine gave."""
    drawing = Drawing(WIDTH, HEIGHT, title=_TITLE, description=_DESCRIPTION)
    drawing.write(LEFT, 40, _TITLE, "ink bold", size=21)
    drawing.write(LEFT, 63, _BELOW, "quiet", size=14)
    first, last = story.bars[0].open_time, story.bars[-1].close_time

    def x(time_ms: float) -> float:
        return LEFT + (time_ms - first) * (RIGHT - LEFT) / (last - first)

    _prices(drawing, story, x)
    _equity(drawing, story, x)
    return drawing.text()


def _prices(drawing: Drawing, story: Story, x: Scale) -> None:
    top, bottom = PRICES
    drawing.rect(LEFT, top, RIGHT - LEFT, bottom - top, "lane")
    prices = [price for bar in story.bars for price in (bar.high, bar.low)]
    y = _scale([*prices, *story.stops], top, bottom)
    entered, left = story.opened.fills[0], story.closed.fills[0]
    opened, closed = x(entered.time_ms), x(to_milliseconds(story.closed.close_time))
    drawing.rect(opened, top, closed - opened, bottom - top, "zebra")
    for bar in story.bars:
        _candle(drawing, bar, x, y)
    _stops(drawing, story, x, y)
    decided = x(to_milliseconds(story.signal.close_time))
    drawing.line(decided, top, decided, bottom, "accent thin dashed")
    drawing.write(decided - 8, top - 10, f"signal at the close, {story.signal.price:.2f}", "accent", anchor="end")
    drawing.write(decided + 8, top - 10, f"bought at the next open, {entered.price:.2f}", "ink bold")
    drawing.dot(opened, y(entered.price), 5, "accent")
    drawing.dot(closed, y(left.price), 5, "accent")
    drawing.write(closed, top - 10, f"sold at the stop, {left.price:.2f}", "ink bold", anchor="middle")
    drawing.line(closed, top, closed, bottom, "accent thin dashed")
    drawing.write(
        x(story.bars[len(story.bars) // 2].open_time), bottom - 9, "the stop, as it stands within each bar", "accent"
    )


def _stops(drawing: Drawing, story: Story, x: Scale, y: Scale) -> None:
    """A step for each bar."""
    start = story.opened.fills[0].time_ms
    held = [bar for bar in story.bars if bar.open_time >= start][: len(story.stops)]
    for bar, stop in zip(held, story.stops, strict=True):
        drawing.line(x(bar.open_time), y(stop), x(bar.close_time), y(stop), "accent")
    for bar, (before, after) in zip(held, pairwise(story.stops), strict=False):
        drawing.line(x(bar.close_time), y(before), x(bar.close_time), y(after), "accent")


def _candle(drawing: Drawing, bar: Bar, x: Scale, y: Scale) -> None:
    left, right = x(bar.open_time), x(bar.close_time)
    style = "up" if bar.close >= bar.open else "down"
    middle, inset = (left + right) / 2, 3.0
    drawing.line(middle, y(bar.high), middle, y(bar.low), style)
    tall = max(abs(y(bar.open) - y(bar.close)), 1.4)
    drawing.rect(left + inset, min(y(bar.open), y(bar.close)), right - left - 2 * inset, tall, style, radius=0.8)


def _equity(drawing: Drawing, story: Story, x: Scale) -> None:
    """Flat up to the entry and from the exit on, a point at each close between."""
    top, bottom = EQUITY
    drawing.rect(LEFT, top, RIGHT - LEFT, bottom - top, "lane")
    before, after = story.opened.equity + story.opened.fees, story.closed.equity
    start = story.opened.fills[0].time_ms
    curve = [(story.bars[0].open_time, before), (start, before)]
    curve += [(to_milliseconds(point.close_time), point.equity) for point in story.points]
    curve.append((story.bars[-1].close_time, after))
    y = _scale([equity for _, equity in curve], top, bottom)
    drawing.line(LEFT, y(before), RIGHT, y(before), "rule thin dashed")
    for (one, was), (other, became) in pairwise(curve):
        drawing.line(x(one), y(was), x(other), y(became), "up")
    drawing.write(LEFT, top - 12, "Equity at each close, in quote currency", "ink bold", size=15)
    drawing.write(LEFT + 8, y(before) - 8, f"{before:,.2f}", "quiet")
    drawing.write(RIGHT + 8, y(after) + 4, f"{after:,.2f}", "ink bold")


def _scale(values: list[float], top: float, bottom: float) -> Scale:
    highest, lowest = max(values), min(values)
    pixels = (bottom - top - 2 * _ROOM) / (highest - lowest)
    return lambda value: top + _ROOM + (highest - value) * pixels
