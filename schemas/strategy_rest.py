"""What a strategy file says beside what is wrong with it, so that its expressions are checked at once all the same."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from pydantic import ValidationError

from schemas.faults import MEANINGLESS
from schemas.known_keys import ALSO
from schemas.strategy import StrategyConfig
from schemas.strategy_draft import MAX_PROBLEMS, Document, Draft, Location

_NAMING: Final = ("indicators", "models", "postprocessing")
"""Sections whose names expressions read: where one of them is refused, nobody knows which names there are."""
_SECTIONS: Final = (*ALSO["StrategyConfig"], *StrategyConfig.model_fields)
_OF_A_SIGNAL: Final = 3
"""Parts of a place inside a signal: the section, which one, and its key."""
_NEVER: Final = "0 > 1"


def rest_of(draft: Draft, given: Mapping[str, object], refusal: ValidationError | None) -> StrategyConfig | None:
    """A strategy with the same names and expressions, and without the parts that were refused.

    It is for checks alone. None where names or expressions may mean something else once the problems are mended.

    Args:
        draft: with the problems.
        given: the author's document.
        refusal: of the draft's document; None where only keys were refused, and they are no longer in it.
    """
    if len(draft.problems) > MAX_PROBLEMS or any(_may_name(problem.where, given) for problem in draft.problems):
        return None
    rest = deepcopy(draft.document)
    for location in _locations(refusal):
        _without(rest, location)
    try:
        return StrategyConfig.model_validate_json(json.dumps(rest))
    except ValidationError:
        return None


def _may_name(where: str, given: Mapping[str, object]) -> bool:
    """Whether a problem's place is a section whose names are read, or may be one with its name misspelt."""
    section, _, inside = where.partition(".")
    return section in _NAMING or (
        section not in _SECTIONS and not inside and isinstance(given.get(section), dict | list)
    )


def _locations(refusal: ValidationError | None) -> Iterator[Location]:
    for error in [] if refusal is None else refusal.errors(include_url=False):
        if error["type"] == MEANINGLESS:
            yield from ((*error["loc"], *inside) for inside, _message in error["ctx"]["faults"])
        else:
            yield error["loc"]


def _without(rest: Document, location: Location) -> None:
    """Take one refused part out of the document, or put another in the place of what it cannot be without."""
    section = location[0] if location else ""
    if section == "id":
        rest["id"] = "unnamed"
    elif section == "meta":
        rest["meta"] = {"name": "unnamed", "kind": "hybrid" if rest.get("models") else "technical"}
    elif section != "signals":
        rest.pop(str(section), None)
    elif len(location) >= _OF_A_SIGNAL:
        _without_key(rest, location)
    elif isinstance(signals := rest.get("signals"), list):
        signals.append({"id": str(len(signals)), "type": "entry", "expression": _NEVER})  # it lacks an entry


def _without_key(rest: Document, location: Location) -> None:
    _, index, key, *_ = location
    signals: Any = rest["signals"]
    signal, instead = signals[index], {"id": str(index), "type": "entry", "expression": _NEVER}
    signal.pop(key, None)
    if key in instead:
        signal[key] = instead[str(key)]
