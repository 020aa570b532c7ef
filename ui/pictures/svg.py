"""SVG as text: a few shapes, one style sheet that is readable on light and on dark paper, and the same bytes always."""

from html import escape
from typing import Final

_FONT: Final = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"

_LIGHT: Final = {
    "paper": "#ffffff",
    "lane": "#f4f6fa",
    "zebra": "#e9edf4",
    "ink": "#1c2330",
    "quiet": "#5d6880",
    "rule": "#cfd6e2",
    "up": "#12907f",
    "down": "#d64541",
    "accent": "#b86e00",
    "tint": "#fff3dc",
}
_DARK: Final = {
    "paper": "#0b0e14",
    "lane": "#121722",
    "zebra": "#1a2130",
    "ink": "#e3e7ef",
    "quiet": "#98a2b8",
    "rule": "#2c3548",
    "up": "#2bb3a3",
    "down": "#f0605d",
    "accent": "#f5b942",
    "tint": "#2b2413",
}

PALETTES: Final = {"light": _LIGHT, "dark": _DARK}
"""Colours by what they are for; the reader's system says which of the two it wants."""


class Drawing:
    """A picture that grows shape by shape; positions and sizes in pixels, y downwards.

    ``style`` is one of the colours' names; a line may add ``dashed`` or ``thin``. Numbers are written with one decimal,
    so that the text does not depend on how a machine rounds.

    >>> small = Drawing(10, 5, title="small")
    >>> small.line(0, 0, 10, 5, "rule")
    >>> print(small.text().splitlines()[-2])
    <line x1="0.0" y1="0.0" x2="10.0" y2="5.0" class="l-rule"/>
    """

    def __init__(self, width: float, height: float, *, title: str, description: str = "") -> None:
        self._size = width, height
        self._title = title
        self._description = description
        self._shapes: list[str] = []

    def rect(  # noqa: PLR0913  # a place and a size
        self, x: float, y: float, width: float, height: float, style: str, *, radius: float = 0.0
    ) -> None:
        """A filled rectangle from its upper left corner."""
        size = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        rounded = f' rx="{radius:.1f}"' if radius else ""
        self._shapes.append(f'<rect {size}{rounded} class="f-{style}"/>')

    def frame(  # noqa: PLR0913  # a place and a size
        self, x: float, y: float, width: float, height: float, style: str, *, radius: float = 0.0
    ) -> None:
        """As ``rect``, its outline alone."""
        size = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        rounded = f' rx="{radius:.1f}"' if radius else ""
        self._shapes.append(f'<rect {size}{rounded} class="l-{style}"/>')

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str) -> None:
        """A line."""
        self._shapes.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="l-{style}"/>')

    def shape(self, points: list[tuple[float, float]], style: str) -> None:
        """A filled polygon."""
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._shapes.append(f'<polygon points="{corners}" class="f-{style}"/>')

    def dot(self, x: float, y: float, radius: float, style: str) -> None:
        """A filled circle."""
        self._shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" class="f-{style}"/>')

    def write(  # noqa: PLR0913  # a place and a look
        self, x: float, y: float, words: str, style: str = "ink", *, size: float = 13, anchor: str = "start"
    ) -> None:
        """Words whose baseline begins (``start``), is centred (``middle``) or ends (``end``) at x, y.

        ``style`` may add ``bold`` or ``code``.
        """
        classes = " ".join(f"t-{one}" if number == 0 else one for number, one in enumerate(style.split()))
        self._shapes.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" class="{classes}">'
            f"{escape(words, quote=False)}</text>"
        )

    def text(self) -> str:
        """The whole file."""
        width, height = self._size
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
            f'height="{height:g}" role="img" font-family="{escape(_FONT)}">'
        )
        about = [f"<title>{escape(self._title)}</title>", f"<desc>{escape(self._description)}</desc>"]
        dark = f"@media (prefers-color-scheme: dark) {{\n{_sheet(_DARK)}\n}}"
        style = f"<style>\n{_sheet(_LIGHT)}\n{dark}\n{_STROKES}\n</style>"
        paper = f'<rect width="{width:g}" height="{height:g}" rx="12" class="f-paper"/>'
        return "\n".join([head, *about, style, paper, *self._shapes, "</svg>"]) + "\n"


_STROKES: Final = (
    ".thin{stroke-width:1}.dashed{stroke-dasharray:5 4}.bold{font-weight:650}"
    ".code{font-family:ui-monospace,'SF Mono','DejaVu Sans Mono',monospace}"
)


def _sheet(colours: dict[str, str]) -> str:
    return "\n".join(
        f".f-{name}{{fill:{colour}}} .t-{name}{{fill:{colour}}} .l-{name}{{stroke:{colour};fill:none;stroke-width:1.5}}"
        for name, colour in colours.items()
    )
