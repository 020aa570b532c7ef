"""A checked condition as a function that says what each of its parts said."""

import ast
from collections.abc import Callable
from functools import partial

from operators.expressions.codegen import Writer
from operators.expressions.function_code import assign, call, load
from operators.expressions.nodes import And, Chain, Comparison, Condition, Cross, Flag, Not, Or, State
from operators.expressions.operands import Operands
from schemas.signal import EvaluatedCondition

Explain = Callable[..., tuple[EvaluatedCondition, ...]]


def explanation(tree: Condition, operands: Operands) -> Explain:
    """The function of a condition that gives every part of it, parents first, in reading order.

    It takes what `condition_function` takes. A comparison and a crossing have the two values of this bar; what is made
    of others has none. A state stands by its name, with its meaning one level below it, a chain with its comparisons.
    Where the condition is not ready the function gives nothing.
    """
    writer = _Writer(operands)
    writer.part(tree, 0)
    result = ast.Tuple([call("E", ast.Tuple(entry, ast.Load())) for entry in writer.entries], ast.Load())
    # What EvaluatedCondition does when it is called, without its Python code: a signal has many of them.
    names = {"E": partial(tuple.__new__, EvaluatedCondition), **writer.texts}
    return writer.function(result, absent=ast.Tuple([], ast.Load()), then=tuple(writer.verdicts), names=names)


class _Writer(Writer):
    def __init__(self, operands: Operands) -> None:
        super().__init__(operands)
        self.entries: list[list[ast.expr]] = []
        self.verdicts: list[ast.stmt] = []
        self.texts: dict[str, object] = {}

    def part(self, node: Condition, depth: int) -> ast.expr:
        """Enter a part and those below it; the name of its verdict, which is worked out after theirs."""
        number = len(self.entries)
        verdict, text = f"c{number}", f"t{number}"
        self.texts[text] = str(node)
        entry = [ast.Constant(depth), load(text), load(verdict), ast.Constant(None), ast.Constant(None)]
        self.entries.append(entry)
        match node:
            case Comparison(left, _, right) | Cross(_, left, right):
                entry[3:] = [self.tested(left, 0), self.tested(right, 0)]
                value = self.condition(node)
            case Flag():
                value = self.condition(node)
            case State(_, meaning):
                value = self.part(meaning, depth + 1)
            case Not(operand):
                value = ast.UnaryOp(ast.Not(), self.part(operand, depth + 1))
            case Chain(operands) | And(operands):
                value = ast.BoolOp(ast.And(), [self.part(operand, depth + 1) for operand in operands])
            case Or(operands):
                value = ast.BoolOp(ast.Or(), [self.part(operand, depth + 1) for operand in operands])
        self.verdicts.append(assign(verdict, value))
        return load(verdict)
