"""What the figures of alert rules can be, so that a threshold at which a rule fires always, or never, is refused."""

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from schemas.alert_figures import HEALTH_FIGURES, PARTS, SHARES
from schemas.faults import Fault
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.portfolio_metrics import PortfolioMetrics

_STORED: Final = 1e9
"""Bounds from here on only say what a number is kept in."""

Threshold = Literal["above", "below", "resolve_below", "resolve_above"]


class Range(NamedTuple):
    """The least and the greatest value of a figure, both of which it can have; None where it has no bound."""

    least: float | None = None
    most: float | None = None

    def told(self, figure: str) -> str:
        """What a figure is, in words.

        >>> Range(0.0).told("fees"), Range(0.0).told("drawdown"), Range(0.0, 1.0).told("up")
        ('fees is 0 or more', 'drawdown is from 0 to 1', 'up is from 0 to 1')
        """
        most = 1.0 if self.most is None and figure in SHARES else self.most
        return f"{figure} is {self.least:g} or more" if most is None else f"{figure} is from {self.least:g} to {most:g}"


def beyond_range(figure: str, thresholds: Mapping[Threshold, float | None]) -> Iterator[Fault]:
    """A fault for each threshold of a rule that its figure is always beyond, or never.

    >>> [found] = beyond_range("drawdown", {"above": -0.1})
    >>> found.message
    'expected at least 0, got -0.1: drawdown is from 0 to 1, so it would fire always'
    """
    known = FIGURE_RANGES.get(figure)
    if known is None or known.least is None:
        return
    least, most, told = known.least, known.most, known.told(figure)
    for name, value in thresholds.items():
        expected = so = ""
        if value is None:
            continue
        if value < least:
            so = {"above": "fire always", "below": "never fire", "resolve_below": "never be over"}.get(name, "")
            expected = f"more than {least:g}" if name == "below" else f"at least {least:g}"
        elif name == "below" and value == least:
            expected, so = f"more than {least:g}", "never fire"
        elif most is not None and name == "above" and value >= most:
            expected, so = f"less than {most:g}", "never fire"
        elif most is not None and value > most:
            so = {"below": "fire always", "resolve_above": "never be over"}.get(name, "")
            expected = f"at most {most:g}"
        if so:
            yield Fault((name,), f"expected {expected}, got {value:g}: {told}, so it would {so}")


def _figure_ranges() -> Iterator[tuple[str, Range]]:
    """By name: what records say of their own numbers, and what the others are reckoned from."""
    for model in (StrategyMetrics, EquityPoint, PortfolioMetrics):
        for name, info in model.model_fields.items():
            if name != "version":  # a name, not a figure
                yield name, _bounds(info.annotation, *info.metadata)
    for part, kind in PARTS.items():
        for name, annotation in kind.__annotations__.items():
            yield f"{part}.{name}", _bounds(annotation)
    yield "heat_of_equity", Range(0.0)
    yield from ((name, Range(0.0)) for name in HEALTH_FIGURES)
    yield "up", Range(0.0, 1.0)


def _bounds(annotation: Any, *said: Any) -> Range:  # noqa: ANN401  # any annotation, and what is said beside it
    """The bounds of a number, or of a number or None."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _bounds(inner, *said, *more)
    if get_origin(annotation) in {Union, UnionType}:
        inner = [one for one in get_args(annotation) if one is not type(None)]
        return _bounds(inner[0], *said) if len(inner) == 1 else Range()
    constraints = [part for one in said for part in (one.metadata if isinstance(one, FieldInfo) else [one])]
    least = [getattr(one, key) for one in constraints for key in ("ge", "gt") if hasattr(one, key)]
    most = [one.le for one in constraints if hasattr(one, "le")]
    return Range(*(next((float(one) for one in found if abs(one) < _STORED), None) for found in (least, most)))


FIGURE_RANGES: Final[Mapping[str, Range]] = {name: found for name, found in _figure_ranges() if found.least is not None}
"""Figures that cannot be just any number, by the names that rules have for them."""
