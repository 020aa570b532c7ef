"""What strategies may call TA-Lib's functions, their parameters and their outputs. TA-Lib's own names work too."""

import re
from collections.abc import Mapping

KIND_ALIASES: Mapping[str, tuple[str, ...]] = {
    "AC": ("accelerator",),
    "AD": ("accumulation_distribution", "adl"),
    "ADOSC": ("chaikin_oscillator",),
    "AO": ("awesome",),
    "BETA": ("rolling_beta",),
    "CMOU": ("chande_momentum_oscillator_unsmoothed",),
    "CORREL": ("correlation", "pearson"),
    "DONCHIAN": ("donchian_channel",),
    "EFI": ("force_index",),
    "ER": ("efficiency_ratio",),
    "ERI": ("elder_ray",),
    "FRACTAL": ("williams_fractals",),
    "HA": ("heikin_ashi", "heikin_ashi_candle", "heikenashi"),
    "LINEARREG_ANGLE": ("angle",),
    "LN": ("log", "natural_logarithm"),
    "LOG10": ("logarithm_10",),
    "MARKETFI": ("bw_mfi",),
    "MASSI": ("mass",),
    "MAX": ("highest",),
    "MAXINDEX": ("highest_index",),
    "MIN": ("lowest",),
    "MININDEX": ("lowest_index",),
    "MINMAX": ("lowest_highest",),
    "MINMAXINDEX": ("lowest_highest_index",),
    "PERCENTRANK": ("percentile_rank",),
    "ROCP": ("rate_of_change_fraction",),
    "ROCR": ("rate_of_change_ratio",),
    "ROCR100": ("rate_of_change_ratio_100",),
    "SAR": ("psar",),
    "SAREXT": ("parabolic_sar_extended",),
    "STDDEV": ("standard_deviation",),
    "STOCHF": ("fast_stochastic",),
    "STOCHRSI": ("stochastic_rsi",),
    "T3": ("tillson_t3",),
    "VAR": ("rolling_variance",),
    "WILLR": ("williams_r", "williams_percent_r"),
    "ADD": ("plus",),
    "SUB": ("minus",),
    "MULT": ("multiply",),
    "DIV": ("divide",),
    "SQRT": ("square_root",),
    "MA": ("moving_average",),
    "MACDEXT": ("macd_extended",),
    "CDLKICKINGBYLENGTH": ("kicking_by_length",),
    "CDLGAPSIDESIDEWHITE": ("gap_side_by_side_white_lines",),
    "CDLTAKURI": ("takuri",),
    "CDLCONCEALBABYSWALL": ("concealing_baby_swallow",),
}
"""Names beside the one that :func:`spelled_out` makes of the title."""

_NO_ALIAS = frozenset({"T3", "MA", "CMOU", "KC", "MACDEXT", "MACDFIX", "TRIX", "CDLKICKINGBYLENGTH"})
"""Functions whose titles would make a name that means something else, or no handy one."""
_NO_ALIAS_GROUPS = frozenset({"Math Operators", "Math Transform"})

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "acceleration": ("acceleration", "step", "af"),
    "accelerationinitlong": ("acceleration_init_long",),
    "accelerationinitshort": ("acceleration_init_short",),
    "accelerationlong": ("acceleration_long",),
    "accelerationmaxlong": ("acceleration_max_long",),
    "accelerationmaxshort": ("acceleration_max_short",),
    "accelerationshort": ("acceleration_short",),
    "atrperiod": ("atr_period", "atr_length"),
    "fastd_matype": ("fastd_ma_type", "d_ma_type"),
    "fastd_period": ("fastd_period", "d_period", "d", "smooth_d"),
    "fastk_period": ("fastk_period", "k_period", "k"),
    "fastlimit": ("fast_limit",),
    "fastmatype": ("fast_ma_type",),
    "fastperiod": ("fast_period", "fast", "fast_length"),
    "firstperiod": ("first_period", "first", "long", "long_period"),
    "leftbars": ("left_bars", "left"),
    "matype": ("ma_type", "average"),
    "maximum": ("maximum", "max_step", "max_af"),
    "maxperiod": ("max_period",),
    "minperiod": ("min_period",),
    "nbdev": ("deviations", "multiplier"),
    "nbdevdn": ("deviations_down", "std_dev", "deviations", "nbdev", "multiplier"),
    "nbdevup": ("deviations_up", "std_dev", "deviations", "nbdev", "multiplier"),
    "offsetonreverse": ("offset_on_reverse",),
    "penetration": ("penetration",),
    "percentile": ("percentile", "q"),
    "rightbars": ("right_bars", "right"),
    "roc1period": ("roc1_period",),
    "roc2period": ("roc2_period",),
    "rocperiod": ("roc_period",),
    "secondperiod": ("second_period", "second", "short", "short_period"),
    "signalmatype": ("signal_ma_type",),
    "signalperiod": ("signal_period", "signal", "signal_length"),
    "slowd_matype": ("slowd_ma_type", "d_ma_type"),
    "slowd_period": ("slowd_period", "d_period", "d", "smooth_d"),
    "slowk_matype": ("slowk_ma_type", "k_ma_type"),
    "slowk_period": ("slowk_period", "smooth_k", "smoothing", "slowing"),
    "slowlimit": ("slow_limit",),
    "slowmatype": ("slow_ma_type",),
    "slowperiod": ("slow_period", "slow", "slow_length"),
    "startvalue": ("start_value", "start"),
    "stddevperiod": ("stddev_period",),
    "timeperiod": ("period", "length", "window", "lookback"),
    "timeperiod1": ("period1", "short_period", "short"),
    "timeperiod2": ("period2", "medium_period", "medium"),
    "timeperiod3": ("period3", "long_period", "long"),
    "vfactor": ("volume_factor", "v", "factor"),
    "wmaperiod": ("wma_period",),
}
"""The canonical name of each of TA-Lib's parameters, then what else it may be called."""

