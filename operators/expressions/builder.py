"""From the parser's reductions to nodes, as they happen: no second pass over the text, and no recursion."""

from typing import cast

from lark import Token, Transformer, v_args

from operators.expressions.syntax import (
    Back,
    Broken,
    Called,
    Comparator,
    Compared,
    Elsewhere,
    Inverse,
    Joined,
    Literally,
    Minus,
    Named,
    Operator,
    Quoted,
    Steps,
    Syntax,
)


@v_args(inline=True)
class TreeBuilder(Transformer[Token, Syntax]):
    """One method for each rule of the grammar that leaves a node. Holds nothing: one serves every parse."""

    def disjunction(self, *operands: Syntax) -> Joined:
        """``a OR b OR c``."""
        return Joined("OR", operands, at=operands[0].at)

    def conjunction(self, *operands: Syntax) -> Joined:
        """``a AND b AND c``."""
        return Joined("AND", operands, at=operands[0].at)

    def inverse(self, sign: Token, operand: Syntax) -> Inverse:
        """``NOT a``."""
        return Inverse(operand, at=_offset(sign))

    def comparison(self, *parts: Syntax | Token) -> Compared:
        """``a < b``, ``a < b < c``."""
        operands = tuple(_node(part) for part in parts[::2])
        signs = [cast("Token", part) for part in parts[1::2]]
        return Compared(
            operands,
            tuple(cast("Comparator", str(sign)) for sign in signs),
            at=operands[0].at,
            signs_at=tuple(map(_offset, signs)),
        )

    def sum(self, *parts: Syntax | Token) -> Steps:
        """``a + b - c``."""
        return _steps(parts)

    def product(self, *parts: Syntax | Token) -> Steps:
        """``a * b / c % d``."""
        return _steps(parts)

    def minus(self, sign: Token, operand: Syntax) -> Minus:
        """``-a``."""
        return Minus(operand, at=_offset(sign))

    def back(self, operand: Syntax, bars: Syntax) -> Back:
        """``a[n]``."""
        return Back(operand, bars, at=operand.at)

    def elsewhere(self, operand: Syntax, sign: Token) -> Elsewhere:
        """``a@1h``."""
        return Elsewhere(operand, sign[1:].lstrip(), at=operand.at, sign_at=_offset(sign))

    def number(self, literal: Token) -> Literally:
        """A literal."""
        return Literally(str(literal), at=_offset(literal))

    def quoted(self, text: Token) -> Quoted:
        """A text."""
        return Quoted(text[1:-1], at=_offset(text))

    def name(self, name: Token) -> Named:
        """A name, with its output."""
        return Named(str(name), at=_offset(name))

    def call(self, function: Token, *arguments: Syntax) -> Called:
        """``crossover(a, b)``."""
        return Called(str(function), arguments, at=_offset(function))

    def broken(self, token: Token) -> Broken:
        """The parser's stand-in for an operand."""
        return Broken(at=_offset(token))

    def spoilt(self, beginning: Syntax, _token: Token) -> Broken:
        """An operand after which the parser could not read on."""
        return Broken(beginning, at=beginning.at)


def _steps(parts: tuple[Syntax | Token, ...]) -> Steps:
    first = _node(parts[0])
    rest = tuple(
        (cast("Operator", str(sign)), _node(operand)) for sign, operand in zip(parts[1::2], parts[2::2], strict=True)
    )
    return Steps(first, rest, at=first.at)


def _node(part: Syntax | Token) -> Syntax:
    return cast("Syntax", part)


def _offset(token: Token) -> int:
    return token.start_pos or 0
