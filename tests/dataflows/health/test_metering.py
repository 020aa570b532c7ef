"""The wrappers hand everything on as it is, and measure it."""

import io
import json
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from dataflows.health import logs
from dataflows.health.meter import Meter
from dataflows.health.sink import MeteredSink
from dataflows.health.source import MeteredSource
from dataflows.health.states import WEIGH_EVERY, StepStates, TogetherStates
from dataflows.settings import Settings
from dataflows.stop import StopFlag
from operators.events import CandleBatch, Command, Listing
from operators.lift import Snapshot
from operators.tally import Tally
from operators.together.waits import Wait
from schemas.alert import Alert, alert_id
from schemas.dead_letter import Reason, dead_letter
from schemas.lifecycle import State, StrategyStatus
from tests.dataflows.deployment import START, minute, swing, version, walk, wanted
from tests.dataflows.health.made import signal

NOW_MS = START + 120_250


@dataclass
class Part(StatefulSourcePartition[Any, Any]):
    """Gives batches that a test laid down, recorded at ``recorded_ms``."""

    batches: list[list[Any]]
    resumed: Any
    recorded_ms: int = 0
    closed: bool = False

    def next_batch(self) -> list[Any]:
        if not self.batches:
            raise StopIteration
        return self.batches.pop(0)

    def next_awake(self) -> datetime | None:
        return datetime(2025, 1, 1, tzinfo=UTC)

    def snapshot(self) -> Any:  # noqa: ANN401  # any state
        return {"candles": 5}

    def close(self) -> None:
        self.closed = True


@dataclass(frozen=True)
class Source(FixedPartitionedSource[Any, Any]):
    """One such part."""

    part: Part

    def list_parts(self) -> list[str]:
        return ["candles/0"]

    def build_part(self, step_id: str, for_part: str, resume_state: Any) -> Part:  # noqa: ANN401  # any state
        del step_id, for_part
        self.part.resumed = resume_state
        return self.part


@dataclass
class Output(StatefulSinkPartition[Any, Any]):
    """Keeps what it is given."""

    written: list[Any] = field(default_factory=list)
    closed: bool = False

    def write_batch(self, values: list[Any]) -> None:
        self.written += values

    def snapshot(self) -> Any:  # noqa: ANN401  # any state
        return {"end": len(self.written)}

    def close(self) -> None:
        self.closed = True


@dataclass(frozen=True)
class Sink(FixedPartitionedSink[Any, Any]):
    """One such part."""

    part: Output

    def list_parts(self) -> list[str]:
        return ["0", "1"]

    def part_fn(self, item_key: str) -> int:
        return len(item_key)

    def build_part(self, step_id: str, for_part: str, resume_state: Any) -> Output:  # noqa: ANN401  # any state
        del step_id, for_part, resume_state
        return self.part


@pytest.fixture
def meter() -> Meter:
    return Meter(Tally(), StopFlag(), wall=lambda: NOW_MS / 1000)


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    """The log of this test at its most talkative, as JSON."""
    stream = io.StringIO()
    logs.set_up(Settings(_env_file=None, log_format="json", log_level="debug"), 0, stream)  # type: ignore[call-arg]  # as in test_logs
    yield stream
    logs.tear_down()


def lines(stream: io.StringIO, event: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, stream.getvalue().splitlines()) if line["event"] == event]


def candles(bars: int = 1) -> CandleBatch:
    rows = walk(bars, symbols=["AAA"])
    return CandleBatch("AAA", "candles", 0, rows, list(range(bars)), [b""] * bars)


def test_a_source_is_handed_on_as_it_is(meter: Meter) -> None:
    batch = [("AAA", candles())]
    part = Part([[], batch], None)
    source = MeteredSource(Source(part), meter)
    assert source.list_parts() == ["candles/0"]
    metered = source.build_part("feed", "candles/0", {"candles": 3})
    assert part.resumed == {"candles": 3}
    assert list(metered.next_batch()) == []
    assert metered.next_batch() is batch
    assert metered.next_awake() == part.next_awake()
    assert metered.snapshot() == {"candles": 5}
    with pytest.raises(StopIteration):
        metered.next_batch()
    metered.close()
    assert part.closed
    assert meter.readings.snapshots["feed"].count == 1
    assert meter.readings.snapshot_at == NOW_MS / 1000
    assert meter.vitals.not_ready() == []


