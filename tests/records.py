"""Hypothesis strategies for every record that crosses a process boundary: any valid one, to the edges of its rules."""

from hypothesis import strategies as st

from schemas.alert import Alert
from schemas.candle import LATEST_OPEN_TIME_MS, Candle
from schemas.composite import MAX_TIMEFRAMES, MAX_VOICES, Composite, Consensus, LateSignal, Voice
from schemas.dead_letter import DeadLetter, Reason
from schemas.lifecycle import NOTHING_YET, DesiredState, State, StrategyStatus, StrategyVersion
from schemas.placement import Placement
from schemas.record import Record, from_milliseconds
from schemas.signal import EvaluatedCondition, Signal
from schemas.watchlist import WatchlistEntry
from tests.position_records import POSITION_RECORDS
from tests.record_values import (
    FIRST_MS,
    FROM_2000_MS,
    FROM_2039_MS,
    INT32,
    LAST_MS,
    LENGTHS_MS,
    authors,
    commands,
    counts,
    fractions,
    milliseconds,
    numbers,
    positions,
    prices,
    record_ids,
    sides,
    strategy_ids,
    styles,
    symbols,
    texts,
    timeframes,
    times,
    versions,
    volumes,
)
from tests.schemas.watchlist_configs import assets
from tests.strategy_configs import configs

__all__ = ["BY_TYPE", "LAST_MS", "candles", "evaluated_conditions", "fractions", "milliseconds", "numbers", "texts"]


