"""The nearest valid name, for errors that help."""

from collections.abc import Iterable
from difflib import SequenceMatcher

_CLOSE_ENOUGH = 0.6  # difflib's own cutoff: about three of five letters in place
_LONGEST = 64  # comparison is quadratic; nobody mistypes a name that is longer


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, or None if none is close.

    Case does not count. Of names that are equally close the first in ``known`` is given. A name of more than
    64 characters is near to nothing.

    >>> nearest("rsii", ["ema", "rsi"])
    'rsi'
    >>> nearest("volume", ["ema", "rsi"]) is None
    True
    """
    if len(name) > _LONGEST:
        return None
    matcher: SequenceMatcher[str] = SequenceMatcher(autojunk=False)
    matcher.set_seq2(name.casefold())
    best, best_ratio = None, 0.0
    for candidate in known:
        matcher.set_seq1(candidate.casefold())
        least = max(best_ratio, _CLOSE_ENOUGH)
        if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
            continue  # upper bounds of the ratio, and ten times as quick
        ratio = matcher.ratio()
        if ratio >= _CLOSE_ENOUGH and ratio > best_ratio:
            best, best_ratio = candidate, ratio
    return best


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A suggestion to end an error with, or nothing.

    >>> did_you_mean("rsii", ["ema", "rsi"])
    ' (did you mean "rsi"?)'
    >>> did_you_mean("volume", ["ema", "rsi"])
    ''
    """
    suggestion = nearest(name, known)
    return f' (did you mean "{suggestion}"?)' if suggestion is not None else ""
