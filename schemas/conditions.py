"""The list form of a condition, ``{"indicator", "operator", "value"}``, as the text of an expression."""

import re
from collections.abc import Sequence
from math import isfinite
from typing import Final

from schemas.names import did_you_mean

COMPARATORS: Final = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "eq": "==", "ne": "!="}
CROSSES: Final = {"crosses_above": "crossover", "crosses_below": "crossunder"}
LOGICS: Final = ("AND", "OR")

_NAME = re.compile(
    r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?(\[[0-9]{1,6}\]|@[0-9]{1,4}[smhdw]){0,2}", re.ASCII
)
"""A value: its name or ``name.output``, some bars back (``[1]``) or on another timeframe (``@1h``)."""
_KEYWORDS = ("and", "or", "not")
_SHOWN = 40  # characters of a wrong value that a message repeats


def condition_text(indicator: str, operator: str, value: float | str) -> str:
    """The condition as an expression. ``value`` is a finite number or the name of another indicator.

    Operators are ``lt lte gt gte eq ne``, their signs, ``crosses_above`` and ``crosses_below``. Raises `ValueError`
    for an operator, name or number that is none.

    >>> condition_text("rsi_14", "lt", 30)
    'rsi_14 < 30'
    >>> condition_text("ema_20", "crosses_above", "ema_50")
    'crossover(ema_20, ema_50)'
    >>> condition_text("rsi_14", "ltee", 30)
    Traceback (most recent call last):
    ...
    ValueError: unknown operator "ltee" (did you mean "lte"?): expected one of lt, lte, gt, gte, eq, ne, ...
    """
    left = _name(indicator, "indicator", "the name of an indicator")
    right = _value(value)
    if operator in CROSSES:
        return f"{CROSSES[operator]}({left}, {right})"
    signs = tuple(COMPARATORS.values())
    if operator not in COMPARATORS and operator not in signs:
        known = (*COMPARATORS, *signs, *CROSSES)
        near = did_you_mean(operator, known)
        raise ValueError(f'unknown operator "{operator:.{_SHOWN}}"{near}: expected one of {", ".join(known)}')
    return f"{left} {COMPARATORS.get(operator, operator)} {right}"


def join_conditions(texts: Sequence[str], logic: str) -> str:
    """Conditions in one expression, each kept whole by parentheses; ``logic`` is ``AND`` or ``OR``, in any case.

    Raises `ValueError` for another logic or an empty list.

    >>> join_conditions(["rsi_14 < 30", "ema_20 > ema_50"], "AND")
    '(rsi_14 < 30) AND (ema_20 > ema_50)'
    >>> join_conditions(["rsi_14 < 30"], "OR")
    'rsi_14 < 30'
    """
    word = logic.upper()
    if word not in LOGICS:
        raise ValueError(f'unknown logic "{logic:.{_SHOWN}}"{did_you_mean(logic, LOGICS)}: expected AND or OR')
    if not texts:
        raise ValueError("expected one or more conditions to join, got none")
    return texts[0] if len(texts) == 1 else f" {word} ".join(f"({text})" for text in texts)


def _name(text: str, what: str, expected: str) -> str:
    if _NAME.fullmatch(text) is None or text.lower() in _KEYWORDS:
        raise ValueError(f'{what}: expected {expected}, such as rsi_14 or macd.signal, got "{text:.{_SHOWN}}"')
    return text


def _value(value: float | str) -> str:
    if isinstance(value, str):
        return _name(value, "value", "a number without quotes or the name of an indicator")
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")  # an integer beyond the range of a float
    if isinstance(value, bool) or not isfinite(number):
        got = value if isinstance(value, bool) else number
        raise ValueError(f"value: expected a finite number or the name of an indicator, got {got}")
    return repr(number).removesuffix(".0")
