"""`candelabra watchlist deploy`: strategies on every symbol and timeframe of the watchlist, in one command."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.markup import escape
from rich.table import Table

from dataflows.errors import CandelabraError, CommandRefused
from ui.cli.files import is_file, read_bytes, strategy_in
from ui.cli.printing import JsonFlag, counted, err, out, print_json, progress_bar
from ui.cli.strategy_report import Author, From, Reason, Wait, control_client, minute, signed, utc
from ui.cli.watchlist_view import watchlist_client

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dataflows.control_client import ControlClient, Sent
    from schemas.strategy import StrategyConfig
    from schemas.watchlist import WatchlistEntry

FIVE = ("macd_rsi", "ma_crossover", "rsi_trend", "bollinger_breakout", "support_resistance_breakout")
"""The strategies of the multi-timeframe document, as templates."""


def deploy(
    strategies: Annotated[
        list[str] | None,
        typer.Argument(
            help="Strategy files or names of templates. Default: the five of the multi-timeframe document, "
            f"{', '.join(FIVE)}.",
            metavar="STRATEGY",
        ),
    ] = None,
    timeframes: Annotated[
        str,
        typer.Option(
            help="Where they run, by commas: `*` for every enabled timeframe of a symbol, styles (day, swing, "
            "position), timeframes (15m)."
        ),
    ] = "*",
    update: Annotated[
        bool, typer.Option("--update", help="Make a new version of a strategy that exists with other contents.")
    ] = False,
    effective_from: From = None,
    author: Author = None,
    reason: Reason = "",
    wait: Wait = 5.0,
    as_json: JsonFlag = False,
) -> None:
    """Run strategies on every symbol and timeframe of the watchlist, as it is and as it will be.

    Exit code 1 where one is refused; the others are sent all the same.

    Example: candelabra watchlist deploy
    Example: candelabra watchlist deploy macd_rsi mine.json --timeframes day,swing
    """
    configs = _everywhere(strategies or FIVE, _patterns(timeframes))
    entries = watchlist_client().entries
    client = control_client()
    sent: list[_Deployed] = []
    with progress_bar("deploying", len(configs)) as (bar, task):
        for config in configs:
            try:
                one = client.deploy if not (update and config.id in client.strategies) else client.update
                answer = one(config, utc(effective_from), signature=signed(author, reason))
                sent.append(_Deployed(config, answer, None))
            except CommandRefused as refused:
                sent.append(_Deployed(config, None, _way_out(refused)))
            bar.advance(task)
    acted = _acted(client, [one.sent for one in sent if one.sent is not None], wait)
    _report(sent, entries, acted, as_json=as_json)
    if any(one.refusal for one in sent):
        raise typer.Exit(1)


class _Deployed(NamedTuple):
    """What became of a strategy: a command, or why there is none."""

    config: "StrategyConfig"
    sent: "Sent | None"
    refusal: str | None


def _everywhere(names: "Iterable[str]", timeframes: tuple[str, ...]) -> "list[StrategyConfig]":
    """The strategies, each with an id of its own, bound to the whole watchlist."""
    from schemas.strategy_file import parse_strategy

    found: dict[str, str] = {}
    configs = []
    for name in names:
        config = _named(name)
        if config.id in found:
            raise CandelabraError(f"{name}: the id {config.id!r} is taken by {found[config.id]}")
        found[config.id] = name
        document = {**config.model_dump(mode="json"), "symbols": ["*"], "timeframes": timeframes}
        configs.append(parse_strategy(document, origin=name))
    return configs


def _named(name: str) -> "StrategyConfig":
    """A file's strategy, else a template's."""
    from dataflows.template_files import template_bytes

    content = read_bytes(Path(name)) if is_file(name) else template_bytes(name)
    return strategy_in(content, origin=name)


def _patterns(text: str) -> tuple[str, ...]:
    """The timeframes that strategies are bound to, as they were typed; CandelabraError where one means nothing."""
    from schemas.names import did_you_mean
    from schemas.strategy import ANY
    from schemas.timeframe import timeframe_ms
    from schemas.trading_style import TRADING_STYLES

    patterns = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    for one in patterns:
        if one == ANY or one in TRADING_STYLES:
            continue
        try:
            timeframe_ms(one)
        except ValueError as error:
            hint = did_you_mean(one, TRADING_STYLES)
            raise CandelabraError(f"--timeframes: expected *, day, swing or position{hint}; or: {error}") from None
    return patterns


def _way_out(refused: CommandRefused) -> str:
    text = str(refused)
    return f"{text}; here: add --update" if "exists with other contents" in text else text


def _acted(client: "ControlClient", sent: "Sequence[Sent]", wait: float) -> "Mapping[str, int]":
    """How many series of each strategy have acted on what was sent, once they are quiet or the wait is over."""
    fresh = [one for one in sent if not one.unchanged]
    if not fresh or not wait:
        return {}
    for _answer in client.answers(fresh[-1], wait_seconds=wait):
        pass
    commands = {one.desired.command for one in fresh}
    count: dict[str, int] = {}
    for status in client.statuses().values():
        if status.command in commands and status.symbol is not None:
            count[status.strategy] = count.get(status.strategy, 0) + 1
    return count


def _expected(config: "StrategyConfig", entries: "Mapping[str, WatchlistEntry]") -> int:
    """On how many series of the watchlist it is to run, as far as the base of each symbol is known."""
    from schemas.binding import timeframes_of

    return sum(
        len(timeframes_of(config, symbol, entry, True, entry.asset.base_timeframe))  # noqa: FBT003  # its owner's form
        for symbol, entry in entries.items()
        if entry.asset is not None
    )


def _report(
    deployed: "Sequence[_Deployed]",
    entries: "Mapping[str, WatchlistEntry]",
    acted: "Mapping[str, int]",
    *,
    as_json: bool,
) -> None:
    series = {one.config.id: _expected(one.config, entries) for one in deployed}
    if as_json:
        rows = [
            {
                "strategy": one.config.id,
                "command": one.sent.desired.model_dump(mode="json") if one.sent else None,
                "unchanged": one.sent.unchanged if one.sent else False,
                "error": one.refusal,
                "series": series[one.config.id],
                "acted": acted.get(one.config.id, 0),
            }
            for one in deployed
        ]
        print_json({"strategies": rows, "symbols": len(entries), "series": sum(series.values())})
        return
    table = Table("strategy", "version", "state", "series of the watchlist", "acted", "from (UTC)")
    for one in deployed:
        if one.sent is None:
            table.add_row(one.config.id, "-", "[red]refused[/]", "-", "-", "-")
            continue
        desired = one.sent.desired
        begins = minute(desired.effective_from) if desired.effective_from else "the next candle"
        state = f"[dim]{desired.state} already[/]" if one.sent.unchanged else f"[green]{desired.state}[/]"
        count = "-" if one.sent.unchanged else f"{acted.get(one.config.id, 0):,}"
        many = f"{series[one.config.id]:,}" if entries else "-"
        table.add_row(one.config.id, str(desired.version), state, many, count, begins)
    out.print(table)
    for one in deployed:
        if one.refusal:
            err.print(escape(one.refusal), style="red", highlight=False, soft_wrap=True)
    if entries:
        bound = ", ".join(deployed[0].config.timeframes)
        many = f"{counted(len(deployed), 'strategy', 'strategies')} on {counted(len(entries), 'symbol')}"
        out.print(f"{many}, timeframes {bound}", highlight=False)
    else:
        err.print(
            "nothing is on the watchlist: until something is, they run on the base timeframe of every symbol of the "
            "feed (`candelabra watchlist apply FILE`)",
            style="yellow",
        )
    if not acted and any(one.sent is not None and not one.sent.unchanged for one in deployed):
        err.print(
            "no series has acted yet: each does so at the next candle of its symbol, once a worker runs", style="dim"
        )
