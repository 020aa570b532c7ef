"""Which symbols hear of what is wanted of a portfolio, and what is refused."""

import pytest

from operators.control.fanout import Fanout
from operators.control.placing import Placing
from operators.control.registry import Registry
from operators.events import Enrolment
from operators.strategy.catalog import Catalog
from schemas.portfolio import PortfolioConfig, PortfolioEntry, PortfolioReset
from schemas.record import from_milliseconds


def entry(command: str, *symbols: str, strategies: tuple[str, ...] = ()) -> PortfolioEntry:
    config = PortfolioConfig(id="main", symbols=symbols, strategies=strategies)
    return PortfolioEntry(portfolio="main", config=config, command=command)


GONE = PortfolioEntry(portfolio="main", config=None, command="gone")
LIFT = PortfolioReset(portfolio="main", command="lift")


def fanout() -> Fanout:
    return Fanout(Registry(Catalog()), ["BTC", "ETH", "GOOG"])


def heard(found: object) -> list[tuple[str, str, tuple[str, ...], str | None]]:
    assert isinstance(found, list)
    return [(one.symbol, one.record.command, one.concerned, one.after) for one in found if isinstance(one, Enrolment)]


def test_an_entry_goes_to_its_symbols_and_to_those_before() -> None:
    feed = fanout()
    assert heard(feed.control(entry("first", "BTC", "ETH"))) == [
        ("BTC", "first", ("BTC", "ETH"), None),
        ("ETH", "first", ("BTC", "ETH"), None),
    ]
    both = ("BTC", "ETH", "GOOG")
    assert heard(feed.control(entry("second", "ETH", "GOOG"))) == [(one, "second", both, "first") for one in both]


def test_a_reset_and_a_removal_go_to_the_symbols_in_force() -> None:
    feed = fanout()
    feed.control(entry("first", "BTC"))
    assert heard(feed.control(LIFT)) == [("BTC", "lift", ("BTC",), "first")]
    assert heard(feed.control(GONE)) == [("BTC", "gone", ("BTC",), "first")]


def test_what_comes_after_a_removal_still_concerns_who_heard_of_that() -> None:
    feed = fanout()
    feed.control(entry("first", "BTC"))
    feed.control(GONE)
    assert heard(feed.control(entry("again", "ETH"))) == [
        ("BTC", "again", ("BTC", "ETH"), "gone"),
        ("ETH", "again", ("BTC", "ETH"), "gone"),
    ]


def test_a_symbol_that_is_seen_later_hears_what_counts() -> None:
    feed = fanout()
    feed.control(entry("first", "SOL"))
    feed.control(entry("second", "SOL", "BTC"))
    feed.control(LIFT)
    assert heard(feed.symbol("SOL")) == [
        ("SOL", "second", ("BTC", "SOL"), "first"),
        ("SOL", "lift", ("BTC", "SOL"), "second"),
    ]
    assert heard(feed.symbol("XRP")) == []


def test_what_is_for_later_does_not_hide_what_counts_until_then() -> None:
    feed = fanout()
    later = entry("later", "SOL").model_copy(update={"effective_from": from_milliseconds(9)})
    soon = LIFT.model_copy(update={"effective_from": from_milliseconds(5)})
    for record in (entry("first", "SOL"), later, soon, LIFT.model_copy(update={"command": "at once"})):
        feed.control(record)
    assert [one[1] for one in heard(feed.symbol("SOL"))] == ["first", "later", "at once"]
    feed.control(entry("now", "ETH", "ADA"))
    assert [one[1:] for one in heard(feed.symbol("ADA"))] == [("now", ("ADA", "ETH", "SOL"), "later")]


def test_a_repeat_changes_nothing() -> None:
    feed = fanout()
    feed.control(entry("first", "BTC"))
    assert heard(feed.control(entry("first", "BTC"))) == []


@pytest.mark.parametrize(
    ("records", "refusal"),
    [
        ([entry("first")], "symbols: expected the symbols on which it follows its strategies, got none"),
        ([LIFT], "there is no portfolio 'main'"),
        ([entry("first", "BTC"), GONE, LIFT], "there is no portfolio 'main'"),
        (
            [entry("first", "BTC"), entry("first", "ETH")],
            "command first was given before, and said otherwise",
        ),
    ],
    ids=["no symbols", "reset of none", "reset of one that is gone", "one command, two meanings"],
)
def test_what_cannot_be_carried_out_is_refused(records: list[PortfolioEntry | PortfolioReset], refusal: str) -> None:
    registry = Registry(Catalog())
    answers = [registry.apply(record) for record in records]
    assert answers[-1].refusal.startswith(refusal)
    assert not any(answer.refusal for answer in answers[:-1])


def test_records_of_one_portfolio_keep_their_order() -> None:
    placing = Placing(0, run=1, latest=None, placed=[], resume=None, oldest=5)
    placing.at_start([], 5)
    timed = LIFT.model_copy(update={"effective_from": from_milliseconds(0)})
    placing.place([(0, entry("first", "BTC")), (1, timed)], 9)
    assert [getattr(one, "command", "") for one in placing.due(9)] == ["first", "lift"]


def test_a_slash_in_the_name_of_a_symbol_does_not_count() -> None:
    feed = Fanout(Registry(Catalog()), ["BTCUSDT"])
    (found,) = feed.control(entry("first", "BTC/USDT"))
    assert isinstance(found, Enrolment)
    assert (found.symbol, found.concerned) == ("BTCUSDT", ("BTC/USDT",))
    late = Registry(Catalog())
    late.portfolios.apply(entry("first", "BTC/USDT"))
    assert heard(Fanout(late).symbol("BTCUSDT")) == [("BTCUSDT", "first", ("BTC/USDT",), None)]


def test_what_is_refused_of_a_portfolio_that_is_not_there_leaves_nothing_behind() -> None:
    portfolios = Registry(Catalog()).portfolios
    assert portfolios.apply(LIFT).refusal == "there is no portfolio 'main'"
    assert vars(portfolios) == vars(Registry(Catalog()).portfolios)
