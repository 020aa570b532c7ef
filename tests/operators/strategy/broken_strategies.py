"""Strategy files that are broken in meaning: good files with one or more changes, and what is to be said of each.

``BROKEN`` has them by a name that says what is wrong. Every file is JSON but for those under "bytes".
"""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from itertools import cycle
from typing import Any, NamedTuple

from dataflows.template_files import template_bytes, template_names
from operators.strategy.compile import CompiledStrategy, compile_strategy
from operators.strategy.runnable import unrunnable
from schemas.problems import StrategyFileError
from schemas.strategy_file import load_strategy
from tests.operators.strategy.broken_expressions import EXPRESSIONS, LOOK_AHEAD, NAMES, TIMEFRAME, Told
from tests.schemas.broken_files import put, renamed, taken, twice
from tests.schemas.seed_documents import FLAT, LISTED, advanced

Document = Any
"""A decoded JSON document, to be changed in place."""


class Broken(NamedTuple):
    """A file, and what each of its problems has to say; there are to be no others."""

    content: bytes
    told: tuple[Told, ...]


TEMPLATES: dict[str, Document] = {name: json.loads(template_bytes(name)) for name in template_names()}
GOOD: dict[str, Document] = {**TEMPLATES, "flat": json.loads(FLAT), "listed": json.loads(LISTED)}
"""The files that are broken here, whole."""

BROKEN: dict[str, Broken] = {}


def checked(content: bytes) -> CompiledStrategy:
    """A file's way to a running strategy; StrategyFileError where it ends."""
    config = load_strategy(content, origin="broken.json")
    compiled = compile_strategy(config, origin="broken.json")
    if problems := unrunnable(config):
        raise StrategyFileError("broken.json", problems)
    return compiled


def broken(name: str, base: str, *changes: Callable[[Document], object], told: Sequence[Told]) -> None:
    """Add a good file with these changes."""
    document = deepcopy(GOOD[base])
    for change in changes:
        change(document)
    _add(name, json.dumps(document).encode(), told)


def _add(name: str, content: bytes, told: Sequence[Told]) -> None:
    assert name not in BROKEN, name
    BROKEN[name] = Broken(content, tuple(told))


def chain(kinds: int, *, backwards: bool) -> list[Document]:
    """Means of means of RSI, each declared after the one that it reads, or before it."""
    first = [{"name": "rsi", "type": "rsi"}]
    rest = [{"name": f"m{n}", "type": "sma", "source": f"m{n - 1}" if n > 1 else "rsi"} for n in range(1, kinds)]
    return [*rest[::-1], *first] if backwards else [*first, *rest]


def _expressions() -> None:
    """Each in place of the first entry of the templates in turn; names in that of the one that declares them."""
    bases = cycle(TEMPLATES)
    named = [("macd_rsi", text, told) for text, told in NAMES]
    for base, text, told in (*named, *((next(bases), text, told) for text, told in EXPRESSIONS)):
        place = f"signals.{TEMPLATES[base]['signals'][0]['id']}"
        signal = {"id": TEMPLATES[base]["signals"][0]["id"], "type": "entry", "expression": text}
        broken(f"expression {text:.60}", base, put("signals", 0, value=signal), told=[(place, *one) for one in told])


def _indicators() -> None:
    """Each in place of the RSI of a template that is read by its rules."""
    for name, indicator, *told in INDICATORS:
        broken(f"indicator {name}", "macd_rsi", put("indicators", 1, value={"name": "rsi", **indicator}), told=told)


def _rsi(**more: object) -> Document:
    return {"type": "rsi", "parameters": {"period": 14}, **more}


def _of(kind: str, **parameters: object) -> Document:
    return {"type": kind, "parameters": parameters}


PERIOD = "indicators.rsi.period"
WHOLE = "expected an integer from 2 to 100000"
SOURCE = "indicators.rsi.source"
MODIFIER = "indicators.1.modifiers.0"

