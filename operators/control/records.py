"""What the control log holds. By itself, for who reads the log need not load what works it: indicators among it."""

from typing import TypeAlias

from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.watchlist import WatchlistEntry

ControlRecord: TypeAlias = StrategyVersion | DesiredState | WatchlistEntry
"""A version of a strategy, what is wanted of one, or what is said of a symbol."""
