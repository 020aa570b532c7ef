"""Reference figures from what a replay wrote: the returns of its trades, and of its bars.

Bars at which nothing was held have no equity point and a return of zero: they count all the same, by the number of bars
that the last metrics of the series have.
"""

import json
from collections.abc import Iterator, Sequence
from math import log
from pathlib import Path
from typing import Any, NamedTuple

from dataflows.errors import CandelabraError
from operators.alerts.degradation import LEAST, sample_of
from schemas.alert_reference import ReferenceFile, Sample

POSITIONS, EQUITY, METRICS = "positions.jsonl", "equity.jsonl", "metrics.jsonl"


class Series(NamedTuple):
    """A strategy on one series."""

    strategy: str
    symbol: str
    timeframe: str


def reference_of(folder: Path, strategy: str | None, symbol: str | None, timeframe: str | None) -> ReferenceFile:
    """The figures of the one series in a replay's folder that these name; parts without enough returns are None.

    Raises:
        CandelabraError: the folder has none, or several; they are listed.
    """
    wanted = (strategy, symbol, timeframe)
    trades: dict[Series, list[float]] = {}
    for one in _records(folder / POSITIONS):
        if "profit_fraction" in one:
            trades.setdefault(_series(one), []).append(one["profit_fraction"])
    series = _only(
        [one for one in trades if all(is_ is None or is_ == has for is_, has in zip(wanted, one, strict=True))]
    )
    return ReferenceFile(trades=_sample(trades[series]), bars=_bars(folder, series))


def _bars(folder: Path, series: Series) -> Sample | None:
    last = None
    for one in _records(folder / METRICS):
        if _series(one) == series:
            last = one
    if last is None:
        return None
    before, returns = last["capital"], []
    for one in _records(folder / EQUITY):
        if one.get("portfolio") is None and _series(one) == series:
            if one["equity"] <= 0:
                return None
            returns.append(log(one["equity"] / before))
            before = one["equity"]
    flat = last["performance"]["bars"] - len(returns)
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


def _series(one: dict[str, Any]) -> Series:
    return Series(one.get("strategy") or "", one.get("symbol") or "", one.get("timeframe") or "")


def _records(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines; none where there is no such file."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield json.loads(line)
            except ValueError:
                raise CandelabraError(f"{path}: line {number}: expected a JSON object") from None
