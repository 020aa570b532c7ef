"""Explain a strategy at a bar of a deployment: its records, and its candles worked once more for what the rules saw."""

from collections.abc import Callable, Iterator

from dataflows.control_client import ControlClient
from dataflows.explain.bar import AtBar
from dataflows.explain.explain import drive, explained
from dataflows.explain.explanation import Explanation
from dataflows.explain.instant import Instant
from dataflows.explain.recorded import Recorded, recorded
from dataflows.explain.run import SymbolRun, enough_ms
from dataflows.explain.symbol_feed import SymbolFeed
from dataflows.explain.together import TogetherRun
from dataflows.explain.together_feed import MergedFeeds, are_counted
from dataflows.graph import Parameters
from dataflows.settings import Settings
from operators.strategy.compile import compile_strategy


def explain_deployment(  # noqa: PLR0913  # what is asked, and of whom
    settings: Settings,
    strategy: str,
    symbol: str,
    instant: Instant,
    *,
    timeframe: str | None = None,
    progress: Callable[[int], None] = lambda _count: None,
) -> Explanation:
    """A strategy at a bar, as the topics have it. Reads only, commits nothing.

    Raises:
        BrokerUnreachable, TopicMissing: the topics cannot be read.
        CommandRefused: there is no such strategy.
        CandelabraError: there is no such symbol, series or bar.
    """
    client = ControlClient(settings)
    any_version = client.version(strategy).config
    parameters = Parameters(settings.history_bars, settings.gap_tolerance_bars, settings.timeframes)
    own = SymbolFeed(settings, strategy, symbol, progress)
    feeds, run = [own], SymbolRun(strategy, timeframe, instant, parameters)
    if are_counted(any_version, symbol):  # all versions count the same symbols together
        others = sorted(any_version.counted_together - {symbol.replace("/", "")})
        feeds += [SymbolFeed(settings, strategy, other, progress) for other in others]
        feed = MergedFeeds(own, feeds[1:], until=enough_ms(instant))
        run = TogetherRun(any_version, symbol, timeframe, instant, parameters, feed.seen)
        drive(run, feed)
    else:
        drive(run, own)
    at = run.at_bar("the candle topic")
    key = f"{strategy}|{at.bar.symbol}|{at.bar.timeframe}"
    found = recorded(settings, key, at, progress)
    number = at.before.version
    config = client.version(strategy, number).config
    notes = list(_notes(at, found, began_late=any(one.began_late for one in feeds)))
    source = "from the topics; what the rules saw is worked out again from the candles"
    return explained(compile_strategy(config), found.in_place_of(at), instant, source=source, notes=notes)


def _notes(at: AtBar, found: Recorded, *, began_late: bool) -> Iterator[str]:
    """What does not agree, with the likely cause."""
    records = found.in_place_of(at)
    lost = "the first candles are gone from the topic" if began_late else "was the engine run with other settings?"
    if records.before.standing.position != at.before.standing.position:
        yield (
            f"worked out again the strategy was {at.before.standing.position} before this bar, and by its records "
            f"{records.before.standing.position}: {lost}; what is said of the rules is as it was worked out"
        )
    elif {one.id for one in at.signals} != {one.id for one in records.signals}:
        if not found.at and not found.after:
            yield "worked out again it signalled here, and no record says so: has the engine come so far yet?"
        else:
            yield f"worked out again the signals are others than those recorded: {lost}"
