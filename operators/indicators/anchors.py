"""Where computations begin anew: at bars fixed in advance, so that a value depends on the candles alone."""

ANCHOR_BARS = 128
"""Bars from one opening to the next. Opening costs a live feed 2 % of its time at 128 bars and half that at 256; what a
series keeps in memory and writes into every snapshot grows with it."""


def anchor_of(bar: int) -> int:
    """The anchor at or before a bar.

    >>> anchor_of(127), anchor_of(128), anchor_of(300)
    (0, 128, 256)
    """
    return bar - bar % ANCHOR_BARS


def whole_spans(bars: int) -> int:
    """So many bars, rounded up to whole spans between anchors.

    >>> whole_spans(0), whole_spans(1), whole_spans(128), whole_spans(129)
    (0, 128, 128, 256)
    """
    return -(-bars // ANCHOR_BARS) * ANCHOR_BARS


def first_exact_bar(reach: int, *, oldest: int, bar: int) -> int:
    """The first bar from ``bar`` on whose value needs no bar before ``oldest``, for an indicator with this reach.

    >>> first_exact_bar(500, oldest=0, bar=10), first_exact_bar(500, oldest=1000, bar=1400)
    (10, 1536)
    """
    if oldest == 0 or anchor_of(bar) - reach >= oldest:
        return bar
    return whole_spans(oldest + reach)
