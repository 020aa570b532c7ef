"""Replay of files: the same bytes each time, the signals that an independent oracle gives, and broken rows apart."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import talib

from dataflows.candle_files import CandleFile
from dataflows.errors import CandleFileError
from dataflows.replay import Replayed, replay
from schemas.dead_letter import Reason
from schemas.meta import MetaConfig
from schemas.problems import StrategyFileError, WatchlistFileError
from schemas.record import to_milliseconds
from schemas.signal_config import SignalConfig
from schemas.strategy import StrategyConfig
from schemas.strategy_file import load_strategy
from schemas.watchlist import AssetConfig, SessionConfig
from tests.schemas.seed_documents import FLAT, LISTED

HEADER = "symbol,timeframe,open_time,open,high,low,close,volume"
MS = 1_746_057_600_000  # 2025-05-01T00:00:00Z
ROWS = 12_000  # of each symbol


def anywhere(text: str) -> StrategyConfig:
    """A seed document for every series of the file."""
    config = load_strategy(text.encode(), origin="seed")
    return config.model_copy(update={"symbols": ("*",), "timeframes": ("*",)})


FLAT_SEED, LISTED_SEED = anywhere(FLAT), anywhere(LISTED)
ALWAYS = StrategyConfig(
    id="always",
    meta=MetaConfig(name="always"),
    signals=(
        SignalConfig(id="in", type="entry", expression="close > 0"),
        SignalConfig(id="out", type="exit", expression="close > 0"),
    ),
)


@pytest.fixture(scope="module")
def table(shared_data: Path) -> pa.Table:
    """The first rows of two symbols, in the order of the file."""
    whole = pq.read_table(shared_data / "m1" / "binance_usdm_2025-05_shared8_1m.parquet")
    symbols = sorted(set(whole["symbol"].to_pylist()))[:2]
    parts = [whole.filter(pc.equal(whole["symbol"], symbol)).slice(0, ROWS) for symbol in symbols]
    return pa.concat_tables(parts).sort_by([("open_time", "ascending"), ("symbol", "ascending")])


@pytest.fixture(scope="module")
def real(table: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> CandleFile:
    path = tmp_path_factory.mktemp("real") / "candles.parquet"
    pq.write_table(table, path)
    return CandleFile(path)


@pytest.fixture(scope="module")
def replayed(real: CandleFile) -> Replayed:
    return replay(real, [FLAT_SEED, LISTED_SEED])


def written(result: Replayed, folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in result.write(folder)}


def test_same_file_gives_the_same_bytes(real: CandleFile, replayed: Replayed, tmp_path: Path) -> None:
    first = written(replayed, tmp_path / "first")
    assert first == written(replay(real, [FLAT_SEED, LISTED_SEED]), tmp_path / "second")
    assert sorted(first) == [
        "alerts.jsonl",
        "composites.jsonl",
        "dead-letter.jsonl",
        "equity.jsonl",
        "executions.jsonl",
        "late-signals.jsonl",
        "metrics.jsonl",
        "positions.jsonl",
        "signals.jsonl",
        "status.jsonl",
    ]
    assert first["signals.jsonl"].count(b"\n") == len(replayed.signals) > 100


def test_csv_gives_the_bytes_that_parquet_gives(table: pa.Table, replayed: Replayed, tmp_path: Path) -> None:
    path = tmp_path / "candles.csv"
    pa.csv.write_csv(table, path)
    from_csv = replay(CandleFile(path), [FLAT_SEED, LISTED_SEED])
    assert written(from_csv, tmp_path / "csv") == written(replayed, tmp_path / "parquet")


def test_strategies_do_not_change_each_other(real: CandleFile, replayed: Replayed) -> None:
    alone = replay(real, [LISTED_SEED])
    beside = [one for one in replayed.topics()["signals"] if one.model_dump()["strategy"] == LISTED_SEED.id]
    assert list(alone.topics()["signals"]) == beside


def test_records_are_in_order_of_event_time_then_key(replayed: Replayed) -> None:
    order = [(one.close_time, one.key) for one in replayed.topics()["signals"]]  # type: ignore[attr-defined]  # signals
    assert order == sorted(order)


Trade = tuple[int, str, float]
"""Open time in milliseconds, rule, price."""


def trades_of(
    closes: npt.NDArray[np.float64], times: Sequence[int], entry: npt.NDArray[np.bool_], leave: npt.NDArray[np.bool_]
) -> list[Trade]:
    """Long when flat and ``entry``, flat when long and ``leave``: one candle after the other."""
    found: list[Trade] = []
    long = False
    for number, opened in enumerate(times):
        if (leave if long else entry)[number]:
            found.append((opened, "exit" if long else "entry", float(closes[number])))
            long = not long
    return found


def before(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.concatenate([[np.nan], values[:-1]])


def history(table: pa.Table, symbol: str) -> tuple[npt.NDArray[np.float64], list[int]]:
    own = table.filter(pc.equal(table["symbol"], symbol))
    times = [to_milliseconds(time) for time in own["open_time"].to_pylist()]
    return own["close"].to_numpy().astype(np.float64), times


def signals_of(result: Replayed, strategy: str, symbol: str) -> list[Trade]:
    own = [one for one in result.signals if one.strategy == strategy and one.symbol == symbol]
    return [(to_milliseconds(one.open_time), one.rule, one.price) for one in own]


@pytest.mark.parametrize("which", [0, 1])
def test_flat_seed_trades_as_ta_lib_over_the_whole_history_says(
    table: pa.Table, replayed: Replayed, which: int
) -> None:
    symbol = sorted(set(table["symbol"].to_pylist()))[which]
    closes, times = history(table, symbol)
    macd, line, _ = talib.MACD(closes, 12, 26, 9)
    rsi = talib.RSI(closes, 14)
    ready = np.isfinite(macd) & np.isfinite(before(macd)) & np.isfinite(rsi)
    rising = (macd > line) & (before(macd) <= before(line))
    falling = (macd < line) & (before(macd) >= before(line))
    expected = trades_of(closes, times, ready & rising & (rsi < 70), ready & (falling | (rsi > 80)))
    assert len(expected) > 100
    assert signals_of(replayed, FLAT_SEED.id, symbol) == expected


@pytest.mark.parametrize("which", [0, 1])
def test_listed_seed_trades_as_ta_lib_over_the_whole_history_says(
    table: pa.Table, replayed: Replayed, which: int
) -> None:
    symbol = sorted(set(table["symbol"].to_pylist()))[which]
    closes, times = history(table, symbol)
    rsi, fast, slow = talib.RSI(closes, 14), talib.EMA(closes, 20), talib.EMA(closes, 50)
    entry = np.isfinite(slow) & (rsi < 30) & (fast > slow)
    leave = np.isfinite(before(slow)) & ((rsi > 70) | ((fast < slow) & (before(fast) >= before(slow))))
    expected = trades_of(closes, times, entry, leave)
    assert len(expected) > 10
    assert signals_of(replayed, LISTED_SEED.id, symbol) == expected


def test_signal_is_explained_by_the_values_of_its_bar(table: pa.Table, replayed: Replayed) -> None:
    one = replayed.signals[-1]
    closes, times = history(table, one.symbol)
    at = times.index(to_milliseconds(one.open_time))
    assert one.price == closes[at]
    name = "rsi" if one.strategy == FLAT_SEED.id else "rsi_14"
    assert one.values[name] == pytest.approx(talib.RSI(closes, 14)[at], rel=1e-9)


def csv(folder: Path, *lines: str) -> CandleFile:
    path = folder / "candles.csv"
    path.write_text("\n".join([HEADER, *lines, ""]))
    return CandleFile(path)


def line(number: int, numbers: str = "10,12,9,11,1", symbol: str = "BTCUSDT", timeframe: str = "1m") -> str:
    return f"{symbol},{timeframe},{MS + number * 60_000},{numbers}"


BROKEN = {
    "NaN": (line(1, "10,nan,9,11,1"), "high nan is not a finite price above zero"),
    "infinite": (line(1, "10,inf,9,11,1"), "high inf is not a finite price above zero"),
    "a word": (line(1, "10,12,9,eleven,1"), "close nan is not a finite price above zero"),
    "nothing": (line(1, "10,12,9,,1"), "close nan is not a finite price above zero"),
    "zero price": (line(1, "10,12,0,11,1"), "low 0.0 is not a finite price above zero"),
    "negative volume": (line(1, "10,12,9,11,-1"), "volume -1.0 is not a finite number of zero or more"),
    "high below low": (line(1, "10,8,9,11,1"), "high 8.0 is below low 9.0"),
    "off the grid": (f"BTCUSDT,1m,{MS + 1},10,12,9,11,1", "is not on the grid of 1m"),
    "no timeframe": (line(1, timeframe="1mm"), "expected a timeframe such as 1m"),
    "no symbol": (line(1, symbol=""), "expected a symbol such as BTCUSDT or BTC/USDT, got ''"),
    "symbol with a separator": (
        line(1, symbol="BTC|USDT"),
        "expected a symbol such as BTCUSDT or BTC/USDT, got 'BTC|USDT'",
    ),
    "after the year 9999": (line(10**11), "is later than the year 9800"),
    "before the year 1": (line(-(10**11)), "expected a time from year 1 to 9999, got"),
}


@pytest.mark.parametrize(("broken", "detail"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_row_becomes_a_dead_letter_and_the_rest_goes_on(tmp_path: Path, broken: str, detail: str) -> None:
    result = replay(csv(tmp_path, line(0), broken, line(1), line(2)), [ALWAYS])
    (letter,) = result.dead_letters
    assert letter.reason is Reason.INVALID
    assert letter.detail.startswith("line 3: ")
    assert letter.value == broken.encode()
    assert detail in letter.detail
    assert (letter.topic, letter.partition, letter.offset) == ("candles.csv", 0, 1)
    assert letter.value is not None
    assert [one.rule for one in result.signals] == ["in", "out", "in"]
    assert (result.tally.candles, result.tally.dead_letters, result.alerts) == (3, 1, [])


def test_row_out_of_order_becomes_a_dead_letter_with_its_row(tmp_path: Path) -> None:
    result = replay(csv(tmp_path, line(0), line(5), line(3), line(6)), [ALWAYS])
    (letter,) = result.dead_letters
    assert (letter.reason, letter.offset) == (Reason.OUT_OF_ORDER, 2)
    assert [alert.kind for alert in result.alerts] == ["gap"]
    assert len(result.signals) == 3


def test_file_in_which_every_row_is_broken_is_all_dead_letters(tmp_path: Path) -> None:
    result = replay(csv(tmp_path, *[line(n, "a,b,c,d,e") for n in range(5)]), [ALWAYS])
    assert [letter.offset for letter in result.dead_letters] == [0, 1, 2, 3, 4]
    assert result.signals == []


def test_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CandleFileError, match=r"candles\.csv: expected candles, got a header line alone"):
        replay(csv(tmp_path), [ALWAYS])


def test_progress_counts_every_row(tmp_path: Path) -> None:
    seen: list[int] = []
    replay(csv(tmp_path, line(0), line(0, "x,x,x,x,x"), line(1)), [ALWAYS], progress=seen.append)
    assert sum(seen) == 3


def test_strategy_that_cannot_be_compiled_is_refused_before_the_first_candle(tmp_path: Path) -> None:
    bad = ALWAYS.model_copy(update={"signals": (SignalConfig(id="in", type="entry", expression="rsii < 30"),)})
    seen: list[int] = []
    with pytest.raises(StrategyFileError, match='unknown name "rsii"'):
        replay(csv(tmp_path, line(0)), [bad], progress=seen.append)
    assert seen == []


def test_file_that_holds_no_candles_is_an_error_for_a_person(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CandleFileError, match=r"other\.csv: missing column symbol, timeframe, open_time, open"):
        replay(CandleFile(tmp_path / "other.csv"), [ALWAYS])


def test_two_strategies_of_one_id_are_refused(tmp_path: Path) -> None:
    other = ALWAYS.model_copy(update={"meta": MetaConfig(name="another")})
    with pytest.raises(StrategyFileError, match="two strategies of one run have this id: version 1 exists with"):
        replay(csv(tmp_path, line(0)), [ALWAYS, other])


def test_a_wildcard_means_what_is_on_the_watchlist(tmp_path: Path) -> None:
    both = [line(number, symbol=symbol) for number in range(11) for symbol in ("BTCUSDT", "ETHUSDT")]
    watched = AssetConfig.model_validate({"symbol": "BTCUSDT", "timeframes": ["1m", "5m"]})
    result = replay(csv(tmp_path, *both), [ALWAYS], watchlist=[watched])
    assert {one.key for one in result.statuses} == {"always|BTCUSDT|1m", "always|BTCUSDT|5m"}
    assert [f"{one.close_time:%H:%M}" for one in result.signals if one.timeframe == "5m"] == ["00:05", "00:10"]
    assert (result.tally.candles, result.dead_letters) == (22, [])


def test_an_asset_that_is_not_enabled_is_not_traded(tmp_path: Path) -> None:
    result = replay(csv(tmp_path, line(0)), [ALWAYS], watchlist=[AssetConfig(symbol="BTCUSDT", enabled=False)])
    assert (result.signals, result.statuses, result.tally.candles) == ([], [], 1)


def test_a_zone_that_does_not_exist_is_refused_before_the_first_candle(tmp_path: Path) -> None:
    wrong = AssetConfig(symbol="AAPL", session=SessionConfig(zone="America/New_Yrok"))
    with pytest.raises(WatchlistFileError, match=r"(?s)^AAPL: 1 problem.*asset\.session\.zone: .*America/New_York"):
        replay(csv(tmp_path, line(0)), [ALWAYS], watchlist=[wrong])


def test_two_assets_of_one_symbol_are_refused(tmp_path: Path) -> None:
    twice = [AssetConfig(symbol="BTCUSDT"), AssetConfig(symbol="BTCUSDT", enabled=False)]
    with pytest.raises(WatchlistFileError, match="BTCUSDT: 1 problem"):
        replay(csv(tmp_path, line(0)), [ALWAYS], watchlist=twice)
