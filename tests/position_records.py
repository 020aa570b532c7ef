"""Hypothesis strategies for the records of positions, performance and portfolios."""

from typing import Literal

from hypothesis import strategies as st

from schemas.audit import MAX_RULES, Execution, Outcome
from schemas.metrics import CurveFigures, EquityPoint, StrategyMetrics, TradeFigures
from schemas.portfolio import PortfolioEntry, PortfolioReset
from schemas.portfolio_event import PortfolioEvent
from schemas.portfolio_metrics import NamedExposure, PortfolioMetrics
from schemas.position import MAX_FILLS, Change, Fill, LimitReached, PositionChange
from schemas.record import Record
from schemas.signal import Position
from schemas.trade import Trade
from tests.record_values import (
    INT32,
    authors,
    commands,
    counts,
    fractions,
    names,
    not_negative,
    numbers,
    positions,
    prices,
    record_ids,
    strategy_ids,
    symbols,
    texts,
    timeframes,
    times,
    versions,
)
from tests.schemas.portfolio_configs import portfolio_ids, portfolios

fills = st.builds(
    Fill,
    time_ms=st.integers(-(2**63), 2**63 - 1),
    side=st.sampled_from(["buy", "sell"]),
    quantity=prices,
    price=prices,
    fee=not_negative,
    reason=names,
)
some_fills = st.lists(fills, min_size=1, max_size=3).map(tuple) | fills.map(lambda one: (one,) * MAX_FILLS)
limits_reached = st.builds(
    LimitReached,
    limit=names,
    allowed=st.none() | numbers,
    actual=st.none() | numbers,
    until_ms=st.none() | st.integers(-(2**63), 2**63 - 1),
    lifted_by=texts,
    about=texts,
)


changes: st.SearchStrategy[Change] = st.sampled_from(("opened", "changed", "closed", "refused"))
held: st.SearchStrategy[Literal["long", "short"]] = st.sampled_from(("long", "short"))


@st.composite
def position_changes(draw: st.DrawFn) -> PositionChange:
    """Any change, or a refusal, of a position that is held or not."""
    change = draw(changes)
    position: Position = "flat"
    if change in {"opened", "changed"} or (change == "refused" and draw(st.booleans())):
        position = draw(held)
    refused, flat = change == "refused", position == "flat"
    return PositionChange(
        id=draw(record_ids),
        strategy=draw(strategy_ids),
        version=draw(versions),
        symbol=draw(symbols),
        timeframe=draw(timeframes),
        open_time=draw(times),
        close_time=draw(times),
        number=draw(st.integers(0, INT32)),
        change=change,
        position=position,
        quantity=0.0 if flat else draw(prices),
        average_price=None if flat else draw(prices),
        price=draw(prices),
        fills=() if refused else draw(some_fills),
        realised=draw(numbers),
        unrealised=draw(numbers),
        fees=draw(not_negative),
        cash=draw(numbers),
        equity=draw(numbers),
        stop_price=draw(st.none() | prices),
        target_price=draw(st.none() | prices),
        liquidation_price=draw(st.none() | prices),
        reason=draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)),
        signal=draw(st.none() | record_ids),
        refusal=draw(st.none() | limits_reached) if refused else None,
    )


@st.composite
def trades(draw: st.DrawFn) -> Trade:
    """Any closed trade."""
    entry_time, exit_time = sorted(draw(st.tuples(times, times)))
    return Trade(
        id=draw(record_ids),
        strategy=draw(strategy_ids),
        version=draw(versions),
        symbol=draw(symbols),
        timeframe=draw(timeframes),
        number=draw(versions),
        side=draw(held),
        entry_time=entry_time,
        exit_time=exit_time,
        quantity=draw(prices),
        entry_price=draw(prices),
        exit_price=draw(prices),
        gross=draw(numbers),
        fees=draw(not_negative),
        profit=draw(numbers),
        profit_fraction=draw(numbers),
        entries=draw(versions),
        exits=draw(versions),
        bars_held=draw(st.integers(0, INT32)),
        entry_reason=draw(names),
        exit_reason=draw(names),
        stopped=draw(st.booleans()),
        adverse_excursion=draw(not_negative),
        favourable_excursion=draw(not_negative),
        equity=draw(numbers),
        fills=draw(st.just(()) | some_fills),
        entry_signal=draw(st.none() | record_ids),
        exit_signal=draw(st.none() | record_ids),
    )


