"""Channels and clouds around price that TA-Lib lacks, or computes without naming their states."""

from collections.abc import Mapping

from operators.indicators import memory
from operators.indicators.definition import IndicatorDefinition, Number, Parameter
from operators.indicators.kernels.ichimoku import ICHIMOKU
from operators.indicators.kernels.keltner import KELTNER
from operators.indicators.kernels.squeeze import SQUEEZE
from operators.indicators.kernels.swing import SWING
from operators.indicators.parameters import bars, period
from operators.indicators.talib_functions import talib_indicator

_RANGE = ("high", "low", "close")
_OUT_OF_BANDS = {
    "breakout_up": "crossover(close, {name}.upper)",
    "breakout_down": "crossunder(close, {name}.lower)",
    "above_upper": "close > {name}.upper",
    "below_lower": "close < {name}.lower",
}
_BAND_ALIASES = {
    "upperband": "upper",
    "middleband": "middle",
    "lowerband": "lower",
    "upper_band": "upper",
    "middle_band": "middle",
    "lower_band": "lower",
}


def _multiple(name: str, aliases: tuple[str, ...], default: float, doc: str) -> Parameter:
    return Parameter(name, aliases, float, default, 0.01, 100.0, doc)


def _keltner_memory(parameters: Mapping[str, Number]) -> int:
    forgetting = max(memory.exponential(parameters["period"]), memory.wilder(parameters["atr_period"]))
    return KELTNER.lookback(parameters) + forgetting


def _swing_memory(parameters: Mapping[str, Number]) -> int:
    """Back to the first neighbour of the oldest bar that may be a level."""
    return int(parameters["longest"]) + int(parameters["strength"]) + 1


