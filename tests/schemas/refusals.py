"""What the loaders say of a strategy or watchlist file that they refuse."""

import json
from typing import Protocol

import pytest

from schemas.problems import DocumentError, StrategyFileError, WatchlistFileError
from schemas.strategy_file import load_strategy
from schemas.watchlist_file import load_watchlist


class Load(Protocol):
    """A loader of files."""

    def __call__(self, content: bytes, /, *, origin: str) -> object:
        """What is in a file, or an error."""


def problems(document: object) -> list[str]:
    """What is wrong with a strategy, a text for each problem."""
    return _told(load_strategy, document, StrategyFileError)


def watchlist_problems(document: object) -> list[str]:
    """What is wrong with a watchlist, a text for each problem."""
    return _told(load_watchlist, document, WatchlistFileError)


def _told(load: Load, document: object, error_type: type[DocumentError]) -> list[str]:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(error_type) as caught:
        load(content, origin="dip.json")
    found = [str(problem) for problem in caught.value.problems]
    count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    assert str(caught.value).splitlines()[0] == f"dip.json: {count}"
    return found