INDICATORS: tuple[tuple[Any, ...], ...] = (
    ("of period 0", _of("rsi", period=0), (PERIOD, WHOLE, "found 0")),
    ("of period -14", _of("rsi", period=-14), (PERIOD, WHOLE, "found -14")),
    ("of period 100,001", _of("rsi", period=100_001), (PERIOD, WHOLE, "found 100001")),
    ("of period 14.5", _of("rsi", period=14.5), (PERIOD, WHOLE, "found 14.5")),
    ("of period '14'", _of("rsi", period="14"), (PERIOD, WHOLE, 'found "14"')),
    ("of period 1e300", _of("rsi", period=1e300), (PERIOD, WHOLE, "found 1e+300")),
    ("of period [14]", _of("rsi", period=[14]), ("indicators.1.parameters.period", "expected a number or a text")),
    ("of period true", _of("rsi", period=True), ("indicators.1.parameters.period", "expected a number or a text")),
    ("of period 10**30", _of("rsi", period=10**30), ("indicators.1.parameters.period", "at most 63 bits")),
    ("of a memory too long", _of("rsi", period=100_000), (PERIOD, "at most 200,000", "that works is 6450")),
    ("of perod", _of("rsi", perod=14), ("indicators.rsi.perod", 'did you mean "period"?')),
    ("of foo", _of("rsi", foo=14), ("indicators.rsi.foo", "expected one of period, overbought, oversold, price")),
    ("of two periods", _of("rsi", period=14, length=15), ("indicators.rsi.length", "expected one of the two")),
    ("of zones upside down", _of("rsi", overbought=20, oversold=80), ("rsi.oversold", "expected less than overbought")),
    ("of a zone too high", _of("rsi", overbought=120), ("indicators.rsi.overbought", "from 0.0 to 100.0, found 120")),
    ("of fast above slow", _of("macd", fast_period=26, slow_period=12), ("rsi.fast_period", "less than slow_period")),
    ("of an unknown mean", _of("bbands", matype="smaa"), ("indicators.rsi.matype", 'did you mean "sma"?')),
    ("of no price", _of("rsi", price="clos"), ("indicators.rsi.price", 'did you mean "close"?')),
    ("of no kind", _of("rsii", period=14), ("indicators.rsi", 'unknown indicator "rsii"', 'did you mean "rsi"?')),
    ("of nothing", _of("supertrnd"), ("indicators.rsi", 'did you mean "supertrend"?')),
    ("of type null", _rsi(type=None), ("indicators.1.type", "expected a text, got null")),
    ("of parameters null", _rsi(parameters=None), ("indicators.1.parameters", "expected an object or a list")),
    ("of 33 parameters", _of("rsi", **{f"p{n}": n for n in range(33)}), ("1.parameters", "at most 32 of them, got 33")),
    ("reading hl3", _rsi(source="hl3"), (SOURCE, "expected a price or the name of an indicator", '"hlc3"')),
    ("reading macd.signl", _rsi(source="macd.signl"), (SOURCE, "macd has no output", 'did you mean "signal"?')),
    ("reading itself", _rsi(source="rsi"), ("indicators.1.source", "got a cycle: rsi -> rsi")),
    ("reading a position", _rsi(source="position.pnl"), (SOURCE, "expected a price or the name of an indicator")),
    ("reading an expression", _rsi(source="close + 1"), ("indicators.1.source", "expected a name such as rsi_14")),
    ("reading two", _rsi(source=["close", "open"]), (SOURCE, "expected 1 source, found 2")),
    ("reading one of two", _rsi(type="correl", source="close"), (SOURCE, "expected 2 sources, found 1")),
    ("choosing what is fixed", {"type": "atr", "source": "close"}, (SOURCE, "always reads high, low, close")),
    ("choosing twice", {**_of("rsi", price="open"), "source": "close"}, ("indicators.rsi.price", "one of the two")),
    ("on 7x", _rsi(timeframe="7x"), ("indicators.1.timeframe", TIMEFRAME, 'got "7x"')),
    ("on 60", _rsi(timeframe=60), ("indicators.1.timeframe", "expected a text, got 60")),
    ("lagging", _rsi(modifiers=[{"type": "lagg", "bars": 1}]), (f"{MODIFIER}.type", 'did you mean "lag"?')),
    ("lag without bars", _rsi(modifiers=[{"type": "lag"}]), (f"{MODIFIER}.bars", "it is required")),
    ("lag into the future", _rsi(modifiers=[{"type": "lag", "bars": -1}]), (f"{MODIFIER}.bars", "of at least 1")),
    ("lag of half a bar", _rsi(modifiers=[{"type": "lag", "bars": 1.5}]), (f"{MODIFIER}.bars", "a whole number")),
    ("lag too far", _rsi(modifiers=[{"type": "lag", "bars": 100_001}]), (f"{MODIFIER}.bars", "of at most 100000")),
    (
        "lag by method",
        _rsi(modifiers=[{"type": "lag", "bars": 1, "method": "log"}]),
        (MODIFIER, 'unknown key "method"'),
    ),
    ("change by magic", _rsi(modifiers=[{"type": "change", "method": "magic"}]), (f"{MODIFIER}.method", '"percent"')),
    ("normal in 1", _rsi(modifiers=[{"type": "normalize", "period": 1}]), (f"{MODIFIER}.period", "of at least 2")),
    ("modified nine times", _rsi(modifiers=[{"type": "lag", "bars": 1}] * 9), ("1.modifiers", "at most 8 of them")),
    ("modified by a text", _rsi(modifiers="lag"), ("indicators.1.modifiers", 'expected a list, got "lag"')),
    (
        "remembering too much in all",
        _rsi(modifiers=[{"type": "lag", "bars": 100_000}] * 8),
        ("indicators.rsi", "expected at most 400,000 candles before each bar", "shorten a period"),
    ),
    ("named close", _rsi(name="close"), ("indicators.1.name", "has a meaning in every expression")),
    ("named AND", _rsi(name="AND"), ("indicators.1.name", "has a meaning in every expression")),
    ("named position", _rsi(name="position"), ("indicators.1.name", "has a meaning in every expression")),
    ("named 2rsi", _rsi(name="2rsi"), ("indicators.1.name", "expected a name such as rsi_14", 'got "2rsi"')),
    ("named twice", _rsi(name="macd"), ("indicators.1.name", "'macd', which is an indicator already")),
    ("named as an output", _rsi(name="macd_signal"), ("indicators.macd_signal", "which is an output of 'macd'")),
)


