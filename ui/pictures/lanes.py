"""The upper half of the picture: a lane of candles for each timeframe, and how the one becomes the next."""

from collections.abc import Callable
from typing import Final

from schemas.record import to_milliseconds
from schemas.signal import Signal
from ui.dashboard.bars import Bar
from ui.pictures.layout import GAP, LANES, LEFT, MARGIN, RIGHT, TOP, WIDTH, clock, x_of
from ui.pictures.story import FIRST_MS, INSTANT_MS, LAST_MS, MINUTE_MS, MINUTES, TIMEFRAMES, Story, close_of
from ui.pictures.svg import Drawing

_LONGER: Final = {"1m": "5m", "5m": "15m", "15m": "1h", "1h": "1h"}
_ROOM: Final = 19  # above the highest and below the lowest price of a lane: a triangle stands there


def draw_lanes(drawing: Drawing, story: Story) -> float:
    """Draw them from the top; gives back where they end."""
    for time in range(INSTANT_MS - 120 * MINUTE_MS, INSTANT_MS + 1, 15 * MINUTE_MS):
        style = "accent bold" if time == INSTANT_MS else "quiet"
        drawing.write(x_of(time), TOP - 16, clock(time), style, anchor="middle")
    y = float(TOP)
    for number, timeframe in enumerate(TIMEFRAMES, start=1):
        height = LANES[timeframe]
        _lane(drawing, story, timeframe, y)
        if timeframe != TIMEFRAMES[-1]:
            _gather(drawing, timeframe, y + height)
        drawing.dot(x_of(INSTANT_MS), y, 9, "accent")
        drawing.write(x_of(INSTANT_MS), y + 4.5, str(number), "paper bold", size=12, anchor="middle")
        y += height + GAP
    _order(drawing, y - GAP)
    return y - GAP


def _lane(drawing: Drawing, story: Story, timeframe: str, top: float) -> None:
    height = LANES[timeframe]
    drawing.rect(LEFT, top, RIGHT - LEFT, height, "lane")
    _buckets(drawing, timeframe, top)
    drawing.write(MARGIN, top + height / 2 + 2, timeframe, "ink bold", size=20)
    drawing.write(MARGIN, top + height / 2 + 20, "the feed" if timeframe == "1m" else "derived", "quiet", size=12)
    minutes = story.bars["1m"]
    highest, lowest = max(bar.high for bar in minutes), min(bar.low for bar in minutes)
    pixels = (height - 2 * _ROOM) / (highest - lowest)

    def y(price: float) -> float:
        return top + _ROOM + (highest - price) * pixels

    drawing.line(x_of(INSTANT_MS), top, x_of(INSTANT_MS), top + height, "accent")
    for bar in story.bars[timeframe]:
        _candle(drawing, bar, close_of(bar, timeframe), y)
    for signal in story.signals:
        if signal.timeframe == timeframe:
            _triangle(drawing, signal, y)


def _buckets(drawing: Drawing, timeframe: str, top: float) -> None:
    """Every other bucket of the next longer timeframe a little darker."""
    length = MINUTES[_LONGER[timeframe]] * MINUTE_MS
    for start in range(FIRST_MS // length * length, LAST_MS, length):
        left, right = max(x_of(start), LEFT), min(x_of(start + length), RIGHT)
        if start // length % 2 == INSTANT_MS // length % 2:
            drawing.rect(left, top, right - left, LANES[timeframe], "zebra")


def _candle(drawing: Drawing, bar: Bar, close_time: int, y: Callable[[float], float]) -> None:
    """As wide as its bucket; one that is forming is an outline that goes on."""
    left, right = x_of(max(bar.open_time_ms, FIRST_MS)), x_of(min(close_time, LAST_MS))
    inset = min(0.6 + (right - left) * 0.05, 6.0)
    body, tall = min(y(bar.open), y(bar.close)), max(abs(y(bar.open) - y(bar.close)), 1.4)
    if not bar.closed:
        drawing.frame(left + inset, body, right - left, tall, "quiet thin dashed")
        drawing.rect(RIGHT, body - 4, WIDTH - RIGHT, tall + 8, "paper")
        return
    style = "up" if bar.close >= bar.open else "down"
    middle = (left + right) / 2
    drawing.line(middle, y(bar.high), middle, y(bar.low), style)
    drawing.rect(left + inset, body, right - left - 2 * inset, tall, style, radius=0.8)


def _triangle(drawing: Drawing, signal: Signal, y: Callable[[float], float]) -> None:
    """At the instant and the price of the signal, pointing the way of the bet."""
    towards = 1 if signal.side == "long" else -1
    x, tip = x_of(to_milliseconds(signal.close_time)), y(signal.price) + 5 * towards
    drawing.shape([(x, tip), (x - 6, tip + 11 * towards), (x + 6, tip + 11 * towards)], "accent")


def _gather(drawing: Drawing, timeframe: str, bottom: float) -> None:
    """From the bars of the last bucket before noon down to the one that they make."""
    longer = _LONGER[timeframe]
    left, right = x_of(INSTANT_MS - MINUTES[longer] * MINUTE_MS), x_of(INSTANT_MS)
    drawing.rect(left, bottom, right - left, GAP, "tint")
    drawing.line(left, bottom, left, bottom + GAP, "accent thin dashed")
    drawing.line(right, bottom, right, bottom + GAP, "accent")
    words = f"{MINUTES[longer] // MINUTES[timeframe]} candles make one"
    if timeframe == "1m":
        words += ": first open, highest high, lowest low, last close, volumes added up"
    drawing.write(left - 10, bottom + 23, words, "quiet", anchor="end")


def _order(drawing: Drawing, bottom: float) -> None:
    x = x_of(INSTANT_MS)
    drawing.line(x, bottom, x, bottom + 10, "accent")
    words = "at noon 1, 2, 3, 4 are brought up to date in this order; only then is any rule asked"
    drawing.write(x - 10, bottom + 23, words, "accent", anchor="end")
    drawing.write(RIGHT, bottom + 19, "forming:", "quiet", size=11.5, anchor="end")
    drawing.write(RIGHT, bottom + 33, "unseen", "quiet", size=11.5, anchor="end")
