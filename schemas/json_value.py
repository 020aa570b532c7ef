"""A value in an error about a JSON file, as the file has it."""

import json


def in_json(value: object, limit: int = 80) -> str:
    """The value as JSON writes it, cut where that is longer than ``limit`` characters.

    What no terminal should print as it is (control characters, marks that turn the text around) is escaped.

    >>> in_json("5%"), in_json(True), in_json(None), in_json([1, "a"]), in_json("abcdefgh", limit=6)
    ('"5%"', 'true', 'null', '[1, "a"]', '"ab...')
    """
    if isinstance(value, int) and value.bit_length() > limit:
        return f"a number of {value.bit_length()} bits"  # the longest cannot be written at all
    # A long text is cut first, so that a hostile one costs nothing.
    text = json.dumps(value[:limit] if isinstance(value, str) else value, ensure_ascii=False, default=str)
    text = "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text[: limit + 1])
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def kind_in_json(value: object) -> str:
    """What a value is, in the words of someone who writes JSON.

    >>> [kind_in_json(one) for one in ({}, [], "a", True, None, 1.5)]
    ['an object', 'a list', 'a text', 'true', 'null', 'a number']
    """
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str):
        return "a text"
    return in_json(value) if value is None or isinstance(value, bool) else "a number"
