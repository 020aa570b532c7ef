"""`candelabra portfolio explain`: what a portfolio followed and refused around a time, and by which limit."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from ui.cli.explain_view import fill_text, limit_text, number_text
from ui.cli.printing import JsonFlag, counted, out, print_json, progress_bar
from ui.cli.reach import reachable
from ui.cli.strategy_report import minute

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dataflows.explain.portfolio import PortfolioExplained
    from schemas.metrics import EquityPoint
    from schemas.portfolio_event import PortfolioEvent


def explain(
    portfolio: Annotated[str, typer.Argument(help="The portfolio's id.")],
    time: Annotated[
        str,
        typer.Argument(metavar="TIME", help="A close such as 2025-06-01T14:05 (UTC), or a day such as 2025-06-01."),
    ],
    folder: Annotated[
        Path | None,
        typer.Option("--replayed", help="What `candelabra replay --out` wrote here, not the deployment."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Say what a portfolio did at a close or on a day: what it followed and refused, and by which limit.

    With what it did last before and first after, how its kill switch stood and what it was worth.

    Example: candelabra portfolio explain main 2025-06-01T14:05
    Example: candelabra portfolio explain main 2025-06-01 --replayed out
    """
    from dataflows.explain.instant import instant_of
    from dataflows.explain.portfolio import explain_portfolio
    from dataflows.explain.replayed_portfolio import explain_replayed_portfolio

    instant = instant_of(time)
    if folder is not None:
        explained = explain_replayed_portfolio(folder, portfolio, instant)
    else:
        settings = reachable()
        with progress_bar("reading", None) as (bar, task):
            explained = explain_portfolio(settings, portfolio, instant, lambda count: bar.advance(task, count))
    if as_json:
        print_json(explained.document())
        return
    for line in _lines(explained):
        out.print(line, highlight=False, soft_wrap=True)


def _lines(explained: "PortfolioExplained") -> Iterator[str]:
    from dataflows.explain.portfolio import heading

    yield f"portfolio [bold]{escape(explained.portfolio)}[/], {heading(explained.instant)}"
    configured, switch = explained.configured, explained.switch
    if configured is not None and configured.event == "configured":
        yield f"as configured at {minute(configured.close_time)} by the command {escape(configured.command or '-')}"
    if explained.point is not None:
        yield _worth(explained.point)
    if switch is not None and switch.event == "tripped":
        cause = "" if switch.limit is None else f" by {limit_text(switch.limit)}"
        yield f"[red]kill switch tripped[/] at {minute(switch.close_time)}{cause}"
    elif switch is not None:
        yield f"kill switch reset at {minute(switch.close_time)}"
    yield ""
    yield f"[bold]{escape(explained.summary)}[/]"
    for title, events in (("", explained.events), ("before it", explained.before), ("after it", explained.after)):
        if events:
            yield ""
        for time, group in groupby(events, key=lambda one: one.close_time):
            yield f"{title}{' at ' if title else ''}{minute(time)}"
            yield from _events(group)
    yield ""
    yield f"[dim]{escape(explained.source)}[/]"


def _worth(point: "EquityPoint") -> str:
    exposures = [
        f", {name} exposure {value:.2f}"
        for name, value in (("gross", point.gross_exposure), ("net", point.net_exposure))
        if value is not None
    ]
    fall = f"{point.drawdown * 100:.2f} % below its highest"
    held = counted(point.positions, "position")
    return f"equity {number_text(point.equity)}, {fall}{''.join(exposures)}, {held} at {minute(point.close_time)}"


def _events(events: "Iterable[PortfolioEvent]") -> Iterator[str]:
    for one in events:
        whose = (
            f"[bold]{escape(one.strategy)}[/] on {escape(one.symbol or '-')} {one.timeframe}: " if one.strategy else ""
        )
        if one.fills:
            yield from (f"    {one.event:<10} {whose}{fill_text(fill)}" for fill in one.fills)
        else:
            yield f"    {one.event:<10} {whose}{escape(one.reason) if one.limit is None else limit_text(one.limit)}"
