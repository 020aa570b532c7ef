"""Reference figures from what a replay wrote: the returns of its trades, and of its bars.

Bars at which nothing was held have no equity point and a return of zero: they count all the same, by the number of bars
that the last metrics of the series have.
"""

from collections.abc import Iterator, Sequence
from math import log
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError

from dataflows.errors import CandelabraError
from operators.alerts.degradation import LEAST, sample_of
from schemas.alert_reference import ReferenceFile, Sample
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.position import PositionChange
from schemas.record import Record
from schemas.trade import Trade

R = TypeVar("R", bound=Record)

POSITIONS, EQUITY, METRICS = "positions.jsonl", "equity.jsonl", "metrics.jsonl"

_POSITIONS: TypeAdapter[Trade | PositionChange] = TypeAdapter(Trade | PositionChange)
_METRICS: TypeAdapter[StrategyMetrics | PortfolioMetrics] = TypeAdapter(StrategyMetrics | PortfolioMetrics)
_EQUITY = TypeAdapter(EquityPoint)


class Series(NamedTuple):
    """A strategy on one series."""

    strategy: str
    symbol: str
    timeframe: str


def reference_of(folder: Path, strategy: str | None, symbol: str | None, timeframe: str | None) -> ReferenceFile:
    """The figures of the one series in a replay's folder that these name; parts without enough returns are None.

    Raises:
        CandelabraError: the folder has none, or several; they are listed. Or a line is no record of its topic.
    """
    wanted = (strategy, symbol, timeframe)
    trades: dict[Series, list[float]] = {}
    for one in _records(folder / POSITIONS, _POSITIONS):
        if isinstance(one, Trade):
            trades.setdefault(_series(one), []).append(one.profit_fraction)
    series = _only(
        [one for one in trades if all(is_ is None or is_ == has for is_, has in zip(wanted, one, strict=True))]
    )
    return ReferenceFile(trades=_sample(trades[series]), bars=_bars(folder, series))


def _bars(folder: Path, series: Series) -> Sample | None:
    last = None
    for one in _records(folder / METRICS, _METRICS):
        if isinstance(one, StrategyMetrics) and _series(one) == series:
            last = one
    if last is None:
        return None
    before, returns = last.capital, []
    for point in _records(folder / EQUITY, _EQUITY):
        if point.portfolio is None and _series(point) == series:
            if point.equity <= 0:
                return None
            returns.append(log(point.equity / before))
            before = point.equity
    flat = last.performance.bars - len(returns)
    return _sample([*returns, *[0.0] * max(0, flat)])


def _sample(returns: Sequence[float]) -> Sample | None:
    return sample_of(returns) if len(returns) >= LEAST else None


def _only(found: Sequence[Series]) -> Series:
    if len(found) == 1:
        return found[0]
    if not found:
        raise CandelabraError("no series with a closed trade is there: nothing to hold a live result against")
    listed = ", ".join("|".join(one) for one in sorted(found))
    raise CandelabraError(
        f"expected one series, got {len(found)}: {listed}. Name one: --strategy, --symbol, --timeframe"
    )


def _series(one: Trade | EquityPoint | StrategyMetrics) -> Series:
    return Series(one.strategy or "", one.symbol or "", one.timeframe or "")


def _records(path: Path, kind: TypeAdapter[R]) -> Iterator[R]:
    """The records of a file of JSON lines; none where there is no such file."""
    if not path.exists():
        return
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield kind.validate_json(line)
            except ValidationError:
                raise CandelabraError(
                    f"{path}: line {number}: expected a JSON object, a record of {path.stem!r} as a replay of this "
                    f"release writes it, got {line[:60].decode('utf-8', 'replace').strip()!r}"
                ) from None
