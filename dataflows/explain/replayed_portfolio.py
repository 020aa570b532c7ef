"""What a portfolio did in a replay, by the files that it wrote."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from dataflows.errors import CandelabraError
from dataflows.explain.instant import Instant
from dataflows.explain.portfolio import PortfolioExplained, explained_portfolio, unheard
from schemas.metrics import EquityPoint
from schemas.portfolio_event import PortfolioEvent
from schemas.topics import EQUITY, EXECUTIONS

R = TypeVar("R", PortfolioEvent, EquityPoint)


def explain_replayed_portfolio(folder: Path, portfolio: str, instant: Instant) -> PortfolioExplained:
    """A portfolio of a replay, by what it wrote to a folder; files are read line by line, however long they are.

    Raises:
        CandelabraError: there is no such file, a line is no record, or the portfolio has told of nothing.
    """
    own: list[PortfolioEvent] = []
    names: set[str] = set()
    for one in _records(folder / f"{EXECUTIONS.name}.jsonl", PortfolioEvent):
        names.add(one.portfolio)
        if one.portfolio == portfolio:
            own.append(one)
    if not own:
        raise unheard(portfolio, names, str(folder))
    points = (one for one in _records(folder / f"{EQUITY.name}.jsonl", EquityPoint) if one.portfolio == portfolio)
    return explained_portfolio(portfolio, instant, chain(own, points), source=f"from {folder}")


def _records(path: Path, kind: type[R]) -> Iterator[R]:
    """The records of portfolios in a file of JSON lines, by their close."""
    try:
        lines = path.open("rb")
    except OSError as error:
        raise CandelabraError(
            f"{path}: cannot be read: {error.strerror}; expected the folder of `candelabra replay --out FOLDER`"
        ) from None
    with lines:
        for number, line in enumerate(lines, 1):
            if b'"portfolio":"' not in line:
                continue
            try:
                yield kind.model_validate_json(line)
            except ValidationError:
                raise CandelabraError(
                    f"{path}: line {number}: expected a record of {path.stem!r} as a replay of this release writes it, "
                    f"got {line[:60].decode('utf-8', 'replace').rstrip()!r}"
                ) from None
