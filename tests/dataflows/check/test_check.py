"""The whole check: strategies that people run come out clean, on real candles too; what raises is found."""

from collections.abc import Mapping
from pathlib import Path

import pytest

import dataflows
from dataflows.candle_files import CandleFile
from dataflows.check.check import check
from dataflows.check.reach import FEWEST_CANDLES, candles_to_check, candles_until_exact
from dataflows.check.series import choose
from operators.indicators.identity import resolve
from operators.indicators.kernels.kernel import Floats, Handle
from operators.strategy.compile import compile_strategy
from schemas.strategy_file import load_strategy
from tests.dataflows.check.planted import series, strategy, walk, with_fault

TEMPLATES = sorted((Path(dataflows.__file__).parent / "templates").glob("*.json"))
REAL = "m1/binance_usdm_2025-05_shared8_1m.parquet"


def test_no_template_goes_untried() -> None:
    assert len(TEMPLATES) >= 9


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_the_templates_look_at_nothing_ahead_and_are_warm_on_real_candles(path: Path, shared_data: Path) -> None:
    config = load_strategy(path.read_bytes(), origin=path.name)
    file = CandleFile(shared_data / REAL)
    chosen = choose(file, config, most_series=1, most_candles=lambda _timeframe, _base: 3_000)
    found = check(compile_strategy(config), chosen.series)
    assert [one for one in found.findings if one.part != "rules"] == []


@pytest.mark.parametrize("name", ["bollinger_breakout", "macd_rsi", "support_resistance_breakout"])
def test_templates_that_trade_often_have_no_finding_at_all_on_real_candles(name: str, shared_data: Path) -> None:
    path = next(one for one in TEMPLATES if one.stem == name)
    config = load_strategy(path.read_bytes(), origin=path.name)
    file = CandleFile(shared_data / REAL)
    chosen = choose(file, config, symbol="SOLUSDT", most_series=1, most_candles=lambda _timeframe, _base: 5_000)
    found = check(compile_strategy(config), chosen.series)
    assert found.findings == []
    assert sum(rule.signals for rule in found.series[0].rules) > 50


def test_an_honest_strategy_is_clean_on_generated_candles() -> None:
    tried = strategy("macd.histogram > 0 AND rsi_14 < 60", "rsi_14 > 70 OR macd.histogram < 0", indicators={"macd": {}})
    found = check(tried, [series(walk(4_000))])
    assert found.remarks == []


def test_the_whole_language_is_clean_on_real_candles(shared_data: Path) -> None:
    tried = strategy(
        "close > ema_20@5m AND hour >= 1 AND any_within(crossover(close, sma_20), 5) AND highest(high, 20) > close[2]",
        "position.bars_held >= 30 OR rsi_14@15m > 70 OR position.pnl < -0.01",
    )
    file = CandleFile(shared_data / REAL)
    chosen = choose(file, tried.config, symbol="ETHUSDT", most_series=1, most_candles=lambda _timeframe, _base: 9_000)
    found = check(tried, chosen.series)
    assert found.findings == []
    assert found.series[0].series == "ETHUSDT 1m"
    assert all(rule.signals for rule in found.series[0].rules)
    warm = found.series[0].warm_up
    assert warm is not None
    assert all(one.starts for one in warm.indicators)


class Unready:
    """Has its first value at the second candle."""

    def lookback(self, parameters: Mapping[str, float]) -> int:
        del parameters
        return 1


FAILED = "could not be computed and would be quarantined: indicator sma(close,period=6) failed:"


class Broken(Unready):
    """A fault: it raises."""

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Handle, tuple[Floats, ...]]:
        raise ZeroDivisionError(f"no volume in {len(windows)} input, {len(parameters)} parameter")


class BrokenLive(Unready):
    """A fault: it raises at the first candle that comes by itself."""

    def open_and_fill(self, *windows: Floats, **parameters: float) -> tuple[Handle, tuple[Floats, ...]]:
        del parameters
        return self, (windows[0],)

    def update(self, *values: float) -> float:
        raise IndexError(f"no place for {len(values)} value")


def test_an_indicator_that_raises_on_a_live_feed_alone_is_a_finding() -> None:
    found = check(with_fault(strategy("close > sma_6"), "sma", kernel=BrokenLive()), [series(walk(200))])
    assert [one.message for one in found.findings] == [f"{FAILED} IndexError: no place for 1 value"]


def test_an_indicator_that_raises_is_a_finding() -> None:
    found = check(with_fault(strategy("close > sma_6"), "sma", kernel=Broken()), [series(walk(200))])
    assert [one.message for one in found.findings] == [f"{FAILED} ZeroDivisionError: no volume in 1 input, 1 parameter"]
    assert found.series[0].rules == []


def test_progress_goes_from_nothing_to_all_over_every_series() -> None:
    told: list[tuple[str, float]] = []
    rows = walk(400, symbols=2)
    two = [series([row for row in rows if row[0] == name]) for name in ("SYM000", "SYM001")]
    check(strategy("close > sma_6"), two, progress=lambda what, share: told.append((what, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[-1] == pytest.approx(1.0)
    assert {what.partition(":")[0] for what, _ in told} == {"SYM000 1m", "SYM001 1m"}


def test_the_same_check_says_the_same() -> None:
    tried = strategy("rsi_14 < 40", "rsi_14 > 60")
    one, two = (check(tried, [series(walk(1_500))]) for _ in range(2))
    assert one.remarks == two.remarks
    assert one.series[0].look_ahead == two.series[0].look_ahead
    assert one.series[0].warm_up == two.series[0].warm_up
    assert one.series[0].rules == two.series[0].rules


def test_a_longer_warm_up_asks_for_more_candles() -> None:
    hourly = resolve("rsi", {"period": 14}, where="rsi", timeframe="1h")
    plain = resolve("rsi", {"period": 14}, where="rsi")
    assert candles_until_exact(hourly, "1m") > 60 * plain.reach
    assert candles_until_exact(plain, "1m") == plain.reach
    assert candles_to_check([plain], "1m", "1m") == FEWEST_CANDLES
    assert candles_to_check([hourly], "1m", "1m") > 3 * 60 * plain.reach
