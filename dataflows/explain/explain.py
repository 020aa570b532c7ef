"""Explain a strategy at a bar, from a file of candles or from the topics of a deployment."""

from collections.abc import Callable, Iterable, Sequence

from dataflows.candle_reader import CandleReader
from dataflows.explain.bar import AtBar
from dataflows.explain.explanation import Explanation, rules_said
from dataflows.explain.file_feed import file_feed
from dataflows.explain.instant import Instant
from dataflows.explain.run import Event, SymbolRun, shown_state
from dataflows.explain.together import TogetherRun
from dataflows.explain.together_feed import FileTogether, are_counted
from dataflows.graph import Parameters
from operators.strategy.compile import CompiledStrategy, compile_strategy
from schemas.strategy import StrategyConfig
from schemas.watchlist import AssetConfig


def explain_file(  # noqa: PLR0913  # what is asked, of whom, and what the graph depends on
    candles: CandleReader,
    config: StrategyConfig,
    symbol: str,
    instant: Instant,
    *,
    timeframe: str | None = None,
    watchlist: Sequence[AssetConfig] = (),
    parameters: Parameters | None = None,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Explanation:
    """A strategy at a bar of a file, as a replay from the file's first candle on would have it.

    Args:
        candles: the file.
        config: what runs, from the first candle on.
        symbol: of which candles.
        instant: which bar.
        timeframe: on which the strategy runs; None where it runs on one.
        watchlist: what is on the watchlist before the first candle.
        parameters: of the graph; without them the usual ones.
        progress: told how many more rows were read.

    Raises:
        CandelabraError: there is no such symbol, series or bar.
        StrategyFileError: the strategy cannot run.
        CandleFileError: the file does not hold candles.
    """
    parameters = parameters or Parameters()
    if are_counted(config, symbol):
        feed = FileTogether(candles, config, symbol, watchlist=watchlist, progress=progress)
        run: SymbolRun = TogetherRun(config, symbol, timeframe, instant, parameters, feed.seen)
        drive(run, feed)
    else:
        run = SymbolRun(config.id, timeframe, instant, parameters)
        drive(run, file_feed(candles, config, symbol, watchlist=watchlist, progress=progress))
    at = run.at_bar(candles.name)
    return explained(compile_strategy(config), at, instant, source=f"worked out again from {candles.name}")


def drive(run: SymbolRun, feed: Iterable[list[Event]]) -> None:
    """Work a feed until the answer is known."""
    for events in feed:
        run.take(events)
        if run.finished:
            return


def explained(
    strategy: CompiledStrategy,
    at: AtBar,
    instant: Instant,
    *,
    source: str,
    notes: Sequence[str] = (),
) -> Explanation:
    """What there is to say of a bar."""
    state = shown_state(at)
    return Explanation(
        strategy=strategy.config.id,
        match=instant.match(at.bar.close_time),
        at=at,
        state=state,
        version=None if state is None else at.before.version,
        rules=rules_said(strategy, at, state),
        source=source,
        notes=tuple(notes),
    )
