"""A call as written becomes the node that its function makes, if it has the arguments that the function takes."""

from typing import Protocol

from operators.expressions.codegen import CROSSES
from operators.expressions.faults import Faults, reason_of
from operators.expressions.functions import FUNCTIONS, Argument, Function
from operators.expressions.limits import MAX_WINDOW
from operators.expressions.nodes import Condition, Node, Numeric, columns
from operators.expressions.readings import bars_known
from operators.expressions.syntax import Broken, Called, Literally, Quoted, Syntax
from operators.indicators.catalog import definition_of
from operators.indicators.identity import implicit
from schemas.names import did_you_mean

Value = Node | int | str


class Operands(Protocol):
    """Checks the arguments of a call; None for one that is wrong and has been told."""

    faults: Faults

    def node(self, syntax: Syntax, depth: int) -> Node | None:
        """A number or a condition."""

    def number(self, syntax: Syntax, depth: int) -> Numeric | None:
        """A number."""

    def condition(self, syntax: Syntax, depth: int) -> Condition | None:
        """A condition."""


def called(checker: Operands, call: Called, depth: int) -> Node | None:
    """The node of a call; what is wrong goes to the checker's faults."""
    function = FUNCTIONS.get(call.function)
    if function is None:
        suggestion = _instead(call.function)
        checker.faults.add(call.at, f'unknown function "{call.function:.40}"{suggestion}')
        for argument in call.arguments:
            if not isinstance(argument, Quoted):
                checker.node(argument, depth)
        return None
    given = len(call.arguments)
    if given < function.least or (function.most is not None and given > function.most):
        checker.faults.add(call.at, f"{function.signature} expected {_count(function)}, got {given}")
    values: list[Value | None] = [
        _argument(checker, function, place, argument, depth) for place, argument in enumerate(call.arguments)
    ]
    if given < function.least or (function.most is not None and given > function.most):
        return None
    values += [argument.default for argument in function.arguments[given:]]
    if any(value is None for value in values):
        return None
    return _built(checker.faults, function, values, call)


def _built(faults: Faults, function: Function, values: list[Value | None], call: Called) -> Node | None:
    if function.name in CROSSES:
        read = [column for value in values if isinstance(value, Node) for column in columns(value)]
        unknown = [column for column in read if column.back >= bars_known(column.reading)]
        if unknown:
            reason = f"{function.name} looks one bar back, and {unknown[0]} is known no further back"
            faults.add(call.at, reason)
            return None
    try:
        return function.build(*values, at=call.at)
    except ValueError as error:
        faults.add(call.at, f"{function.name}: {reason_of(error)}")
    return None


def _argument(checker: Operands, function: Function, place: int, syntax: Syntax, depth: int) -> Value | None:
    last = function.arguments[-1]
    argument = function.arguments[place] if place < len(function.arguments) else last
    if place >= len(function.arguments) and last.kind != "numbers":  # one too many, which has been told
        return None
    match argument.kind:
        case "number" | "numbers":
            return checker.number(syntax, depth)
        case "condition":
            return checker.condition(syntax, depth)
        case "bars":
            return _bars(checker.faults, function, argument, syntax)
        case "text":
            return _text(checker.faults, function, argument, syntax)


def _bars(faults: Faults, function: Function, argument: Argument, syntax: Syntax) -> int | None:
    match syntax:
        case Broken():
            return None
        case Literally(digits) if digits.isdecimal() and len(digits) <= len(str(MAX_WINDOW)):
            if argument.least <= int(digits) <= MAX_WINDOW:
                return int(digits)
            came = digits
        case Literally(digits):
            came = f"{digits:.20}"
        case _:
            came = "no plain number"
    bounds = f"from {argument.least} to {MAX_WINDOW:,}"
    faults.add(
        syntax.at, f"{function.signature} expected for {argument.name} a whole number of bars {bounds}, got {came}"
    )
    return None


def _text(faults: Faults, function: Function, argument: Argument, syntax: Syntax) -> str | None:
    match syntax:
        case Broken():
            return None
        case Quoted(text):
            return text
    reason = (
        f'{function.signature} expected for {argument.name} a text in quotation marks, such as "{_example(argument)}"'
    )
    faults.add(syntax.at, reason)
    return None


def _example(argument: Argument) -> str:
    return {"from": "09:30", "to": "16:00", "zone": "America/New_York", "days": "mon-fri"}[argument.name]


def _instead(name: str) -> str:
    """What to write in place of a function that there is none of: indicators are names, with their period."""
    if definition_of(name) is not None:
        written = f"{name}_20" if implicit(f"{name}_20") is not None else name
        return f": it is an indicator, so write {written}, or declare it with its parameters under a name"
    return did_you_mean(name, FUNCTIONS) or f"; the functions are {', '.join(FUNCTIONS)}"


def _count(function: Function) -> str:
    least, most = function.least, function.most
    if most is None:
        return f"{least} arguments or more"
    plural = "argument" if most == 1 else "arguments"
    return f"{most} {plural}" if least == most else f"{least} to {most} {plural}"
