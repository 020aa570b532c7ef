"""The guide's picture is what the program draws, tells the engine's figures, and can be read on any paper."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from schemas.composite_confidence import recompute
from schemas.record import to_milliseconds
from ui.pictures.__main__ import PICTURES
from ui.pictures.layout import RIGHT
from ui.pictures.minute_to_hour import draw
from ui.pictures.story import FIRST_MS, INSTANT_MS, LAST_MS, MINUTE_MS, MINUTES, TIMEFRAMES, Story, close_of, story
from ui.pictures.svg import PALETTES

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def told() -> Story:
    return story()


def test_the_committed_picture_is_the_one_that_is_drawn(told: Story) -> None:
    committed = (PICTURES / "minute_to_hour.svg").read_text(encoding="utf-8")
    assert committed == draw(told), "draw it anew: python -m ui.pictures"


def test_every_bar_is_what_its_minutes_come_to(told: Story) -> None:
    minutes = told.bars["1m"]
    for timeframe in TIMEFRAMES[1:]:
        whole = [bar for bar in told.bars[timeframe] if bar.open_time_ms >= minutes[0].open_time_ms]
        assert len(whole) >= 2
        for bar in whole:
            part = [one for one in minutes if bar.open_time_ms <= one.open_time_ms < close_of(bar, timeframe)]
            highest, lowest = max(one.high for one in part), min(one.low for one in part)
            assert (bar.open, bar.high, bar.low, bar.close) == (part[0].open, highest, lowest, part[-1].close)
            assert bar.closed == (close_of(bar, timeframe) <= LAST_MS)


def test_every_signal_is_at_the_close_of_the_bar_that_closes_then(told: Story) -> None:
    closes = {(one, close_of(bar, one)): bar.close for one in TIMEFRAMES for bar in told.bars[one]}
    for signal in told.signals:
        assert signal.price == closes[signal.timeframe, to_milliseconds(signal.close_time)]
    assert len({signal.timeframe for signal in told.signals}) == len(TIMEFRAMES)


def test_at_noon_every_timeframe_closes_and_has_a_voice(told: Story) -> None:
    composite = told.composite
    voices = {one.timeframe: one for one in (composite.base, *composite.supporting, *composite.opposing)}
    assert set(voices) == set(TIMEFRAMES)
    assert composite.opposing, "a picture of agreement alone would hide half of the formula"
    for timeframe, voice in voices.items():
        assert INSTANT_MS % (MINUTES[timeframe] * MINUTE_MS) == 0
        newest = max(
            (
                one
                for one in told.signals
                if one.timeframe == timeframe and to_milliseconds(one.close_time) <= INSTANT_MS
            ),
            key=lambda one: one.close_time,
        )
        assert (newest.id, newest.side) == (voice.signal, voice.side)


def test_the_sums_on_the_picture_are_those_of_the_record(told: Story) -> None:
    composite = told.composite
    words = [one.text or "" for one in ET.fromstring(draw(told)).iter(f"{SVG}text")]  # noqa: S314  # our own text
    assert (composite.correlation_strength, composite.composite_confidence) == recompute(composite)
    sums = [one for one in words if " = " in one or one.startswith("= ")]
    assert len([one for one in sums if one.startswith("= ")]) == len(TIMEFRAMES)
    for line in sums:
        left, _, right = line.rpartition("= ")
        if left:
            assert product(left) == pytest.approx(float(right), abs=2e-3)
    assert any(line.endswith(f"= {composite.composite_confidence:.3f}") for line in sums)


def product(sum_text: str) -> float:
    """Works a line such as ``1 - (1 - 0.6)(1 - 0.2)`` or ``0.7 * (1 - 0.5 * 0.2)``."""
    first, factors = sum_text.split(" ", 1)
    worked = 1.0
    for inner in re.findall(r"\(1 - ([^()]+)\)", factors):
        parts = [float(one) for one in inner.split(" * ")]
        worked *= 1 - (parts[0] if len(parts) == 1 else parts[0] * parts[1])
    return 1 - worked if first == "1" else float(first) * worked


def test_nothing_stands_outside_the_picture_or_on_one_another(told: Story) -> None:
    root = ET.fromstring(draw(told))  # noqa: S314  # our own text
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    rows: dict[float, list[tuple[float, float]]] = {}
    for one in root.iter(f"{SVG}text"):
        # Half a character's height is about the mean width of one; code is wider.
        wide = 0.62 if "code" in one.attrib["class"] else 0.56
        length = len(one.text or "") * float(one.attrib["font-size"]) * wide
        x = float(one.attrib["x"]) - {"start": 0.0, "middle": length / 2, "end": length}[one.attrib["text-anchor"]]
        y = float(one.attrib["y"])
        assert x >= -1, one.text
        assert x + length <= width, one.text
        assert 0 < y < height, one.text
        rows.setdefault(y, []).append((x, x + length))
    for spans in rows.values():
        for (_, end), (start, _) in pairwise(sorted(spans)):
            assert end <= start + 6
    assert width - RIGHT < 40
    assert FIRST_MS < INSTANT_MS < LAST_MS


@pytest.mark.parametrize("paper", ["paper", "lane", "zebra", "tint"])
@pytest.mark.parametrize("palette", PALETTES)
def test_words_can_be_read_on_light_and_on_dark_paper(palette: str, paper: str) -> None:
    colours = PALETTES[palette]
    for name in ("ink", "quiet"):
        assert contrast(colours[name], colours[paper]) >= 4.5, f"{name} on {paper}"
    for name in ("up", "down", "accent"):
        assert contrast(colours[name], colours[paper]) >= 3, f"{name} on {paper}"


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: (lighter + 0.05) / (darker + 0.05)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
