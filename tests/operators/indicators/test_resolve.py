"""From what a strategy writes to an indicator, or to everything that is wrong with it."""

import math

import pytest

from operators.indicators.identity import IndicatorError, implicit, resolve
from operators.indicators.parameters import ZONE


@pytest.mark.parametrize(
    ("kind", "parameters", "key"),
    [
        ("rsi", {}, "rsi(close,period=14)"),
        ("RSI", {"timeperiod": 14}, "rsi(close,period=14)"),
        ("rsi", {"timePeriod": 14.0, "overbought": 80, "oversold": 20}, "rsi(close,period=14)"),
        ("rsi", {"Period": 14, "price": "close"}, "rsi(close,period=14)"),
        ("sma", {"length": 20, "source": "HL2"}, "sma(hl2,period=20)"),
        ("macd", {}, "macd(close,fast_period=12,slow_period=26,signal_period=9)"),
        (
            "MACD",
            {"fastPeriod": 12, "slowperiod": 26, "signal_period": 9},
            "macd(close,fast_period=12,slow_period=26,signal_period=9)",
        ),
        ("bbands", {"stdDev": 2}, "bbands(close,period=20,deviations_up=2.0,deviations_down=2.0,ma_type=sma)"),
        (
            "Bollinger_Bands",
            {"nbdevup": 1.5},
            "bbands(close,period=20,deviations_up=1.5,deviations_down=2.0,ma_type=sma)",
        ),
        (
            "stochastic",
            {"kPeriod": 14},
            "stoch(fastk_period=14,slowk_period=3,slowk_ma_type=sma,slowd_period=3,slowd_ma_type=sma)",
        ),
        ("plus-di", {}, "plus_di(period=14)"),
        ("atr", {}, "atr(period=14)"),
        ("change", {"method": "Percent"}, "change(close,bars=1,method=percent)"),
        ("change", {"method": 1}, "change(close,bars=1,method=percent)"),
        ("ma", {"period": 9, "ma_type": "EMA"}, "ma(close,period=9,ma_type=ema)"),
        (
            "session_vwap",
            {"tz": "america/new_york", "start": "09:30"},
            "session_vwap(zone=America/New_York,start=09:30,session_bars=1440)",
        ),
        ("hour", {"zone": "Asia/Tokyo"}, "hour(zone=Asia/Tokyo)"),
    ],
)
def test_what_means_the_same_has_the_same_key(kind: str, parameters: dict[str, object], key: str) -> None:
    assert resolve(kind, parameters, where="indicators.one").key == key


def test_thresholds_are_no_part_of_the_identity() -> None:
    plain, strict = resolve("rsi", {}, where="a"), resolve("rsi", {"overbought": 80.5}, where="b")
    assert plain == strict
    assert hash(plain) == hash(strict)
    assert dict(plain.thresholds) == {"overbought": 70, "oversold": 30}
    assert dict(strict.thresholds) == {"overbought": 80.5, "oversold": 30}
    assert strict.states("slow") == {"overbought": "slow > 80.5", "oversold": "slow < 30"}


def test_other_parameters_make_another_indicator() -> None:
    keys = {
        resolve("ema", parameters, where="ema").key
        for parameters in ({"period": 5}, {"period": 6}, {"period": 5, "price": "open"})
    }
    assert len(keys) == 3


def test_outputs_are_known_by_their_aliases() -> None:
    macd = resolve("macd", {}, where="macd")
    assert macd.outputs == ("macd", "signal", "histogram")
    assert macd.column("HIST") == macd.column("histogram") == f"{macd.key}.histogram"
    assert resolve("stoch", {}, where="stoch").output("slowD") == "d"
    bands = resolve("bbands", {}, where="bbands")
    assert bands.outputs[0] == "middle"
    assert bands.columns == (f"{bands.key}.middle", f"{bands.key}.upper", f"{bands.key}.lower")


