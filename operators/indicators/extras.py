"""What TA-Lib lacks and strategies need, and the functions of TA-Lib's that come with named states of the same kind."""

from operators.indicators.channels import CHANNELS
from operators.indicators.definition import IndicatorDefinition
from operators.indicators.sessions import SESSIONS
from operators.indicators.statistics import STATISTICS

EXTRAS: tuple[IndicatorDefinition, ...] = (*CHANNELS, *SESSIONS, *STATISTICS)
"""Their names come before those that TA-Lib's own titles make: ``keltner`` and ``slope`` are defined here."""
