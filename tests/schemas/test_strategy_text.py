"""The bytes of a strategy file: strict JSON, bounded, and refused with what to mend."""

import pytest

from schemas.problems import StrategyFileError
from schemas.strategy_file import load_strategy, parse_strategy
from schemas.strategy_text import MAX_FILE_BYTES
from tests.schemas.refusals import problems

WRONG = {
    "not JSON": (
        b"{id: 1}",
        ["expected JSON, got an error: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"],
    ),
    "nothing": (b"", ["expected JSON, got an error: Expecting value: line 1 column 1 (char 0)"]),
    "NaN": (b'{"id": NaN}', ["expected JSON, got an error: NaN is not a number in JSON"]),
    "infinity": (b'{"id": -Infinity}', ["expected JSON, got an error: -Infinity is not a number in JSON"]),
    "key twice": (b'{"id": "a", "id": "b"}', ["expected JSON, got an error: the key 'id' stands twice in one object"]),
    "not UTF-8": (b'{"id": "\xe9"}', ["expected UTF-8 text, got byte 0xe9 at 8"]),
    "not UTF-8 after a mark": (b'\xef\xbb\xbf{"id": "\xe9"}', ["expected UTF-8 text, got byte 0xe9 at 11"]),
    "half a surrogate pair": (
        b'{"id": "\\ud800"}',
        ["expected Unicode text, got half of a surrogate pair (an escape such as \\ud800 alone)"],
    ),
    "deep nesting": (b'{"a":' * 30 + b"1" + b"}" * 30, ["expected JSON nested at most 16 deep, got deeper"]),
}


@pytest.mark.parametrize(("content", "expected"), WRONG.values(), ids=WRONG.keys())
def test_what_is_no_document_is_said(content: bytes, expected: list[str]) -> None:
    assert problems(content) == expected


def test_a_byte_order_mark_is_passed_over() -> None:
    content = b'{"id": "dip", "rules": {"entry": {"condition": "rsi_14 < 30"}}}'
    assert load_strategy(b"\xef\xbb\xbf" + content, origin="a") == load_strategy(content, origin="a")


def test_nesting_beyond_the_parser_is_an_error_of_the_file() -> None:
    (problem,) = problems(b"[" * 100_000)
    assert problem.startswith("expected JSON, got an error: ")


def test_number_beyond_a_float_is_refused_where_it_stands() -> None:
    digits = b"9" * 5_000
    content = (
        b'{"id": "a", "rules": {"entry": {"condition": "x", "confidence": 1e999}}, "indicators": {"a": {"n": %s}}}'
    )
    assert problems(content % digits) == [
        "rules.entry.confidence: expected a finite number, got inf",
        "indicators.a.n: expected a finite number, got inf",
    ]


def test_expression_of_a_million_characters_is_refused_by_the_size_of_the_file() -> None:
    (problem,) = problems({"id": "a", "rules": {"entry": {"condition": "x" * 1_000_000}}})
    assert problem.startswith(f"expected at most {MAX_FILE_BYTES:,} bytes, got 1,000,")


def test_expression_of_a_million_characters_is_refused_where_there_is_no_file() -> None:
    document = {"id": "a", "rules": {"entry": {"condition": "(" * 1_000_000}}}
    with pytest.raises(StrategyFileError, match="expected at most 2,000 characters, got 1,000,000") as caught:
        parse_strategy(document, origin="control")
    assert len(str(caught.value)) < 200
