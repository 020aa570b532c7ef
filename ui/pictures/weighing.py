"""The lower half of the picture: the window that ends at noon, its voices, and the composite that they make."""

from math import prod
from typing import Final

from schemas.composite import Composite, Voice
from schemas.composite_confidence import faded
from schemas.record import to_milliseconds
from schemas.timeframe import timeframe_ms
from ui.pictures.layout import LEFT, MARGIN, RIGHT, x_of
from ui.pictures.story import EVERY_MS, INSTANT_MS, MINUTE_MS, TIMEFRAMES, Story
from ui.pictures.svg import Drawing

_ROW: Final = 31
_CARD: Final = 124


def draw_window(drawing: Drawing, story: Story, top: float) -> None:
    """The window with those before it, and in a row for each timeframe its signals in it."""
    composite = story.composite
    start, end = to_milliseconds(composite.window_start), to_milliseconds(composite.window_end)
    words = "The window of an hour that ends at noon: the newest signal of each timeframe is its voice"
    drawing.write(MARGIN, top, words, "ink bold", size=15)
    y = top + 18
    for back in (2, 1, 0):
        style = "accent" if back == 0 else "quiet thin"
        left, right = x_of(start - back * EVERY_MS), x_of(end - back * EVERY_MS)
        drawing.line(left, y, right, y, style)
        for x in (left, right):
            drawing.line(x, y - 3.5, x, y + 3.5, style)
        y += 9
    slides = f"it slides by {EVERY_MS // MINUTE_MS} minutes"
    drawing.write(x_of(start - 2 * EVERY_MS) - 10, top + 31, slides, "quiet", size=12, anchor="end")
    drawing.rect(x_of(start), y, x_of(end) - x_of(start), _ROW * len(TIMEFRAMES) + 4, "tint")
    voices = {one.timeframe: one for one in (composite.base, *composite.supporting, *composite.opposing)}
    for timeframe in reversed(TIMEFRAMES):
        middle = y + _ROW / 2 + 2
        drawing.write(MARGIN, middle + 5, timeframe, "ink bold", size=15)
        _voice(drawing, composite, voices[timeframe], middle)
        _signals(drawing, story, voices[timeframe], middle)
        y += _ROW
    drawing.line(x_of(end), top + 36, x_of(end), y + 4, "accent")


def draw_composite(drawing: Drawing, composite: Composite, top: float) -> None:
    """The card at the foot: who says what, and the sums."""
    drawing.rect(MARGIN, top, RIGHT - MARGIN, _CARD, "lane", radius=10)
    drawing.frame(MARGIN, top, RIGHT - MARGIN, _CARD, "accent", radius=10)
    drawing.write(48, top + 34, "Composite", "ink bold", size=18)
    drawing.write(160, top + 34, composite.side, f"{_colour(composite.side)} bold", size=18)
    chips = [(f"{composite.timeframe} base", "accent")]
    chips += [(f"{voice.timeframe} supports", _colour(voice.side)) for voice in composite.supporting]
    chips += [(f"{voice.timeframe} opposes", _colour(voice.side)) for voice in composite.opposing]
    x = 224.0
    for words, style in chips:
        x = _chip(drawing, x, top + 17, words, style)
    for number, (name, words) in enumerate(_sums(composite)):
        drawing.write(48, top + 63 + 22 * number, name, "quiet")
        drawing.write(138, top + 63 + 22 * number, words, "ink code", size=12.5)
    sure = f"{composite.composite_confidence:.0%}"
    drawing.write(RIGHT - 24, top + 84, sure, f"{_colour(composite.side)} bold", size=46, anchor="end")
    drawing.write(RIGHT - 24, top + 107, f"strength {composite.correlation_strength:.3f}", "quiet", anchor="end")


def _voice(drawing: Drawing, composite: Composite, voice: Voice, y: float) -> None:
    """How much it counts, as a sum that anybody can do again."""
    minutes, half = voice.age_ms // MINUTE_MS, composite.half_life_ms // MINUTE_MS
    drawing.write(LEFT, y + 5, voice.side, f"{_colour(voice.side)} bold", size=14)
    words = f"{voice.confidence:.3f} * 0.5^({minutes}/{half}) * {voice.weight:g}/{_greatest(composite):g}"
    drawing.write(LEFT + 48, y + 5, words, "ink code", size=12.5)
    counts = f"= {_effect(composite, voice):.3f}"
    x = x_of(to_milliseconds(composite.window_start)) - 14
    drawing.write(x, y + 5, counts, "ink code bold", size=12.5, anchor="end")


def _signals(drawing: Drawing, story: Story, voice: Voice, y: float) -> None:
    """The voice with a line as long as it is old; those that it replaced are small."""
    start = to_milliseconds(story.composite.window_start)
    for signal in story.signals:
        time = to_milliseconds(signal.close_time)
        if signal.timeframe != voice.timeframe or not start < time <= INSTANT_MS:
            continue
        if signal.id == voice.signal:
            drawing.line(x_of(time), y, x_of(INSTANT_MS), y, f"{_colour(voice.side)} dashed")
            drawing.dot(x_of(time), y, 6.5, _colour(voice.side))
        else:
            drawing.dot(x_of(time), y, 3.5, "quiet")


def _sums(composite: Composite) -> tuple[tuple[str, str], ...]:
    """The formula of ``schemas.composite_confidence`` with this composite's figures."""
    pro = [_effect(composite, voice) for voice in (composite.base, *composite.supporting)]
    con = [_effect(composite, voice) for voice in composite.opposing]
    for_it, against = (1 - prod(1 - one for one in effects) for effects in (pro, con))
    factors = ["".join(f"(1 - {one:.3f})" for one in effects) for effects in (pro, con)]
    penalty = f"(1 - {composite.conflict_penalty:g} * {against:.3f})"
    return (
        ("for it", f"1 - {factors[0]} = {for_it:.3f}"),
        ("against it", f"1 - {factors[1]} = {against:.3f}"),
        ("confidence", f"{for_it:.3f} * {penalty} = {composite.composite_confidence:.3f}"),
    )


def _effect(composite: Composite, voice: Voice) -> float:
    return voice.confidence * faded(voice.age_ms, composite.half_life_ms) * voice.weight / _greatest(composite)


def _greatest(composite: Composite) -> float:
    """The greatest weight of the base's timeframe and of those below it."""
    length = timeframe_ms(composite.timeframe)
    return max(weight for name, weight in composite.timeframes.items() if timeframe_ms(name) <= length)


def _chip(drawing: Drawing, x: float, y: float, words: str, style: str) -> float:
    """Draw it; gives back where the next one begins."""
    width = 7.0 * len(words) + 16
    drawing.frame(x, y, width, 23, f"{style} thin", radius=11.5)
    drawing.write(x + width / 2, y + 16, words, style, size=12.5, anchor="middle")
    return x + width + 8


def _colour(side: str) -> str:
    return "up" if side == "long" else "down"
