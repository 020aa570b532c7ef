"""The shorter and older ways to write how a strategy risks and executes, brought to the normal form."""

from collections.abc import Callable, Mapping

from schemas.json_value import in_json
from schemas.known_keys import snake_case
from schemas.strategy_draft import Document, Draft, under

DISTANCES = ("stop_loss", "take_profit", "trailing_stop", "break_even")
"""Parts of ``risk`` that may be a number: a fraction of the entry price."""


def put_risk(given: object, draft: Draft) -> None:
    """Fill in ``risk``: a distance may be a number, and ``maxPositionSize`` stand beside the limits."""
    draft.document["risk"] = _risk(given, draft) if isinstance(given, Mapping) else given


def put_execution(given: object, draft: Draft) -> None:
    """Fill in ``execution``: numbers for fees and slippage are shares of what is traded and of the price."""
    if not isinstance(given, Mapping):
        draft.document["execution"] = given
        return
    execution: Document = {}
    for key, value in given.items():
        name = snake_case(str(key))
        where = under("execution", key)
        if name in _SHORT and _is_number(value):
            made = _SHORT[name](value)
            execution[str(key)] = made
            for part in made:
                draft.written(("execution", name, part), where)
        elif name == "scale_out" and isinstance(value, list):
            execution[str(key)] = [_scaled_out(one, at, where, draft) for at, one in enumerate(value)]
        else:
            execution[str(key)] = value
    draft.document["execution"] = execution


def _proportional_fees(rate: object) -> Document:
    return {"method": "proportional", "maker": rate, "taker": rate}


def _proportional_slippage(fraction: object) -> Document:
    return {"method": "proportional", "fraction": fraction}


_SHORT: Mapping[str, Callable[[object], Document]] = {"fees": _proportional_fees, "slippage": _proportional_slippage}


def _scaled_out(part: object, at: int, where: str, draft: Draft) -> object:
    if not isinstance(part, Mapping) or part.get("at") is None:
        return part
    if not isinstance(part["at"], Mapping):
        draft.written(("execution", "scale_out", at, "at", "fraction"), f"{where}.{at}.at")
    return {**part, "at": _distance(part["at"])}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _risk(given: Mapping[str, object], draft: Draft) -> Document:
    """A number for a distance is a fraction of the entry price; ``maxPositionSize`` is one of the limits."""
    risk: Document = {}
    limits: Document = {}
    for key, value in given.items():
        name = snake_case(str(key))
        where = under("risk", key)
        if name == "max_position_size":
            if "max_position_size" in limits:
                draft.refuse(where, "expected max_position_size once, got it twice")
            limits["max_position_size"] = value
            draft.written(("risk", "limits", "max_position_size"), where)
        elif name in DISTANCES and value is not None:
            risk[str(key)] = _distance(value)
            if not isinstance(value, Mapping):
                draft.written(("risk", name, "fraction"), where)
        else:
            risk[str(key)] = value
    if limits:
        own = risk.get("limits", {})
        if isinstance(own, Mapping):
            twice = [key for key in own if snake_case(str(key)) in limits]
            if twice:
                draft.refuse(f"risk.limits.{twice[0]}", "expected it here or beside limits, got both")
            risk["limits"] = {**own, **limits}
        else:
            draft.refuse("risk.limits", f"expected an object, got {in_json(own)}")
    return risk


def _distance(value: object) -> object:
    if not isinstance(value, Mapping):
        return {"method": "fraction", "fraction": value}
    if "method" in value:
        return value
    return {"method": "atr" if "multiple" in value else "fraction", **value}
