"""`candelabra strategy check`: what is wrong with a strategy before it runs."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from ui.cli.files import candle_source, read_strategy
from ui.cli.printing import JsonFlag, counted, out, print_json, progress_bar
from ui.cli.watchlist_files import read_watchlist

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataflows.check.check import Checked, CheckedSeries
    from dataflows.check.remark import Remark

FOUND = 1
_PARTS = 1_000


def check(
    file: Annotated[Path, typer.Argument(help="A strategy file.")],
    data: Annotated[Path, typer.Option(help="A .parquet or .csv file of candles, or `demo`.")],
    symbol: Annotated[
        str | None, typer.Option(help="Only this symbol; also names the symbol of a file without such a column.")
    ] = None,
    timeframe: Annotated[
        str | None,
        typer.Option(
            help="Only this timeframe of those that the strategy runs on, or that `*` and its styles may mean; also "
            "names that of a file without such a column."
        ),
    ] = None,
    watchlist: Annotated[
        Path | None,
        typer.Option(help="A watchlist file: what `*` and styles mean, and how bars are made.", show_default=False),
    ] = None,
    series: Annotated[int, typer.Option(help="How many series to check, the first of the file.", min=1, max=100)] = 3,
    candles: Annotated[
        int | None,
        typer.Option(
            help="How many candles of the file for each, the first ones; else those of 10,000 bars, or of three times "
            "the warm-up if that is more, up to 200,000.",
            min=2,
            max=1_000_000,
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Check a strategy on candles: look-ahead, warm-up, cost, and rules that never or always fire.

    The series checked are those on which it runs, made of the file's candles by the engine's own step.

    Exit code 1 where there is a finding. A rule that never fires on the candles given is one: give enough of them, and
    of a kind on which it should fire. A note is for you to judge.

    Example: candelabra strategy check macd.json --data candles.parquet --symbol BTCUSDT
    Example: candelabra strategy check macd.json --data candles.parquet --timeframe 5m
    """
    from dataflows.check.check import check as check_strategy
    from dataflows.check.reach import candles_to_check
    from dataflows.check.series import choose
    from dataflows.graph import Parameters
    from dataflows.settings import load
    from operators.strategy.compile import compile_strategy

    config = read_strategy(file)
    strategy = compile_strategy(config, origin=str(file))
    assets = () if watchlist is None else read_watchlist(watchlist)
    settings = load()
    source = candle_source(data, symbol, timeframe)
    with progress_bar("reading candles", source.count()) as (bar, task):
        chosen = choose(
            source,
            config,
            symbol=symbol,
            timeframe=timeframe,
            watchlist=assets,
            most_series=series,
            most_candles=lambda length, base: candles or candles_to_check(strategy.indicators, length, base),
            progress=lambda rows: bar.advance(task, rows),
        )
    with progress_bar("checking", _PARTS) as (bar, task):
        found = check_strategy(
            strategy,
            chosen.series,
            left_out=chosen.left_out,
            parameters=Parameters(settings.history_bars, settings.gap_tolerance_bars, settings.timeframes),
            progress=lambda what, share: bar.update(task, description=what, completed=round(share * _PARTS)),
        )
    if as_json:
        document = asdict(found, dict_factory=_plain)
        print_json({**document, "findings": len(found.findings), "notes": len(found.notes)})
    else:
        _print(found, data.name)
    if found.findings:
        raise typer.Exit(FOUND)


def _plain(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """Fields as JSON has them: times in ISO 8601."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields}


def _print(found: "Checked", name: str) -> None:
    for one in found.series:
        _print_series(one)
    if found.left_out:
        shown = ", ".join(found.left_out[:5]) + (" and more" if len(found.left_out) > 5 else "")  # noqa: PLR2004  # as many as fit a line
        out.print(f"not checked: {shown} (--series and --symbol choose)", style="dim", highlight=False)
    _print_remarks("finding", found.findings, "red")
    _print_remarks("note", found.notes, "yellow")
    verdict = "no finding" if not found.findings else f"{len(found.findings)} finding(s)"
    style = "bold red" if found.findings else "bold green"
    out.print(f"{found.strategy} on {name}: {verdict}, {len(found.notes)} note(s)", style=style, highlight=False)


def _print_series(one: "CheckedSeries") -> None:
    more = ", the file holds more" if one.more else ""
    passed = f", {one.passed_over:,} rows passed over" if one.passed_over else ""
    derived = one.timeframe != one.base
    made = f"{counted(one.bars, 'candle')}, made of " if derived else ""
    of_base, a_candle, cuts = (
        (f" of {one.base}", f"a {one.timeframe} candle", "of them") if derived else ("", "a candle", "bars")
    )
    out.print(
        f"{one.series}: {made}{counted(one.candles, 'candle')}{of_base}, {one.first:%Y-%m-%d %H:%M} to "
        f"{one.last:%Y-%m-%d %H:%M}{more}{passed}",
        style="bold",
        highlight=False,
    )
    look_ahead, warm_up, cost = one.look_ahead, one.warm_up, one.cost
    if look_ahead is None or warm_up is None or cost is None:
        return
    out.print(
        f"  look-ahead  {counted(look_ahead.candles, 'candle')}{of_base} each once as the newest, and the future cut "
        f"off at {look_ahead.cuts} {cuts}: {look_ahead.values:,} values and {look_ahead.signals:,} signals compared",
        highlight=False,
    )
    out.print(
        f"  warm-up     begun at {len(warm_up.starts)} bars: {warm_up.verdicts:,} verdicts compared, "
        f"{warm_up.ties:,} ties that rounding decides",
        highlight=False,
    )
    out.print(
        f"  cost        {cost.live_us:.2f} us {a_candle} for all indicators live, {cost.behind_us:.2f} us in "
        f"batches; a plain RSI takes {cost.rsi_us:.2f} us live",
        highlight=False,
    )
    rules = Table("rule", "", "ready", "holds", "signals", "a 1,000 candles", "first holds", "us live", "us in batches")
    for rule, taken in zip(one.rules, cost.rules, strict=True):
        rules.add_row(
            rule.rule,
            rule.type,
            f"{rule.ready:,}",
            f"{rule.held:,}",
            f"{rule.signals:,}",
            f"{rule.per_thousand(one.bars):.2f}",
            "-" if rule.first is None else f"{rule.first:%Y-%m-%d %H:%M}",
            f"{taken.live_us:.2f}",
            f"{taken.behind_us:.3f}",
        )
    out.print(rules)
    if warm_up.indicators:
        indicators = Table("indicator", "ready after", "exact after", "off before that", "us live", "times RSI")
        for warmth, price in zip(warm_up.indicators, cost.indicators, strict=True):
            indicators.add_row(
                warmth.key,
                f"{warmth.ready_after:,}",
                f"{warmth.exact_after:,}",
                f"{warmth.early_error:.1%}" if warmth.starts else "-",
                f"{price.live_us:.2f}",
                f"{price.times_rsi:.1f}",
            )
        out.print(indicators)


def _print_remarks(severity: str, remarks: "Sequence[Remark]", style: str) -> None:
    for one in remarks:
        when = "" if one.bar is None else f", candle of {one.bar:%Y-%m-%d %H:%M} UTC"
        where = ": ".join(part for part in (one.series, one.where) if part)
        out.print(f"{severity}", style=f"bold {style}", end=" ")
        out.print(f"{one.part}  {where}{when}: {one.message}", markup=False, highlight=False, soft_wrap=True)
