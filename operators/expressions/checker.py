"""A tree as written becomes one that can be computed: names resolved, kinds and bounds kept, every error told."""

from math import isfinite

from operators.expressions import calls, names
from operators.expressions.errors import Source
from operators.expressions.faults import Faults, reason_of
from operators.expressions.kinds import condition_expected, number_expected
from operators.expressions.limits import MAX_BACK, MAX_DEPTH, MAX_NODES, too_deep, too_large
from operators.expressions.moves import back, elsewhere
from operators.expressions.nodes import (
    NUMERIC,
    And,
    Arithmetic,
    Chain,
    Column,
    Comparison,
    Condition,
    Negate,
    Node,
    Not,
    Number,
    Numeric,
    Or,
    columns,
)
from operators.expressions.parser import read
from operators.expressions.readings import bars_known, is_computed
from operators.expressions.scope import POSITION_SIDE, SIDES, Scope
from operators.expressions.syntax import (
    Back,
    Broken,
    Called,
    Compared,
    Elsewhere,
    Inverse,
    Joined,
    Literally,
    Minus,
    Named,
    Quoted,
    Steps,
    Syntax,
)
from operators.indicators.checking import IndicatorError
from schemas.names import did_you_mean
from schemas.timeframe import timeframe_ms

_ONE_WAY = ({"<", "<="}, {">", ">="}, {"=="})  # the signs that may stand in one chain


