"""Draw the guide's pictures anew: ``python -m ui.pictures``."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ui.pictures import minute_to_hour, position, story, trade

PICTURES = Path(__file__).parents[1] / "guide" / "pictures"
DRAWN: Final[Mapping[str, Callable[[], str]]] = {
    "minute_to_hour.svg": lambda: minute_to_hour.draw(story.story()),
    "position.svg": lambda: position.draw(trade.story()),
}


def main() -> int:
    """Write them and say where."""
    PICTURES.mkdir(exist_ok=True)
    for name, draw in DRAWN.items():
        (PICTURES / name).write_text(draw(), encoding="utf-8")
        sys.stdout.write(f"{PICTURES / name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