def test_a_sink_is_handed_on_as_it_is(meter: Meter) -> None:
    part = Output()
    sink = MeteredSink("signals", Sink(part), meter)
    assert sink.list_parts() == ["0", "1"]
    assert sink.part_fn("four") == 4
    metered = sink.build_part("candelabra.signals_out", "0", None)
    given = [signal("AAA", "1m", minute(bar), minute(bar + 1)) for bar in range(2)]
    metered.write_batch(given)
    assert part.written == given
    assert metered.snapshot() == {"end": 2}
    metered.close()
    assert part.closed
    assert meter.readings.records == {"signals": 2}
    assert meter.readings.snapshots["signals_out"].count == 1


def test_latency_is_from_the_candles_record_to_the_hand_over(meter: Meter) -> None:
    # The second candle closes at START + 120 s, was recorded 40 ms later, and its signal is written at + 250 ms.
    part = Part([[("AAA", candles(2))]], None, recorded_ms=START + 120_040)
    MeteredSource(Source(part), meter).build_part("feed", "candles/0", None).next_batch()
    output = MeteredSink("signals", Sink(Output()), meter).build_part("signals_out", "0", None)
    newest, older = (signal("AAA", "1m", minute(bar), minute(bar + 1)) for bar in (1, 0))
    output.write_batch([older, newest])
    latency = meter.readings.latency["signal"]
    assert latency.count == 1  # of the candles of a fetch the newest is looked at
    assert latency.sum == pytest.approx(0.210)


def test_without_a_record_timestamp_it_is_from_when_the_candle_was_taken(meter: Meter) -> None:
    MeteredSource(Source(Part([[("AAA", candles(2))]], None)), meter).build_part("f", "c", None).next_batch()
    assert meter.stamps.find("AAA", START + 120_000) == NOW_MS


def test_commands_are_counted_by_symbol_and_told_by_command(meter: Meter, said: io.StringIO) -> None:
    desired, known = wanted("fast", command="c-1"), version(swing("fast"))
    items = [(symbol, Command(symbol, desired, known)) for symbol in ("AAA", "BBB")]
    part = Part([[*items, ("AAA", Listing("AAA", None, exists=False))]], None)
    MeteredSource(Source(part), meter).build_part("feed", "candles/0", None).next_batch()
    assert meter.readings.commands == {"candles/0": 3}
    [line] = lines(said, "command placed")
    assert (line["strategy"], line["state"], line["command"], line["symbols"]) == ("fast@1", "running", "c-1", 2)
    assert lines(said, "watchlist placed")[0]["symbols"] == 1


def test_many_commands_at_once_take_one_line(meter: Meter, said: io.StringIO) -> None:
    known = version(swing("fast"))
    items = [("AAA", Command("AAA", wanted("fast", command=f"c-{number}"), known)) for number in range(50)]
    MeteredSource(Source(Part([items], None)), meter).build_part("feed", "candles/0", None).next_batch()
    assert lines(said, "command placed") == []
    assert [line["commands"] for line in lines(said, "commands placed")] == [50]


def test_the_first_look_says_where_it_goes_on(meter: Meter, said: io.StringIO) -> None:
    source = MeteredSource(Source(Part([[], []], None)), meter)
    part = source.build_part("feed", "candles/0", {"candles": 41, "control": 2})
    states = StepStates("market", meter)
    for key in ("a", "b"):
        states.restored(key, {"schema_version": 1})
    part.next_batch()
    part.next_batch()
    [line] = lines(said, "resumed")
    assert (line["keys"], line["offsets"]) == (2, {"candles/0": 41})
    assert line["seconds"] >= 0
    assert meter.readings.restored == {"market": 2}


def test_dead_letters_and_alerts_are_counted_by_what_they_are(meter: Meter) -> None:
    letters = [
        dead_letter(reason, "x", topic="candles", partition=0, offset=offset, key=None, value=None)
        for offset, reason in enumerate((Reason.INVALID, Reason.INVALID, Reason.EMPTY))
    ]
    MeteredSink("dead-letter", Sink(Output()), meter).build_part("d", "0", None).write_batch(letters)
    gap = Alert(
        id=alert_id("gap", "AAA", "1m", minute(1)),
        kind="gap",
        severity="warning",
        symbol="AAA",
        timeframe="1m",
        event_time=minute(1),
        message="gone",
    )
    MeteredSink("alerts", Sink(Output()), meter).build_part("a", "0", None).write_batch([gap])
    assert {reason: count for reason, count in meter.readings.dead_letters.items() if count} == {
        "invalid": 2,
        "empty": 1,
    }
    assert meter.readings.alerts == {
        "gap": 1,
        "partial": 0,
        "quarantine": 0,
        "refusal": 0,
        "kill_switch": 0,
        "rule": 0,
        "degraded": 0,
        "resolved": 0,
    }