def test_an_unknown_output_is_refused_with_the_nearest() -> None:
    expected = (
        r'macd\.histo: macd has no output "histo", expected one of macd, signal, histogram \(did you mean "hist"\?\)'
    )
    with pytest.raises(IndicatorError, match=expected):
        resolve("macd", {}, where="macd").column("histo")


def test_an_unknown_indicator_is_refused_with_the_nearest() -> None:
    with pytest.raises(IndicatorError) as refused:
        resolve("rsii", {}, where="indicators.one")
    assert str(refused.value) == (
        'indicators.one: unknown indicator "rsii" (did you mean "rsi"?); `candelabra strategy schema indicator` lists '
        "all, operators/indicators/REFERENCE.md describes them"
    )


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("moving_avg", '"moving_avg" (did you mean "moving_average" or "hull_moving_average"?); `candelabra'),
        ("stochastik", '(did you mean "stochastic", "stochastic_rsi" or "kdj_stochastic"?); `candelabra'),
        ("xyzzy", 'unknown indicator "xyzzy"; `candelabra strategy schema indicator` lists all'),
        ("y" * 5_000, f'unknown indicator "{"y" * 60}..."; `candelabra'),
        ("Session", '"Session" is not declared but written in an expression, such as session("09:30", "16:00", '),
    ],
)
def test_of_an_unknown_indicator_the_nearest_few_are_told(kind: str, told: str) -> None:
    with pytest.raises(IndicatorError) as refused:
        resolve(kind, {}, where="x")
    assert told in str(refused.value)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        (
            "rsi",
            {"perod": 14},
            (
                'x.perod: rsi has no parameter "perod" (did you mean "period"?), '
                "expected one of period, overbought, oversold, price"
            ),
        ),
        ("atr", {"zzz": 1}, 'x.zzz: atr has no parameter "zzz", expected one of period'),
        ("rsi", {"period": True}, "x.period: expected an integer from 2 to 100000, found true"),
        ("rsi", {"period": "14"}, 'x.period: expected an integer from 2 to 100000, found "14"'),
        ("rsi", {"period": None}, "x.period: expected an integer from 2 to 100000, found null"),
        ("rsi", {"period": 14.5}, "x.period: expected an integer from 2 to 100000, found 14.5"),
        ("rsi", {"period": 0}, "x.period: expected an integer from 2 to 100000, found 0"),
        ("rsi", {"period": -3}, "x.period: expected an integer from 2 to 100000, found -3"),
        ("rsi", {"period": 100_001}, "x.period: expected an integer from 2 to 100000, found 100001"),
        ("rsi", {"period": 1e308}, "x.period: expected an integer from 2 to 100000, found 1e+308"),
        ("rsi", {"period": math.nan}, "x.period: expected an integer from 2 to 100000, found NaN"),
        ("rsi", {"overbought": math.inf}, "x.overbought: expected a number from 0.0 to 100.0, found Infinity"),
        ("rsi", {"overbought": 20}, "x.oversold: expected less than overbought (20), found 30"),
        ("macd", {"fast": 26}, "x.fast_period: expected less than slow_period (26), found 26"),
        ("bbands", {"stdDev": 1e38}, "x.stdDev: expected a number from -3e+37 to 3e+37, found 1e+38"),
        (
            "ema",
            {"period": 5, "timeperiod": 6},
            'x.timeperiod: sets period, which "period" has set already, expected one of the two',
        ),
        (
            "ema",
            {"price": "closee"},
            (
                "x.price: expected one of open, high, low, close, volume, hl2, hlc3, ohlc4, "
                'found "closee" (did you mean "close"?)'
            ),
        ),
        ("ema", {"price": 3}, "x.price: expected one of open, high, low, close, volume, hl2, hlc3, ohlc4, found 3"),
        ("atr", {"price": "open"}, "x.price: atr always reads high, low, close, expected no choice of price"),
        ("rsi", {"period": "9" * 500}, f'x.period: expected an integer from 2 to 100000, found "{"9" * 56}...'),
    ],
)
def test_a_wrong_parameter_is_refused_by_place_and_bounds(
    kind: str, parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(IndicatorError) as refused:
        resolve(kind, parameters, where="x")
    assert str(refused.value) == message


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(IndicatorError) as refused:
        resolve("macd", {"fast": 30, "perod": 3, "price": 3, "signal": True}, where="indicators.m")
    places = [problem.where for problem in refused.value.problems]
    assert places == ["indicators.m.perod", "indicators.m.price", "indicators.m.signal", "indicators.m.fast_period"]
    assert len(str(refused.value).splitlines()) == 4


def test_no_order_is_demanded_of_a_number_that_was_refused() -> None:
    with pytest.raises(IndicatorError) as refused:
        resolve("macd", {"slow": "x", "fast": 40}, where="m")
    assert [problem.where for problem in refused.value.problems] == ["m.slow"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("rsi_14", "rsi(close,period=14)"),
        ("RSI_14", "rsi(close,period=14)"),
        ("ema_50", "ema(close,period=50)"),
        ("sma_200", "sma(close,period=200)"),
        ("atr_14", "atr(period=14)"),
        ("plus_di_10", "plus_di(period=10)"),
        ("ma_20", "ma(close,period=20,ma_type=sma)"),
        ("bb_20", "bbands(close,period=20,deviations_up=2.0,deviations_down=2.0,ma_type=sma)"),
        ("stddev_20", "stddev(close,period=20,deviations=1.0)"),
        ("supertrend_7", "supertrend(period=7,multiplier=3.0)"),
        ("stochrsi_21", "stochrsi(close,period=21,fastk_period=5,fastd_period=3,fastd_ma_type=sma)"),
        ("rocr_100", "rocr(close,period=100)"),
    ],
)
def test_a_bare_name_with_a_period_means_an_indicator(name: str, key: str) -> None:
    indicator = implicit(name)
    assert indicator is not None
    assert indicator.key == key