@st.composite
def candles(draw: st.DrawFn) -> Candle:
    """Any candle, forming or closed, from the year 1 to 9800."""
    timeframe = draw(timeframes)
    length = LENGTHS_MS[timeframe]
    usual = st.integers(FROM_2000_MS // length, FROM_2039_MS // length)
    low, one, other, high = sorted(draw(st.lists(prices, min_size=4, max_size=4)))
    open_, close = (one, other) if draw(st.booleans()) else (other, one)
    return Candle(
        symbol=draw(symbols),
        timeframe=timeframe,
        open_time=from_milliseconds(
            draw(usual | st.integers(-(-FIRST_MS // length), (LATEST_OPEN_TIME_MS - 1) // length)) * length
        ),
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=draw(volumes),
        closed=draw(st.booleans()),
    )


strategy_versions = st.builds(
    StrategyVersion,
    strategy=strategy_ids,
    version=versions,
    config=configs(),
    author=authors,
    created_at=st.none() | times,
    reason=texts,
    based_on=st.none() | versions,
)
desired_states = st.builds(
    DesiredState,
    strategy=strategy_ids,
    version=versions,
    state=st.sampled_from(["running", "paused", "stopped"]),
    generation=st.integers(0, INT32),
    effective_from=st.none() | times,
    command=commands,
    expected_version=st.none() | st.just(NOTHING_YET) | versions,
    follows=st.none() | commands,
    author=authors,
    issued_at=st.none() | times,
    reason=texts,
)
statuses = st.builds(
    StrategyStatus,
    strategy=strategy_ids,
    symbol=st.none() | symbols,
    timeframe=st.none() | timeframes,
    state=st.sampled_from(State),
    version=st.none() | versions,
    generation=st.integers(0, INT32),
    effective_bar=st.none() | times,
    command=st.none() | commands,
    reason=st.none() | texts,
)


@st.composite
def entries(draw: st.DrawFn) -> WatchlistEntry:
    """What the watchlist says of a symbol, or that it is taken off."""
    asset = draw(st.none() | assets())
    return WatchlistEntry(
        symbol=draw(symbols) if asset is None else asset.symbol,
        asset=asset,
        effective_from=draw(st.none() | times),
        command=draw(commands),
        author=draw(authors),
        issued_at=draw(st.none() | times),
        reason=draw(texts),
    )


evaluated_conditions = st.builds(
    EvaluatedCondition,
    depth=st.integers(0, INT32),
    text=texts,
    holds=st.booleans(),
    left=st.none() | numbers,
    right=st.none() | numbers,
)
signals = st.builds(
    Signal,
    id=record_ids,
    strategy=strategy_ids,
    version=versions,
    symbol=symbols,
    timeframe=timeframes,
    open_time=times,
    close_time=times,
    rule=texts,
    type=st.sampled_from(["entry", "exit"]),
    side=st.sampled_from(["long", "short"]),
    confidence=fractions,
    price=prices,
    position_before=positions,
    position_after=positions,
    condition=texts,
    values=st.dictionaries(texts, numbers, max_size=4),
    conditions=st.lists(evaluated_conditions, max_size=4).map(tuple),
    confidence_method=st.sampled_from(["fixed", "weighted", "scaled"]),
    confidence_terms=st.dictionaries(texts, numbers, max_size=4),
    partial=st.booleans(),
)
weights = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
voices = st.builds(
    Voice,
    signal=record_ids,
    strategy=strategy_ids,
    timeframe=timeframes,
    rule=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", fullmatch=True),
    side=sides,
    confidence=fractions,
    weight=weights,
    age_ms=counts,
    price=prices,
)


def some_voices(most: int) -> st.SearchStrategy[tuple[Voice, ...]]:
    """A few, or as many as there may be."""
    return (st.lists(voices, max_size=3) | st.lists(voices, min_size=1, max_size=1).map(lambda one: one * most)).map(
        tuple
    )


composites = st.builds(
    Composite,
    id=record_ids,
    strategy=strategy_ids,
    version=versions,
    symbol=symbols,
    timeframe=timeframes,
    trading_style=styles,
    window_start=times,
    window_end=times,
    side=sides,
    price=prices,
    base=voices,
    supporting=some_voices(MAX_TIMEFRAMES),
    opposing=some_voices(MAX_TIMEFRAMES),
    timeframes=st.dictionaries(timeframes, weights, max_size=6),
    half_life_ms=st.integers(1, 2**63 - 1),
    conflict_penalty=fractions,
    correlation_strength=fractions,
    composite_confidence=fractions,
)
consensuses = st.builds(
    Consensus,
    id=record_ids,
    symbol=symbols,
    trading_style=styles,
    window_start=times,
    window_end=times,
    side=sides,
    agreeing=some_voices(MAX_VOICES),
    opposing=some_voices(MAX_VOICES),
    strategies=st.integers(1, INT32),
    half_life_ms=st.integers(1, 2**63 - 1),
    agreement=fractions,
)
late_signals = st.builds(
    LateSignal,
    id=record_ids,
    strategy=strategy_ids,
    symbol=symbols,
    timeframe=timeframes,
    close_time=times,
    watermark=times,
    count=st.integers(1, 2**63 - 1),
    weighed=st.sampled_from(["timeframes", "strategies"]),
)
alerts = st.builds(
    Alert,
    id=record_ids,
    kind=st.sampled_from(["gap", "partial", "quarantine", "refusal", "kill_switch"]),
    severity=st.sampled_from(["info", "warning", "error"]),
    symbol=symbols,
    timeframe=timeframes,
    strategy=st.none() | strategy_ids,
    event_time=times,
    message=texts,
    portfolio=st.none() | strategy_ids.map(lambda name: name[:64]),
) | st.builds(
    Alert,
    id=record_ids,
    kind=st.sampled_from(["rule", "degraded", "resolved"]),
    severity=st.sampled_from(["info", "warning", "error"]),
    symbol=st.none() | symbols,
    timeframe=st.none() | timeframes,
    strategy=st.none() | strategy_ids,
    event_time=times,
    message=texts,
    rule=strategy_ids.map(lambda name: name[:64]),
    source=texts,
    state=st.sampled_from(["firing", "resolved"]),
    metric=st.none() | texts.map(lambda text: text[:100]),
    value=st.none() | numbers,
    threshold=st.none() | numbers,
    figures=st.dictionaries(texts, numbers, max_size=4),
)
dead_letters = st.builds(
    DeadLetter,
    id=record_ids,
    reason=st.sampled_from(Reason),
    detail=texts,
    topic=texts,
    partition=st.integers(0, INT32),
    offset=st.integers(0, 2**63 - 1),
    event_time=st.none() | times,
    record_key=st.none() | st.binary(max_size=40),
    value=st.none() | st.binary(max_size=200),
    value_size=st.integers(0, 2**63 - 1),
)


@st.composite
def placements(draw: st.DrawFn) -> Placement:
    """Where control records are worked, or that a run began."""
    first, end = sorted(draw(st.tuples(counts, counts)))
    return Placement(
        partition=draw(st.integers(0, INT32)),
        run=draw(versions),
        candles=draw(counts),
        first=first,
        end=draw(st.sampled_from([first, end])),
        parameters=draw(texts),
        feed=draw(texts),
        since=draw(versions),
        records=draw(st.integers(0, INT32)),
        claim=draw(st.sampled_from(["", "a life"])),
    )


BY_TYPE: dict[type[Record], st.SearchStrategy[Record]] = {
    Candle: candles(),
    StrategyVersion: strategy_versions,
    DesiredState: desired_states,
    StrategyStatus: statuses,
    Signal: signals,
    Alert: alerts,
    DeadLetter: dead_letters,
    WatchlistEntry: entries(),
    Composite: composites,
    Consensus: consensuses,
    LateSignal: late_signals,
    Placement: placements(),
    **POSITION_RECORDS,
}
"""One for each record type that has an Avro schema."""
