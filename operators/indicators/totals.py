"""Running totals: indicators that add up over all bars that there ever were, such as OBV.

No window is long enough for them. They are carried from their first bar on by what they have come to, see
``total_lane``. They add in the order in which TA-Lib adds and start where TA-Lib starts, so that the values are those
of TA-Lib's batch function over the same bars, to the bit. Their lookback and memory are 0.

A total counts from the first candle of its series. A strategy that asks for one late has it count from a bar near the
oldest that the series keeps then, and for good: what came before is known to nobody.

A total reads prices only: what another indicator came to before the oldest bar is known to nobody either. ``TOTALS``
names the kinds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from operators.indicators.definition import PRICE_SOURCES
from operators.indicators.kernels.kernel import Floats

Sums = tuple[float, ...]
"""What a total has come to: what it adds up, which is one number, and two for VWAP."""

Bar = tuple[float, ...]

NVI_START = 1000.0


@dataclass(frozen=True)
class Total:
    """How one kind adds up.

    Attributes:
        start: the sums at the first bar that counts, from the inputs there.
        run: the sums at every bar of a window, from those at its first and the inputs.
        step: the sums at a bar, from those at the bar before, the inputs there and the inputs at the bar.
        value: the indicator's value, from the sums.
    """

    start: Callable[..., tuple[Floats, ...]]
    run: Callable[..., tuple[Floats, ...]]
    step: Callable[[Sums, Bar, Bar], Sums]
    value: Callable[..., Floats]


def running_total(kind: str, columns: Sequence[str]) -> Total | None:
    """How a kind over these columns, in the order of the definition, adds up; None if it is no total.

    Raises:
        ValueError: a column is no price.

    >>> running_total("rsi", ["close"]) is None
    True
    """
    if kind not in TOTALS:
        return None
    strangers = [name for name in columns if name not in PRICE_SOURCES]
    if strangers:
        raise ValueError(
            f"{kind}: expected one of {', '.join(PRICE_SOURCES)}, found {strangers[0]}; it adds up all bars that there "
            "ever were, and of another indicator only the last are kept"
        )
    return TOTALS[kind]


def _added(first: Floats, changes: Floats) -> tuple[Floats]:
    """The sums from the first on: numpy accumulates from left to right, as TA-Lib does."""
    return (np.cumsum(np.concatenate([first, changes])),)


def _same(sums: Floats) -> Floats:
    return sums


def _cumsum_start(prices: Floats) -> tuple[Floats]:
    return (prices,)


def _cumsum(first: Floats, prices: Floats) -> tuple[Floats]:
    return _added(first, prices[1:])


def _cumsum_step(sums: Sums, _before: Bar, bar: Bar) -> Sums:
    return (sums[0] + bar[0],)


def _obv_start(_prices: Floats, volumes: Floats) -> tuple[Floats]:
    return (volumes,)


def _obv(first: Floats, prices: Floats, volumes: Floats) -> tuple[Floats]:
    return _added(first, np.sign(prices[1:] - prices[:-1]) * volumes[1:])


def _obv_step(sums: Sums, before: Bar, bar: Bar) -> Sums:
    if bar[0] == before[0]:
        return sums
    return (sums[0] + bar[1],) if bar[0] > before[0] else (sums[0] - bar[1],)


def _ad_start(highs: Floats, lows: Floats, closes: Floats, volumes: Floats) -> tuple[Floats]:
    return (0.0 + _money_flow(highs, lows, closes, volumes),)


def _ad(first: Floats, highs: Floats, lows: Floats, closes: Floats, volumes: Floats) -> tuple[Floats]:
    return _added(first, _money_flow(highs, lows, closes, volumes)[1:])


def _money_flow(highs: Floats, lows: Floats, closes: Floats, volumes: Floats) -> Floats:
    ranges = highs - lows
    some = ranges > 0
    place = np.divide((closes - lows) - (highs - closes), ranges, out=np.zeros_like(ranges), where=some)
    return np.where(some, place * volumes, 0.0)


def _ad_step(sums: Sums, _before: Bar, bar: Bar) -> Sums:
    high, low, close, volume = bar
    if not high - low > 0:
        return sums
    return (sums[0] + ((close - low) - (high - close)) / (high - low) * volume,)


def _zero_start(first: Floats, *_others: Floats) -> tuple[Floats]:
    return (np.zeros_like(first),)


def _pvt(first: Floats, closes: Floats, volumes: Floats) -> tuple[Floats]:
    return _added(first, (closes[1:] - closes[:-1]) / closes[:-1] * volumes[1:])


def _pvt_step(sums: Sums, before: Bar, bar: Bar) -> Sums:
    return (sums[0] + (bar[0] - before[0]) / before[0] * bar[1],)


def _wad(first: Floats, highs: Floats, lows: Floats, closes: Floats) -> tuple[Floats]:
    before, now = closes[:-1], closes[1:]
    falls = np.where(now < before, now - np.maximum(before, highs[1:]), 0.0)
    return _added(first, np.where(now > before, now - np.minimum(before, lows[1:]), falls))


def _wad_step(sums: Sums, before: Bar, bar: Bar) -> Sums:
    high, low, close = bar
    last = before[2]
    if close == last:
        return sums
    return (sums[0] + (close - min(last, low) if close > last else close - max(last, high)),)


def _index_start(closes: Floats, _volumes: Floats) -> tuple[Floats]:
    return (np.full_like(closes, NVI_START),)


def _compounded(first: Floats, closes: Floats, counts: npt.NDArray[np.bool_]) -> tuple[Floats]:
    """The index, by the close's change on the bars that count: each change is of what it has come to."""
    changes = ((closes[1:] - closes[:-1]) / closes[:-1]).tolist()
    index = float(first[0])
    found = [index]
    for change, counted in zip(changes, counts.tolist(), strict=True):
        if counted:
            index += index * change
        found.append(index)
    return (np.array(found),)


