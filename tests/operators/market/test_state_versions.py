"""Snapshots of a symbol's market that an earlier release wrote go on as they stood."""

import pytest

from operators.events import Enrolment, Frames, Reached, Rolled, Shared, Transition
from operators.market.parameters import Parameters
from operators.market.step import MarketStep
from operators.snapshot import SnapshotRefused
from operators.strategy.catalog import Catalog
from operators.tally import Tally
from schemas.portfolio import PortfolioConfig, PortfolioEntry
from schemas.risk import RiskConfig, RiskLimits
from tests.operators.plain_engine import SYMBOL, batch, command, desired, row, scripted, stored, version

PARAMETERS = Parameters(history_bars=50)
BOTH = version("both", timeframes=("1m",))
MAIN = PortfolioEntry(portfolio="main", config=PortfolioConfig(id="main", symbols=(SYMBOL,)), command="first")


def worked() -> MarketStep:
    """A symbol with three candles behind it, on which a strategy runs."""
    step = MarketStep(Catalog(scripted), Tally(), PARAMETERS)
    step.on_batch([command(BOTH, desired(BOTH)), batch(row(0), row(1), row(2))])
    return step


def version_3(step: MarketStep) -> dict[str, object]:
    """As the release before portfolios wrote it: it has all but what portfolios look at."""
    state = stored(step.snapshot())
    del state["portfolio_rolls"]
    del state["counted"]
    return {**state, "schema_version": 3}


def resumed(state: dict[str, object]) -> MarketStep:
    catalog = Catalog(scripted)
    catalog.add(BOTH)
    return MarketStep(catalog, Tally(), PARAMETERS, state)


def test_a_market_of_before_portfolios_goes_on_as_if_nothing_had_happened() -> None:
    step = worked()
    again = resumed(version_3(step))
    assert again.snapshot() == step.snapshot()
    assert again.snapshot()["schema_version"] == 5
    [(key, frames)] = [item for item in again.on_batch([batch(row(3))]) if isinstance(item, tuple)]
    assert key == f"both|{SYMBOL}|1m"
    assert isinstance(frames, Frames), "no portfolio is told of it"
    assert frames.open_times == [row(3)[2]]


def test_a_portfolio_that_comes_then_hears_of_it_from_there() -> None:
    step = resumed(version_3(worked()))
    (item,) = step.on_batch([Enrolment(SYMBOL, MAIN, (SYMBOL,)), batch(row(3))])
    assert isinstance(item, tuple)
    rolled = item[1]
    assert isinstance(rolled, Rolled)
    assert rolled.portfolio_roll is not None
    (heard,) = rolled.portfolio_roll.heard
    assert (rolled.portfolio_roll.number, heard.record, heard.from_ms) == (1, MAIN, row(3)[2])


def test_without_a_portfolio_no_item_of_a_strategy_is_wrapped_nor_is_there_a_beat() -> None:
    step = worked()
    out = [one for number in range(3, 40) for one in step.on_batch([batch(row(number))])]
    assert len(out) == 37
    assert {type(one[1]) for one in out if isinstance(one, tuple)} == {Frames}


LIMIT = {"symbols": (SYMBOL,), "risk": RiskConfig(limits=RiskLimits(max_concurrent_positions=1))}
LIMITED = BOTH.model_copy(update={"config": BOTH.config.model_copy(update=LIMIT)})


def version_4(step: MarketStep) -> dict[str, object]:
    """As the release before positions were counted together wrote it: each series by itself, whatever the limit."""
    state = stored(step.snapshot())
    del state["counted"]
    return {**state, "schema_version": 4}


def test_a_strategy_in_force_that_was_not_counted_together_is_refused_with_the_way_out() -> None:
    state = version_4(worked())
    catalog = Catalog(scripted)
    catalog.add(LIMITED)
    with pytest.raises(SnapshotRefused) as refused:
        MarketStep(catalog, Tally(), PARAMETERS, state)
    assert str(refused.value) == (
        f"market of {SYMBOL}: expected no strategy in force with risk.limits.max_concurrent_positions, got 'both', "
        "which an earlier release traded on each series by itself. Stop it under that release and start it again under "
        "this one, or begin anew with --cold"
    )


def test_one_that_waits_for_its_candle_is_counted_together_from_there() -> None:
    step = MarketStep(Catalog(scripted), Tally(), PARAMETERS)
    step.on_batch([batch(row(0), row(1)), command(BOTH, desired(BOTH, after=3))])
    catalog = Catalog(scripted)
    catalog.add(LIMITED)
    again = MarketStep(catalog, Tally(), PARAMETERS, version_4(step))
    out = again.on_batch([batch(row(2), row(3), row(4))])
    shared = [one for one in out if isinstance(one, Shared)]
    assert {(one.strategy, one.key) for one in shared} == {("both", f"both|{SYMBOL}|1m")}
    assert [type(one.event) for one in shared] == [Transition, Frames]
    assert out[-1] == Reached("both", SYMBOL, row(5)[2], (SYMBOL,))


@pytest.mark.parametrize("number", [2, 6, None])
def test_what_is_of_no_version_that_is_known_is_refused(number: int | None) -> None:
    state = {**version_3(worked()), "schema_version": number}
    with pytest.raises(SnapshotRefused, match=rf"^market of {SYMBOL}: schema version {number}, expected 5$"):
        resumed(state)
