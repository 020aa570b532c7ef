"""What the control log holds. By itself, for who reads the log need not load what works it: indicators among it."""

from typing import TypeAlias

from schemas.lifecycle import DesiredState, StrategyVersion
from schemas.portfolio import PortfolioEntry, PortfolioReset
from schemas.watchlist import WatchlistEntry

ControlRecord: TypeAlias = StrategyVersion | DesiredState | WatchlistEntry | PortfolioEntry | PortfolioReset
"""A version of a strategy, what is wanted of one, what is said of a symbol, or what is wanted of a portfolio."""