def _nvi(first: Floats, closes: Floats, volumes: Floats) -> tuple[Floats]:
    return _compounded(first, closes, volumes[1:] < volumes[:-1])


def _nvi_step(sums: Sums, before: Bar, bar: Bar) -> Sums:
    return (sums[0] + sums[0] * ((bar[0] - before[0]) / before[0]),) if bar[1] < before[1] else sums


def _pvi(first: Floats, closes: Floats, volumes: Floats) -> tuple[Floats]:
    return _compounded(first, closes, volumes[1:] > volumes[:-1])


def _pvi_step(sums: Sums, before: Bar, bar: Bar) -> Sums:
    return (sums[0] + sums[0] * ((bar[0] - before[0]) / before[0]),) if bar[1] > before[1] else sums


def _vwap_start(highs: Floats, lows: Floats, closes: Floats, volumes: Floats) -> tuple[Floats, Floats]:
    return ((highs + lows + closes) / 3 * volumes, volumes)


def _vwap(  # noqa: PLR0913, PLR0917  # two sums and four inputs
    turnover: Floats, volume: Floats, highs: Floats, lows: Floats, closes: Floats, volumes: Floats
) -> tuple[Floats, Floats]:
    (turnovers,) = _added(turnover, ((highs + lows + closes) / 3 * volumes)[1:])
    (traded,) = _added(volume, volumes[1:])
    return turnovers, traded


def _vwap_step(sums: Sums, _before: Bar, bar: Bar) -> Sums:
    high, low, close, volume = bar
    return (sums[0] + (high + low + close) / 3 * volume, sums[1] + volume)


def _mean_price(turnovers: Floats, volumes: Floats) -> Floats:
    return np.divide(turnovers, volumes, out=np.zeros_like(turnovers), where=volumes > 0)


TOTALS: Mapping[str, Total] = {
    "cumsum": Total(_cumsum_start, _cumsum, _cumsum_step, _same),
    "obv": Total(_obv_start, _obv, _obv_step, _same),
    "ad": Total(_ad_start, _ad, _ad_step, _same),
    "pvt": Total(_zero_start, _pvt, _pvt_step, _same),
    "wad": Total(_zero_start, _wad, _wad_step, _same),
    "nvi": Total(_index_start, _nvi, _nvi_step, _same),
    "pvi": Total(_index_start, _pvi, _pvi_step, _same),
    "vwap": Total(_vwap_start, _vwap, _vwap_step, _mean_price),
}
"""Every kind that adds up over all bars."""
