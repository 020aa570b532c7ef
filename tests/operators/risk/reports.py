"""Reports of strategies to their portfolio, and portfolios, for tests."""

from typing import Any

from operators.risk.barrier import Instant
from operators.risk.portfolio import Portfolio
from operators.risk.report import Entry, Report
from operators.risk.verdict import Allowed, Refused, Verdict
from schemas.portfolio import PortfolioConfig

MINUTE = 60_000


def report(  # noqa: PLR0913  # a report says that much
    series: str,
    minute: int = 1,
    *,
    held: float = 0.0,
    coming: float | None = None,
    equity: float = 1_000.0,
    price: float = 10.0,
    stop: float | None = None,
    wants: float | None = None,
    wants_stop: float | None = None,
    most: int | None = None,
    last: bool = False,
) -> Report:
    """Of ``strategy symbol`` on 1m: what it holds, and what it would like to hold, in units at ``price``."""
    key = "|".join([*series.split(), "1m"])
    next_ms = None if last else (minute + 1) * MINUTE
    entry = None if wants is None else Entry(wants, wants_stop, most)
    coming = held if coming is None else coming
    return Report(key, minute * MINUTE, next_ms, equity, held, coming, price, stop, entry)


def portfolio(resume: dict[str, Any] | None = None, **config: Any) -> Portfolio:  # noqa: ANN401  # of any section
    """Of this configuration, from the epoch on."""
    return Portfolio(configuration(**config), 0, resume)


def configuration(**config: Any) -> PortfolioConfig:  # noqa: ANN401  # of any section
    """Lists stand for tuples, as in a file."""
    return PortfolioConfig.model_validate({"id": "main", **config}, strict=False)


def instant(*reports: Report, late: tuple[Report, ...] = ()) -> Instant:
    """Of reports of one instant."""
    return Instant(reports[0].at_ms, sorted(reports, key=lambda one: one.key), list(late))


def answers(verdicts: list[Verdict]) -> dict[str, str]:
    """By strategy and symbol: ``allowed``, or the limit that it was refused by, with what it is the limit of."""
    found: dict[str, str] = {}
    for one in verdicts:
        if isinstance(one, Allowed):
            found[_series(one.key)] = "allowed"
        elif isinstance(one, Refused):
            about = f" {one.refusal.about}" if one.refusal.about else ""
            found[_series(one.key)] = one.refusal.limit + about
    return found


def _series(key: str) -> str:
    return " ".join(key.split("|")[:2])
