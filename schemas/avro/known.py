"""The schemas that this program writes by, and every one that it ever wrote by."""

from collections.abc import Iterable
from functools import cache

from schemas.alert import Alert
from schemas.audit import Execution
from schemas.avro import CURRENT, HISTORY, schema_text
from schemas.avro.schema import AvroSchema, parse_avro_schema
from schemas.candle import Candle
from schemas.composite import Composite, Consensus, LateSignal
from schemas.dead_letter import DeadLetter
from schemas.lifecycle import DesiredState, StrategyStatus, StrategyVersion
from schemas.metrics import EquityPoint, StrategyMetrics
from schemas.placement import Placement
from schemas.portfolio import PortfolioEntry, PortfolioReset
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import PortfolioMetrics
from schemas.position import PositionChange
from schemas.record import Record
from schemas.signal import Signal
from schemas.trade import Trade
from schemas.watchlist import WatchlistEntry

RECORD_TYPES: tuple[type[Record], ...] = (
    Candle,
    StrategyVersion,
    DesiredState,
    StrategyStatus,
    Signal,
    Alert,
    DeadLetter,
    WatchlistEntry,
    Composite,
    Consensus,
    LateSignal,
    Placement,
    PositionChange,
    Trade,
    StrategyMetrics,
    EquityPoint,
    PortfolioEntry,
    PortfolioReset,
    Execution,
    PortfolioMetrics,
    PortfolioEvent,
)
"""The models that have a schema, in the order of ``schemas.avro.CURRENT``."""


@cache
def current_schema(model: type[Record]) -> AvroSchema:
    """The schema by which records of this model are written; TypeError where the model never crosses a boundary."""
    if model not in RECORD_TYPES:
        expected = ", ".join(known.__name__ for known in RECORD_TYPES)
        raise TypeError(f"expected one of {expected}, got {model.__name__}, which has no Avro schema")
    return parse_avro_schema(schema_text(CURRENT[RECORD_TYPES.index(model)]))


class KnownSchemas:
    """A store of schemas by fingerprint. Without arguments: the program's own, of today and of before."""

    def __init__(self, schemas: Iterable[AvroSchema] | None = None) -> None:
        if schemas is None:
            schemas = [parse_avro_schema(schema_text(name)) for name in (*CURRENT, *HISTORY)]
        self._by_fingerprint = {schema.fingerprint: schema for schema in schemas}

    def find(self, fingerprint: bytes) -> AvroSchema | None:
        """The schema with this fingerprint (8 bytes, little-endian), or None."""
        return self._by_fingerprint.get(fingerprint)