def _confidences() -> None:
    for name, confidence, *told in CONFIDENCES:
        broken(f"confidence {name}", "rsi_trend", put("signals", 0, "confidence", value=confidence), told=told)


def _weighted(weights: object, **parts: object) -> Document:
    return {"method": "weighted", "weights": weights, "parts": parts}


def _scaled(value: object, threshold: object = 3, full: object = 5, **more: object) -> Document:
    return {"method": "scaled", "value": value, "threshold": threshold, "full": full, **more}


AT = "signals.0.confidence"
IN = "signals.joined_up.confidence"

CONFIDENCES: tuple[tuple[Any, ...], ...] = (
    ("of 2", 2, (AT, "of at most 1, got 2")),
    ("of -0.1", -0.1, (AT, "of at least 0, got -0.1")),
    ("of true", True, (AT, "expected a number, got true")),
    ("by magic", {"method": "magic"}, (f"{AT}.method", 'expected one of "fixed", "weighted", "scaled"')),
    ("of no weights", _weighted({}), (f"{AT}.weights", "expected at least 1 of them, got 0")),
    ("of weight 0", _weighted({"rsi": 0}), (f"{AT}.weights.rsi", "greater than 0, got 0")),
    ("of weight -1", _weighted({"rsi": -1}), (f"{AT}.weights.rsi", "greater than 0, got -1")),
    ("of weight 1e7", _weighted({"rsi": 1e7}), (f"{AT}.weights.rsi", "of at most 1e+06")),
    ("of 33 weights", _weighted({f"w{n}": 1 for n in range(33)}), (f"{AT}.weights", "at most 32 of them, got 33")),
    ("of a part nobody knows", _weighted({"rsii": 1}), (f"{IN}.weights.rsii", 'did you mean "rsi"?')),
    ("of a model that is not there", _weighted({"lstm_confidence": 1}), (f"{IN}.weights.lstm_confidence", "unknown")),
    ("of a part without weight", _weighted({"a": 1}, a="rsi", b="rsi"), (AT, "a weight for each part", "'b'")),
    ("of a part that looks ahead", _weighted({"a": 1}, a="close[-1]"), (f"{IN}.parts.a", LOOK_AHEAD)),
    (
        "of two broken parts",
        _weighted({"a": 1, "b": 1}, a="rsi <", b="rsii"),
        (f"{IN}.parts.a", "character 6:", "got the end"),
        (f"{IN}.parts.b", 'did you mean "rsi"?'),
    ),
    ("of an empty part", _weighted({"a": 1}, a=" "), (f"{AT}.parts.a", "expected an expression such as")),
    ("by a condition", _scaled("rsi < 30"), (f"{IN}.value", "expected a number, got the condition")),
    ("over no distance", _scaled("rsi", 3, 3), (AT, "expected full to differ from threshold, got 3 for both")),
    ("from most to least", _scaled("rsi", least=0.9, most=0.1), (AT, "expected most to be at least least (0.9)")),
    ("by a text", _scaled("rsi", "3"), (f"{AT}.threshold", 'expected a number, got "3"')),
)