FUNCTION_PARAMETERS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("STOCH", "fastk_period"): ("fastk_period", "k_period", "k", "period", "length"),
    ("SUPERTREND", "multiplier"): ("multiplier", "factor", "deviations"),
    ("KC", "nbdev"): ("deviations", "multiplier", "factor", "std_dev"),
    ("STDDEV", "nbdev"): ("deviations", "multiplier"),
}
"""As ``PARAMETERS``, where a function has names of its own."""

OUTPUTS: Mapping[str, tuple[str, ...]] = {
    "aroondown": ("down",),
    "aroonup": ("up",),
    "bearpower": ("bear_power", "bear"),
    "bullpower": ("bull_power", "bull"),
    "fastd": ("d",),
    "fastk": ("k",),
    "haclose": ("close",),
    "hahigh": ("high",),
    "halow": ("low",),
    "haopen": ("open",),
    "leadsine": ("lead_sine", "lead"),
    "lowerband": ("lower",),
    "macdhist": ("histogram", "hist"),
    "macdsignal": ("signal", "signal_line"),
    "maxidx": ("max_index", "highest"),
    "middleband": ("middle",),
    "minidx": ("min_index", "lowest"),
    "minusvi": ("minus", "minus_vi"),
    "plusvi": ("plus", "plus_vi"),
    "slowd": ("d",),
    "slowk": ("k",),
    "smisignal": ("signal", "signal_line"),
    "swinghigh": ("swing_high", "high"),
    "swinglow": ("swing_low", "low"),
    "upperband": ("upper",),
}
"""The canonical name of an output that is not TA-Lib's, then what else it may be called."""

DEFAULT_OUTPUTS: Mapping[str, str] = {
    "ACCBANDS": "middle",
    "AROON": "up",
    "BBANDS": "middle",
    "DONCHIAN": "middle",
    "HA": "close",
    "KC": "middle",
}
"""The output that a function's bare name means, where that is not its first."""

_ASIDES = re.compile(r"\(.*?\)|\s*:.*")
_SEPARATORS = re.compile(r"[^a-z0-9]+")


def spelled_out(function: str, group: str, title: str) -> tuple[str, ...]:
    """The names that a function's title makes.

    >>> spelled_out("RSI", "Momentum Indicators", "Relative Strength Index")
    ('relative_strength_index',)
    >>> spelled_out("CDLENGULFING", "Pattern Recognition", "Engulfing Pattern")
    ('engulfing', 'engulfing_pattern')
    """
    if function in _NO_ALIAS or group in _NO_ALIAS_GROUPS:
        return ()
    name = _SEPARATORS.sub("_", _ASIDES.sub("", title).replace("'", "").casefold()).strip("_")
    if group != "Pattern Recognition":
        return (name,) if name[0].isalpha() else ()
    names = dict.fromkeys((name.removesuffix("_pattern"), name, function.removeprefix("CDL").casefold()))
    return tuple(one for one in names if one[0].isalpha())  # a name in an expression does not begin with a digit
