"""How a run begins."""

from enum import StrEnum


class Start(StrEnum):
    """What to do with the recovery store at the start of a run."""

    RESUME = "resume"
    """Go on from it. One that is new begins at the oldest candle, if nothing was worked before."""
    REBUILD = "rebuild"
    """Set it aside and begin at the oldest candle, where that gives what is on the output topics already."""
    COLD = "cold"
    """Set it aside and begin at the oldest candle that is left, with whatever settings there are now."""
