"""The Avro schemas of every record, as text: ``candle.avsc`` and its neighbours; earlier ones in ``history``."""

from functools import cache
from importlib import resources

CURRENT = (
    "candle",
    "strategy_version",
    "desired_state",
    "strategy_status",
    "signal",
    "alert",
    "dead_letter",
    "watchlist_entry",
    "composite",
    "consensus",
    "late_signal",
    "placement",
    "position_change",
    "trade",
    "strategy_metrics",
    "equity_point",
    "portfolio_entry",
    "portfolio_reset",
    "execution",
    "portfolio_metrics",
    "portfolio_event",
)
"""The schemas by which records are written today."""

HISTORY = (
    "candle_without_closed",
    "signal_without_conditions",
    "signal_without_partial",
    "late_signal_without_weighed",
    "strategy_version_without_author",
    "desired_state_without_author",
    "placement_without_feed",
    "placement_without_claim",
    "alert_without_rules",
)
"""Earlier versions, by which records were once written; they are read for good."""


@cache
def schema_text(name: str) -> str:
    """The JSON text of a schema of ``CURRENT`` or ``HISTORY``; they are part of the program, so a missing one is a bug.

    >>> '"name": "Candle"' in schema_text("candle")
    True
    """
    package = "schemas.avro.history" if name in HISTORY else "schemas.avro"
    return resources.files(package).joinpath(f"{name}.avsc").read_text(encoding="utf-8")
