"""What a strategy says, apart from what its account comes to; candles by hand; orders that fill where they are made."""

from collections.abc import Iterable, Sequence
from math import nan

from operators.events import Worked
from schemas.alert import Alert
from schemas.execution import ExecutionConfig
from schemas.lifecycle import StrategyStatus, StrategyVersion
from schemas.record import Record
from schemas.signal import Signal

Spoken = Signal | StrategyStatus | Alert | Worked


def spoken(records: Iterable[object]) -> list[Spoken]:
    """Signals, acknowledgements, alerts of quarantine and answers to rolls, in order."""
    said = [one for one in records if isinstance(one, Signal | StrategyStatus | Alert | Worked)]
    return [one for one in said if not (isinstance(one, Alert) and one.kind == "refusal")]


def spoken_records(records: Iterable[object]) -> list[Signal | StrategyStatus | Alert]:
    """The same without what goes to those who weigh signals."""
    return [one for one in spoken(records) if not isinstance(one, Worked)]


def texts_of(records: Iterable[Record]) -> list[str]:
    """What was spoken, as text: signals, acknowledgements and alerts of quarantine, in order."""
    return [one.model_dump_json() for one in spoken_records(records)]


def columns_of(closes: Sequence[float], volumes: Sequence[float]) -> dict[str, list[float]]:
    """The columns of candles that stand at their closes, with nothing before the first."""
    prices = {name: [nan, *map(float, closes)] for name in ("open", "high", "low", "close")}
    return {**prices, "volume": [nan, *map(float, volumes)]}


def filled_at_close(version: StrategyVersion) -> StrategyVersion:
    """The same, entering at the close at which it decides, at that price."""
    config = version.config.model_copy(update={"execution": ExecutionConfig(fill="signal_close")})
    return version.model_copy(update={"config": config})
