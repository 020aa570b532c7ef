"""The figures that an alert rule can look at, by the names that records have for them."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from operator import attrgetter
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from schemas.metrics import CurveFigures, EquityPoint, StrategyMetrics, TradeFigures
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.record import Record

Read = Callable[[Any], float | None]
"""A figure of a record; None where it has no value yet."""

_NUMBERS: Final = frozenset({float, int})
PARTS: Final = {"performance": CurveFigures, "trades": TradeFigures}


def _is_number(annotation: Any) -> bool:  # noqa: ANN401  # any annotation
    """Whether a field holds a number, or a number or None."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in {Union, UnionType}:
        return any(_is_number(option) for option in get_args(annotation))
    return annotation in _NUMBERS


def _own(model: type[Record]) -> Iterator[tuple[str, Read]]:
    for name, info in model.model_fields.items():
        if _is_number(info.annotation) and name != "version":
            yield name, attrgetter(name)


def _of_metrics(model: type[Record]) -> Iterator[tuple[str, Read]]:
    yield from _own(model)
    for part, kind in PARTS.items():
        for name, annotation in kind.__annotations__.items():
            if _is_number(annotation):
                yield f"{part}.{name}", partial(_of_part, part, name)


def _of_part(part: str, name: str, record: Any) -> float | None:  # noqa: ANN401  # a record that has this part
    """A figure of a part; None where the part has no value yet."""
    figures = getattr(record, part)
    value: float | None = None if figures is None else getattr(figures, name)
    return value


def _heat_of_equity(record: PortfolioMetrics) -> float | None:
    return record.heat / record.equity if record.equity > 0 else None


METRIC_FIGURES: Final[Mapping[str, Read]] = dict(_of_metrics(StrategyMetrics))
"""Every number of a ``StrategyMetrics``, those of its parts by path: ``performance.drawdown``."""

EQUITY_FIGURES: Final[Mapping[str, Read]] = dict(_own(EquityPoint))
"""Every number of an ``EquityPoint``."""

PORTFOLIO_FIGURES: Final[Mapping[str, Read]] = {
    **dict(_of_metrics(PortfolioMetrics)),
    "heat_of_equity": _heat_of_equity,
}
"""Every number of a ``PortfolioMetrics``, those of its parts by path; and its heat by its equity, as limits have it."""

SHARES: Final = frozenset(
    {
        "risk_score",
        "daily_loss",
        "drawdown",
        "heat_of_equity",
        "performance.drawdown",
        "performance.max_drawdown",
        "performance.exposure_time",
        "trades.win_rate",
    }
)
"""Fractions of a whole, of which nobody means more than 1 and somebody might mean percent."""

HealthFigure = Literal[
    "up",
    "alive",
    "ready",
    "lag_records",
    "quarantined_keys",
    "behind_seconds",
    "latency_p50_seconds",
    "latency_p99_seconds",
    "dead_letters_per_minute",
    "quarantines_per_minute",
    "errors_per_minute",
    "snapshot_age_seconds",
    "restarts",
    "memory_bytes",
]
"""What a worker's ``/metrics`` tells. ``up`` is 1 where it answers; ``errors`` are dead letters and quarantines;
``behind_seconds`` is the longest that a strategy on all its symbols is held up by one of them."""

HEALTH_FIGURES: Final[tuple[HealthFigure, ...]] = get_args(HealthFigure)
