"""Which kind of file a document is, where it was given as another: by the keys that only one kind has."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from schemas.problems import DocumentError, Problem

Kind = Literal["strategy", "portfolio", "watchlist", "file of alert rules"]

_VERBS: Final[Mapping[Kind, str]] = {
    "strategy": "`candelabra strategy validate` and `deploy` take it",
    "portfolio": "`candelabra portfolio validate` and `apply` take it",
    "watchlist": "`candelabra watchlist validate` and `apply` take it",
    "file of alert rules": "`candelabra alerts validate` and `run` take it",
}
_OWN: Final[Mapping[Kind, tuple[str, ...]]] = {
    "strategy": ("signals", "indicators", "models", "postprocessing", "risk", "execution", "meta", "correlation"),
    "portfolio": ("strategies", "limits", "groups", "conflict", "priorities", "kill_switch", "killSwitch"),
    "watchlist": ("assets", "providers", "base_timeframe", "baseTimeframe", "quiet_market", "quietMarket"),
    "file of alert rules": (),
}
"""Keys that no other kind has. ``rules`` are those of a strategy or of alerts, by what is in them."""
_OF_A_SIGNAL: Final = {"condition", "conditions", "expression"}


def of_another_kind(document: object, expected: Kind, error: DocumentError) -> DocumentError:
    """The error, or in the place of all that it lists the one thing to say of a file of another kind.

    Args:
        document: as it was read.
        expected: what it was read as.
        error: what is wrong with it as that.
    """
    telling = {kind: keys for kind in _OWN if (keys := list(_telling(document, kind)))}
    if expected in telling or len(telling) != 1:
        return error
    [(kind, keys)] = telling.items()
    said = f"expected {_a(expected)}, got what looks like {_a(kind)} ({', '.join(keys)}): {_VERBS[kind]}"
    return type(error)(error.origin, [Problem("", said)])


def _telling(document: object, kind: Kind) -> Iterator[str]:
    """By what a document looks like one of this kind."""
    if isinstance(document, list):
        if kind == "watchlist" and document and all(_is_asset(one) for one in document):
            yield "a list of symbols"
        if kind == "file of alert rules" and document and all(_is_alert_rule(one) for one in document):
            yield "a list of rules with a type"
    elif isinstance(document, Mapping):
        yield from (f'"{key}"' for key in _OWN[kind] if key in document)
        rules = document.get("rules")
        if rules:
            of_alerts = isinstance(rules, list) and all(_is_alert_rule(one) for one in rules)
            if kind == ("file of alert rules" if of_alerts else "strategy"):
                yield '"rules"'


def _is_asset(one: object) -> bool:
    if not isinstance(one, Mapping):
        return isinstance(one, str)
    return "symbol" in one and not any(key in one for key in ("rules", *_OWN["strategy"]))


def _is_alert_rule(one: object) -> bool:
    return (
        isinstance(one, Mapping)
        and isinstance(one.get("type"), str)
        and one["type"] not in {"entry", "exit"}
        and _OF_A_SIGNAL.isdisjoint(one)
    )


def _a(kind: Kind) -> str:
    return f"a {kind}"
