"""What to say of an indicator that there is not: what may have been meant, and where all are listed."""

from difflib import SequenceMatcher, get_close_matches
from typing import Final

from operators.indicators.catalog import definition_of, kind_names
from operators.indicators.definition import fold

_MOST = 3
_COMPARED = 12
_CLOSE_ENOUGH = 0.6  # difflib's own cutoff: about three of five letters in place
_NOT_MUCH_LESS = 0.15
_SHOWN = 60  # characters of a wrong name that an error repeats
_ALL = "`candelabra strategy schema indicator` lists all, operators/indicators/REFERENCE.md describes them"
_IN_EXPRESSIONS: Final = {"session": 'session("09:30", "16:00", "America/New_York")'}
"""What reads like an indicator and can be written in an expression only."""


def unknown_kind(kind: str) -> str:
    """The message about a kind that is none.

    >>> unknown_kind("vwapp").partition(";")[0]
    'unknown indicator "vwapp" (did you mean "vwap"?)'
    """
    shown = kind if len(kind) <= _SHOWN else f"{kind[:_SHOWN]}..."
    example = _IN_EXPRESSIONS.get(fold(kind))
    if example is not None:
        return f'"{shown}" is not declared but written in an expression, such as {example}'
    near = near_kinds(kind)
    *others, last = [f'"{name}"' for name in near] or [""]
    meant = f"{', '.join(others)} or {last}" if others else last
    return f'unknown indicator "{shown}"{f" (did you mean {meant}?)" if near else ""}; {_ALL}'


def near_kinds(kind: str) -> tuple[str, ...]:
    """The names most like a wrong one, the nearest first, at most three, no two of them of the same indicator.

    >>> near_kinds("bolinger"), near_kinds("xyzzy")
    (('bollinger',), ())
    """
    if len(kind) > _SHOWN:
        return ()  # comparison is quadratic; nobody mistypes a name that is longer
    written = fold(kind)
    known = {fold(name): name for name in kind_names()}
    near = get_close_matches(written, known, n=_COMPARED, cutoff=_CLOSE_ENOUGH)
    likeness = {one: SequenceMatcher(None, one, written).ratio() for one in near}
    found: dict[str, str] = {}
    for one in near:
        meant = definition_of(one)
        if meant is not None and likeness[one] >= likeness[near[0]] - _NOT_MUCH_LESS:
            found.setdefault(meant.name, known[one])
    return tuple(found.values())[:_MOST]
