"""What changed from one strategy to another, in words and by the place that its author knows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemas.strategy import StrategyConfig

_ONE_OF = {"indicators": "indicator", "models": "model", "postprocessing": "postprocessing", "signals": "signal"}
"""Sections that list named things, and what one of them is called."""

_UNSAID = frozenset({"parameters", "config"})
"""Levels that a reader does not miss: a period is an indicator's, not its parameters'."""

_ABSENT = object()


@dataclass(frozen=True)
class Change:
    """One difference.

    Attributes:
        where: dotted place in the normal form, named things by name, such as ``indicators.rsi.parameters.period``.
        words: what a person reads, such as ``indicator rsi: period 14 -> 21``.
        before: the old value as JSON has it, None where there was none.
        after: the new value, in the same way.
    """

    where: str
    words: str
    before: object
    after: object

    def __str__(self) -> str:
        """The words."""
        return self.words


def changes(before: StrategyConfig, after: StrategyConfig) -> tuple[Change, ...]:
    """Every difference, section by section in the order of the normal form; nothing for equal strategies.

    >>> from schemas.strategy_file import load_strategy
    >>> text = '{"id": "dip", "rules": {"entry": {"condition": "rsi_14 < 30"}}, "risk": {"stop_loss": 0.02}}'
    >>> old = load_strategy(text.encode(), origin="dip.json")
    >>> new = load_strategy(text.replace("30", "25").replace("0.02", "0.03").encode(), origin="dip.json")
    >>> for change in changes(old, new):
    ...     print(change)
    signal entry: expression "rsi_14 < 30" -> "rsi_14 < 25"
    risk.stop_loss.fraction 0.02 -> 0.03
    """
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    found: list[Change] = []
    for section in (*old, *(name for name in new if name not in old)):
        one, other = old.get(section), new.get(section)
        if section in _ONE_OF:
            found += _things(section, one or [], other or [])
        elif isinstance(one, list) and isinstance(other, list):
            found += _members(section, one, other)
        else:
            found += _fields((section,), "", one, other)
    return tuple(found)


def _things(section: str, old: Sequence[Mapping[str, object]], new: Sequence[Mapping[str, object]]) -> Iterator[Change]:
    """Things with a name: each that went, came or changed, and at last their order."""
    one, other = _by_name(old), _by_name(new)
    for name, thing in one.items():
        called = f"{_ONE_OF[section]} {name}"
        if name not in other:
            yield Change(f"{section}.{name}", f"{called}: removed, it was {_in_short(thing)}", thing, None)
        else:
            yield from _fields((section, name), called, thing, other[name])
    for name, thing in other.items():
        if name not in one:
            yield Change(f"{section}.{name}", f"{_ONE_OF[section]} {name}: added, {_in_short(thing)}", None, thing)
    stayed, stay = [name for name in one if name in other], [name for name in other if name in one]
    if stayed != stay:
        yield Change(section, f"{section}: order {', '.join(stayed)} -> {', '.join(stay)}", stayed, stay)


def _by_name(things: Sequence[Mapping[str, object]]) -> dict[str, Mapping[str, object]]:
    return {str(thing.get("id", thing.get("name"))): thing for thing in things}


def _members(section: str, old: Sequence[object], new: Sequence[object]) -> Iterator[Change]:
    """A list in which each value stands once."""
    gone, come = [one for one in old if one not in new], [one for one in new if one not in old]
    words = [f"{verb} {', '.join(map(str, values))}" for verb, values in (("added", come), ("removed", gone)) if values]
    if not words and old != new:
        words = [f"order {', '.join(map(str, old))} -> {', '.join(map(str, new))}"]
    if words:
        yield Change(section, f"{section}: {'; '.join(words)}", list(old), list(new))


def _fields(path: tuple[str, ...], thing: str, old: object, new: object) -> Iterator[Change]:
    """Down to the values that differ; an object of another kind is another value, and none at all has no fields."""
    if (isinstance(old, Mapping) or isinstance(new, Mapping)) and _kind(old) == _kind(new):
        one = old if isinstance(old, Mapping) else {}
        other = new if isinstance(new, Mapping) else {}
        for name in (*one, *(name for name in other if name not in one)):
            yield from _fields((*path, name), thing, one.get(name, _ABSENT), other.get(name, _ABSENT))
        return
    before, after = _none_if_absent(old), _none_if_absent(new)
    if before == after:
        return
    said = ".".join(part for part in (path[2:] if thing else path) if part not in _UNSAID)
    words = f"{said} {_shown(before)} -> {_shown(after)}"
    yield Change(".".join(path), f"{thing}: {words}" if thing else words, before, after)


def _kind(value: object) -> object:
    """What kind of object it is, of those that may stand in its place; None where there is only one kind."""
    return value.get("method", value.get("type")) if isinstance(value, Mapping) else None


def _none_if_absent(value: object) -> object:
    return None if value is _ABSENT else value


def _shown(value: object) -> str:
    """A value as a person writes it.

    >>> _shown([{"type": "lag", "bars": 1}, "hl2"])
    '[lag(bars 1), "hl2"]'
    >>> _shown(())
    'none'
    """
    if isinstance(value, Mapping):
        kind = _kind(value)
        fields = {name: one for name, one in value.items() if one is not None and (kind is None or one != kind)}
        return f"{kind or ''}({', '.join(f'{name} {_shown(one)}' for name, one in fields.items())})"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_shown, value))}]" if value else "none"
    return "none" if value is None else json.dumps(value, ensure_ascii=False)


def _in_short(thing: Mapping[str, object]) -> str:
    """A thing by what is set in it.

    >>> _in_short({"name": "fast", "type": "ema", "parameters": {"period": 9}, "source": None, "modifiers": []})
    'type "ema", period 9'
    """
    return ", ".join(f"{path} {_shown(value)}" for path, value in _leaves((), thing) if path not in {"id", "name"})


def _leaves(path: tuple[str, ...], thing: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in thing.items():
        if isinstance(value, Mapping) and _kind(value) is None:
            yield from _leaves(path if name in _UNSAID else (*path, name), value)
        elif value not in (None, [], ""):  # an empty field says nothing
            yield ".".join((*path, name)), value
