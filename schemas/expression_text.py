"""The text of an expression, bounded before anything parses it."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field

MAX_EXPRESSION_LENGTH: Final = 2_000


def _bounded(expression: str) -> str:
    if len(expression) > MAX_EXPRESSION_LENGTH:
        message = f"expected at most {MAX_EXPRESSION_LENGTH:,} characters, got {len(expression):,}"
        raise ValueError(message)
    if not expression.strip():
        message = "expected an expression such as 'rsi < 30', got nothing"
        raise ValueError(message)
    return expression


ExpressionText = Annotated[
    str,
    AfterValidator(_bounded),
    Field(json_schema_extra={"minLength": 1, "maxLength": MAX_EXPRESSION_LENGTH, "pattern": r"\S"}),
]
"""An expression as its author wrote it. Whether it means anything is decided when the strategy is compiled."""
