"""Deleted metrics leave the status of the same key alone, and the other way round."""

from collections.abc import Callable

from schemas.lifecycle import StrategyStatus
from tests.ui.dashboard.account_news import metrics
from ui.dashboard.news import Deleted
from ui.dashboard.store import MarketStore


def test_a_deletion_is_of_the_topic_that_it_was_read_from(make_status: Callable[..., StrategyStatus]) -> None:
    store = MarketStore()
    store.apply([make_status(), metrics(1), Deleted("dip|BTCUSDT|1m", "metrics")], now=0.0)
    assert len(store.statuses()) == 1
    assert store.standings()[1] == []
    store.apply([metrics(2), Deleted("dip|BTCUSDT|1m")], now=1.0)
    assert store.statuses() == []
    assert len(store.standings()[1]) == 1