def test_a_quarantine_is_told_with_its_candle(meter: Meter, said: io.StringIO) -> None:
    status = StrategyStatus(
        strategy="fast",
        symbol="AAA",
        timeframe="1m",
        state=State.QUARANTINED,
        version=1,
        effective_bar=minute(5),
        reason="rule entry: division by zero",
    )
    MeteredSink("status", Sink(Output()), meter).build_part("s", "0", None).write_batch([status])
    [line] = lines(said, "quarantined")
    assert line["level"] == "warning"
    assert line["correlation"] == "AAA@2025-01-01T00:06:00Z"
    assert (line["series"], line["reason"]) == ("fast|AAA|1m", "rule entry: division by zero")


class TestStates:
    """What is measured of the states of a step's keys."""

    @staticmethod
    def taken(states: StepStates, key: Hashable, **state: object) -> Snapshot:
        given: Snapshot = {"schema_version": 1, **state}
        assert states.snapshot(key, lambda: given) is given
        return given

    def test_every_snapshot_is_timed_and_one_in_many_weighed(self, meter: Meter) -> None:
        states = StepStates("strategy", meter)
        for key in range(WEIGH_EVERY + 1):
            self.taken(states, key)
        assert meter.readings.snapshots["strategy"].count == WEIGH_EVERY + 1
        assert meter.readings.snapshot_bytes["strategy"].count == 2
        assert meter.readings.snapshot_bytes["strategy"].sum > 2 * len("schema_version")

    def test_a_key_is_in_quarantine_while_its_snapshot_says_why(self, meter: Meter) -> None:
        states, quarantined = StepStates("strategy", meter), meter.readings.quarantined
        states.restored("a", {"schema_version": 1, "quarantined": "it raised"})
        self.taken(states, "b", quarantined=None)
        assert quarantined == {"a"}
        self.taken(states, "b", quarantined="it raised too")
        self.taken(states, "b", quarantined="it raised too")
        assert quarantined == {"a", "b"}
        self.taken(states, "a", quarantined=None)
        states.forgotten("b")
        assert quarantined == set()

    def test_of_a_strategy_on_all_its_series_each_can_be_in_quarantine(self, meter: Meter) -> None:
        def with_series(**series: str | None) -> dict[str, Any]:
            return {key: {"quarantined": why} for key, why in series.items()}

        none_held: dict[str, Any] = {"reached": {}, "held": []}
        states, quarantined = TogetherStates("together", meter), meter.readings.quarantined
        self.taken(states, "x", strategy="x", series=with_series(a="it raised", b=None, c="it too"), order=none_held)
        self.taken(states, "y", strategy="y", series=with_series(d="it raised"), order=none_held)
        assert quarantined == {"a", "c", "d"}
        self.taken(states, "x", strategy="x", series=with_series(a=None, b="it raised"), order=none_held)
        assert quarantined == {"b", "d"}, "a goes on, and c has ended"

    def test_for_whom_a_strategy_waits_is_known_while_something_is_held_back(self, meter: Meter) -> None:
        states = TogetherStates("together", meter)
        reached = {"BTC": {"BTC": 180_000}, "ETH": {"ETH": 60_000}}
        states.restored("x", {"schema_version": 1, **self.held(reached, 120_000, 180_000)})
        self.taken(states, "y", **{**self.held({"BTC": {}}, 60_000), "strategy": "y"})
        assert meter.readings.waits == {"x": Wait(60_000, late=("ETH",)), "y": Wait(0, silent=("BTC",))}
        self.taken(states, "x", **self.held(reached))
        assert set(meter.readings.waits) == {"y"}

    @staticmethod
    def held(reached: dict[str, dict[str, int]], *times: int) -> dict[str, Any]:
        order = {"reached": reached, "held": [[at_ms, [["x|BTC|1m", []]]] for at_ms in times]}
        return {"strategy": "x", "series": {}, "order": order}

    def test_a_slow_snapshot_is_told(self, meter: Meter, said: io.StringIO) -> None:
        meter.snapshot_took("signals_out", 0.4)
        meter.snapshot_took("signals_out", 12.3456)
        [line] = lines(said, "slow snapshot")
        assert (line["level"], line["step"], line["seconds"]) == ("warning", "signals_out", 12.346)
