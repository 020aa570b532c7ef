"""What tells newer records of a key from older ones never falls along the key, on any topic."""

from itertools import pairwise

import pytest

from dataflows.kafka.rank import rank
from schemas.alert import Alert
from schemas.audit import Execution
from schemas.composite import Composite, Consensus, LateSignal
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import State, StrategyStatus
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.position import PositionChange
from schemas.record import Record
from schemas.signal import Signal
from schemas.trade import Trade
from tests.dataflows.test_order_per_key import Tardy, alone, feed, run

KINDS: dict[str, tuple[type[Record], ...]] = {
    "signals": (Signal,),
    "statuses": (StrategyStatus,),
    "alerts": (Alert,),
    "dead_letters": (DeadLetter,),
    "composites": (Composite, Consensus),
    "late_signals": (LateSignal,),
    "positions": (PositionChange, Trade),
    "metrics": (StrategyMetrics,),
    "equity": (EquityPoint,),
    "executions": (Execution,),
    "portfolio_metrics": (PortfolioMetrics,),
    "portfolio_events": (PortfolioEvent,),
}


@pytest.mark.parametrize("late", [False, True], ids=["in time", "late"])
def test_it_never_falls_along_a_key(late: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001  # from pytest
    if late:
        monkeypatch.setattr("dataflows.graph.StrategyStep", Tardy)
    written = run(feed(), alone)
    assert written.keys() == KINDS.keys()
    rising: set[type[Record]] = set()
    for topic, keys in written.items():
        for key, texts in keys.items():
            kind = KINDS[topic][-1 if key.startswith("*") else 0]
            ranks = [rank((Trade if '"exit_time"' in text else kind).model_validate_json(text)) for text in texts]
            if topic == "statuses" and "|" not in key:
                assert set(ranks) == {None}
                continue
            along = [one for one in ranks if one is not None]
            assert len(along) == len(ranks), f"{topic} {key}: a record has none"
            assert along == sorted(along), f"{topic} {key}: it falls"
            if any(one < after for one, after in pairwise(along)):
                rising.add(kind)
    assert {
        Signal,
        StrategyStatus,
        Alert,
        DeadLetter,
        PositionChange,
        StrategyMetrics,
        EquityPoint,
        Execution,
    } <= rising
    assert ({LateSignal} if late else {Composite, Consensus}) <= rising


def test_an_answer_to_a_command_as_a_whole_has_none() -> None:
    assert rank(StrategyStatus(strategy="dip", state=State.ACCEPTED, version=2, generation=7, command="go")) is None