curve_figures = st.builds(
    CurveFigures,
    bars=counts,
    exposed_bars=counts,
    exposure_time=fractions,
    equity=numbers,
    total_return=numbers,
    annual_return=st.none() | numbers,
    cagr=st.none() | numbers,
    volatility_arithmetic=st.none() | not_negative,
    volatility_geometric=st.none() | not_negative,
    sharpe_arithmetic=st.none() | numbers,
    sharpe_geometric=st.none() | numbers,
    sortino_arithmetic=st.none() | numbers,
    sortino_geometric=st.none() | numbers,
    calmar=st.none() | numbers,
    drawdown=not_negative,
    max_drawdown=not_negative,
    longest_drawdown_bars=counts,
    longest_drawdown_ms=counts,
    traded_value=not_negative,
    turnover=not_negative,
    annual_turnover=st.none() | not_negative,
    fees=not_negative,
)
trade_figures = st.builds(
    TradeFigures,
    trades=counts,
    wins=counts,
    losses=counts,
    win_rate=st.none() | fractions,
    profit_factor=st.none() | not_negative,
    profit_factor_of_gains=st.none() | not_negative,
    expectancy=st.none() | numbers,
    expectancy_of_gains=st.none() | numbers,
    average_win=st.none() | numbers,
    average_loss=st.none() | numbers,
    best_trade=st.none() | numbers,
    worst_trade=st.none() | numbers,
    best_gain=st.none() | numbers,
    worst_gain=st.none() | numbers,
    streak=st.integers(-(2**63), 2**63 - 1),
    longest_winning_streak=counts,
    longest_losing_streak=counts,
    average_adverse=st.none() | not_negative,
    worst_adverse=st.none() | not_negative,
    average_favourable=st.none() | not_negative,
    best_favourable=st.none() | not_negative,
)
metrics = st.builds(
    StrategyMetrics,
    strategy=strategy_ids,
    version=versions,
    symbol=symbols,
    timeframe=timeframes,
    name=texts,
    status=st.sampled_from(["running", "paused", "stopped", "quarantined"]),
    close_time=times,
    capital=prices,
    cash=numbers,
    position=positions,
    quantity=not_negative,
    average_price=st.none() | prices,
    price=prices,
    realised=numbers,
    unrealised=numbers,
    last_signal=st.none() | record_ids,
    exposure=st.none() | not_negative,
    risk_score=fractions,
    violated_limits=st.lists(names, max_size=3).map(tuple) | names.map(lambda one: (one,) * 100),
    stale=st.booleans(),
    performance=curve_figures,
    trades=trade_figures,
)


@st.composite
def equity_points(draw: st.DrawFn) -> EquityPoint:
    """A point of a portfolio or of a strategy on a series."""
    whole = draw(st.booleans())
    return EquityPoint(
        portfolio=draw(portfolio_ids) if whole else None,
        strategy=None if whole else draw(strategy_ids),
        symbol=None if whole else draw(symbols),
        timeframe=None if whole else draw(timeframes),
        close_time=draw(times),
        equity=draw(numbers),
        cash=draw(numbers),
        drawdown=draw(not_negative),
        gross_exposure=draw(st.none() | not_negative),
        net_exposure=draw(st.none() | numbers),
        positions=draw(st.integers(0, INT32)),
    )


@st.composite
def portfolio_entries(draw: st.DrawFn) -> PortfolioEntry:
    """What is wanted of a portfolio, or that it is taken away."""
    config = draw(st.none() | portfolios())
    return PortfolioEntry(
        portfolio=draw(portfolio_ids) if config is None else config.id,
        config=config,
        effective_from=draw(st.none() | times),
        command=draw(commands),
        author=draw(authors),
        issued_at=draw(st.none() | times),
        reason=draw(texts),
    )


