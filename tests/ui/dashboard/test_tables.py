"""Tables show conditions as they are typed, and let no record write HTML."""

from collections.abc import Callable

from schemas.lifecycle import State, StrategyStatus
from schemas.signal import Signal
from ui.dashboard.tables import signal_table, status_table


def test_a_condition_is_code_and_its_values_stand_beside_it(make_signal: Callable[..., Signal]) -> None:
    table = signal_table([make_signal(1)])
    assert "<code>rsi_14 &gt;= 30 AND close &lt; sma_20</code>" in table
    assert "rsi_14&nbsp;=&nbsp;31.5" in table
    assert "75%" in table


def test_no_text_of_a_record_becomes_html(
    make_signal: Callable[..., Signal], make_status: Callable[..., StrategyStatus]
) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    tables = signal_table([make_signal(1, condition=hostile, values={hostile: 1.0})]) + status_table(
        [make_status(reason=hostile)]
    )
    assert "<img" not in tables
    assert tables.count("&lt;img") == 3


def test_a_state_has_its_light_and_its_reason(make_status: Callable[..., StrategyStatus]) -> None:
    table = status_table([make_status(), make_status("odd", State.QUARANTINED, "division by zero")])
    assert "🟢 running" in table
    assert "🔴 quarantined" in table
    assert "division by zero" in table
