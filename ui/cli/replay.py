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

if TYPE_CHECKING:  # slow, and not needed for --help
    from dataflows.replay import Replayed
    from schemas.record import Record
    from schemas.strategy import StrategyConfig


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

    Exit code 1 where no strategy was evaluated at any bar, or portfolios are given and none of them followed anything.

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
    from ui.cli.replay_notes import came_to_nothing, notes, partial_bars, refused
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
    came_to = results(result.metrics)
    following = portfolio_results((one.id for one in followers), result.portfolio_metrics)
    nothing = came_to_nothing(result, configs, followers, candles.name)
    said = [refused(result, source, folder), *notes(result, configs, followers, candles.name, assets), nothing]
    remarks = [note for note in said if note]
    if as_json:
        print_json(
            {
                "candles": tally.candles,
                "evaluations": tally.evaluations,
                "signals": {config.id: tally.signals.get(config.id, 0) for config in configs},
                "composites": dict(tally.composites),
                "late_signals": tally.late_signals,
                "dead_letters": tally.dead_letters,
                "duplicates": tally.duplicates,
                "gaps": tally.gaps,
                "partial_bars": partial_bars(result).total(),
                "signals_sha256": digest,
                "results": came_to,
                "portfolios": following,
                "notes": remarks,
            }
        )
        raise typer.Exit(1 if nothing else 0)
    _print_counts(result, configs, candles.name, digest)
    for line in (*told(came_to), *portfolios_told(following)):
        err.print(line, highlight=False, soft_wrap=True)
    for note in remarks:
        err.print(note, style="yellow", markup=False, soft_wrap=True)
    if nothing:
        raise typer.Exit(1)


def _print_counts(result: "Replayed", configs: "Iterable[StrategyConfig]", name: str, digest: str) -> None:
    from ui.cli.replay_notes import counts_told, partial_bars

    tally = result.tally
    composites = tally.composites
    table = Table("strategy", "evaluations", "signals", title=f"{name}: {counted(tally.candles, 'candle')}")
    if composites:
        table.add_column("composites")
    for config in configs:
        counts = [tally.evaluated.get(config.id, 0), tally.signals.get(config.id, 0)]
        weighed = [composites.get(config.id, 0)] if composites else []
        table.add_row(config.id, *(f"{count:,}" for count in (*counts, *weighed)))
    out.print(table)
    out.print(counts_told(tally, partial_bars(result).total()))
    out.print(f"signals sha256 {digest}")


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
