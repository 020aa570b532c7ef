"""A portfolio behind the market's steps: however events are cut, wherever it is restored, whatever is heard early."""

import re
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from operators.events import Enrolment
from schemas.portfolio import PORTFOLIO_KEY, PortfolioConfig, PortfolioEntry, PortfolioReset
from schemas.record import from_milliseconds
from tests.operators.market.logs import VERSIONS, event_logs
from tests.operators.plain_engine import MINUTE, START, SYMBOL, Feed, PlainEngine, batched, command, desired

BOTH, MANY = (next(one for one in VERSIONS if one.strategy == name) for name in ("both", "many"))
MOST = 50
"""Minutes, about, that the candles of a log last."""
Record = PortfolioEntry | PortfolioReset


@st.composite
def wishes(draw: st.DrawFn, number: int) -> Record:
    """What is wanted of a portfolio; some of it from a time on."""
    portfolio = draw(st.sampled_from(["main", "main", "main", "beside"]))
    after = draw(st.none() | st.integers(0, MOST))
    effective = None if after is None else from_milliseconds(START + after * MINUTE)
    kind = draw(st.sampled_from(["entry", "entry", "removal", "reset"])) if number else "entry"
    if kind == "reset":
        return PortfolioReset(portfolio=portfolio, effective_from=effective, command=f"p{number}")
    config = PortfolioConfig.model_validate(
        {
            "id": portfolio,
            "symbols": (SYMBOL,),
            "strategies": draw(st.sampled_from([(), ("both",), ("both", "many")])),
            "limits": draw(st.sampled_from([{}, {"max_symbol_exposure": 0.5}])),
            "kill_switch": draw(st.sampled_from([None, {"action": "flatten", "max_drawdown": 0.01}])),
        }
    )
    wanted = None if kind == "removal" else config
    effective = None if wanted is None else effective
    return PortfolioEntry(portfolio=portfolio, config=wanted, effective_from=effective, command=f"p{number}")


def enrolments(records: Sequence[Record]) -> list[Enrolment]:
    """As the control log has them: each with the entry before it."""
    newest: dict[str, str] = {}
    found = []
    for record in records:
        found.append(Enrolment(SYMBOL, record, (SYMBOL,), newest.get(record.portfolio)))
        if isinstance(record, PortfolioEntry):
            newest[record.portfolio] = record.command
    return found


@st.composite
def logs(draw: st.DrawFn) -> list[Feed]:
    """Candles, commands and listings with what is wanted of two portfolios between them."""
    started = [command(one, desired(one, name=f"{one.strategy}-first")) for one in (BOTH, MANY)]
    feed: list[Feed] = [*started, *draw(event_logs(MOST))]
    count = draw(st.integers(1, 6))
    places = sorted(draw(st.lists(st.integers(0, 2 * len(feed) // 3), min_size=count, max_size=count)))
    records = [draw(wishes(number)) for number in range(count)]
    for place, one in reversed(list(zip(places, enrolments(records), strict=True))):
        feed.insert(place, one)
    return feed


def told(feed: Sequence[Feed], sizes: Sequence[int], restarts: set[int] | None = None) -> dict[str, list[str]]:
    engine = PlainEngine(history_bars=6, gap_tolerance_bars=1, timeframes=("2m", "5m", "1h"))
    for number, events in enumerate(batched(feed, sizes)):
        engine.feed(*events)
        if restarts and number in restarts:
            engine.restart()
    return engine.records()


@settings(max_examples=150, deadline=None)
@given(feed=logs(), sizes=st.lists(st.integers(1, 25), min_size=1), restarts=st.sets(st.integers(0, 30)))
def test_any_batching_and_restoring_gives_the_same(feed: list[Feed], sizes: list[int], restarts: set[int]) -> None:
    assert told(feed, sizes, restarts) == told(feed, [1])


def until(texts: dict[str, list[str]], minute: int) -> dict[str, list[str]]:
    """What portfolios have told of the time up to a minute."""
    limit = from_milliseconds(START + minute * MINUTE).isoformat()
    return {
        key: [one for one in each if (found := _TIME.search(one)) is not None and found[1] <= limit[:19]]
        for key, each in texts.items()
        if key.startswith(PORTFOLIO_KEY)
    }


_TIME = re.compile(r'"(?:close_time|event_time)":"([^"Z]*)Z"')


@settings(max_examples=150, deadline=None)
@given(
    feed=logs(), place=st.integers(0, MOST), minute=st.integers(0, MOST), strategies=st.sampled_from([(), ("both",)])
)
def test_what_holds_from_a_time_on_changes_nothing_before_it_however_early_it_is_heard_of(
    feed: list[Feed], place: int, minute: int, strategies: tuple[str, ...]
) -> None:
    config = PortfolioConfig(id="main", symbols=(SYMBOL,), strategies=strategies)
    since = from_milliseconds(START + minute * MINUTE)
    last = PortfolioEntry(portfolio="main", config=config, effective_from=since, command="last")
    wanted = [number for number, one in enumerate(feed) if isinstance(one, Enrolment)]
    of_main = [one.record for one in feed if isinstance(one, Enrolment) and one.record.portfolio == "main"]
    entries = [one.command for one in of_main if isinstance(one, PortfolioEntry)]
    early = Enrolment(SYMBOL, last, (SYMBOL,), entries[-1] if entries else None)
    at = max(place, wanted[-1] + 1)
    with_it, without = told([*feed[:at], early, *feed[at:]], [1]), told(feed, [1])
    nothing: dict[str, list[str]] = {key: [] for key in until(with_it, minute)}
    assert until(with_it, minute) == {**nothing, **until(without, minute)}
