"""Swing levels: the last high that stood out among its neighbours, and the last low."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from operators.indicators.kernels.composed import Carried, Part, part
from operators.indicators.kernels.kernel import Floats, Numbers


class Swing:
    """Resistance at the last swing high and support at the last swing low that are known at this bar.

    The bar of a swing high is not lower than the ``strength`` bars before it, and higher than the ``strength`` bars
    after: of equal highs in a row the last counts. So a level is known ``strength`` bars after its bar, and not before.
    It holds until the next swing is known, or until its bar is more than ``longest`` bars ago.

    - Input: high, low. Output: resistance, support, in the unit of the price; NaN while there is no level.
    - Warm-up: 2 * strength bars of NaN, and on until the first swing. Memory: ``longest`` + ``strength`` bars.
    - Cost: 1 microsecond an update.
    - Source: B. M. Williams, Trading Chaos (fractals are of strength 2); TradingView, ``ta.pivothigh``.

    >>> import numpy as np
    >>> highs = np.array([1.0, 2.0, 5.0, 3.0, 4.0])
    >>> _, (resistance, _) = SWING.open_and_fill(highs, highs - 1, strength=1, longest=10)
    >>> resistance.tolist()
    [nan, nan, nan, 5.0, 5.0]
    """

    def lookback(self, parameters: Numbers) -> int:
        """Bars before the first value."""
        return 2 * int(parameters["strength"])

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Carried, tuple[Floats, ...]]:
        """Compute over windows of high and low."""
        highs, lows = windows
        strength, longest = int(parameters["strength"]), int(parameters["longest"])
        above, resistance = _levels(highs, "MAX", strength, longest)
        below, support = _levels(lows, "MIN", strength, longest)

        def update(high: float, low: float) -> tuple[float, float]:
            return above.update(high), below.update(low)

        return Carried(update), (resistance, support)


def _levels(values: Floats, extreme: str, strength: int, longest: int) -> "tuple[_Level, Floats]":
    """The level at every bar of a window, and what goes on from its end."""
    around = part(extreme, values, timeperiod=2 * strength + 1)
    after = part(extreme, values, timeperiod=strength) if strength > 1 else Part(float, values)
    bars = np.arange(len(values))
    candidates = np.concatenate([np.full(strength, np.nan), values[:-strength]])
    swings = (candidates == around.values) & (candidates != after.values)
    last = np.maximum.accumulate(np.where(swings, bars, -1))
    oldest_age = longest - strength
    levels = np.where((last >= 0) & (bars - last <= oldest_age), candidates[last], np.nan)
    level = _Level(
        around.update,
        after.update,
        newest=deque(values[-strength:].tolist(), maxlen=strength + 1),
        oldest_age=oldest_age,
        age=int(bars[-1] - last[-1]) if last[-1] >= 0 else longest,
        value=float(levels[-1]),
    )
    return level, levels


@dataclass
class _Level:
    """The last swing, value by value.

    Attributes:
        around: the extreme of the bars on both sides of the candidate and of itself.
        after: the extreme of the bars after it.
        newest: the last bars, the candidate for a swing first.
        oldest_age: how long a swing is a level, in bars since it was known.
        age: bars since the last swing was known.
        value: the level.
    """

    around: Callable[[float], float]
    after: Callable[[float], float]
    newest: deque[float]
    oldest_age: int
    age: int
    value: float

    def update(self, value: float) -> float:
        self.newest.append(value)
        candidate = self.newest[0]
        around, after = self.around(value), self.after(value)
        if candidate == around and candidate != after:
            self.value, self.age = candidate, 0
            return candidate
        self.age += 1
        if self.age > self.oldest_age:
            self.value = math.nan
        return self.value


SWING = Swing()
