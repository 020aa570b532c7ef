"""What `bench timeframes` runs and counts: its workload, its meter, and the figures that follow from them."""

from collections import Counter

import pytest

from dataflows.bench.latency import Latency
from dataflows.bench.measure import Usage
from dataflows.bench.timeframes import REST_OF_PROCESS, REST_OF_THREAD, Throughput
from dataflows.bench.timeframes_goals import goals
from dataflows.bench.timeframes_live import Latencies, Memory, Pace
from dataflows.bench.timeframes_meter import PARTS, PLACES, Meter, metered
from dataflows.bench.timeframes_process import Outcome
from dataflows.bench.timeframes_waits import Waits
from dataflows.bench.timeframes_workload import (
    PULSE,
    STYLES,
    bars_of,
    calculations,
    five,
    not_ready,
    pulse,
    watchlist,
    weekly,
)
from dataflows.bench.workload import MINUTE_MS, START_MS, GeneratedCandles
from dataflows.replay import Replayed, replay
from dataflows.template_files import template_bytes
from operators.strategy.compile import compile_strategy
from schemas.strategy import StrategyConfig
from schemas.strategy_file import load_strategy
from schemas.trading_style import TRADING_STYLES

MINUTES = 480


def worked(configs: list[StrategyConfig], candles: GeneratedCandles, *, quiet: bool = False) -> Replayed:
    return replay(candles, configs, watchlist=watchlist(candles.names(), consensus=True, quiet=quiet))


def outcome(cpu_s: float, **more: object) -> Outcome:
    return Outcome(Usage(1_000, 6_000, 2.0, cpu_s, 300.0), 150.0, 200.0, **more)  # type: ignore[arg-type]  # of many kinds


def measured(metered_run: Outcome) -> Throughput:
    engine = (Usage(1_000, 6_000, 2.0, 1.0, 30.0), Usage(1_000, 6_000, 4.0, 3.0, 40.0))
    bare = (Usage(1_000, 0, 1.0, 0.5, 20.0), Usage(1_000, 0, 1.0, 0.3, 20.0))
    return Throughput(engine, bare, metered_run, {"Signal": 3}, 0.1)


def test_what_is_due_is_what_the_engine_counts() -> None:
    configs = five()
    found = worked(configs, GeneratedCandles(2, MINUTES))
    assert found.tally.evaluations == 2 * calculations(MINUTES, len(configs))
    assert calculations(MINUTES, 5) == 5 * (480 + 96 + 32 + 8 + 2)
    assert (found.alerts, found.dead_letters, found.late_signals) == ([], [], [])


def test_the_five_run_on_every_style_and_are_weighed_together() -> None:
    assert set(STYLES.values()) == set(TRADING_STYLES)
    found = worked(five(), GeneratedCandles(2, MINUTES))
    assert {one.strategy for one in found.signals} == {config.id for config in five()}
    assert {one.key.partition("|")[0] for one in found.composites} > {"*"}


def test_calculations_that_are_not_ready_come_before_the_longest_lookback() -> None:
    config = five()[0]
    longest = max(one.lookback for one in compile_strategy(config).indicators)
    assert not_ready(MINUTES, [config]) == sum(min(longest, bars_of(one, MINUTES)) for one in STYLES)
    assert not_ready(MINUTES, [pulse()]) == 0


def test_a_candle_a_week_makes_a_bar_of_every_timeframe_before_the_others_begin() -> None:
    rows = [row for batch in weekly(2, 9).batches() for row in batch]
    assert len(rows) == 18
    assert rows[-1][2] + 7 * 24 * 60 * MINUTE_MS == START_MS
    found = worked([pulse()], weekly(2, 9), quiet=True)
    bars = Counter((one.symbol, one.timeframe) for one in found.signals)
    # The last bar of all but the base still forms.
    assert bars == {(f"SYM00{n}", name): 9 if name == "1m" else 8 for n in range(2) for name in STYLES}


def test_the_longest_timeframe_closes_in_the_middle_of_what_is_measured() -> None:
    pace = Pace(symbols=100, calculations_per_s=2_500, seconds=60)
    assert pace.candles_per_s == pytest.approx(2_500 / 6.4375)
    settling = pace.candles_per_s * pace.settling_s / pace.symbols
    measured_minutes = pace.candles_per_s * pace.seconds / pace.symbols
    middle = pace.first + settling + measured_minutes / 2
    assert middle == pytest.approx(240, abs=1)
    assert pace.minutes == int(settling + measured_minutes)
    assert pace.first >= 1, "one candle comes before"


