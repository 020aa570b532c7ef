"""Keys of a document against the models that will hold it: spelt either way, or refused with the nearest name."""

import re
from collections.abc import Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from schemas.json_value import in_json
from schemas.names import did_you_mean
from schemas.record import Record
from schemas.strategy_draft import Draft, Location, under

COMMENT = "$comment"
"""A key for notes to readers, in any object of a file. It is dropped."""

ALSO: dict[str, tuple[str, ...]] = {
    "IndicatorConfig": ("params",),
    "SignalConfig": ("name", "condition", "conditions", "logic", "confidence_weight", "confidenceWeight"),
    "StrategyConfig": ("name", "description", "symbol", "timeframe", "rules", "partialBars", "$schema"),
    "WatchlistDocument": ("$schema",),
    "RiskConfig": ("maxPositionSize", "max_position_size"),
}
"""Keys of the other accepted shapes, to suggest where one of them was meant."""

MEANT: dict[str, dict[str, str]] = {
    "StrategyConfig": {"stoploss": "risk.stop_loss", "stake_amount": "risk.sizing", "minimal_roi": "risk.take_profit"},
    "RiskConfig": {"stake_amount": "sizing", "minimal_roi": "take_profit"},
    "ExecutionConfig": {"commission": "fees", "commissions": "fees", "fee": "fees", "cash": "capital"},
    "PortfolioLimits": {"max_drawdown": "kill_switch.max_drawdown"},
}
"""What the author means by a key that is spelt like none here: of other programs, or of another place."""

_FURTHEST_IN = 2
"""Objects around a key that are looked into."""


def known_keys(value: Mapping[str, object], kind: type[Record], draft: Draft) -> dict[str, object]:
    """The value with comments dropped and keys in the spelling of ``kind``'s fields; unknown ones become problems.

    ``lookbackDays`` and ``lookback_days`` are one key. A member of a union that does not exist is a problem too, and
    what it holds is left alone.
    """
    return _renamed(value, kind, draft, ())


def snake_case(key: str) -> str:
    """The key as fields are spelt.

    >>> snake_case("maxPositionSize")
    'max_position_size'
    """
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()


def camel_case(key: str) -> str:
    """The key as JavaScript spells it.

    >>> camel_case("max_position_size")
    'maxPositionSize'
    """
    first, *rest = key.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _tidy(value: object, annotation: object, discriminator: str | None, draft: Draft, location: Location) -> object:
    if isinstance(value, list):
        item = _item(annotation)
        return [_tidy(one, item, None, draft, (*location, index)) for index, one in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    members = list(_members(annotation, discriminator))
    if not members:
        held = _value(annotation)
        kept = {key: one for key, one in value.items() if key != COMMENT}
        return {key: _tidy(one, held, None, draft, (*location, str(key))) for key, one in kept.items()}
    kind = _chosen(value, members, draft, location)
    return value if kind is None else _renamed(value, kind, draft, location)


def _renamed(value: Mapping[Any, object], kind: type[Record], draft: Draft, location: Location) -> dict[str, object]:
    tidy: dict[str, object] = {}
    written: dict[str, str] = {}
    for key, one in value.items():
        if key == COMMENT:
            continue
        name = str(key)
        field = name if name in kind.model_fields else snake_case(name)
        where = draft.place(location)
        info = kind.model_fields.get(field)
        if info is None:
            fields = tuple(kind.model_fields)
            meant = meant_by(field, kind)
            known = (*ALSO.get(kind.__name__, ()), *fields, *map(camel_case, fields))
            draft.refuse_key(where, name, known, meant=meant)
        elif field in tidy:
            draft.refuse(draft.place((*location, field)), f"expected either {written[field]} or {name}, got both")
        else:
            if field != name and draft.place((*location, field)) == under(where, field):
                draft.written((*location, field), under(where, name))
            written[field] = name
            tidy[field] = _tidy(one, info.annotation, _discriminator(info), draft, (*location, field))
    return tidy


def meant_by(field: str, kind: type[Record]) -> str | None:
    """Where what an author may mean by an unknown key stands: a word of other programs, or a key further in; else None.

    >>> from schemas.risk import RiskConfig
    >>> meant_by("max_concurrent_positions", RiskConfig), meant_by("minimal_roi", RiskConfig)
    ('limits.max_concurrent_positions', 'take_profit')
    """
    return MEANT.get(kind.__name__, {}).get(field) or _further_in(kind, field)


def _further_in(kind: type[Record], field: str) -> str | None:
    """Where the only object within this kind that has such a key has it; None where none has it, or several."""
    found: set[str] = set()
    level = [("", kind)]
    for _ in range(_FURTHEST_IN):
        level = [
            (f"{place}{name}.", member)
            for place, one in level
            for name, info in one.model_fields.items()
            for member, tag in _members(info.annotation, _discriminator(info))
            if tag is None
        ]
        found = {f"{place}{field}" for place, member in level if field in member.model_fields}
        if found:
            break
    return found.pop() if len(found) == 1 else None


def _chosen(
    value: Mapping[Any, object], members: list[tuple[type[Record], str | None]], draft: Draft, location: Location
) -> type[Record] | None:
    """The member of a union that the value's own tag names; None, and a problem, where there is none."""
    if len(members) == 1:
        return members[0][0]
    key = members[0][1] or "type"
    tags = {tag: kind for kind, _ in members for tag in get_args(kind.model_fields[key].annotation)}
    tag = value.get(key)
    if isinstance(tag, str) and tag in tags:
        return tags[tag]
    expected = ", ".join(map(in_json, tags))
    got = "nothing" if key not in value else in_json(tag)
    hint = did_you_mean(tag, tags) if isinstance(tag, str) else ""
    draft.refuse(draft.place((*location, key)), f"expected one of {expected}, got {got}{hint}")
    return None


def _members(annotation: object, discriminator: str | None) -> Iterator[tuple[type[Record], str | None]]:
    """The records that an annotation allows, each with the key that tells it from the others."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *notes = get_args(annotation)
        named = next((found for note in notes if isinstance(note, FieldInfo) and (found := _discriminator(note))), None)
        yield from _members(inner, named or discriminator)
    elif origin in {Union, UnionType}:
        for option in get_args(annotation):
            yield from _members(option, discriminator)
    elif isinstance(annotation, type) and annotation is not NoneType and issubclass(annotation, Record):
        yield annotation, discriminator


def _item(annotation: object) -> object:
    """What a list of this kind holds."""
    for option in (annotation, *get_args(annotation)):
        if get_origin(option) is tuple:
            return get_args(option)[0]
    return None


def _value(annotation: object) -> object:
    """What an object of this kind holds under any key."""
    for option in (annotation, *get_args(annotation)):
        if get_origin(option) is dict:
            return get_args(option)[1]
    return None


def _discriminator(info: FieldInfo) -> str | None:
    return info.discriminator if isinstance(info.discriminator, str) else None
