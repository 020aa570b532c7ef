"""How many bars beyond its lookback each of TA-Lib's functions needs to forget what was before, and why.

A function that is not in ``FORGETTING`` needs none: it looks at one bar (arithmetic, candle prices), at a window of
finite length (SMA, WMA, CCI, LINEARREG, candle patterns, ...), or adds up over all bars, and is carried along from its
first one. The rest recurse. A function whose kind of mean can be chosen forgets as that mean does.
"""

import math
from collections.abc import Callable, Mapping

from talib._ta_lib import MA_Type

from operators.indicators.memory import (
    FOREVER,
    HALVING_BARS,
    HILBERT_BARS,
    KAMA_BARS,
    REMAINS,
    SETTLING_BARS,
    Parameters,
    Rule,
    exponential,
    wilder,
)

MA_TYPES: Mapping[str, int] = {
    name.casefold(): number for name, number in vars(type(MA_Type)).items() if isinstance(number, int)
}
"""TA-Lib's numbers for kinds of moving average; ``disabled`` is none, ``default`` what the function takes by itself."""

_SETTLED_TRENDS = 20.0
_TREND_BARS = 160.0
_TIE_PERIODS = 4
_MAMA_SLOW_LIMIT = 0.05  # TA-Lib's own limit where MAMA is chosen as a kind of mean


def _mama(slow_limit: float) -> int:
    """FAMA follows MAMA by half the step that MAMA takes: at least half the lower limit a bar."""
    return HILBERT_BARS + math.ceil(-math.log(REMAINS) / (slow_limit / 2))


_MEANS: Mapping[str, Callable[[int], int]] = {
    "ema": exponential,
    "dema": lambda period: exponential(period, stages=2),
    "tema": lambda period: exponential(period, stages=3),
    "kama": lambda _period: KAMA_BARS,
    "mama": lambda _period: _mama(_MAMA_SLOW_LIMIT),
    "t3": lambda period: exponential(period, stages=6),
    "default": wilder,  # the slowest of those that a function takes by default
    "zlema": exponential,
    "rma": wilder,
}
_MEAN_OF_TYPE = {MA_TYPES[name]: rule for name, rule in _MEANS.items()}


def _mean(parameters: Parameters, ma_type: str, *periods: str) -> int:
    """A mean of the type that a parameter chooses; the longest, if the function takes several side by side."""
    rule = _MEAN_OF_TYPE.get(int(parameters[ma_type]))
    return 0 if rule is None else max(rule(int(parameters[period])) for period in periods)


def _exponential(*chain: str, stages: int = 1) -> Rule:
    """Exponential means of these periods, one of the other."""
    return lambda parameters: sum(exponential(parameters[period], stages) for period in chain)


def _wilder(period: str = "period", stages: int = 1) -> Rule:
    """Wilder's mean of a period."""
    return lambda parameters: wilder(parameters[period], stages)


def _bars(count: int) -> Rule:
    return lambda _parameters: count


def _slowest(*periods: str) -> Rule:
    """Exponential means side by side: the slowest remembers longest."""
    return lambda parameters: max(exponential(parameters[period]) for period in periods)


def _extended_macd(parameters: Parameters) -> int:
    """The two means of chosen types, then the signal line's mean of their difference."""
    means = max(
        _mean(parameters, "fast_ma_type", "fast_period", "slow_period"),
        _mean(parameters, "slow_ma_type", "fast_period", "slow_period"),  # TA-Lib swaps periods to have fast < slow
    )
    return means + _mean(parameters, "signal_ma_type", "signal_period")


def _stop_and_reverse(*accelerations: tuple[str, ...]) -> Rule:
    """A stop that reverses forgets with the trend, which a greater acceleration makes shorter.

    Two stops that began at different bars are one from the first reversal that they have in common. The time to it was
    measured at 0.5 bars over the acceleration in the mean, and falls off exponentially: forty times the mean.
    Each group of names gives one direction's: the last is the maximum, the others what the acceleration can begin with.
    """

    def rule(parameters: Parameters) -> int:
        least = min(min(max(parameters[name] for name in group[:-1]), parameters[group[-1]]) for group in accelerations)
        bars = _SETTLED_TRENDS / least if least > 0 else math.inf
        return 64 + math.ceil(bars) if bars < FOREVER else FOREVER

    return rule


