"""Snapshots of a symbol's market from earlier releases."""

from typing import Final

from operators.lift import Snapshot
from operators.market.portfolio_rolls import PortfolioRolls
from operators.snapshot import check_version

SCHEMA_VERSION: Final = 5

_BEFORE_PORTFOLIOS: Final = 3
_BEFORE_COUNTED: Final = 4


def migrated(snapshot: Snapshot, what: str) -> Snapshot:
    """A snapshot of a symbol's market in the form of today's, from whatever version; ``what`` names it in errors.

    Version 3 knew no portfolios: none looks at the symbol, and the chain of their rolls has not begun. Version 4 knew
    no strategies whose positions are counted together; whether any of those in force is one, whoever has their
    configurations must see.

    Raises:
        SnapshotRefused: a version that is not known.
    """
    if snapshot["schema_version"] == _BEFORE_PORTFOLIOS:
        snapshot = {**snapshot, "schema_version": _BEFORE_COUNTED, "portfolio_rolls": PortfolioRolls().snapshot()}
    if snapshot["schema_version"] == _BEFORE_COUNTED:
        snapshot = {**snapshot, "schema_version": SCHEMA_VERSION, "counted": None}
    check_version(what, snapshot["schema_version"], SCHEMA_VERSION)
    return snapshot
