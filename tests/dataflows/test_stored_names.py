"""The names under which state is kept: a stored format. Whoever changes one makes every deployment lose that state."""

from collections.abc import Iterator
from typing import Any

import pytest

from dataflows.graph import (
    CONSENSUS_STEP,
    CORRELATE_STEP,
    GATHER_STEP,
    MARKET_STEP,
    PORTFOLIO_STEP,
    STRATEGY_STEP,
    TOGETHER_STEP,
)
from dataflows.kafka.control_source import ControlSource
from dataflows.kafka.source import CandleSource
from dataflows.live import FLOW_ID, Live
from dataflows.settings import Settings

KEEPING_STATE = {
    "candelabra.feed": "input",
    "candelabra.market": "stateful_batch",
    "candelabra.strategy": "stateful_batch",
    "candelabra.together": "stateful_batch",
    "candelabra.correlate": "stateful_batch",
    "candelabra.consensus": "stateful_batch",
    "candelabra.gather": "stateful_batch",
    "candelabra.portfolio": "stateful_batch",
    "candelabra.signals_out": "output",
    "candelabra.composites_out": "output",
    "candelabra.late_signals_out": "output",
    "candelabra.positions_out": "output",
    "candelabra.metrics_out": "output",
    "candelabra.equity_out": "output",
    "candelabra.executions_out": "output",
    "candelabra.alerts_out": "output",
    "candelabra.status_out": "output",
    "candelabra.dead_letter_out": "output",
}


def operators(of: Any) -> Iterator[Any]:  # noqa: ANN401  # a flow or an operator: both have substeps
    for operator in of.substeps:
        yield operator
        yield from operators(operator)


@pytest.fixture
def live() -> list[Any]:
    """Every operator of the live flow, which reaches no broker before it is run."""
    return list(operators(Live(Settings(bootstrap_servers="127.0.0.1:1")).flow()))


def test_every_step_that_keeps_state_has_its_name_for_good(live: list[Any]) -> None:
    kinds = set(KEEPING_STATE.values())
    found = {one.step_id: type(one).__name__ for one in live if type(one).__name__ in kinds and not one.substeps}
    assert found == KEEPING_STATE


def test_no_other_kind_of_step_keeps_state(live: list[Any]) -> None:
    """What else Bytewax has that does, would need a name above."""
    innermost = {type(one).__name__ for one in live if not one.substeps}
    assert innermost == {*KEEPING_STATE.values(), "branch", "flat_map_batch", "merge"}


def test_the_names_of_the_steps_are_constants() -> None:
    assert (FLOW_ID, MARKET_STEP, STRATEGY_STEP) == ("candelabra", "market", "strategy")
    assert TOGETHER_STEP == "together"
    assert (CORRELATE_STEP, CONSENSUS_STEP) == ("correlate", "consensus")
    assert (GATHER_STEP, PORTFOLIO_STEP) == ("gather", "portfolio")


def test_parts_have_their_names_for_good(live: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the feed: each partition of the candles, and the one of control. Of a sink: its topic's partitions."""
    monkeypatch.setattr(CandleSource, "list_parts", lambda _self: ["0", "1"])
    monkeypatch.setattr(ControlSource, "list_parts", lambda _self: ["0"])
    monkeypatch.setattr("dataflows.kafka.sink.partition_count", lambda _config, _topic: 3)
    (feed,) = [one.source for one in live if type(one).__name__ == "input"]
    assert feed.list_parts() == ["candles/0", "candles/1", "control/0"]
    sinks = [one.sink for one in live if type(one).__name__ == "output"]
    assert [sink.list_parts() for sink in sinks] == [["0", "1", "2"]] * 10
