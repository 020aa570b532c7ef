"""Strategy files that are broken in one way each, made by changing good ones.

``BROKEN`` has the bytes of each by a name that says what is wrong, with what the refusal has to name: the place (or the
byte, line or key where there is none) and a part of what was expected.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any, NamedTuple

from schemas.strategy_examples import MODELS, POSTPROCESSING, STRATEGY
from tests.schemas.seed_documents import FLAT, LISTED, advanced

Document = Any
"""A decoded JSON document, to be changed in place."""

Path = tuple[str | int, ...]


class Broken(NamedTuple):
    """A file, and two texts that its refusal contains: where, and what was expected."""

    content: bytes
    where: str
    expected: str


GOOD: dict[str, Document] = {
    "flat": json.loads(FLAT),
    "listed": json.loads(LISTED),
    "advanced": advanced(),
    "normal": {**deepcopy(STRATEGY), "models": MODELS, "postprocessing": POSTPROCESSING},
}
"""The files that are broken here, whole."""


def changed(shape: str, change: Callable[[Document], object]) -> bytes:
    """A good file with one change."""
    document = deepcopy(GOOD[shape])
    change(document)
    return json.dumps(document).encode()


def put(*path: str | int, value: object) -> Callable[[Document], None]:
    """Set a value at a place."""

    def change(document: Document) -> None:
        for part in path[:-1]:
            document = document[part]
        document[path[-1]] = value

    return change


def taken(*path: str | int) -> Callable[[Document], None]:
    """Remove what is at a place."""

    def change(document: Document) -> None:
        for part in path[:-1]:
            document = document[part]
        del document[path[-1]]

    return change


def renamed(*path: str | int, to: str) -> Callable[[Document], None]:
    """Give a key another name."""

    def change(document: Document) -> None:
        for part in path[:-1]:
            document = document[part]
        document[to] = document.pop(path[-1])

    return change


def twice(*path: str | int) -> Callable[[Document], None]:
    """Repeat an item of a list."""

    def change(document: Document) -> None:
        for part in path[:-1]:
            document = document[part]
        document.insert(path[-1], deepcopy(document[path[-1]]))

    return change


def nested(depth: int) -> object:
    """Lists in lists."""
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


HUGE = 10**30
DEEP = nested(30)
FLAT_BYTES = FLAT.encode()

BROKEN: dict[str, Broken] = {}


def _add(name: str, content: bytes, where: str, expected: str) -> None:
    assert name not in BROKEN, name
    BROKEN[name] = Broken(content, where, expected)


def _wrong_types() -> None:
    for shape, path, values, expected in SECTIONS_OF_ANOTHER_TYPE:
        where = ".".join(map(str, path))
        for value in values:
            _add(f"{where} is {value!r}", changed(shape, put(*path, value=value)), where, expected)


SECTIONS_OF_ANOTHER_TYPE: tuple[tuple[str, Path, tuple[object, ...], str], ...] = (
    ("flat", ("id",), (None, 5, [], {}, True), "expected a text"),
    ("normal", ("meta",), (5, "x", []), "expected an object"),
    ("flat", ("rules",), (5, "x", None), "expected an object or a list"),
    ("flat", ("indicators",), (5, "x", None), "expected an object or a list"),
    ("normal", ("models",), ({}, "x", 3), "expected a list"),
    ("normal", ("postprocessing",), ({}, "x", 3), "expected a list"),
    ("flat", ("risk",), ([], "x", 3), "expected an object"),
    ("listed", ("signals", 0, "confidence"), (True, [], "often", None, {}), "expected"),
    ("flat", ("rules", "entry", "condition"), (3, None, [], ""), "expected a"),
    ("flat", ("indicators", "rsi", "period"), ([14], {}, None, True), "expected a number or a text"),
    ("normal", ("symbols",), (3, [3], ["a b"], [None]), "expected a"),
)


def _unknown_keys() -> None:
    for shape, path, to, meant in (
        ("flat", ("symbol",), "symbl", "symbol"),
        ("flat", ("rules",), "rulez", "rules"),
        ("flat", ("rules", "entry"), "entyr", "entry"),
        ("flat", ("rules", "exit", "confidence"), "confidense", "confidence"),
        ("flat", ("risk", "stopLoss"), "stopLos", "stopLoss"),
        ("listed", ("signals", 0, "conditions", 0, "operator"), "operater", "operator"),
        ("listed", ("signals", 0, "logic"), "logik", "logic"),
        ("advanced", ("meta", "tags"), "tag", "tags"),
        ("advanced", ("models", 0, "outputs"), "output", "outputs"),
        ("advanced", ("models", 0, "config", "hidden_units"), "hidden_unit", "hidden_units"),
        ("advanced", ("models", 0, "training", "lookback_days"), "lookback_day", "lookback_days"),
        ("advanced", ("signals", 0, "confidence_weight"), "confidence_weigth", "confidence_weight"),
        ("normal", ("postprocessing", 0, "method"), "metod", "method"),
        ("normal", ("risk", "limits", "max_daily_loss"), "max_daly_loss", "max_daily_loss"),
        ("normal", ("indicators", 1, "timeframe"), "timefame", "timeframe"),
    ):
        where = ".".join(map(str, (*path[:-1], to)))
        expected = "expected indicator, operator and value" if to == "operater" else meant
        place = where.removesuffix(".operater") if to == "operater" else where
        _add(f"unknown key {where}", changed(shape, renamed(*path, to=to)), place, expected)


def _numbers() -> None:
    lstm = ("models", 0)
    for path, value, expected in (
        ((*lstm, "config", "sequence_length"), 0, "of at least 2"),
        ((*lstm, "config", "sequence_length"), -60, "of at least 2"),
        ((*lstm, "config", "sequence_length"), 60.5, "a whole number"),
        ((*lstm, "config", "sequence_length"), HUGE, "a whole number of at most 63 bits"),
        ((*lstm, "config", "dropout"), 1, "less than 1"),
        ((*lstm, "config", "batch_size"), 10**9, "of at most 65536"),
        ((*lstm, "training", "validation_split"), 0, "greater than 0"),
        (("models", 1, "config", "order"), [2, 1], "expected"),
        (("models", 1, "config", "order"), [-1, 1, 2], "of at least 0"),
        (("postprocessing", 0, "period"), 1, "of at least 2"),
        (("postprocessing", 1, "weights", "smooth"), 0, "greater than 0"),
        (("indicators", 2, "modifiers", 0, "bars"), 0, "of at least 1"),
        (("indicators", 2, "modifiers", 0, "bars"), 100_001, "of at most 100000"),
        (("signals", 0, "confidence", "least"), -0.5, "of at least 0"),
        (("signals", 1, "confidence"), 75, "of at most 1"),
        (("risk", "take_profit"), 0, "greater than 0"),
        (("risk", "take_profit"), -HUGE, "a whole number of at most 63 bits"),
        (("risk", "limits", "max_position_size"), 1.1, "of at most 1"),
        (("risk", "stop_loss", "multiple"), -2, "greater than 0"),
        (("risk", "sizing", "fraction"), 0, "greater than 0"),
    ):
        where = ".".join(map(str, path))
        _add(f"{where} is {value}", changed("normal", put(*path, value=value)), where, expected)


def _references() -> None:
    _add("a model twice", changed("normal", twice("models", 0)), "models.1.id", "a name of its own")
    _add("a signal twice", changed("normal", twice("signals", 0)), "signals.1.id", "each of signals once")
    _add("an indicator twice", changed("listed", twice("indicators", 0)), "indicators.1.RSI", "a name of its own")
    _add("a step twice", changed("normal", twice("postprocessing", 0)), "postprocessing.1.id", "a name of its own")
    _add("a symbol twice", changed("normal", put("symbols", value=["A/B", "AB"])), "symbols.1", "each of symbols once")
    for shape, change, where, expected in (
        ("flat", renamed("indicators", "rsi", to="close"), "indicators.close", "a name of its own"),
        ("normal", put("models", 0, "id", value="rsi"), "models.0.id", "a name of its own"),
        ("normal", put("postprocessing", 0, "id", value="arima_trend"), "postprocessing.0.id", "a name of its own"),
        (
            "normal",
            put("postprocessing", 0, "model", value="lstm_price_predicter"),
            "postprocessing.0.model",
            "id of a",
        ),
        ("normal", put("postprocessing", 0, "model", value="consensus"), "postprocessing.0.model", "an earlier step"),
        ("normal", put("postprocessing", 0, "output", value="prise"), "postprocessing.0.output", "an output of"),
        ("normal", put("postprocessing", 1, "models", value=["smooth"]), "postprocessing.1.models", "at least 2"),
        ("normal", put("indicators", 2, "source", value="rsi_change"), "indicators.2.source", "in turn, got a cycle"),
        ("normal", put("meta", "kind", value="technical"), "meta.kind", "'ml' or 'hybrid'"),
        ("normal", put("models", value=[]), "meta.kind", "at least one model"),
        ("normal", put("risk", "stop_loss", value=None), "risk", "a stop_loss with risk_per_trade"),
    ):
        if where == "meta.kind" and expected.startswith("at least"):
            _add("models gone", changed(shape, _without_models), where, expected)
        else:
            _add(f"{where}: {expected}", changed(shape, change), where, expected)


def _without_models(document: Document) -> None:
    document["meta"]["kind"] = "ml"
    document["models"] = document["postprocessing"] = []


def _choices() -> None:
    for shape, path, value, where in (
        ("normal", ("meta", "kind"), "tecnical", "meta.kind"),
        ("normal", ("meta", "visibility"), "pubic", "meta.visibility"),
        ("normal", ("signals", 0, "type"), "entri", "signals.0.type"),
        ("normal", ("signals", 0, "side"), "log", "signals.0.side"),
        ("normal", ("signals", 0, "confidence", "method"), "scaledd", "signals.0.confidence.method"),
        ("normal", ("models", 0, "subtype"), "lsmt", "models.0.subtype"),
        ("normal", ("models", 0, "framework"), "tensorflw", "models.0.framework"),
        ("normal", ("models", 0, "training", "retrain_frequency"), "weakly", "models.0.training.retrain_frequency"),
        ("normal", ("postprocessing", 0, "type"), "smothing", "postprocessing.0.type"),
        ("normal", ("postprocessing", 1, "method"), "weigthed", "postprocessing.1.method"),
        ("normal", ("indicators", 2, "modifiers", 0, "type"), "chnge", "indicators.2.modifiers.0.type"),
        ("normal", ("risk", "sizing", "method"), "risk_per_trad", "risk.sizing.method"),
        ("normal", ("risk", "stop_loss", "method"), "art", "risk.stop_loss.method"),
        ("normal", ("timeframes",), ["15mm"], "timeframes.0"),
        ("normal", ("indicators", 1, "timeframe"), "1hh", "indicators.1.timeframe"),
        ("listed", ("signals", 0, "conditions", 0, "operator"), "ltt", "signals.0.conditions.0"),
        ("listed", ("signals", 0, "logic"), "ADN", "signals.0.logic"),
        ("flat", ("timeframe",), "15", "timeframe"),
    ):
        _add(f"{where} is {value!r}", changed(shape, put(*path, value=value)), where, "expected")


def _missing() -> None:
    _add("no rules", changed("flat", taken("rules")), "signals", "expected signals (or rules)")
    _add("no entry", changed("flat", taken("rules", "entry")), "rules", "at least one entry")
    _add("no condition", changed("flat", taken("rules", "entry", "condition")), "rules.entry", "expected one of")
    for path in (("type",), ("expression",)):
        _add(f"no {path[0]}", changed("normal", taken("signals", 0, *path)), "signals.0", "expected")
    for key in ("id", "framework", "inputs", "outputs", "subtype"):
        _add(f"no {key} of a model", changed("normal", taken("models", 0, key)), f"models.0.{key}", "expected")
    _add("no order", changed("advanced", taken("models", 1, "config")), "models.1.config", "expected a value")
    _add(
        "no conditions", changed("listed", put("signals", 0, "conditions", value=[])), "signals.0.conditions", "one or"
    )
    _add("nameless", changed("normal", lambda one: (one.pop("id"), one["meta"].pop("name"))), "id", "expected an id")


def _texts() -> None:
    _add("no bytes", b"", "line 1 column 1", "expected JSON")
    _add("no text", b"\xff\xfe\x00", "at 0", "expected UTF-8 text")
    _add("Latin letters", FLAT_BYTES.replace(b"MACD", b"\xe9", 1), "at ", "expected UTF-8 text")
    _add("half a surrogate", FLAT_BYTES.replace(b"MACD", b"\\ud800", 1), "\\ud800", "expected Unicode text")
    _add("NaN", FLAT_BYTES.replace(b"0.75", b"NaN"), "NaN", "expected JSON")
    _add("infinity", FLAT_BYTES.replace(b"0.75", b"-Infinity"), "-Infinity", "expected JSON")
    _add("beyond a float", FLAT_BYTES.replace(b"0.75", b"1e999"), "rules.entry.confidence", "expected a finite number")
    _add("many digits", FLAT_BYTES.replace(b"14", b"9" * 10_000), "indicators.rsi.period", "expected a finite number")
    _add("a key twice", FLAT_BYTES.replace(b'"name"', b'"id"'), "'id' stands twice", "expected JSON")
    _add("a comma too many", FLAT_BYTES.replace(b"0.75", b"0.75,"), "line ", "expected JSON")
    _add("single quotes", FLAT_BYTES.replace(b'"', b"'"), "line 2 column 2", "expected JSON")
    _add("a comment", b"// mine\n" + FLAT_BYTES, "line 1 column 1", "expected JSON")
    _add("two documents", FLAT_BYTES * 2, "column", "expected JSON")
    _add("a list", b"[" + FLAT_BYTES + b"]", "", "expected a JSON object, got a list")
    _add("null", b"null", "", "expected a JSON object")
    _add(
        "deep lists", changed("flat", put("indicators", "rsi", "period", value=DEEP)), "16 deep", "expected JSON nested"
    )
    _add("deeper than the parser", b"[" * 100_000, "", "expected JSON")
    _add("too large", FLAT_BYTES + b" " * 300_000, "262,144 bytes", "expected at most")
    _add(
        "long expression",
        changed("flat", put("rules", "entry", "condition", value="(" * 3_000)),
        "rules.entry.condition",
        "expected at most 2,000 characters",
    )
    _add("long name", changed("flat", put("name", value="x" * 201)), "name", "expected at most 200 characters")
    _add("many symbols", changed("normal", put("symbols", value=["A"] * 10_001)), "symbols", "at most 10000")
    for cut in (1, 20, 200, len(FLAT_BYTES) - 1):
        _add(f"cut after {cut} bytes", FLAT_BYTES[:cut], "line ", "expected JSON")


_wrong_types()
_unknown_keys()
_numbers()
_references()
_choices()
_missing()
_texts()
