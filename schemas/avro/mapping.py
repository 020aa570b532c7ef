"""Records and what Avro holds of them: the one place that knows how a model's field is written."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import ValidationError

from schemas.dead_letter import Reason
from schemas.decode_error import DecodeError, shown
from schemas.portfolio import PortfolioConfig
from schemas.problems import StrategyFileError
from schemas.record import Record, from_milliseconds, to_milliseconds
from schemas.strategy import StrategyConfig
from schemas.strategy_file import load_strategy
from schemas.watchlist import AssetConfig

R = TypeVar("R", bound=Record)
Convert = Callable[[Any], Any]


class RecordMapping(Generic[R]):
    """Between a record and the dict that Avro reads and writes.

    A time is a long of milliseconds, an enumeration a string, a configuration its canonical JSON, a named tuple a
    record, a tuple of them an array of records and any other tuple an array; everything else is itself.
    """

    def __init__(self, model: type[R]) -> None:
        self.model = model
        self._out: list[tuple[str, Convert]] = []
        self._in: list[tuple[str, Convert]] = []
        for name, info in model.model_fields.items():
            kind = _bare_type(info.annotation)
            if kind is datetime:
                self._add(name, to_milliseconds, _time)
            elif issubclass(kind, StrEnum):
                self._add(name, str, kind)
            elif issubclass(kind, StrategyConfig):
                self._add(name, StrategyConfig.canonical_json, _strategy)
            elif issubclass(kind, AssetConfig):
                self._add(name, AssetConfig.canonical_json, AssetConfig.model_validate_json)
            elif issubclass(kind, PortfolioConfig):
                self._add(name, PortfolioConfig.canonical_json, PortfolioConfig.model_validate_json)
            elif hasattr(kind, "_asdict"):
                self._add(name, kind._asdict, dict)
            elif _holds_named_tuples(info.annotation):
                self._add(name, _objects, tuple)
            elif get_origin(info.annotation) is tuple:
                self._add(name, list, tuple)

    def _add(self, name: str, outward: Convert, inward: Convert) -> None:
        self._out.append((name, outward))
        self._in.append((name, inward))

    def to_avro(self, record: R) -> dict[str, Any]:
        """The record's fields as Avro writes them. Constant cost a field; a valid record always has such a form."""
        datum = record.__dict__.copy()
        for name, convert in self._out:
            value = datum[name]
            if value is not None:
                datum[name] = convert(value)
        return datum

    def from_avro(self, datum: Mapping[str, Any]) -> R:
        """The validated record; DecodeError (invalid) names the field, the rule that it breaks, and its value."""
        fields = dict(datum)
        for name, convert in self._in:
            value = fields.get(name)
            if value is not None:
                try:
                    fields[name] = convert(value)
                except ValidationError as error:
                    raise _invalid(self.model, error, name) from None
                except StrategyFileError as error:
                    raise _unusable(self.model, error, name) from None
                except (ValueError, OverflowError) as error:
                    raise DecodeError(Reason.INVALID, f"{self.model.__name__}.{name}: {error}"[:200]) from None
        try:
            return self.model.model_validate(fields)
        except ValidationError as error:
            raise _invalid(self.model, error) from None


def _objects(items: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [item._asdict() for item in items]


def _time(milliseconds: int) -> datetime:
    try:
        return from_milliseconds(milliseconds)
    except OverflowError:
        raise ValueError(f"expected a time from year 1 to 9999, got {milliseconds} ms since 1970") from None


def _invalid(model: type[Record], error: ValidationError, field: str | None = None) -> DecodeError:
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part)[:64] for part in (model.__name__, *([field] if field else []), *first["loc"]))
    got = "" if isinstance(first["input"], dict) else f", got {shown(first['input'])}"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return DecodeError(Reason.INVALID, f"{where}: {first['msg'].removeprefix('Value error, ')[:200]}{got}{more}")


def _strategy(text: str) -> StrategyConfig:
    """The configuration in any shape that a file may have: the control topic keeps what earlier releases wrote."""
    return load_strategy(text.encode(), origin="config")


def _unusable(model: type[Record], error: StrategyFileError, field: str) -> DecodeError:
    first, *others = error.problems
    more = f" (and {len(others)} more)" if others else ""
    where = ".".join(part for part in (model.__name__, field, first.where) if part)
    return DecodeError(Reason.INVALID, f"{where}: {first.message[:200]}{more}")


def _holds_named_tuples(annotation: Any) -> bool:  # noqa: ANN401  # any annotation
    return get_origin(annotation) is tuple and hasattr(get_args(annotation)[0], "_asdict")


def _bare_type(annotation: Any) -> type:  # noqa: ANN401  # any annotation
    """The class within ``Annotated`` and ``| None``; ``object`` where there is no single one."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in {Union, UnionType}:
        inner = [option for option in get_args(annotation) if option is not type(None)]
        return _bare_type(inner[0]) if len(inner) == 1 else object
    return annotation if isinstance(annotation, type) else object
