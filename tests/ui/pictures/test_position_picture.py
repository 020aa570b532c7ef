"""The picture of a position is what the program draws, and what it shows is what the engine did."""

from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from schemas.record import to_milliseconds
from ui.pictures.__main__ import DRAWN, PICTURES
from ui.pictures.position import HEIGHT, WIDTH, draw
from ui.pictures.trade import AFTER, BEFORE, Story, story

SVG = "{http://www.w3.org/2000/svg}"
DISTANCE = 0.006  # of its strategy's trailing stop


@pytest.fixture(scope="module")
def told() -> Story:
    return story()


def test_the_committed_picture_is_the_one_that_is_drawn(told: Story) -> None:
    committed = (PICTURES / "position.svg").read_text(encoding="utf-8")
    assert committed == draw(told), "draw it anew: python -m ui.pictures"


def test_every_picture_is_one_that_the_program_draws() -> None:
    assert {path.name for path in PICTURES.iterdir()} == set(DRAWN)


def test_it_is_bought_at_the_open_after_its_signal(told: Story) -> None:
    decided, bought = told.bars[BEFORE], told.bars[BEFORE + 1]
    assert (to_milliseconds(told.signal.close_time), told.signal.price) == (decided.close_time, decided.close)
    (entry,) = told.opened.fills
    assert (entry.time_ms, entry.price) == (bought.open_time, bought.open)
    assert entry.price != told.signal.price, "a picture on which the two are one would hide which it is"


def test_the_stop_follows_the_highest_price_one_bar_behind(told: Story) -> None:
    entry, held = told.opened.fills[0].price, told.bars[BEFORE + 1 : -AFTER]
    assert len(held) == len(told.stops) == len(told.points)
    assert told.stops[0] == told.opened.stop_price
    best = entry
    for bar, stop in zip(held, told.stops, strict=True):
        assert stop == pytest.approx(best - DISTANCE * entry)
        best = max(best, bar.high)
    assert len(set(told.stops)) > 5
    assert all(before <= after for before, after in pairwise(told.stops))


def test_it_is_sold_in_the_first_bar_that_comes_to_the_stop_at_the_stop(told: Story) -> None:
    held = told.bars[BEFORE + 1 : -AFTER]
    came = [bar.low <= stop for bar, stop in zip(held, told.stops, strict=True)]
    assert came == [False] * (len(held) - 1) + [True]
    (left,) = told.closed.fills
    assert left.reason == "trailing_stop"
    assert left.price == pytest.approx(told.stops[-1])
    assert to_milliseconds(told.closed.close_time) == held[-1].close_time


def test_equity_is_cash_and_what_the_position_is_worth_at_each_close(told: Story) -> None:
    held, quantity = told.bars[BEFORE + 1 : -AFTER], told.opened.quantity
    for bar, point in zip(held[:-1], told.points[:-1], strict=True):
        assert to_milliseconds(point.close_time) == bar.close_time
        assert point.equity == pytest.approx(told.opened.cash + quantity * bar.close)
    assert told.points[-1].equity == told.closed.equity


def test_the_words_have_the_figures_and_stand_in_the_picture(told: Story) -> None:
    shown = list(ET.fromstring(draw(told)).iter(f"{SVG}text"))  # noqa: S314  # our own text
    words = " ".join(one.text or "" for one in shown)
    figures = (told.signal.price, told.opened.fills[0].price, told.closed.fills[0].price, told.closed.equity)
    assert all(f"{figure:,.2f}" in words for figure in figures)
    for one in shown:
        length = len(one.text or "") * float(one.attrib["font-size"]) * 0.56
        x = float(one.attrib["x"]) - {"start": 0.0, "middle": length / 2, "end": length}[one.attrib["text-anchor"]]
        assert x >= -1, one.text
        assert x + length <= WIDTH, one.text
        assert 0 < float(one.attrib["y"]) < HEIGHT, one.text