def test_a_meter_gives_each_part_its_own_time_less_what_it_takes_itself() -> None:
    now = 0

    def clock() -> int:
        return now

    def work(took: int) -> None:
        nonlocal now
        now += took

    meter = Meter(clock, calibrating=0)
    inner = meter.wrap(work, lambda took: f"inner {took}")

    def both() -> None:
        work(3)
        inner(10)
        work(4)
        inner(20)

    outer = meter.wrap(both, "outer")
    outer()
    work(100)  # between calls: nobody's
    outer()
    assert meter.taken == {"outer": 14, "inner 10": 20, "inner 20": 40}
    assert meter.calls == {"outer": 2, "inner 10": 2, "inner 20": 2}
    assert meter.span == 174
    assert meter.own == 0


def test_a_meter_does_not_count_its_own_ticks() -> None:
    ticks = 0

    def clock() -> int:
        nonlocal ticks
        ticks += 7
        return ticks

    meter = Meter(clock)
    inner = meter.wrap(lambda: None, "inner")
    meter.wrap(lambda: [inner() for _ in range(50)], "outer")()
    assert meter.taken["inner"] == pytest.approx(0, abs=0.1)
    assert meter.taken["outer"] == pytest.approx(0, abs=0.1)
    assert meter.own > 0


def test_a_part_that_raises_is_left_all_the_same() -> None:
    meter = Meter(lambda: 0, calibrating=0)

    def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        meter.wrap(fails, "fails")()
    meter.wrap(lambda: None, "next")()
    assert meter.calls == {"fails": 1, "next": 1}


def test_every_part_of_the_graph_is_found_and_left_as_it_was() -> None:
    before = [place.owner.__dict__[place.method] for place in PLACES]
    looks_up = load_strategy(template_bytes("multi_timeframe_trend"), origin="multi_timeframe_trend")
    plain = worked([*five(), looks_up], GeneratedCandles(2, MINUTES))
    meter = Meter()
    with metered(meter):
        found = worked([*five(), looks_up], GeneratedCandles(2, MINUTES))
    assert found.topics() == plain.topics()
    assert [place.owner.__dict__[place.method] for place in PLACES] == before
    assert set(meter.taken) <= set(PARTS)
    # What reads and writes topics has no part in a replay.
    assert set(meter.taken) == set(PARTS) - {"consume", "decode", "encode", "sink"}


def test_rates_and_ratios_are_of_all_rounds_together() -> None:
    found = measured(outcome(1.0))
    assert found.calculations_per_s == pytest.approx(12_000 / 6)
    assert found.calculations_per_cpu_s == pytest.approx(12_000 / 4)
    assert found.candles_per_s == pytest.approx(2_000 / 6)
    assert found.us_per_candle == pytest.approx(4.0 / 2_000 * 1e6)
    assert found.cpu_ratio_to_bare_loop == pytest.approx(4.0 / 0.8)
    assert found.bare_candles_per_s == pytest.approx(1_000)
    assert found.peak_memory_mb == 40.0


def test_parts_add_up_to_the_processor_time_of_their_run() -> None:
    parts = {"decode": 2_000.0, "indicators 1m": 6_000.0}
    found = measured(outcome(0.020, parts=parts, calls={"decode": 10}, thread_us=12_000.0, meter_us=1_000.0))
    by_name = {one.name: one for one in found.parts}
    assert by_name["decode"].us_per_candle == pytest.approx(2.0)
    assert by_name["decode"].calls_per_candle == pytest.approx(0.01)
    assert by_name[REST_OF_THREAD].us_per_candle == pytest.approx(4.0)
    assert by_name[REST_OF_PROCESS].us_per_candle == pytest.approx(20.0 - 1.0 - 12.0)
    assert sum(one.us_per_candle for one in found.parts) == pytest.approx(found.metered_us_per_candle)
    assert sum(one.share for one in found.parts) == pytest.approx(1)
    assert list(by_name) == [*PARTS, REST_OF_THREAD, REST_OF_PROCESS]


def test_goals_say_what_is_met() -> None:
    signals: Waits = {name: Latency(10, 5.0, p99) for name, p99 in (("all", 60.0), ("day", 90.0), ("swing", 501.0))}
    memory = Memory(few=5, many=105, few_mb=200.0, many_mb=290.0, start_mb=150.0)
    assert memory.mb_per_symbol == pytest.approx(0.9)
    found = goals(measured(outcome(1.0)), Latencies(signals, {}, {}), memory)
    assert [(one.name, one.met) for one in found] == [
        ("calculations", False),
        ("memory a symbol", True),
        ("memory with 105 symbols", True),
        ("candle to signal, p99", False),
        ("candle to signal, p99, day", True),
        ("candle to signal, p99, swing", False),
    ]


def test_the_pulse_signals_at_every_bar() -> None:
    found = worked([pulse()], GeneratedCandles(1, MINUTES))
    assert Counter(one.timeframe for one in found.signals) == {name: bars_of(name, MINUTES) for name in STYLES}
    assert {one.strategy for one in found.signals} == {PULSE}
