"""Text to tree: bounded, without names resolved."""

from typing import cast

from lark import Lark
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from operators.expressions.builder import TreeBuilder
from operators.expressions.errors import Fault, Source
from operators.expressions.limits import check_text, check_tree
from operators.expressions.nodes import Node

# Basic lexer: keywords stay reserved where an operand is due, so that "AND > 5" is an error at AND and no name.
_LARK = Lark.open("grammar.lark", rel_to=__file__, parser="lalr", lexer="basic", transformer=TreeBuilder())

_HINTS = {
    "=": "write == to compare",
    "&": "write AND",
    "|": "write OR",
    "<>": "write != for not equal",
    "=>": "write >=",
    "=<": "write <=",
    "**": "there is no power",
    ".": "an output follows its indicator without a space, as in macd.signal",
}


def parse(text: str, *, where: str = "expression") -> Node:
    """The tree of an expression: a condition, or a number for a part of one.

    ``where`` is the place of the text as its owner calls it, for messages. Takes milliseconds at most. Raises
    `ExpressionError`, and nothing else, whatever the text.

    >>> str(parse("close>ema_20*1.01 && !(adx.adx<20 || volume<=0)"))
    'close > ema_20 * 1.01 AND NOT (adx.adx < 20 OR volume <= 0)'
    >>> parse("rsi <", where="rule 1")
    Traceback (most recent call last):
    ...
    operators.expressions.errors.ExpressionError: rule 1, character 6: expected a name, a number or "(", got the end
        rsi <
             ^
    """
    source = Source(text, where)
    try:
        check_text(text)
        tree = cast("Node", _LARK.parse(text))
        check_tree(tree)
    except UnexpectedCharacters as error:
        raise source.error(_stray(text, cast("int", error.pos_in_stream))) from None
    except UnexpectedToken as error:
        raise source.error(_misplaced(text, error)) from None
    except Fault as fault:
        raise source.error(fault) from None
    return tree


def _stray(text: str, at: int) -> Fault:
    """What to say of a character that begins no token."""
    character = text[at]
    shown = f'"{character}"' if character.isprintable() else f"U+{ord(character):04X}"
    return Fault(at, f"unexpected {shown}{_hint(text, at)}")


def _misplaced(text: str, error: UnexpectedToken) -> Fault:
    """What to say of a token that does not belong where it stands."""
    ends = error.token.type == "$END"
    at = len(text.rstrip()) if ends else cast("int", error.token.start_pos)
    got = "the end" if ends else f'"{error.token:.40}"'
    return Fault(at, f"expected {_expectation(error.accepts)}, got {got}{_hint(text, at)}")


def _expectation(accepts: set[str]) -> str:
    if "NAME" in accepts:
        return 'a name, a number or "("'
    closing = {"COMMA": '","', "RPAR": '")"', "$END": "the end"}
    return " or ".join(["an operator", *(shown for terminal, shown in closing.items() if terminal in accepts)])


def _hint(text: str, at: int) -> str:
    """How to write what people bring from other languages."""
    for start, length in ((at - 1, 2), (at, 2), (at, 1)):
        hint = _HINTS.get(text[max(start, 0) : start + length])
        if hint:
            return f": {hint}"
    return ""
