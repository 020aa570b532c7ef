"""What pydantic refuses, in the words of someone who mends a file: what was expected, what came."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from schemas.faults import MEANINGLESS
from schemas.identifiers import IDENTIFIER_PATTERN, REFERENCE_PATTERN
from schemas.json_value import in_json
from schemas.meta import TAG_PATTERN
from schemas.names import did_you_mean
from schemas.record import STRATEGY_ID_PATTERN, SYMBOL_NAME_PATTERN
from schemas.session import ZONE_PATTERN
from schemas.signal_config import SIGNAL_ID_PATTERN
from schemas.strategy import SYMBOL_PATTERN
from schemas.strategy_draft import Draft, Location

Teller = Callable[[Mapping[str, Any], object], str]
"""What to say of a refused value, from the bounds that it broke and itself."""

FORMS: Final[Mapping[str, str]] = {
    IDENTIFIER_PATTERN: "a name such as rsi_14: up to 64 letters, digits and _, no digit first",
    REFERENCE_PATTERN: "a name such as rsi_14 or macd.signal: letters, digits and _, no digit first",
    SIGNAL_ID_PATTERN: "an id such as breakout_up: up to 64 letters, digits, _, . and -, a letter or digit first",
    STRATEGY_ID_PATTERN: "an id such as macd_btc_15m: up to 100 letters, digits, _, . and -, a letter or digit first",
    SYMBOL_NAME_PATTERN: "a symbol such as BTCUSDT or BTC/USDT, of up to 64 characters, a letter or digit first",
    SYMBOL_PATTERN: "a symbol such as BTCUSDT or BTC/USDT, or a pattern such as BTC*, of up to 64 characters",
    TAG_PATTERN: "a tag of 1 to 50 characters without commas",
    ZONE_PATTERN: "a time zone such as America/New_York, by its IANA name",
}
_TIME: Final = "a time in UTC such as 2025-05-09T18:18:00Z"
_KINDS: Final[Mapping[str, str]] = {
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dict_type": "an object",
    "tuple_type": "a list",
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "finite_number": "a finite number",
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "datetime_object_invalid": _TIME,
}
_SPECIAL: Final[Mapping[str, str]] = {
    "parameters": "a number or a text",
    "source": 'a price such as "hl2", an indicator or an output such as "macd.signal", or a list of two or more',
}
_WHERE: Final = ("indicators",)
_PERCENT: Final = 100
_OWN_WORDS: Final = ("string_pattern_mismatch", "too_long")
"""Refusals that say more than ``_SPECIAL`` does."""


_CONSEQUENCE: Final = "default_factory_not_called"
"""Of a field that follows from another one, which was refused itself."""


def tell(error: ValidationError, draft: Draft) -> None:
    """Add to the draft's problems what was not said yet, each at the place where the author wrote it."""
    found: dict[str, str] = {}
    too_short: set[str] = set()
    for one in error.errors(include_url=False):
        location = _real(one, draft.document)
        if one["type"] == _CONSEQUENCE:
            continue
        if one["type"] == MEANINGLESS:
            told = [(draft.place((*location, *inside)), message) for inside, message in one["ctx"]["faults"]]
        else:
            told = [(draft.place(location), _message(one, location))]
        for where, message in told:
            if where not in found and not draft.knows(where):  # a union says for each member why it is not that
                found[where] = message
                if one["type"] == "too_short":
                    too_short.add(where)
    around = {where[: dot.start()] for where in found for dot in re.finditer(r"\.", where)}
    if any(found):
        around.add("")  # what is wrong within the whole
    refused_within = too_short & around
    for where, message in found.items():
        if where not in refused_within:  # a list has too few items where they were refused
            draft.refuse(where, message)


def _real(error: ErrorDetails, document: object) -> Location:
    """The error's place without the parts that pydantic makes up: tags of unions, names of types."""
    real: list[int | str] = []
    at: Any = document
    for part in error["loc"]:
        if isinstance(at, list):
            inside = isinstance(part, int) and part < len(at)
        else:
            inside = isinstance(at, Mapping) and part in at
        if inside:
            at = at[part]
            real.append(part)
    if error["type"] == "missing":
        real.append(error["loc"][-1])
    return tuple(real)


def _message(error: ErrorDetails, location: Location) -> str:
    kind, given = error["type"], error["input"]
    context = error.get("ctx", {})
    special = next((words for part, words in _SPECIAL.items() if location[:1] == _WHERE and part in location), None)
    if kind == "missing":
        return "expected a value, got nothing: it is required"
    if special and kind not in _OWN_WORDS:
        return f"expected {special}, got {in_json(given)}"
    if kind in _KINDS:
        return f"expected {_KINDS[kind]}, got {in_json(given)}"
    told = _TELLERS.get(kind)
    if told is not None:
        return told(context, given)
    message = re.sub(r"^Input should be ", "expected ", error["msg"].removeprefix("Value error, "))
    return message if ", got " in message else f"{message}, got {in_json(given)}"


def _literal(context: Mapping[str, Any], given: object) -> str:
    expected = re.sub(r"'([^']*)'", r'"\1"', str(context["expected"]))
    hint = did_you_mean(given, re.findall(r'"([^"]*)"', expected)) if isinstance(given, str) else ""
    return f"expected {expected}, got {in_json(given)}{hint}"


def _form(context: Mapping[str, Any], given: object) -> str:
    pattern = str(context["pattern"])
    return f"expected {FORMS.get(pattern, f'a text like {pattern}')}, got {in_json(given)}"


def _bound(words: str, bound: str) -> Teller:
    return lambda context, given: f"expected a number {words} {context[bound]:g}, got {in_json(given)}"


def _at_most(context: Mapping[str, Any], given: object) -> str:
    told = _bound("of at most", "le")(context, given)
    if context["le"] == 1 and isinstance(given, int | float) and 1 < given <= _PERCENT:
        return f"{told}; {given / _PERCENT:g} is {given:g} %"
    return told


def _length(words: str, bound: str, what: str) -> Teller:
    def told(context: Mapping[str, Any], given: object) -> str:
        size = len(given) if isinstance(given, str | list | tuple | dict) else in_json(given)
        return f"expected {words} {context[bound]} {what}, got {size}"

    return told


_TELLERS: Final[Mapping[str, Teller]] = {
    "literal_error": _literal,
    "string_pattern_mismatch": _form,
    "greater_than": _bound("greater than", "gt"),
    "greater_than_equal": _bound("of at least", "ge"),
    "less_than": _bound("less than", "lt"),
    "less_than_equal": _at_most,
    "too_short": _length("at least", "min_length", "of them"),
    "too_long": _length("at most", "max_length", "of them"),
    "string_too_short": _length("at least", "min_length", "characters"),
    "string_too_long": _length("at most", "max_length", "characters"),
}