def _supertrend(parameters: Parameters) -> int:
    """The mean range, then bands that are one from the first time that both begin anew.

    The time to it was measured at 8 bars for each multiple of the range in the mean; twenty times that.
    """
    bars = _TREND_BARS * parameters["multiplier"]
    return wilder(parameters["period"]) + (math.ceil(bars) if bars < FOREVER else FOREVER)


FORGETTING: Mapping[str, Rule] = {
    # exponential means, and what is made of them
    "EMA": _exponential("period"),
    "ZLEMA": _exponential("period"),
    "EFI": _exponential("period"),
    "ERI": _exponential("period"),
    "CVI": _exponential("period"),
    "DEMA": _exponential("period", stages=2),
    "MASSI": _exponential("fast_period", stages=2),
    "TEMA": _exponential("period", stages=3),
    "TRIX": _exponential("period", stages=3),
    "T3": _exponential("period", stages=6),
    "MACD": _exponential("slow_period", "signal_period"),
    "MACDFIX": lambda parameters: exponential(26) + exponential(parameters["signal_period"]),
    "ADOSC": _slowest("fast_period", "slow_period"),
    "TSI": _exponential("first_period", "second_period"),
    "SMI": _exponential("slow_period", "fast_period", "signal_period"),
    # Wilder's means
    **dict.fromkeys(("RMA", "RSI", "CMO", "RVI", "ATR", "NATR", "DX"), _wilder()),
    **dict.fromkeys(("PLUS_DI", "MINUS_DI", "PLUS_DM", "MINUS_DM"), _wilder()),
    **dict.fromkeys(("ADX", "ADXR"), _wilder(stages=2)),
    "KC": lambda parameters: max(exponential(parameters["period"]), wilder(parameters["atr_period"])),
    # a mean whose kind is chosen
    "MA": lambda parameters: _mean(parameters, "ma_type", "period"),
    "BBANDS": lambda parameters: _mean(parameters, "ma_type", "period"),
    "MAVP": lambda parameters: _mean(parameters, "ma_type", "max_period"),
    **dict.fromkeys(
        ("APO", "PPO", "PVO"), lambda parameters: _mean(parameters, "ma_type", "fast_period", "slow_period")
    ),
    "MACDEXT": _extended_macd,
    "STOCHF": lambda parameters: _mean(parameters, "fastd_ma_type", "fastd_period"),
    "STOCHRSI": lambda parameters: wilder(parameters["period"]) + _mean(parameters, "fastd_ma_type", "fastd_period"),
    **dict.fromkeys(
        ("STOCH", "KDJ"),
        lambda parameters: (
            _mean(parameters, "slowk_ma_type", "slowk_period") + _mean(parameters, "slowd_ma_type", "slowd_period")
        ),
    ),
    # adaptive
    "KAMA": _bars(KAMA_BARS),
    "MAMA": lambda parameters: _mama(min(parameters["fast_limit"], parameters["slow_limit"])),
    "HA": _bars(HALVING_BARS),
    **dict.fromkeys(
        ("HT_DCPERIOD", "HT_DCPHASE", "HT_PHASOR", "HT_SINE", "HT_TRENDMODE", "HT_TRENDLINE"), _bars(HILBERT_BARS)
    ),
    # path dependent
    **dict.fromkeys(
        # which of several equal extremes it names depends on when it last searched: measured to be one in 1.5 periods
        ("MAXINDEX", "MININDEX", "MINMAXINDEX"),
        lambda parameters: _TIE_PERIODS * int(parameters["period"]) + SETTLING_BARS,
    ),
    "SAR": _stop_and_reverse(("acceleration", "maximum")),
    "SAREXT": _stop_and_reverse(
        ("acceleration_init_long", "acceleration_long", "acceleration_max_long"),
        ("acceleration_init_short", "acceleration_short", "acceleration_max_short"),
    ),
    "SUPERTREND": _supertrend,
}
"""The functions that recurse, each with the bars that it needs to forget, by canonical names of its parameters."""
