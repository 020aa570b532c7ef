"""Text to tree: bounded, without names resolved, and with every error of the text told."""

from typing import cast

from lark import Lark, Token
from lark.exceptions import UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from operators.expressions.builder import TreeBuilder
from operators.expressions.errors import MAX_FAULTS, ExpressionErrors, Fault, Source
from operators.expressions.limits import text_fault, tree_fault
from operators.expressions.syntax import Broken, Syntax

# Basic lexer: keywords stay reserved where an operand is due, so that "AND > 5" is an error at AND and no name.
_LARK = Lark.open("grammar.lark", rel_to=__file__, parser="lalr", lexer="basic", transformer=TreeBuilder())

_END = "$END"
_OPENING = {"LPAR": "RPAR", "LSQB": "RSQB"}
_RESUMING = frozenset({"_AND", "_OR", "COMMA", "RPAR", "RSQB", _END})  # after an error, reading goes on at one of these
_HINTS = {
    "=": "write == to compare",
    "&": "write AND",
    "|": "write OR",
    "<>": "write != for not equal",
    "=>": "write >=",
    "=<": "write <=",
    "**": "there is no power",
    ".": "an output follows its indicator without a space, as in macd.signal",
    '"': "a text ends on its line with the same mark",
    "'": "a text ends on its line with the same mark",
    "?": "there is no conditional value",
    "{": "group with ( and )",
    "}": "group with ( and )",
}


def parse(text: str, *, where: str = "expression") -> Syntax:
    """The tree of an expression.

    ``where`` is the place of the text as its owner calls it, for messages. Takes milliseconds at most. Raises
    `ExpressionErrors`, and nothing else, whatever the text.

    >>> parse("rsi < 30")
    Compared(operands=(Named(name='rsi'), Literally(digits='30')), signs=('<',))
    >>> parse("rsi < AND close >", where="rule 1")
    Traceback (most recent call last):
    ...
    operators.expressions.errors.ExpressionErrors: rule 1, character 7: expected a name, a number or "(", got "AND"
        rsi < AND close >
              ^
    rule 1, character 18: expected a name, a number or "(", got the end
        rsi < AND close >
                         ^
    """
    tree, faults = read(text)
    if faults:
        source = Source(text, where)
        raise ExpressionErrors([source.error(fault) for fault in faults])
    return tree


def read(text: str) -> tuple[Syntax, list[Fault]]:
    """The tree of a text and what is wrong with it, in the order of the text; whatever is unreadable is `Broken`.

    So that what else is wrong can be told too: the parser puts an operand where one is missing, and after any error
    goes on reading at the next AND, OR, comma or closing parenthesis that fits.
    """
    fault = text_fault(text)
    if fault is not None:
        return Broken(at=0), [fault]
    reading = _Reading(text)
    tree = reading.tree()
    fault = tree_fault(tree)
    if fault is not None:  # nothing may walk such a tree
        return Broken(at=0), [*reading.faults, fault]
    return tree, reading.faults


class _Unexpected(Exception):
    """A token that does not belong where it stands."""


class _Reading:
    """One pass over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.faults: list[Fault] = []
        self._text = text
        self._end = Token(_END, "", start_pos=len(text.rstrip()))
        self._tokens = [*_LARK.lex(text), self._end]
        self._parser: InteractiveParser = _LARK.parse_interactive("")
        self._taken: list[Token] = []

    def tree(self) -> Syntax:
        place = 0
        while len(self.faults) < MAX_FAULTS:
            token = self._tokens[place]
            try:
                tree = self._take(token)
            except _Unexpected:
                self._rewind()
                self.faults.append(self._fault(token))
                place = self._resume(place)
            else:
                if token is self._end:
                    return cast("Syntax", tree)
                place += 1
        return Broken(at=0)

    def _take(self, token: Token) -> object:
        """Feed a token to the parser; gives the tree after the last."""
        if token.type == "STRAY":
            raise _Unexpected
        try:
            taken: object = self._parser.feed_token(token)
        except UnexpectedToken:
            raise _Unexpected from None
        self._taken.append(token)
        return taken

    def _rewind(self) -> None:
        """Back to before the token that did not fit: on its account the parser may have closed what it had open."""
        self._parser = _LARK.parse_interactive("")
        for token in self._taken:
            self._parser.feed_token(token)

    def _resume(self, place: int) -> int:
        """Where to go on reading: at a token that fits and stands outside of what was opened since the error."""
        token = self._tokens[place]
        if "NAME" in self._accepts():
            self._take(Token("BROKEN", "", start_pos=token.start_pos))
        elif token.type not in _RESUMING:
            self._take(Token("SPOILT", "", start_pos=token.start_pos))
        closing: list[str] = []
        resuming = _RESUMING & self._accepts()  # asked once: nothing is fed meanwhile, and asking costs a millisecond
        for index in range(place, len(self._tokens)):
            kind = self._tokens[index].type
            if closing and kind == closing[-1]:
                closing.pop()
            elif kind in _OPENING:
                closing.append(_OPENING[kind])
            elif not closing and kind in resuming:
                return index
        while _END not in (accepts := self._accepts()):  # what was opened and never closed, which has been told
            self._take(Token("RPAR" if "RPAR" in accepts else "RSQB", ""))
        return len(self._tokens) - 1

    def _accepts(self) -> set[str]:
        """The terminals that may come next."""
        accepts: set[str] = self._parser.accepts()  # type: ignore[no-untyped-call]  # Lark does not say
        return accepts

    def _fault(self, token: Token) -> Fault:
        """What to say of a token that does not belong where it stands, or of a character that begins none."""
        at = token.start_pos or 0
        if token.type == "STRAY":
            shown = f'"{token}"' if token.isprintable() else f"U+{ord(token):04X}"
            return Fault(at, f"unexpected {shown}{_hint(self._text, at)}")
        got = "the end" if token.type == _END else f'"{token:.40}"'
        return Fault(at, f"expected {_expectation(self._accepts())}, got {got}{_hint(self._text, at)}")


def _expectation(accepts: set[str]) -> str:
    if "NAME" in accepts:
        return 'a name, a number or "("'
    closing = {"COMMA": '","', "RPAR": '")"', "RSQB": '"]"', _END: "the end"}
    return " or ".join(["an operator", *(shown for terminal, shown in closing.items() if terminal in accepts)])


def _hint(text: str, at: int) -> str:
    """How to write what people bring from other languages."""
    for start, length in ((at - 1, 2), (at, 2), (at, 1)):
        hint = _HINTS.get(text[max(start, 0) : start + length])
        if hint:
            return f": {hint}"
    return ""
