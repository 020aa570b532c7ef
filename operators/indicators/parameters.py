"""The parameters that many indicators share: lengths in bars, and the levels of named states."""

from operators.indicators.definition import Parameter

LONGEST_PERIOD = 2000  # bars; bounds what a series must keep in memory
PERCENT = (0.0, 100.0)


def bars(name: str, aliases: tuple[str, ...], default: int, doc: str, minimum: int = 2) -> Parameter:
    """A length in bars. TA-Lib's name for it comes first among the aliases."""
    return Parameter(name, aliases, int, default, minimum, LONGEST_PERIOD, f"{doc}, in bars", talib=aliases[0])


def period(default: int, doc: str, minimum: int = 2) -> tuple[Parameter, ...]:
    """The one length of an indicator that has one."""
    return (bars("period", ("timeperiod", "length", "window", "lookback"), default, doc, minimum),)


def level(name: str, default: float, bounds: tuple[float, float]) -> Parameter:
    """A threshold in the unit of the indicator, which only named states read."""
    low, high = bounds
    return Parameter(name, (f"{name}_level", f"{name}_threshold"), float, default, low, high, f"Where {name} begins")


def zones(overbought: float, oversold: float, bounds: tuple[float, float]) -> tuple[Parameter, ...]:
    """The two levels of an oscillator."""
    return (level("overbought", overbought, bounds), level("oversold", oversold, bounds))
