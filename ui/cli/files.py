"""Strategies as the command line names them: files, and strategies that are deployed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dataflows.errors import CandelabraError

if TYPE_CHECKING:
    from collections.abc import Collection

    from dataflows.candle_files import CandleFile, Place
    from dataflows.control_client import ControlClient
    from dataflows.demo_data import DemoCandles
    from schemas.portfolio import PortfolioConfig
    from schemas.strategy import StrategyConfig

C = TypeVar("C", "StrategyConfig", "PortfolioConfig")

DEMO = "demo"
"""In the place of a candle file: the daily stocks that the demo runs on."""

_UNCHECKED = "expressions, and the names in them, are checked once this is mended"


def candle_source(path: Path, symbol: str | None = None, timeframe: str | None = None) -> "CandleFile | DemoCandles":
    """The candles of a file, or the demo's for ``demo`` (a file of that name needs ``./demo``)."""
    if str(path) == DEMO:
        from dataflows.demo_data import DemoCandles

        return DemoCandles()
    from dataflows.candle_files import CandleFile
    from schemas.names import nearest

    if nearest(str(path), [DEMO]) and not path.exists():
        raise CandelabraError(f'{path}: there is no such file (did you mean "{DEMO}", the candles of the demo?)')
    return CandleFile(path, symbol, timeframe)


def places(source: "CandleFile | DemoCandles", rows: "Collection[int]") -> "dict[int, Place]":
    """Where a person finds some rows of the candles, counted from 0, and what is seen there."""
    from dataflows.candle_files import CandleFile, Place

    return source.places(rows) if isinstance(source, CandleFile) else {row: Place(f"row {row + 1:,}") for row in rows}


def read_bytes(path: Path) -> bytes:
    """A strategy file, as far as one can be long; FileUnreadable where it cannot be read."""
    from dataflows.file_bytes import read_at_most
    from schemas.strategy_text import MAX_FILE_BYTES

    return read_at_most(path, MAX_FILE_BYTES)


def made(folder: Path) -> None:
    """Make a folder to write files into, unless it is there.

    Raises:
        CandelabraError: it cannot be made, or is a file.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CandelabraError(f"{folder}: cannot be written to: expected a folder, got: {error.strerror}") from None


def read_strategy(path: Path) -> "StrategyConfig":
    """The strategy in a file, checked down to its expressions.

    Raises:
        FileUnreadable: there is no such file.
        StrategyFileError: it is no strategy; all problems are listed.
    """
    return strategy_in(read_bytes(path), origin=str(path))


def strategy_in(content: bytes, *, origin: str) -> "StrategyConfig":
    """The strategy in a file's bytes, checked in the same way."""
    from operators.strategy.compile import compile_strategy  # TA-Lib takes a second to import: not for --help
    from schemas.problems import StrategyFileError
    from schemas.strategy_file import attempt_strategy
    from schemas.strategy_text import read_document

    config, problems = attempt_strategy(read_document(content, origin=origin), origin=origin)
    if config is None:
        raise StrategyFileError(origin, problems, note=_UNCHECKED)
    try:
        compile_strategy(config, origin=origin)
    except StrategyFileError as error:
        raise StrategyFileError(origin, (*problems, *error.problems)) from None
    if problems:
        raise StrategyFileError(origin, problems)
    return config


def read_strategies(paths: Iterable[Path]) -> "list[StrategyConfig]":
    """Several, each with an id of its own."""
    return _apart(paths, read_strategy)


def read_portfolio(path: Path) -> "PortfolioConfig":
    """The portfolio in a file.

    Raises:
        FileUnreadable: there is no such file.
        PortfolioFileError: it is no portfolio; all problems are listed.
    """
    from dataflows.file_bytes import read_at_most
    from schemas.portfolio_file import MAX_PORTFOLIO_BYTES, load_portfolio

    return load_portfolio(read_at_most(path, MAX_PORTFOLIO_BYTES), origin=str(path))


def read_portfolios(paths: Iterable[Path]) -> "list[PortfolioConfig]":
    """Several, each with an id of its own."""
    return _apart(paths, read_portfolio)


def _apart(paths: Iterable[Path], read: Callable[[Path], C]) -> list[C]:
    found: dict[str, Path] = {}
    configs = []
    for path in paths:
        if path in found.values():
            raise CandelabraError(f"{path}: expected each file once, got it again")
        config = read(path)
        if config.id in found:
            raise CandelabraError(f"{path}: the id {config.id!r} is taken by {found[config.id]}")
        found[config.id] = path
        configs.append(config)
    return configs


@dataclass(frozen=True)
class Named:
    """A strategy that somebody named, and what to call it: a file's path, or ``id@version``."""

    label: str
    config: "StrategyConfig"


def is_file(reference: str) -> bool:
    """Whether a reference means a file: there is one, or it ends as one does.

    >>> is_file("none.json")
    True
    >>> is_file("macd@2")
    False
    """
    return reference.endswith(".json") or Path(reference).is_file()


def named(reference: str, client: "Callable[[], ControlClient]") -> Named:
    """The strategy of a reference: a file, ``id`` for what is current, or ``id@version``.

    Raises:
        CandelabraError: there is no such file or strategy.
        StrategyFileError: the file holds none.
    """
    if is_file(reference):
        return Named(reference, read_strategy(Path(reference)))
    name, at, number = reference.partition("@")
    if at and not (number.isascii() and number.isdigit()):
        raise CandelabraError(f"{reference}: expected a file, an id such as {name}, or a version such as {name}@2")
    version = client().version(name, int(number) if at else None)
    return Named(f"{name}@{version.version}", version.config)