def _sections() -> None:
    for base, change, *told in SECTIONS:
        broken(f"{base} at {', '.join(told[0])}", base, change, told=told)


SECTIONS: tuple[tuple[Any, ...], ...] = (
    ("flat", put("rules", "entry", "condition", value="rsi < 30 < close[-2]"), ("signals.entry", LOOK_AHEAD)),
    ("flat", put("indicators", "rsi", "period", value=0), (PERIOD, WHOLE)),
    ("flat", renamed("indicators", "rsi", to="rsj"), ("indicators.rsj", 'unknown indicator "rsj"')),
    (
        "flat",
        put("indicators", "macd", "fastPeriod", value=30),
        ("indicators.macd.fast", "expected less than slow_period (26)"),
    ),
    ("flat", put("indicators", "macd", "fast_period", value=3), ("macd.fast_period", "expected one of the two")),
    ("flat", put("timeframe", value="15x"), ("timeframe", TIMEFRAME)),
    ("flat", put("symbol", value="BTC USDT"), ("symbol", "expected a symbol such as BTCUSDT")),
    ("flat", put("risk", "stopLoss", value=-0.02), ("risk.stopLoss", "greater than 0, got -0.02")),
    (
        "listed",
        put("signals", 0, "conditions", 0, "indicator", value="rsi_14 > 3 OR close"),
        ("signals.0.conditions.0", "expected the name of an indicator"),
    ),
    ("listed", put("signals", 0, "conditions", 0, "operator", value="ltt"), ("conditions.0", 'did you mean "lt"?')),
    ("listed", put("signals", 0, "conditions", 1, "value", value="ema_5O"), ("signals.entry", 'unknown name "ema_5O"')),
    ("listed", put("signals", 0, "side", value="up"), ("signals.0.side", 'expected "long" or "short", got "up"')),
    ("macd_rsi", twice("signals", 0), ("signals.1.id", "'momentum_up' again")),
    ("macd_rsi", put("signals", value=[]), ("signals", "expected at least 1 of them, got 0")),
    ("macd_rsi", put("signals", 0, "id", value="lifecycle.stop"), ("signals.0.id", "does not begin with 'lifecycle.'")),
    ("macd_rsi", put("signals", 0, "id", value="a|b"), ("signals.0.id", "expected an id such as breakout_up")),
    ("macd_rsi", put("id", value="../../etc"), ("id", "expected an id such as macd_btc_15m")),
    ("macd_rsi", put("symbols", value=["BTC/USDT", "BTCUSDT"]), ("symbols.1", "each of symbols once")),
    ("macd_rsi", put("timeframes", value=["1h", "1m", "1h"]), ("timeframes.2", "each of timeframes once")),
    ("macd_rsi", put("meta", "kind", value="ml"), ("meta.kind", "at least one model")),
    ("macd_rsi", taken("indicators", 0, "type"), ("indicators.0", "an object with a type")),
    ("bollinger_breakout", twice("indicators", 0), ("indicators.1.name", "'bb', which is an indicator already")),
    ("macd_momentum", put("indicators", 0, "source", value="push"), ("0.source", "a cycle: macd -> push -> macd")),
    (
        "ma_crossover",
        put("indicators", 1, value={"name": "slow", "type": "smaa", "source": "fsat"}),
        ("indicators.slow.source", 'did you mean "fast"?'),
        ("indicators.slow", 'did you mean "sma"'),
    ),
    (
        "multi_timeframe_trend",
        put("indicators", 1, value={"name": "ema", "type": "ema", "source": "hourly", "timeframe": "4h"}),
        ("indicators.ema", "is on candles of 1h already"),
    ),
)


