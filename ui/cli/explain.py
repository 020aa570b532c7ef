"""`candelabra explain`: why a strategy did what it did at a bar, and why it did nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dataflows.errors import CandelabraError
from ui.cli.files import candle_source, is_file, read_strategies
from ui.cli.printing import JsonFlag, print_json, progress_bar
from ui.cli.watchlist_files import read_watchlist

if TYPE_CHECKING:
    from dataflows.explain.explanation import Explanation
    from dataflows.explain.instant import Instant
    from schemas.strategy import StrategyConfig


def explain(
    name: Annotated[str, typer.Argument(metavar="STRATEGY", help="The strategy's id; with --candles a file, too.")],
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="Of which candles: BTCUSDT and BTC/USDT are one.")],
    time: Annotated[
        str,
        typer.Argument(
            metavar="TIME", help="2025-06-01T14:05 (UTC), or with a zone: the bar that closes then, or has it inside."
        ),
    ],
    timeframe: Annotated[str | None, typer.Option(help="The timeframe, where the strategy runs on several.")] = None,
    candles: Annotated[
        Path | None,
        typer.Option(help="Explain a replay of this .parquet or .csv file (or `demo`), not the deployment."),
    ] = None,
    strategy: Annotated[
        list[Path] | None, typer.Option("--strategy", "-s", help="A strategy file, with --candles; repeatable.")
    ] = None,
    watchlist: Annotated[
        Path | None, typer.Option(help="A watchlist file, with --candles, in force from the first candle on.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Say why a strategy did what it did at a bar: its rules part by part, fills, stops, refusals.

    Of a deployment the records on its topics are shown, and what the rules saw is worked out again from its candles.
    Nothing is changed by it.

    Example: candelabra explain macd BTCUSDT 2025-06-01T14:05
    Example: candelabra explain macd.json AAPL 2019-03-29 --candles demo
    Example: candelabra explain macd BTCUSDT 2025-06-01T14:05 --candles candles.parquet --strategy macd.json --json
    """
    if candles is None:
        if strategy or watchlist:
            raise CandelabraError("--strategy and --watchlist go with --candles FILE: a deployment has its own")
        if name.endswith(".json"):
            raise CandelabraError(
                f"{name}: a file goes with --candles FILE (or `demo`); without it, expected a deployed strategy's id"
            )
    from dataflows.explain.instant import instant_of
    from dataflows.explain.words import summary
    from ui.cli.explain_view import show

    instant = instant_of(time)
    if candles is None:
        explained = _of_deployment(name, symbol, instant, timeframe)
    else:
        config = _config(name, strategy or [])
        explained = _of_file(candles, config, symbol, instant, timeframe, watchlist)
    if as_json:
        print_json({"summary": summary(explained), **explained.document()})
    else:
        show(explained)


def _config(name: str, files: list[Path]) -> "StrategyConfig":
    """The strategy that is asked about, of those whose files are given; or of the file that is named in its place."""
    from schemas.names import did_you_mean

    if is_file(name):
        asked = Path(name)
        others = [one for one in files if one.absolute() != asked.absolute()]
        return read_strategies([asked, *others])[0]  # of two with one id nobody knows which is meant
    if not files:
        raise CandelabraError(f"expected the file of {name!r} with --strategy FILE, or a file in the place of its id")
    configs = {config.id: config for config in read_strategies(files)}
    if name not in configs:
        hint = did_you_mean(name, configs)
        raise CandelabraError(f"there is no strategy {name!r} in these files{hint}: they have {', '.join(configs)}")
    return configs[name]


def _of_file(
    path: Path,
    config: "StrategyConfig",
    symbol: str,
    instant: "Instant",
    timeframe: str | None,
    watchlist: Path | None,
) -> "Explanation":
    from dataflows.explain.explain import explain_file
    from dataflows.graph import Parameters
    from dataflows.settings import load

    settings = load()
    source = candle_source(path)
    assets = () if watchlist is None else read_watchlist(watchlist)
    with progress_bar("replaying", source.count()) as (bar, task):
        return explain_file(
            source,
            config,
            symbol,
            instant,
            timeframe=timeframe,
            watchlist=assets,
            parameters=Parameters(settings.history_bars, settings.gap_tolerance_bars, settings.timeframes),
            progress=lambda rows: bar.advance(task, rows),
        )


def _of_deployment(name: str, symbol: str, instant: "Instant", timeframe: str | None) -> "Explanation":
    from ui.cli.reach import reachable

    settings = reachable()
    from dataflows.explain.deployment import explain_deployment

    with progress_bar("reading", None) as (bar, task):
        return explain_deployment(
            settings, name, symbol, instant, timeframe=timeframe, progress=lambda count: bar.advance(task, count)
        )
