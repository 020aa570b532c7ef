"""An expression as an indicator: its value at a bar is a function of what it reads at that bar alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from operators.indicators.definition import IndicatorDefinition, Number
from operators.indicators.kernels.kernel import Floats, Handle
from operators.indicators.node import Output, Reading, node

T = TypeVar("T")

VALUE = "value"
"""The one output of a computed indicator."""


@dataclass(frozen=True)
class _Scalar:
    """A function of one bar as a handle: there is nothing to go on from."""

    update: Callable[..., float]


@dataclass(frozen=True)
class Pointwise:
    """The kernel of a function that looks at one bar: ``scalar`` of its values, ``whole`` of whole arrays."""

    scalar: Callable[..., float]
    whole: Callable[..., Floats]

    def lookback(self, _parameters: Mapping[str, Number]) -> int:
        """None: it is ready where its inputs are."""
        return 0

    def open_and_fill(self, *windows: Floats, **_parameters: float) -> tuple[Handle, tuple[Floats, ...]]:
        """The function of every bar of the windows."""
        with np.errstate(all="ignore"):
            return _Scalar(self.scalar), (np.asarray(self.whole(*windows), dtype=np.float64),)


def computed(
    text: str, inputs: Sequence[Reading], scalar: Callable[..., float], whole: Callable[..., Floats]
) -> Output:
    """An expression as a node that others can read, shared by all who mean the same.

    It has no memory. Where an input that is an indicator is not finite it is NaN and neither function is asked.

    Args:
        text: the canonical text of the expression with column ids in place of names: what is not the same function of
            the same inputs must not have the same text.
        inputs: what it reads, in the order of the functions' arguments.
        scalar: the value at a bar, of one float for every input; NaN where it is not ready. A condition is 1.0 or 0.0.
            It must not raise.
        whole: the same of float64 arrays of one length, equal to ``scalar`` at every row to the bit. It is called
            with numpy's floating-point warnings off.

    Raises:
        IndicatorError: the graph is too deep or too large.

    >>> import operator
    >>> body = computed("close - open", ("close", "open"), operator.sub, operator.sub)
    >>> body.column
    '{close - open}.value'
    """
    definition = IndicatorDefinition(
        name="computed",
        title=text,
        parameters=(),
        inputs=(),
        outputs=(VALUE,),
        memory=_nothing,
        kernel=Pointwise(scalar, whole),
    )
    return Output(node(definition, inputs, {}, where=text, text=f"{{{text}}}"), VALUE)


def priced(price: str) -> Output:
    """A price as it is: what a series of another timeframe is asked for ``close``."""
    definition = IndicatorDefinition(
        name=price,
        title=price,
        parameters=(),
        inputs=(),
        outputs=("price",),
        memory=_nothing,
        kernel=Pointwise(_itself, _itself),
    )
    return Output(node(definition, (price,), {}, where=price, text=price), "price")


def _nothing(_parameters: Mapping[str, Number]) -> int:
    return 0


def _itself(value: T) -> T:
    return value