def _sizes() -> None:
    hundreds = [{"name": f"m{n}", "type": "sma", "parameters": {"period": n + 2}} for n in range(300)]
    broken("300 indicators", "flat", put("indicators", value=hundreds), told=[("indicators", "at most 200 of them")])
    for backwards in (False, True):
        for kinds in (20, 200):
            broken(
                f"{kinds} indicators of each other{' backwards' * backwards}",
                "macd_rsi",
                put("indicators", value=chain(kinds, backwards=backwards)),
                told=[("indicators.m16", "expected at most 16 indicators that read each other in a row, found 17")],
            )
    ring = [{"name": f"m{n}", "type": "sma", "source": f"m{(n + 1) % 200}"} for n in range(200)]
    told = [("indicators.0.source", "got a cycle: m0 -> m1 -> m2 -> m3 -> m4 -> m5 -> m6 -> ... -> m0")]
    broken("a cycle of 200 indicators", "flat", put("indicators", value=ring), told=told)
    twofold = [{"name": f"m{n}", "type": "correl", "source": [f"m{n - 1}"] * 2} for n in range(1, 14)]
    told = [("indicators.m7", "expected an indicator that takes at most 4,000 characters")]
    base = {"name": "m0", "type": "correl", "source": ["close", "open"]}
    broken("what doubles with each indicator", "macd_rsi", put("indicators", value=[base, *twofold]), told=told)
    signals = [{"id": f"s{n}", "type": "entry", "expression": "close > 1"} for n in range(201)]
    broken("201 signals", "macd_rsi", put("signals", value=signals), told=[("signals", "at most 200 of them, got 201")])
    long = "close > 1" + " " * 2_000
    told = [("signals.0.expression", "expected at most 2,000 characters, got 2,009")]
    broken("an expression too long", "macd_rsi", put("signals", 0, "expression", value=long), told=told)


def _models() -> None:
    """Valid, and refused where it would be deployed: nothing runs a model yet."""
    GOOD["advanced"] = advanced()
    told = [
        ("models.0", "expected a model that this release can run", "'lstm_price_predictor' of type ml/lstm"),
        ("models.1", "expected a model that this release can run", "'arima_trend' of type traditional/arima"),
    ]
    broken("models that cannot run", "advanced", told=told)
    expression = ("signals", 0, "expression")
    for text, *said in (
        ("lstm_price_predictor.confidense > 1", 'did you mean "lstm_price_predictor.confidence"?'),
        ("arima_tren.forecast > close", "arima_trend.forecast"),
        ("lstm_price_predictor > 0.8", "has several outputs", "lstm_price_predictor.confidence"),
        ("lstm_price_predictor.confidence@1h > 0.8", "expected something computed of candles"),
        ("highest(lstm_price_predictor.confidence, 5) > 0.8", "lstm_price_predictor.confidence"),
    ):
        change = put(*expression, value=text)
        broken(f"model in {text}", "advanced", change, told=[("signals.ml_enhanced_entry", *said)])
    del GOOD["advanced"]


def _bytes() -> None:
    template = template_bytes("macd_rsi")
    _add("bytes that are not UTF-8", template.replace(b"momentum_up", b"\xff"), [("expected UTF-8 text", "0xff")])
    _add("bytes of half a surrogate", template.replace(b"momentum_up", b"\\ud800"), [("expected Unicode text",)])
    _add("bytes of a NaN", template.replace(b'"least": 0.5', b'"least": NaN'), [("NaN is not a number in JSON",)])
    _add("bytes with a key twice", template.replace(b'"side"', b'"type"', 1), [("'type' stands twice",)])
    _add("bytes of a deep list", template.replace(b"14", b"[" * 40 + b"]" * 40), [("nested at most 16 deep",)])
    _add("bytes that end early", template[:-100], [("expected JSON, got an error",)])


_expressions()
_indicators()
_confidences()
_sections()
_sizes()
_models()
_bytes()