portfolio_resets = st.builds(
    PortfolioReset,
    portfolio=portfolio_ids,
    effective_from=st.none() | times,
    command=commands,
    author=authors,
    issued_at=st.none() | times,
    reason=texts,
)


outcomes: st.SearchStrategy[Outcome] = st.sampled_from(("signalled", "filled", "refused", "failed", "commanded"))
sides_or_none: st.SearchStrategy[Position] = st.sampled_from(("flat", "long", "short"))
some_names = st.lists(names, max_size=3).map(tuple) | names.map(lambda one: (one,) * MAX_RULES)


@st.composite
def executions(draw: st.DrawFn) -> Execution:
    """What came of any bar or command."""
    signalled = draw(st.lists(st.tuples(record_ids, names), max_size=3))
    outcome = draw(outcomes)
    return Execution(
        id=draw(record_ids),
        strategy=draw(strategy_ids),
        version=draw(versions),
        symbol=draw(symbols),
        timeframe=draw(timeframes),
        open_time=draw(times),
        close_time=draw(times),
        number=draw(st.integers(0, INT32)),
        outcome=outcome,
        position_before=draw(sides_or_none),
        position_after=draw(sides_or_none),
        evaluated=draw(some_names),
        signals=tuple(id_ for id_, _rule in signalled),
        rules=tuple(rule for _id, rule in signalled),
        fills=draw(st.just(()) | some_fills),
        refusals=draw(st.lists(limits_reached, max_size=3).map(tuple)),
        reason=draw(texts),
        equity=draw(numbers),
        error=draw(texts) if outcome == "failed" else "",
    )


portfolio_events = st.builds(
    PortfolioEvent,
    id=record_ids,
    portfolio=portfolio_ids,
    close_time=times,
    number=st.integers(0, INT32),
    event=st.sampled_from(["configured", "removed", "refused", "leaving", "tripped", "reset"]),
    strategy=strategy_ids,
    symbol=symbols,
    timeframe=timeframes,
    limit=st.none() | limits_reached,
    command=st.none() | commands,
    equity=numbers,
    reason=st.text(min_size=1, max_size=20),
) | st.builds(
    PortfolioEvent,
    id=record_ids,
    portfolio=portfolio_ids,
    close_time=times,
    number=st.integers(0, INT32),
    event=st.just("followed"),
    fills=some_fills,
    equity=numbers,
    reason=st.just("holds nothing after it"),
)
named_exposures = st.lists(st.builds(NamedExposure, name=symbols, value=not_negative), max_size=3).map(tuple)
portfolio_metrics = st.builds(
    PortfolioMetrics,
    portfolio=portfolio_ids,
    command=commands,
    close_time=times,
    equity=numbers,
    cash=numbers,
    gross_exposure=st.none() | not_negative,
    net_exposure=st.none() | numbers,
    symbol_exposures=named_exposures,
    group_exposures=named_exposures,
    heat=not_negative,
    daily_loss=st.none() | not_negative,
    drawdown=st.none() | not_negative,
    kill_switch=st.sampled_from(["none", "armed", "tripped"]),
    tripped_by=st.none() | limits_reached,
    violated_limits=st.lists(limits_reached, max_size=2).map(tuple),
    positions=st.integers(0, INT32),
    members=st.integers(0, INT32),
    followed=counts,
    refused=counts,
    performance=st.none() | curve_figures,
    trades=trade_figures,
)

POSITION_RECORDS: dict[type[Record], st.SearchStrategy[Record]] = {
    PositionChange: position_changes(),
    Trade: trades(),
    StrategyMetrics: metrics,
    EquityPoint: equity_points(),
    PortfolioEntry: portfolio_entries(),
    PortfolioReset: portfolio_resets,
    PortfolioEvent: portfolio_events,
    PortfolioMetrics: portfolio_metrics,
    Execution: executions(),
}
"""One for each of them."""
