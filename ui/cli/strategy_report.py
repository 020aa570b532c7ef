"""What verbs that send commands share: their options, and how they tell what came of it."""

import getpass
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ui.cli.printing import err, out, print_json
from ui.cli.reach import reachable

if TYPE_CHECKING:
    from dataflows.control_client import ControlClient, Sent, Signature
    from operators.strategy.changes import Change
    from schemas.lifecycle import StrategyStatus
    from schemas.trading_style import TradingStyle

LONGEST_AUTHOR, LONGEST_REASON = 100, 500


def _author(text: str | None) -> str | None:
    return _bounded(text, LONGEST_AUTHOR)


def _reason(text: str | None) -> str | None:
    return _bounded(text, LONGEST_REASON)


def _bounded(text: str | None, longest: int) -> str | None:
    if text is not None and len(text) > longest:
        raise typer.BadParameter(f"expected at most {longest} characters, got {len(text):,}")
    if text is not None and not text.isprintable():
        raise typer.BadParameter("expected one line of text, got characters that cannot be printed")
    return text


Name = Annotated[str, typer.Argument(help="The strategy's id.")]
From = Annotated[
    datetime | None,
    typer.Option(
        "--effective-from",
        help="Event time (UTC): holds from the first candle that closes after it. Default: now on a live feed, "
        "else the next candle.",
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"],
    ),
]
Wait = Annotated[float, typer.Option(help="Seconds to wait for the workers' answer.", min=0, max=3600)]
Author = Annotated[
    str | None,
    typer.Option(envvar="CANDELABRA_AUTHOR", help="Who gives this. Default: the login name.", callback=_author),
]
Reason = Annotated[str, typer.Option("--reason", "-m", help="Why, for the history.", callback=_reason)]

LIGHTS = {"running": "🟢", "paused": "🟡", "stopped": "🔴", "quarantined": "🟣", "refused": "❌", "accepted": "⚪"}


def control_client() -> "ControlClient":
    """A client, once the broker has answered."""
    settings = reachable()
    from dataflows.control_client import ControlClient

    return ControlClient(settings)


def signed(author: str | None, reason: str) -> "Signature":
    """Who, and why; by default who the settings name, else the person who is logged in."""
    from dataflows.control_client import Signature
    from dataflows.settings import load

    return Signature(author or load().author or _login(), reason)


def _login() -> str:
    try:
        return getpass.getuser()[:LONGEST_AUTHOR]
    except (OSError, KeyError):  # an account without a name, as in some containers; KeyError before Python 3.13
        return ""


def utc(time: datetime | None) -> datetime | None:
    """A time that was typed, in UTC."""
    return None if time is None else time.replace(tzinfo=UTC)


def report(
    client: "ControlClient", sent: "Sent", wait: float, *, as_json: bool, changed: "Iterable[Change] | None" = None
) -> None:
    """Say what was sent, and what the workers answer; exit code 1 if one refuses it."""
    desired = sent.desired
    answers = [] if sent.unchanged else list(client.answers(sent, wait_seconds=wait))
    refused = [one for one in answers if one.state == "refused"]
    if as_json:
        document = {
            "command": desired.model_dump(mode="json"),
            "unchanged": sent.unchanged,
            "answers": [one.model_dump(mode="json") for one in answers],
        }
        print_json(document if changed is None else {**document, "changes": [one.words for one in changed]})
    elif sent.unchanged:
        out.print(f"{desired.strategy} version {desired.version} is to be {desired.state} already: nothing was sent")
    else:
        since = f" from {minute(desired.effective_from)} UTC" if desired.effective_from else ""
        out.print(f"{desired.strategy} version {desired.version}: {desired.state}{since}")
        for one in changed or ():
            out.print(f"   {one}", highlight=False, markup=False, soft_wrap=True)
        if answers:
            out.print(status_table(answers))
            if not refused and all(one.symbol is None for one in answers):
                err.print(
                    "no series has acted yet: each does so at the next candle of its symbol, or, where "
                    "max_concurrent_positions counts over symbols, once every one of those has one",
                    style="dim",
                )
        elif wait:
            err.print(
                f"no worker has answered within {wait:g} s; the command is on the control topic, and a worker will "
                "carry it out (is `candelabra run` running?)",
                style="yellow",
            )
    if refused:
        raise typer.Exit(1)


def minute(time: datetime) -> str:
    """A time as it is typed; seconds where there are any.

    >>> minute(datetime(2025, 5, 9, 12, 30))
    '2025-05-09 12:30'
    """
    return f"{time:%Y-%m-%d %H:%M:%S}".removesuffix(":00")


def status_table(statuses: "Iterable[StrategyStatus]", styles: "Mapping[str, TradingStyle] | None" = None) -> Table:
    """Answers, one to a line: that to the command first, then by symbol, shortest timeframes first.

    ``styles`` are those of series by the keys of their statuses, and get a column where there are any.
    """
    table = Table("series", *(["style"] if styles else []), "state", "version", "from the bar of (UTC)", "reason")
    for one in sorted(statuses, key=_place):
        series = f"{one.symbol} {one.timeframe}" if one.symbol else "(the command)"
        style = [styles.get(one.key, "-")] if styles else []
        since = minute(one.effective_bar) if one.effective_bar else "-"
        light = f"{LIGHTS[one.state.value]} {one.state.value}"
        table.add_row(series, *style, light, str(one.version or "-"), since, escape(one.reason or ""))
    return table


def _place(status: "StrategyStatus") -> tuple[str, int]:
    from schemas.timeframe import timeframe_ms

    return status.symbol or "", timeframe_ms(status.timeframe) if status.timeframe else 0