class Checker:
    """One walk over one expression; counts nodes across the states that it enters.

    Every method gives None for what is wrong; that has been told then, and whatever holds it says no more about it.
    """

    def __init__(self, scope: Scope, faults: Faults) -> None:
        self.faults = faults
        self._scope = scope
        self._nodes = 0
        self._open: list[str] = []  # states being entered, outermost first
        self._entered: set[str] = set()

    def condition(self, syntax: Syntax, depth: int = 1) -> Condition | None:
        """What has to be true or false."""
        node = self.node(syntax, depth)
        if isinstance(node, NUMERIC):
            self.faults.add(node.at, condition_expected(node))
            return None
        return node

    def number(self, syntax: Syntax, depth: int = 1) -> Numeric | None:
        """What has to be a number."""
        node = self.node(syntax, depth)
        if node is None or isinstance(node, NUMERIC):
            return node
        self.faults.add(node.at, number_expected(node))
        return None

    def node(self, syntax: Syntax, depth: int = 1) -> Node | None:  # noqa: C901, PLR0911, PLR0912  # one case for each kind
        """Either."""
        if not self._spend(syntax, depth):
            return None
        below = depth + 1
        match syntax:
            case Broken(beginning):
                if beginning is not None:
                    self.node(beginning, below)
                return None
            case Literally(digits):
                return self._literal(digits, syntax.at)
            case Quoted(text):
                reason = f'expected a number or a condition, got the text "{text:.40}"'
                self.faults.add(syntax.at, f'{reason}; write {POSITION_SIDE} == "long"' if text in SIDES else reason)
                return None
            case Named():
                return self._named(syntax, depth)
            case Called():
                return calls.called(self, syntax, below)
            case Back():
                return self._back(syntax, below)
            case Elsewhere():
                return self._elsewhere(syntax, below)
            case Minus(operand):
                number = self.number(operand, below)
                return None if number is None else Negate(number, at=syntax.at)
            case Steps():
                return self._steps(syntax, below)
            case Compared():
                return self._compared(syntax, below)
            case Inverse(operand):
                condition = self.condition(operand, below)
                return None if condition is None else Not(condition, at=syntax.at)
            case Joined():
                return self._joined(syntax, below)

    def _spend(self, syntax: Syntax, depth: int) -> bool:
        """Whether there is room for another node; the first for which there is not is told."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            if self._nodes == MAX_NODES + 1:
                self.faults.add(syntax.at, too_large(syntax.at).reason, always=True)
            return False
        if depth > MAX_DEPTH:
            self.faults.add(syntax.at, too_deep(syntax.at).reason, always=True)
            self._nodes = MAX_NODES + 1  # once is enough
            return False
        return True

    def _literal(self, digits: str, at: int) -> Number | None:
        value = float(digits)
        if isfinite(value):
            return Number(value, at=at)
        self.faults.add(at, "expected a number below 1.8e308, got one that is too large for a float")
        return None

    def _named(self, named: Named, depth: int) -> Node | None:
        """A number under a name, or a named condition with its meaning."""
        try:
            found = names.resolved(named, self._scope)
        except ValueError as error:
            self.faults.add(named.at, f'"{named.name:.80}" cannot be used: {reason_of(error)}')
            return None
        if isinstance(found, names.Meaning):
            return self._state(named, found, depth)
        if found is None:
            self.faults.add(named.at, names.unknown(named.name, self._scope))
        return found

    def _state(self, named: Named, meaning: names.Meaning, depth: int) -> Condition | None:
        name = named.name
        if name in self._open:
            cycle = " -> ".join((*self._open[self._open.index(name) :], name))
            self.faults.add(named.at, f'"{name}" cannot contain itself: {cycle}')
            return None
        where = ", ".join(part for part in (self.faults.where, f'state "{name}"') if part)
        tree, faults = read(meaning.text)
        outside, self._scope = self._scope, meaning.scope
        self._open.append(name)
        with self.faults.within(Source(meaning.text, where), named.at, again=name in self._entered):
            self._entered.add(name)
            for fault in faults:
                self.faults.add(fault.at, fault.reason)
            condition = self.condition(tree, depth + 1)
        self._open.pop()
        self._scope = outside
        return None if condition is None else names.state(named, condition)

    def _back(self, syntax: Back, depth: int) -> Node | None:
        node = self.node(syntax.operand, depth)
        bars = self._bars_back(syntax.bars)
        if node is None or bars is None:
            return None
        read = list(columns(node))
        if not read:
            self.faults.add(syntax.at, f"expected something that changes from bar to bar before [{bars}], got {node}")
            return None
        for column in read:
            most = bars_known(column.reading)
            if column.back + bars > most:
                known = f"at most {most:,} back in all, got {column.back + bars:,}" if most else "this bar only"
                self.faults.add(syntax.at, f"{column.name} is known for {known}")
                return None
        return back(node, bars)

    def _bars_back(self, syntax: Syntax) -> int | None:
        expected = f"expected a whole number of bars from 0 to {MAX_BACK:,}, as in close[1]"
        match syntax:
            case Broken():
                return None
            case Literally(digits) if digits.isdecimal() and len(digits.lstrip("0")) <= len(str(MAX_BACK)):
                if int(digits) <= MAX_BACK:
                    return int(digits)
                self.faults.add(syntax.at, f"{expected}, got {digits}")
            case Literally(digits):
                self.faults.add(syntax.at, f"{expected}, got {digits:.20}")
            case Minus(Literally()):
                self.faults.add(syntax.at, f"a rule cannot look ahead: {expected}")
            case _:
                self.faults.add(syntax.at, f"{expected}, got something that has to be worked out")
        return None

    def _elsewhere(self, syntax: Elsewhere, depth: int) -> Node | None:
        node = self.node(syntax.operand, depth)
        try:
            timeframe_ms(syntax.timeframe)
        except ValueError as error:
            self.faults.add(syntax.sign_at, str(error))
            return None
        if node is None:
            return None
        read = list(columns(node))
        wrong = [column.name for column in read if not is_computed(column.reading)]
        if wrong or not read:
            reason = (
                f"expected something computed of candles before @{syntax.timeframe}, got {wrong[0] if wrong else node}"
            )
            self.faults.add(syntax.at, reason)
            return None
        try:
            return elsewhere(node, syntax.timeframe)
        except IndicatorError as error:
            self.faults.add(syntax.sign_at, reason_of(error))
            return None

    def _steps(self, syntax: Steps, depth: int) -> Arithmetic | None:
        first = self.number(syntax.first, depth)
        operands = [(operator, self.number(operand, depth)) for operator, operand in syntax.rest]
        rest = tuple((operator, operand) for operator, operand in operands if operand is not None)
        if first is None or len(rest) < len(operands):
            return None
        if isinstance(first, Arithmetic) and (first.rest[0][0] in "+-") == (rest[0][0] in "+-"):
            # (a - b) + c is a - b + c, to the bit: both go from left to right.
            return Arithmetic(first.first, first.rest + rest, at=first.at)
        return Arithmetic(first, rest, at=first.at)

    def _compared(self, syntax: Compared, depth: int) -> Condition | None:
        if any(isinstance(one, Quoted) or one == Named(POSITION_SIDE, at=0) for one in syntax.operands):
            return self._sides(syntax)
        operands = [self.number(operand, depth) for operand in syntax.operands]
        if len(syntax.signs) > 1 and not any(way.issuperset(syntax.signs) for way in _ONE_WAY):
            reason = "comparisons chain in one direction only, as in 30 < rsi < 70: join others with AND"
            self.faults.add(syntax.signs_at[1], reason)
            return None
        links: list[Comparison] = []
        for left, sign, right in zip(operands, syntax.signs, operands[1:], strict=False):
            if left is None or right is None:
                return None
            links.append(Comparison(left, sign, right, at=left.at))
        return links[0] if len(links) == 1 else Chain(tuple(links), at=links[0].at)

    def _sides(self, syntax: Compared) -> Comparison | None:
        """``position.side == "long"``, either way round."""
        sides = [one for one in syntax.operands if isinstance(one, Quoted)]
        held = [one for one in syntax.operands if isinstance(one, Named) and one.name == POSITION_SIDE]
        if not (len(syntax.operands) == len(sides) + len(held) == 2 and held and sides):  # noqa: PLR2004  # a pair
            at = next((one.at for one in syntax.operands if one not in held and one not in sides), syntax.at)
            self.faults.add(
                at, f'expected {POSITION_SIDE} compared with "long", "short" or "flat", and with nothing else'
            )
            return None
        side, sign = sides[0], syntax.signs[0]
        if sign not in {"==", "!="}:
            self.faults.add(syntax.signs_at[0], f"expected == or != with a side, got {sign}")
            return None
        if side.text not in SIDES:
            reason = f'expected "long", "short" or "flat", got "{side.text:.40}"{did_you_mean(side.text, SIDES)}'
            self.faults.add(side.at, reason)
            return None
        column = Column(POSITION_SIDE, POSITION_SIDE, at=held[0].at)
        return Comparison(column, sign, Number(SIDES[side.text], f'"{side.text}"', at=side.at), at=syntax.at)

    def _joined(self, syntax: Joined, depth: int) -> Condition | None:
        kind = And if syntax.word == "AND" else Or
        operands = [self.condition(operand, depth) for operand in syntax.operands]
        flat: list[Condition] = []
        for operand in operands:
            if operand is None:
                return None
            flat.extend(operand.operands if isinstance(operand, And | Or) and isinstance(operand, kind) else (operand,))
        return kind(tuple(flat), at=syntax.at)
