"""The nearest valid name, for errors that help."""

from collections.abc import Iterable
from difflib import SequenceMatcher

_CLOSE_ENOUGH = 0.6  # difflib's own cutoff: about three of five letters in place
_SHORTEST = 3
_LONGEST = 64  # comparison is quadratic; nobody mistypes a name that is longer


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, or None if none is close.

    Case does not count. Of names that are equally close the first in ``known`` is given. A name of more than
    64 characters is near to nothing. Of names in one place (``performance.sharpe``) what follows the dot is compared:
    the place alone makes no two of them alike, and one that is close there is nearer than any in another place. Where
    none is close, a name that goes on after this one is: ``sharpe`` and ``sharpe_arithmetic``.

    >>> nearest("rsii", ["ema", "rsi"])
    'rsi'
    >>> nearest("performance.sharpe", ["performance.bars", "performance.sharpe_arithmetic"])
    'performance.sharpe_arithmetic'
    >>> nearest("volume", ["ema", "rsi"]) is None
    True
    """
    if len(name) > _LONGEST:
        return None
    known = list(known)
    place = name.casefold()[: name.rfind(".") + 1]
    within = [one for one in known if place and one.casefold().startswith(place)]
    elsewhere = [one for one in known if one not in within] if within else known
    return _closest(name, within, place) or _closest(name, elsewhere) or _going_on(name, known)


def _closest(name: str, known: Iterable[str], place: str = "") -> str | None:
    """The name most like this one, behind what all of them begin with; None where none is close."""
    matcher: SequenceMatcher[str] = SequenceMatcher(autojunk=False)
    matcher.set_seq2(name.casefold().removeprefix(place))
    best, best_ratio = None, 0.0
    for candidate in known:
        matcher.set_seq1(candidate.casefold().removeprefix(place))
        least = max(best_ratio, _CLOSE_ENOUGH)
        if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
            continue  # upper bounds of the ratio, and ten times as quick
        ratio = matcher.ratio()
        if ratio >= _CLOSE_ENOUGH and ratio > best_ratio:
            best, best_ratio = candidate, ratio
    return best


def _going_on(name: str, known: Iterable[str]) -> str | None:
    """The first name that begins with all of this one."""
    beginning = f"{name.casefold()}_"
    return next((one for one in known if len(name) >= _SHORTEST and one.casefold().startswith(beginning)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A suggestion to end an error with, or nothing.

    >>> did_you_mean("rsii", ["ema", "rsi"])
    ' (did you mean "rsi"?)'
    >>> did_you_mean("volume", ["ema", "rsi"])
    ''
    """
    suggestion = nearest(name, known)
    return f' (did you mean "{suggestion}"?)' if suggestion is not None else ""
