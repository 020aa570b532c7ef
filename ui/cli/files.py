"""Strategy files as the command line names them."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dataflows.errors import CandelabraError

if TYPE_CHECKING:
    from schemas.strategy import StrategyConfig


def read_strategy(path: Path) -> "StrategyConfig":
    """The strategy in a file, checked down to its expressions.

    Raises:
        CandelabraError: there is no such file.
        StrategyFileError: it is no strategy; all problems are listed.
    """
    from operators.strategy.compile import compile_strategy  # TA-Lib takes a second to import: not for --help
    from schemas.strategy_file import MAX_FILE_BYTES, load_strategy

    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise CandelabraError(f"{path}: cannot be read: {error.strerror}") from None
    config = load_strategy(content, origin=str(path))
    compile_strategy(config, origin=str(path))
    return config


def read_strategies(paths: Iterable[Path]) -> "list[StrategyConfig]":
    """Several, each with an id of its own."""
    found: dict[str, Path] = {}
    configs = []
    for path in paths:
        config = read_strategy(path)
        if config.id in found:
            raise CandelabraError(f"{path}: the id {config.id!r} is taken by {found[config.id]}")
        found[config.id] = path
        configs.append(config)
    return configs
