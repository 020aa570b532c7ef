"""`candelabra replay`: strategies over a file of candles, without a broker."""

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ui.cli.files import candle_source, made, read_portfolios, read_strategies
from ui.cli.printing import JsonFlag, counted, err, out, per_second, print_json, progress_bar
from ui.cli.watchlist_files import read_watchlist

if TYPE_CHECKING:
    from schemas.record import Record  # slow, and not needed for --help


def replay_file(
    candles: Annotated[Path, typer.Argument(help="A .parquet or .csv file of candles, or `demo`.")],
    more: Annotated[list[Path] | None, typer.Argument(help="More strategy files.", metavar="[FILE]...")] = None,
    strategy: Annotated[
        list[Path] | None, typer.Option("--strategy", "-s", help="A strategy file; repeatable.")
    ] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="Write one JSON Lines file for each topic here.")] = None,
    watchlist: Annotated[
        Path | None, typer.Option(help="A watchlist file, in force from the first candle on.", show_default=False)
    ] = None,
    portfolio: Annotated[
        list[Path] | None, typer.Option(help="A portfolio file that follows the strategies; repeatable.")
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="The symbol, where the file has no such column.")] = None,
    timeframe: Annotated[str | None, typer.Option(help="The timeframe, where the file has no such column.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Run strategies over a file of candles: the same graph as live, and the same bytes each time.

    Example: candelabra replay candles.parquet --strategy macd.json --out out
    Example: candelabra replay candles.parquet --strategy macd.json --watchlist watchlist.json
    Example: candelabra replay candles.parquet macd.json dip.json --portfolio main.json --out out
    """
    from dataflows.errors import CandelabraError
    from dataflows.garbage import rare_collections
    from dataflows.graph import Parameters
    from dataflows.replay import replay
    from dataflows.settings import load
    from ui.cli.portfolio_results import portfolio_results, portfolios_told
    from ui.cli.replay_notes import counts_told, notes, partial_bars
    from ui.cli.replay_results import results, told

    files = [*(strategy or []), *(more or [])]
    if not files:
        raise CandelabraError("expected at least one strategy: --strategy FILE")
    configs = read_strategies(files)
    assets = None if watchlist is None else read_watchlist(watchlist)
    followers = read_portfolios(portfolio or ())
    if folder is not None:
        made(folder)
    of_strategies = {one.id: path for one, path in zip(configs, files, strict=True)}
    of_portfolios = {one.id: path for one, path in zip(followers, portfolio or (), strict=True)}
    settings = load()
    source = candle_source(candles, symbol, timeframe)
    started = time.perf_counter()
    counting = progress_bar("replaying", source.count())
    with _told_of_files(of_strategies, of_portfolios), counting as (bar, task), rare_collections():
        result = replay(
            source,
            configs,
            parameters=Parameters(settings.history_bars, settings.gap_tolerance_bars, settings.timeframes),
            watchlist=assets or (),
            portfolios=followers,
            progress=lambda rows: bar.advance(task, rows),
        )
    seconds = time.perf_counter() - started
    digest = _digest(result.topics()["signals"])
    tally = result.tally
    err.print(
        f"{counted(tally.candles, 'candle')} and {counted(tally.evaluations, 'evaluation')} in {seconds:.1f} s "
        f"({per_second(tally.candles, seconds)})",
        style="dim",
    )
    if folder is not None:
        for path in result.write(folder):
            err.print(f"wrote {path}", style="dim")
    signals = {config.id: tally.signals.get(config.id, 0) for config in configs}
    partial = partial_bars(result)
    evaluations = {config.id: tally.evaluated.get(config.id, 0) for config in configs}
    came_to = results(result.metrics)
    following = portfolio_results((one.id for one in followers), result.portfolio_metrics)
    if as_json:
        print_json(
            {
                "candles": tally.candles,
                "evaluations": tally.evaluations,
                "signals": signals,
                "composites": dict(tally.composites),
                "late_signals": tally.late_signals,
                "dead_letters": tally.dead_letters,
                "duplicates": tally.duplicates,
                "gaps": tally.gaps,
                "partial_bars": partial.total(),
                "signals_sha256": digest,
                "results": came_to,
                "portfolios": following,
            }
        )
        return
    composites = tally.composites
    table = Table("strategy", "evaluations", "signals", title=f"{candles.name}: {counted(tally.candles, 'candle')}")
    if composites:
        table.add_column("composites")
    for config in configs:
        weighed = [f"{composites.get(config.id, 0):,}"] if composites else []
        table.add_row(config.id, f"{evaluations[config.id]:,}", f"{signals[config.id]:,}", *weighed)
    out.print(table)
    out.print(counts_told(tally, partial.total()))
    out.print(f"signals sha256 {digest}")
    for line in (*told(came_to), *portfolios_told(following)):
        err.print(line, highlight=False, soft_wrap=True)
    for note in notes(result, configs, followers, candles.name, assets):
        err.print(note, style="yellow", markup=False, soft_wrap=True)


def _digest(records: "Iterable[Record]") -> str:
    """The SHA-256 of records as JSON Lines, in hex."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(record.model_dump_json().encode() + b"\n")
    return digest.hexdigest()


@contextmanager
def _told_of_files(strategies: Mapping[str, Path], portfolios: Mapping[str, Path]) -> Iterator[None]:
    """What cannot be replayed is told of by its file; the engine, which has read none, knows it by its id."""
    from schemas.problems import PortfolioFileError, StrategyFileError

    try:
        yield
    except StrategyFileError as error:
        raise StrategyFileError(str(strategies.get(error.origin, error.origin)), error.problems) from None
    except PortfolioFileError as error:
        raise PortfolioFileError(str(portfolios.get(error.origin, error.origin)), error.problems) from None
