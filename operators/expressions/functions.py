"""The functions of the language: what each takes, what it gives, and how it says so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from operators.expressions.nodes import (
    Absolute,
    Chain,
    Column,
    Comparison,
    Condition,
    Cross,
    Extreme,
    Flag,
    Node,
    Numeric,
)
from operators.expressions.windows import condition_over, number_over
from operators.indicators.clock import CLOCKS, clock, session

ArgumentKind = Literal["number", "numbers", "condition", "bars", "text"]


@dataclass(frozen=True)
class Argument:
    """What a function takes at one place.

    Attributes:
        name: how the reference and errors call it.
        kind: ``numbers`` are two or more, and the last; ``bars`` a whole number as written; ``text`` one in quotation
            marks.
        default: what it is if left out; None if it must be given.
        least: of ``bars``, the least.
    """

    name: str
    kind: ArgumentKind
    default: int | str | None = None
    least: int = 1


@dataclass(frozen=True)
class Function:
    """One function. ``build`` makes the node of its arguments; it may raise `ValueError` to refuse them."""

    name: str
    arguments: tuple[Argument, ...]
    gives: Literal["number", "condition"]
    doc: str
    example: str
    build: Callable[..., Node]

    @property
    def signature(self) -> str:
        """As the reference writes it: ``change(x, n = 1)``."""
        written = []
        for argument in self.arguments:
            default = f'"{argument.default}"' if isinstance(argument.default, str) else argument.default
            written.append(f"{argument.name} = {default}" if default is not None else argument.name)
        return f"{self.name}({', '.join(written)})"

    @property
    def least(self) -> int:
        """How many arguments it needs."""
        several = any(argument.kind == "numbers" for argument in self.arguments)
        return sum(argument.default is None for argument in self.arguments) + several

    @property
    def most(self) -> int | None:
        """How many arguments it takes; None for any number."""
        return None if any(argument.kind == "numbers" for argument in self.arguments) else len(self.arguments)


_X = Argument("x", "number")
_CONDITION = Argument("condition", "condition")
_N = Argument("n", "bars")
_N_1 = Argument("n", "bars", 1)


def _crossing(name: Literal["crossover", "crossunder"], doc: str, example: str) -> Function:
    def build(left: Numeric, right: Numeric, *, at: int) -> Cross:
        return Cross(name, left, right, at=at)

    return Function(name, (Argument("a", "number"), Argument("b", "number")), "condition", doc, example, build)


def _extreme(name: Literal["min", "max"], doc: str, example: str) -> Function:
    def build(*operands: Numeric, at: int) -> Extreme:
        return Extreme(name, operands, at=at)

    return Function(name, (Argument("a, b, ...", "numbers"),), "number", doc, example, build)


def _number_window(name: str, kind: str, doc: str, example: str, *, least: int = 1) -> Function:
    def build(x: Numeric, bars: int, *, at: int) -> Numeric:
        if bars == 1:  # the window is this bar
            return x
        return number_over(kind, x, written=f"{name}({x}, {bars})", at=at, period=bars)

    return Function(name, (_X, Argument("n", "bars", least=least)), "number", doc, example, build)


def _condition_window(name: str, kind: str, doc: str, example: str) -> Function:
    def build(condition: Condition, bars: int, *, at: int) -> Condition:
        if bars == 1:
            return condition
        return condition_over(kind, condition, written=f"{name}({condition}, {bars})", at=at, period=bars)

    return Function(name, (_CONDITION, _N), "condition", doc, example, build)


def _direction(name: str, doc: str, example: str) -> Function:
    def build(x: Numeric, bars: int, *, at: int) -> Flag:
        written = f"{name}({x}, {bars})" if bars > 1 else f"{name}({x})"
        return condition_over(name, x, written=written, at=at, period=bars)

    return Function(name, (_X, _N_1), "condition", doc, example, build)


def _change(x: Numeric, bars: int, *, at: int) -> Column:
    written = f"change({x}, {bars})" if bars > 1 else f"change({x})"
    return number_over("change", x, written=written, at=at, bars=bars)


def _bars_since(condition: Condition, *, at: int) -> Column:
    return number_over("bars_since", condition, written=f"bars_since({condition})", at=at)


def _between(x: Numeric, low: Numeric, high: Numeric, *, at: int) -> Chain:
    links = (Comparison(low, "<=", x, at=at), Comparison(x, "<=", high, at=at))
    return Chain(links, between=True, at=at)


def _clock(shown: str) -> Function:
    ranges = {
        "hour": "Hour of the day (0 to 23)",
        "minute": "Minute of the hour (0 to 59)",
        "weekday": "Day of the week (0 for Monday to 6, or by name)",
        "day": "Day of the month (1 to 31)",
        "month": "Month (1 to 12)",
    }

    def build(zone: str, *, at: int) -> Column:
        written = shown if zone == "UTC" else f'{shown}("{zone}")'
        return Column(written, clock(shown, zone), at=at)

    doc = f"{ranges[shown]} at the candle's open time, in a time zone. `{shown}` alone is in UTC."
    examples = {
        "hour": 'hour("Europe/London") >= 8',
        "minute": "minute == 0",
        "weekday": 'weekday("Asia/Tokyo") <= fri',
        "day": "day == 1",
        "month": "month != 12",
    }
    return Function(shown, (Argument("zone", "text", "UTC"),), "number", doc, examples[shown], build)


def _session(opens: str, closes: str, zone: str, days: str, *, at: int) -> Flag:
    shown = [f'"{opens}"', f'"{closes}"']
    if (zone, days) != ("UTC", "mon-sun"):
        shown.append(f'"{zone}"')
    if days != "mon-sun":
        shown.append(f'"{days}"')
    return Flag(Column(f"session({', '.join(shown)})", session(opens, closes, zone, days), at=at), at=at)


_ALL: Sequence[Function] = (
    _crossing(
        "crossover",
        "a is above b on this bar and was not on the bar before.",
        "crossover(ema_12, ema_26)",
    ),
    _crossing(
        "crossunder",
        "a is below b on this bar and was not on the bar before.",
        "crossunder(close, sma_50)",
    ),
    _direction(
        "rising",
        "x was above its value of the bar before on each of the last n bars.",
        "rising(ema_20, 3)",
    ),
    _direction(
        "falling",
        "x was below its value of the bar before on each of the last n bars.",
        "falling(close, 2)",
    ),
    Function("change", (_X, _N_1), "number", "x less its value n bars before.", "change(rsi_14, 3) > 5", _change),
    _number_window(
        "highest",
        "max",
        "The greatest x of the last n bars, this one among them.",
        "close > highest(high, 20)[1]",
    ),
    _number_window(
        "lowest", "min", "The least x of the last n bars, this one among them.", "close < lowest(low, 20)[1]"
    ),
    _number_window("mean", "sma", "The mean of x over the last n bars.", "volume > 2 * mean(volume, 20)"),
    _number_window("sum", "sum", "The sum of x over the last n bars.", "sum(close - open, 5) > 0"),
    _number_window(
        "std",
        "stddev",
        "The standard deviation of x over the last n bars (of the population: divided by n).",
        "abs(close - mean(close, 20)) > 2 * std(close, 20)",
        least=2,
    ),
    Function(
        "abs",
        (_X,),
        "number",
        "x without its sign.",
        "abs(close - open) > atr_14",
        lambda x, *, at: Absolute(x, at=at),
    ),
    _extreme("min", "The least of two or more numbers.", "min(open, close) > sma_20"),
    _extreme("max", "The greatest of two or more numbers.", "max(open, close) < sma_20"),
    Function(
        "between",
        (_X, Argument("low", "number"), Argument("high", "number")),
        "condition",
        "low <= x and x <= high.",
        "between(rsi_14, 40, 60)",
        _between,
    ),
    _condition_window(
        "any_within",
        "max",
        "The condition holds on at least one of the last n bars, this one among them.",
        "any_within(crossover(ema_12, ema_26), 5)",
    ),
    _condition_window(
        "all_within",
        "min",
        "The condition holds on each of the last n bars, this one among them.",
        "all_within(close > sma_20, 3)",
    ),
    Function(
        "bars_since",
        (_CONDITION,),
        "number",
        "Bars since the condition last held, 0 if it holds on this one; not ready where that is more than 1,000 ago.",
        "bars_since(crossover(ema_12, ema_26)) < 10",
        _bars_since,
    ),
    *(_clock(shown) for shown in CLOCKS),
    Function(
        "session",
        (
            Argument("from", "text"),
            Argument("to", "text"),
            Argument("zone", "text", "UTC"),
            Argument("days", "text", "mon-sun"),
        ),
        "condition",
        "The candle's open time is from one time of day to before another, in a time zone; past midnight if `to` is "
        "before `from`. `days` are those on which the session opens: `mon-fri`, `sat,sun`.",
        'session("09:30", "16:00", "America/New_York", "mon-fri")',
        _session,
    ),
)

FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType({function.name: function for function in _ALL})
"""Every function by its name."""