@pytest.mark.parametrize(
    "name",
    [
        *("", "_14", "14", "rsi", "rsi_", "rsi 14", "rsi_-3", "rsi_14_", "rsii_14", "macd_12", "stoch_14", "hour_9"),
        *("mavp_9", "change_3", "rate_of_change_ratio_100"),
        *("rsi_0", "rsi_1", "rsi_100001", "rsi_014", "rsi_\N{ARABIC-INDIC DIGIT ONE}4"),
        *("rsi_" + "9" * 5000, "a" * 100_000),
    ],
    ids=lambda name: name[:10] or "empty",
)
def test_any_other_bare_name_means_none(name: str) -> None:
    assert implicit(name) is None


def test_a_period_that_no_series_could_keep_is_refused_by_name() -> None:
    with pytest.raises(IndicatorError, match=r"^rsi_100000\.period: .* the longest period that works is 6450$"):
        implicit("rsi_100000")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"zone": "Europe/Lodnon"},
            (
                'x.zone: expected an IANA time zone such as America/New_York (did you mean "Europe/London"?), '
                'found "Europe/Lodnon"'
            ),
        ),
        ({"zone": 5}, "x.zone: expected an IANA time zone such as America/New_York, found 5"),
        (
            {"start": "25:00"},
            'x.start: expected a time of day such as 09:30, or an integer from 0 to 1439, found "25:00"',
        ),
    ],
)
def test_choices_that_are_too_many_to_list_are_described(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(IndicatorError) as refused:
        resolve("session_vwap", parameters, where="x")
    assert str(refused.value) == message


def test_a_time_zone_is_itself_whatever_its_number_is() -> None:
    zones = dict.fromkeys(ZONE.choices)
    keys = [resolve("hour", {"zone": zone}, where="x").key for zone in zones]
    assert keys == [f"hour(zone={zone})" for zone in zones]
