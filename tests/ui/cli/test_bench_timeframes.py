"""`candelabra bench timeframes`: goals beside what was reached, for people and for machines."""

import pytest

from dataflows.bench import timeframes_workload
from dataflows.bench.latency import Latency
from dataflows.bench.measure import Usage
from dataflows.bench.timeframes import Plan, Throughput
from dataflows.bench.timeframes_live import Latencies, Memory, Pace
from dataflows.bench.timeframes_process import Outcome
from tests.ui.cli.conftest import Cli
from ui.cli import watchlist_deploy

WORK = Throughput(
    engine=(Usage(100_000, 640_000, 2.0, 2.5, 300.0),),
    bare=(Usage(100_000, 0, 1.0, 1.0, 60.0),),
    metered=Outcome(
        Usage(100_000, 640_000, 3.0, 2.6, 300.0),
        start_mb=150.0,
        resident_mb=250.0,
        parts={"decode": 200_000.0, "rules": 600_000.0},
        calls={"decode": 50, "rules": 5_000},
        thread_us=2_000_000.0,
        meter_us=100_000.0,
    ),
    records={"Signal": 4_321, "Composite": 1_234},
    not_ready=0.04,
)
WAITS = Latencies(
    signals={"all": Latency(900, 5.0, 30.0), "day": Latency(800, 5.0, 20.0), "swing": Latency(100, 8.0, 600.0)},
    composites={"all": Latency(70, 6.0, 40.0), "day": Latency(70, 6.0, 40.0)},
    bare={"all": Latency(900, 2.0, 9.0), "day": Latency(800, 2.0, 9.0), "swing": Latency(100, 2.0, 9.0)},
)
MEMORY = Memory(few=5, many=25, few_mb=180.0, many_mb=190.0, start_mb=150.0)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Plan | Pace]:
    """Nothing is run; what would be."""
    asked: list[Plan | Pace] = []

    def throughput(_servers: str, plan: Plan, _say: object) -> Throughput:
        asked.append(plan)
        return WORK

    def live(_servers: str, pace: Pace, _say: object) -> tuple[Latencies, Memory]:
        asked.append(pace)
        return WAITS, MEMORY

    monkeypatch.setattr("dataflows.bench.timeframes.throughput", throughput)
    monkeypatch.setattr("dataflows.bench.timeframes_live.live", live)
    monkeypatch.setattr("dataflows.brokers.external.wait_for_broker", lambda *_given, **_named: None)
    return asked


def test_machines_get_every_figure_with_its_goal(cli: Cli, measured: list[Plan | Pace]) -> None:
    said = cli("bench", "timeframes", "--bootstrap-servers", "kafka:9092", "--json")
    found = said.json
    assert said.code == 0
    assert (found["calculations_per_s"], found["memory_mb_per_symbol"]) == (320_000, 0.5)
    assert found["cpu_ratio_to_bare_loop"] == pytest.approx(2.5)
    assert found["signals"]["swing"] == {"count": 100, "p50_ms": 8.0, "p99_ms": 600.0}
    assert (found["composites"]["day"]["p99_ms"], found["bare_loop"]["day"]["p99_ms"]) == (40.0, 9.0)
    goals = {one["figure"]: (one["goal"], one["reached"], one["met"]) for one in found["goals"]}
    assert goals["calculations"] == (250_000, 320_000, True)
    assert goals["memory a symbol"] == (1, 0.5, True)
    assert goals["candle to signal, p99, swing"] == (500, 600.0, False)
    steps = {one["step"]: one["us_per_candle"] for one in found["steps"]}
    assert (steps["decode"], steps["rules"]) == (2.0, 6.0)
    assert sum(steps.values()) == pytest.approx(found["metered_us_per_candle"])
    assert found["compared_to"] == "a bare consume-decode-encode-produce loop in the same run, on the same candles"
    assert found["broker"] == "external Kafka unknown"
    plan, pace = measured
    assert plan == Plan(100, 6_000, 2, consensus=True)
    assert pace == Pace(100, 2_500, 60.0, consensus=True)


def test_people_get_tables(cli: Cli, measured: list[Plan | Pace]) -> None:
    said = cli("bench", "timeframes", "--bootstrap-servers", "kafka:9092", "--symbols", 25, "--no-consensus")
    assert said.code == 0
    assert "25 symbols x 5 timeframes x 5 strategies, one worker" in said.out
    rows = [line for line in said.out.splitlines() if "candle to signal, p99, swing" in line]
    assert len(rows) == 1
    assert "below 500 ms" in rows[0]
    assert "600.00 ms" in rows[0]
    assert "no" in rows[0]
    words = " ".join(said.out.split())
    assert "a calculation is an evaluation of one strategy on one closed bar of one timeframe" in words
    assert [one.consensus for one in measured] == [False, False]


def test_the_strategies_are_those_that_a_watchlist_is_given_in_one_command() -> None:
    assert timeframes_workload.FIVE == watchlist_deploy.FIVE
