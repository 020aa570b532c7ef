"""One id ties a candle to all that it causes."""

from dataflows.health.correlation import correlation_id, correlation_of
from schemas.alert import Alert, alert_id
from schemas.audit import Execution
from schemas.dead_letter import Reason, dead_letter
from schemas.lifecycle import State, StrategyStatus
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.position import PositionChange
from schemas.record import from_milliseconds
from schemas.trade import Trade
from tests.dataflows.accounts import told
from tests.dataflows.health.made import signal
from tests.ui.cli.weighed import COMPOSITE, CONSENSUS

CLOSE_MS = 1_751_210_100_000  # 2025-06-29T15:15:00Z
CLOSE = from_milliseconds(CLOSE_MS)
ID = "BTCUSDT@2025-06-29T15:15:00Z"


def test_what_a_candle_causes_at_its_close_has_its_id() -> None:
    open_time = from_milliseconds(CLOSE_MS - 300_000)
    signalled = signal("BTCUSDT", "5m", open_time, CLOSE)
    of_account = [*told(signalled), *told(signalled.model_copy(update={"type": "exit"}))]
    assert {type(one) for one in of_account} == {PositionChange, Trade, StrategyMetrics, EquityPoint, Execution}
    records = [
        signalled,
        *of_account,
        Alert(
            id=alert_id("gap", "BTCUSDT", "5m", CLOSE),
            kind="gap",
            severity="warning",
            symbol="BTCUSDT",
            timeframe="5m",
            event_time=CLOSE,
            message="gone",
        ),
        StrategyStatus(
            strategy="a", symbol="BTCUSDT", timeframe="5m", state=State.RUNNING, version=1, effective_bar=open_time
        ),
        dead_letter(
            Reason.OUT_OF_ORDER,
            "late",
            topic="candles",
            partition=0,
            offset=1,
            key=b"BTCUSDT",
            value=None,
            event_time=CLOSE,
        ),
    ]
    assert {correlation_of(record) for record in records} == {ID}
    assert correlation_id("BTCUSDT", CLOSE_MS) == ID


def test_what_is_weighed_together_has_that_of_its_windows_end() -> None:
    end = COMPOSITE.window_end
    expected = f"{end:%Y-%m-%dT%H:%M:%S}Z"
    assert correlation_of(COMPOSITE) == f"{COMPOSITE.symbol}@{expected}"
    assert CONSENSUS.window_end == end
    assert correlation_of(CONSENSUS) == f"{CONSENSUS.symbol}@{expected}"


def test_what_no_candle_caused_has_none() -> None:
    accepted = StrategyStatus(strategy="a", state=State.ACCEPTED, version=1)
    junk = dead_letter(Reason.UNKNOWN_FORMAT, "?", topic="candles", partition=0, offset=1, key=b"BTCUSDT", value=b"?")
    whole = EquityPoint(portfolio="main", close_time=CLOSE, equity=1.0, cash=1.0, drawdown=0.0)
    assert correlation_of(accepted) is None
    assert correlation_of(whole) is None
    assert correlation_of(junk) is None


def test_milliseconds_are_kept() -> None:
    assert correlation_id("A", 1_500) == "A@1970-01-01T00:00:01.500000Z"
