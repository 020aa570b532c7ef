"""The base of every record that crosses a process boundary."""

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class Record(BaseModel):
    """A frozen, strict record: no coercion, no unknown field, no NaN, no infinity."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, ser_json_bytes="base64", val_json_bytes="base64"
    )


def _utc_milliseconds(value: datetime) -> datetime:
    if value.tzinfo is None or value.utcoffset() != timedelta(0):
        message = f"expected a time in UTC such as 2025-05-09T18:18:00Z, got {value.isoformat()}"
        raise ValueError(message)
    if value.microsecond % 1000:
        message = f"expected whole milliseconds, got {value.isoformat()}"
        raise ValueError(message)
    return value.astimezone(UTC)


UtcTime = Annotated[datetime, AfterValidator(_utc_milliseconds)]
"""A time zone aware datetime in UTC, with millisecond resolution (what Avro's timestamp-millis can hold)."""

SYMBOL_NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$"

Symbol = Annotated[str, StringConstraints(pattern=SYMBOL_NAME_PATTERN)]
"""An instrument's name as the feed writes it, for example BTCUSDT or BTC/USDT. Never the key separator '|'."""

STRATEGY_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$"

StrategyId = Annotated[str, StringConstraints(pattern=STRATEGY_ID_PATTERN)]
"""A strategy's identity. Never the key separators '|' and '@'."""


R = TypeVar("R", bound=Record)


def trusted(model: type[R], fields: dict[str, Any]) -> R:
    """A record of fields that are valid already: all of them, by name, of the right types. Nothing is checked.

    For hot paths only, where every value comes out of validated records; validation costs several times the rest.
    """
    record = _NEW(model)
    _SET_VALUES(record, fields)
    _SET_NAMES(record, _names_of(model))
    _SET_EXTRA(record, None)
    _SET_PRIVATE(record, None)
    return record


# The four slots of a model, without the search for them by name at every record.
_NEW = object.__new__
_SET_VALUES = BaseModel.__dict__["__dict__"].__set__
_SET_NAMES = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_SET_EXTRA = BaseModel.__dict__["__pydantic_extra__"].__set__
_SET_PRIVATE = BaseModel.__dict__["__pydantic_private__"].__set__


@cache
def _names_of(model: type[Record]) -> set[str]:
    """The names of all fields; one set for all trusted records of a model, which are frozen: nothing adds to it."""
    return set(model.model_fields)


def to_milliseconds(time: datetime) -> int:
    """Milliseconds since the epoch of a UTC time, exact.

    >>> to_milliseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000
    """
    return (time - EPOCH) // MILLISECOND


@lru_cache(maxsize=4096)
def from_milliseconds(milliseconds: int) -> datetime:
    """The UTC time of milliseconds since the epoch, exact (no float in between).

    Made once for all who ask in a while: whatever happens at a close, in any series, tells of the same instants.

    >>> from_milliseconds(1000).isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    return EPOCH + timedelta(milliseconds=milliseconds)
