"""What the check has to say, one thing at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Severity = Literal["finding", "note"]
Part = Literal["look-ahead", "warm-up", "cost", "rules"]


@dataclass(frozen=True)
class Remark:
    """A finding, for which the check fails, or a note, for which it does not.

    Attributes:
        severity: finding or note.
        part: which part of the check says it.
        where: the rule or indicator that it is about.
        message: what is the matter, and what to do about it.
        series: symbol and timeframe on which it showed, empty where that does not matter.
        bar: open time of the first candle at which it showed.
    """

    severity: Severity
    part: Part
    where: str
    message: str
    series: str = ""
    bar: datetime | None = None
