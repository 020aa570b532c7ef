"""The picture "how a minute becomes an hour, and signals a composite"."""

from ui.pictures.lanes import draw_lanes
from ui.pictures.layout import HEIGHT, MARGIN, WIDTH
from ui.pictures.story import Story
from ui.pictures.svg import Drawing
from ui.pictures.weighing import draw_composite, draw_window

_TITLE = "How a minute becomes an hour, and signals a composite"
_DESCRIPTION = (
    "One-minute candles are gathered into candles of 5 minutes, 15 minutes and an hour. At noon all four close. The "
    "signals of the hour before, one voice for each timeframe, make a composite."
)
_BELOW = (
    "One feed of one-minute candles; every longer timeframe is made of it, bucket by bucket. Triangles are signals."
)


def draw(story: Story) -> str:
    """The SVG, with the figures that the engine gave."""
    drawing = Drawing(WIDTH, HEIGHT, title=_TITLE, description=_DESCRIPTION)
    drawing.write(MARGIN, 40, _TITLE, "ink bold", size=21)
    drawing.write(MARGIN, 63, _BELOW, "quiet", size=14)
    bottom = draw_lanes(drawing, story)
    draw_window(drawing, story, bottom + 70)
    draw_composite(drawing, story.composite, HEIGHT - 148)
    return drawing.text()
