"""Draw the guide's pictures anew: ``python -m ui.pictures``."""

import sys
from pathlib import Path

from ui.pictures.minute_to_hour import draw
from ui.pictures.story import story

PICTURES = Path(__file__).parents[1] / "guide" / "pictures"
NAME = "minute_to_hour.svg"


def main() -> int:
    """Write it and say where."""
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / NAME).write_text(draw(story()), encoding="utf-8")
    sys.stdout.write(f"{PICTURES / NAME}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