CHANNELS = (
    talib_indicator(
        "ha",
        states={
            "bullish": "{name}.close > {name}.open",
            "bearish": "{name}.close < {name}.open",
            "flip_up": "crossover({name}.close, {name}.open)",
            "flip_down": "crossunder({name}.close, {name}.open)",
        },
        doc="Candles whose open is the middle of the candle before and whose close is the mean of the four prices. "
        "The first opens at the middle of its own open and close.",
    ),
    talib_indicator(
        "supertrend",
        states={
            "bullish": "{name}.trend > 0",
            "bearish": "{name}.trend < 0",
            "flip_up": "crossover({name}.trend, 0)",
            "flip_down": "crossunder({name}.trend, 0)",
        },
        output_aliases={"direction": "trend", "line": "supertrend"},
        doc="A stop that trails price at a multiple of the ATR and turns over when a close passes it. Equal to the "
        "published recursion; trend is 1 while the stop is below price, -1 while it is above, and begins with 1. A "
        "trend that lasts longer than the memory makes the stop begin anew at the bar where the memory begins.",
    ),
    talib_indicator(
        "donchian",
        states={
            "breakout_up": "crossover(close, {name}.upper[1])",
            "breakout_down": "crossunder(close, {name}.lower[1])",
            "above_upper": "close > {name}.upper[1]",
            "below_lower": "close < {name}.lower[1]",
        },
        doc="The highest high and the lowest low of the last bars, this one among them: the states compare the close "
        "with the channel of the bar before, which this bar cannot have moved.",
    ),
    IndicatorDefinition(
        name="keltner",
        title="Keltner Channels",
        parameters=(
            *period(20, "Span of the exponential mean"),
            bars("atr_period", ("atr_length",), 10, "Wilder's smoothing of the true range", minimum=1),
            _multiple("multiplier", ("factor", "atr_multiplier", "deviations"), 2.0, "ATRs from the middle to a band"),
        ),
        inputs=_RANGE,
        outputs=("middle", "upper", "lower"),
        memory=_keltner_memory,
        states=_OUT_OF_BANDS,
        aliases=("keltner_channel", "keltner_channels"),
        output_aliases=_BAND_ALIASES,
        kernel=KELTNER,
        group="Overlap Studies",
        doc="A mean of closes with a band of true ranges. TA-Lib's `kc` is another: means of the typical price, and an "
        "exponential mean of the true range in the place of the ATR.",
        formula="middle = EMA(close, period); upper, lower = middle +- multiplier * ATR(atr_period)",
        source='C. W. Keltner (1960), as changed by L. B. Raschke; StockCharts ChartSchool, "Keltner Channels"',
    ),
    IndicatorDefinition(
        name="ichimoku",
        title="Ichimoku Kinko Hyo",
        parameters=(
            bars("tenkan_period", ("tenkan", "conversion_period"), 9, "Range of the conversion line"),
            bars("kijun_period", ("kijun", "base_period"), 26, "Range of the base line"),
            bars("senkou_period", ("senkou", "span_b_period"), 52, "Range of the cloud's second line"),
            bars("displacement", ("shift", "offset"), 26, "How far ahead the cloud is drawn", minimum=1),
        ),
        inputs=_RANGE,
        outputs=("tenkan", "kijun", "senkou_a", "senkou_b", "chikou_distance"),
        memory=lambda parameters: ICHIMOKU.lookback(parameters) + 1,
        states={
            "price_above_cloud": "close > {name}.senkou_a AND close > {name}.senkou_b",
            "price_below_cloud": "close < {name}.senkou_a AND close < {name}.senkou_b",
            "cloud_bullish": "{name}.senkou_a > {name}.senkou_b",
            "cloud_bearish": "{name}.senkou_a < {name}.senkou_b",
            "tk_cross_bullish": "crossover({name}.tenkan, {name}.kijun)",
            "tk_cross_bearish": "crossunder({name}.tenkan, {name}.kijun)",
            "chikou_bullish": "{name}.chikou_distance > 0",
            "chikou_bearish": "{name}.chikou_distance < 0",
        },
        aliases=("ichimoku_cloud", "ichimoku_kinko_hyo"),
        output_aliases={
            "tenkan_sen": "tenkan",
            "conversion": "tenkan",
            "kijun_sen": "kijun",
            "base": "kijun",
            "span_a": "senkou_a",
            "span_b": "senkou_b",
            "senkou_span_a": "senkou_a",
            "senkou_span_b": "senkou_b",
        },
        kernel=ICHIMOKU,
        group="Overlap Studies",
        doc="senkou_a and senkou_b are the cloud under this bar, computed `displacement` bars ago. The chikou span at "
        "this bar would be a later close: `chikou_distance` says where its newest point lies against the price there.",
        formula="tenkan, kijun = (highest high + lowest low) / 2; senkou_a = (tenkan + kijun) / 2 and senkou_b = the "
        "same of senkou_period bars, both of displacement bars ago; chikou_distance = close - close[displacement]",
        source='G. Hosoda, Ichimoku Kinko Hyo (1969); StockCharts ChartSchool, "Ichimoku Cloud"',
    ),
    IndicatorDefinition(
        name="squeeze",
        title="TTM Squeeze",
        parameters=(
            *period(20, "How many bars all of its means and ranges look back"),
            _multiple(
                "deviations", ("bb_std", "std_dev"), 2.0, "Standard deviations from the mean to Bollinger's bands"
            ),
            _multiple(
                "multiplier", ("kc_multiplier", "kc_scalar"), 1.5, "True ranges from the mean to Keltner's bands"
            ),
        ),
        inputs=_RANGE,
        outputs=("on", "momentum"),
        memory=lambda parameters: SQUEEZE.lookback(parameters) + 1,
        states={
            "squeeze": "{name}.on > 0",
            "fired": "crossunder({name}.on, 1)",
            "fired_up": "crossunder({name}.on, 1) AND {name}.momentum > 0",
            "fired_down": "crossunder({name}.on, 1) AND {name}.momentum < 0",
        },
        aliases=("ttm_squeeze", "squeeze_momentum"),
        kernel=SQUEEZE,
        group="Volatility Indicators",
        doc="`on` is 1 while Bollinger's bands lie inside Keltner's channel, else 0: volatility has shrunk, and often "
        "grows soon. `momentum` is where price leans meanwhile. Its channel is of simple means, as in the original.",
        formula="on: deviations * STDDEV(close) < multiplier * SMA(true range); momentum = end of the least-squares "
        "line of close - ((highest high + lowest low) / 2 + SMA(close)) / 2; all over period bars",
        source='J. F. Carter, Mastering the Trade, chapter 11; LazyBear, "Squeeze Momentum Indicator", TradingView',
    ),
    IndicatorDefinition(
        name="swing",
        title="Swing Support and Resistance",
        parameters=(
            bars("strength", ("bars", "left_right"), 5, "Neighbours on either side that a swing stands out from", 1),
            bars("longest", ("lookback", "max_age"), 200, "How long ago the bar of a level may be"),
        ),
        inputs=("high", "low"),
        outputs=("resistance", "support"),
        memory=_swing_memory,
        states={
            "breakout_up": "crossover(close, {name}.resistance)",
            "breakout_down": "crossunder(close, {name}.support)",
            "above_resistance": "close > {name}.resistance",
            "below_support": "close < {name}.support",
        },
        aliases=("support_resistance", "swing_levels"),
        kernel=SWING,
        group="Overlap Studies",
        ordered=(("strength", "longest"),),
        doc="The last swing high and the last swing low that are known: a swing is known `strength` bars after its "
        "bar. NaN while there is none.",
        formula="swing high: not lower than `strength` bars before, higher than `strength` bars after; swing low: the "
        "same upside down",
        source="B. M. Williams, Trading Chaos (fractals); TradingView, ta.pivothigh and ta.pivotlow",
    ),
)
