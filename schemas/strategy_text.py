"""The bytes of a strategy or watchlist file to a JSON document: strict, bounded, every refusal with what to mend."""

import json
from math import isfinite

from schemas.problems import DocumentError, Problem, StrategyFileError
from schemas.strategy_draft import under

MAX_FILE_BYTES = 262_144
MAX_DEPTH = 16
_MOST_DIGITS = 300  # a longer whole number is beyond any float
_GREATEST = 2**63 - 1  # what any reader of JSON takes for a whole number


def read_document(
    content: bytes,
    *,
    origin: str,
    most_bytes: int = MAX_FILE_BYTES,
    error_type: type[DocumentError] = StrategyFileError,
) -> object:
    """The document in a file's bytes. ``error_type`` is raised where it is no JSON, too long, too deep or no Unicode.

    A key may stand once in an object; NaN and Infinity are no JSON. A byte order mark, which some editors write, is
    passed over.
    """
    try:
        return _document(content, most_bytes)
    except _RefusedError as error:
        raise error_type(origin, [Problem("", str(error))]) from None


def usable_numbers(document: object, problems: list[Problem], where: str = "") -> object:
    """The document with 0 for every number that no record can hold, each of them a problem with its place."""
    if isinstance(document, dict):
        return {key: usable_numbers(value, problems, under(where, key)) for key, value in document.items()}
    if isinstance(document, list | tuple):
        return [usable_numbers(value, problems, under(where, index)) for index, value in enumerate(document)]
    if isinstance(document, float) and not isfinite(document):
        problems.append(Problem(where, f"expected a finite number, got {document}"))
        return 0
    if isinstance(document, int) and abs(document) > _GREATEST:
        problems.append(
            Problem(where, f"expected a whole number of at most 63 bits, got one of {document.bit_length()}")
        )
        return 0
    return document


class _RefusedError(ValueError):
    """What is wrong with the bytes."""


def _document(content: bytes, most_bytes: int) -> object:
    if len(content) > most_bytes:
        raise _RefusedError(f"expected at most {most_bytes:,} bytes, got {len(content):,}")
    try:
        document: object = json.loads(
            content.decode("utf-8-sig"), object_pairs_hook=_no_repeats, parse_constant=_no_constant, parse_int=_whole
        )
    except UnicodeDecodeError as error:
        at = error.start + len(content) - len(error.object)  # the mark is not counted
        raise _RefusedError(f"expected UTF-8 text, got byte {content[at]:#04x} at {at}") from None
    except (ValueError, RecursionError) as error:
        raise _RefusedError(f"expected JSON, got an error: {str(error)[:200]}") from None
    if _depth(document) > MAX_DEPTH:
        raise _RefusedError(f"expected JSON nested at most {MAX_DEPTH} deep, got deeper")
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _RefusedError(
            "expected Unicode text, got half of a surrogate pair (an escape such as \\ud800 alone)"
        ) from None
    return document


def _depth(document: object) -> int:
    """How deeply lists and objects nest; without recursion."""
    depth, level = 0, [document]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [child for one in level for child in (one.values() if isinstance(one, dict) else one)]
    return depth


def _no_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # None: go on
        message = f"the key {twice[:64]!r} stands twice in one object"
        raise ValueError(message)
    return document


def _no_constant(name: str) -> object:
    message = f"{name} is not a number in JSON"
    raise ValueError(message)


def _whole(digits: str) -> float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float("inf")
