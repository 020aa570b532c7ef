"""Rules over records by hand: what is told, of what, in which order records may come."""

import json
import random
from collections.abc import Iterable
from math import exp, log, sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.alerts.degradation import degraded, sample_of
from operators.alerts.watcher import Watcher
from operators.snapshot import SnapshotRefused
from schemas.alert import Alert
from schemas.alert_reference import ReferenceFile, Sample
from schemas.alert_rule_file import parse_alert_rules
from schemas.lifecycle import State, StrategyStatus
from schemas.metrics import StrategyMetrics
from schemas.record import from_milliseconds
from tests.operators.alerts.made import HOUR, MINUTE, START, curve, equity, happening, metrics, portfolio, trade

DEEP = {"id": "deep", "type": "metric", "figure": "performance.drawdown", "above": 0.1, "resolve_below": 0.05}
SAMPLE = {"mean": 0.01, "variance": 0.0004, "number": 200}


def watcher(*rules: dict[str, Any], resume: Any = None, **references: ReferenceFile) -> Watcher:  # noqa: ANN401  # a snapshot
    return Watcher(parse_alert_rules(list(rules), origin="test"), references, resume)


def again(known: Watcher, *rules: dict[str, Any], **references: ReferenceFile) -> Watcher:
    """The same after a restart."""
    return watcher(*rules, resume=json.loads(json.dumps(known.snapshot())), **references)


def said(alerts: Iterable[Alert]) -> list[str]:
    return [f"{alert.rule} {alert.state} {alert.source}" for alert in alerts]


def test_a_metric_beyond_its_threshold_fires_and_resolves() -> None:
    rules = watcher({**DEEP, "severity": "error", "message": "Look."})
    assert said(rules.metrics(metrics(1, drawdown=0.1))) == []
    (alert,) = rules.metrics(metrics(2, drawdown=0.2))
    assert (alert.kind, alert.state, alert.severity) == ("rule", "firing", "error")
    assert (alert.strategy, alert.symbol, alert.timeframe) == ("macd", "BTCUSDT", "1h")
    assert (alert.metric, alert.value, alert.threshold) == ("performance.drawdown", 0.2, 0.1)
    assert alert.event_time == from_milliseconds(START + 2 * HOUR)
    assert alert.message == "Look. performance.drawdown of macd|BTCUSDT|1h is 0.2, above 0.1"
    assert said(rules.metrics(metrics(3, drawdown=0.08))) == []
    (end,) = rules.metrics(metrics(10, drawdown=0.05))
    assert (end.kind, end.state, end.severity) == ("resolved", "resolved", "error")
    assert end.message.endswith("is 0.05 again (threshold 0.1): over after 8h")
    assert end.id != alert.id
    assert end.key == alert.key


def test_figures_without_a_value_are_passed_over() -> None:
    rules = watcher({"id": "sharpe", "type": "metric", "figure": "performance.sharpe_arithmetic", "below": 0.5})
    assert said(rules.metrics(metrics(1))) == []
    assert said(rules.metrics(metrics(2, sharpe_arithmetic=0.1))) == ["sharpe firing macd|BTCUSDT|1h"]
    assert said(rules.metrics(metrics(3))) == []


@pytest.mark.parametrize(
    ("scope", "fires"),
    [
        ({"strategies": ["mac*"]}, True),
        ({"strategies": ["rsi"]}, False),
        ({"symbols": ["BTC/USDT"]}, True),
        ({"symbols": ["ETH*", "BTC?SDT"]}, True),
        ({"symbols": ["ETH*"]}, False),
        ({"timeframes": ["1h"]}, True),
        ({"timeframes": ["4h"]}, False),
    ],
)
def test_a_rule_is_about_what_it_names(scope: dict[str, list[str]], *, fires: bool) -> None:
    assert bool(list(watcher({**DEEP, **scope}).metrics(metrics(1, drawdown=0.5)))) is fires


def test_equity_of_portfolios_and_of_strategies_is_told_apart() -> None:
    rule = {"type": "equity", "figure": "drawdown", "above": 0.1}
    rules = watcher({**rule, "id": "ours"}, {**rule, "id": "all", "portfolios": ["ma*"]})
    assert said(rules.equity(equity(1, 0.2))) == ["ours firing macd|BTCUSDT|1h"]
    (alert,) = rules.equity(equity(1, 0.2, portfolio="main"))
    assert (alert.rule, alert.portfolio, alert.source) == ("all", "main", "portfolio:main")
    assert said(rules.equity(equity(1, 0.2, portfolio="other"))) == []


LOSS = {"id": "loss", "type": "portfolio", "figure": "daily_loss", "above": 0.02, "severity": "error"}


def test_what_stands_of_a_portfolio_ends_where_it_is_removed() -> None:
    fall = {"id": "fall", "type": "equity", "figure": "drawdown", "above": 0.1, "portfolios": ["*"]}
    rules = watcher({**LOSS, "message": "Look."}, fall, {**LOSS, "id": "other", "portfolios": ["other"]}, DEEP)
    (fired,) = rules.portfolio(portfolio(1, daily_loss=0.03))
    assert said(rules.equity(equity(2, 0.2, portfolio="main"))) == ["fall firing portfolio:main"]
    assert said(rules.portfolio(portfolio(1, name="other", daily_loss=0.03)))
    assert said(rules.removed(happening(3, "tripped"))) == []
    (loss, gone) = again(rules, {**LOSS, "message": "Look."}, fall).removed(happening(4, "removed"))
    assert (loss.kind, loss.state, loss.severity, loss.portfolio) == ("resolved", "resolved", "error", "main")
    assert (loss.key, gone.rule) == (fired.key, "fall")
    assert loss.event_time == from_milliseconds(START + 4 * HOUR)
    assert loss.message == "Look. daily_loss of portfolio:main: it was removed while this was firing: over after 3h"
    ended = said(rules.removed(happening(4, "removed")))
    assert ended == ["loss resolved portfolio:main", "fall resolved portfolio:main"]
    assert rules.firing == 2  # those of the other portfolio
    assert said(rules.removed(happening(4, "removed"))) == []


def test_the_figures_of_a_portfolio_that_is_no_more_are_no_news_and_those_of_its_next_life_are() -> None:
    rules = watcher(LOSS)
    assert said(rules.removed(happening(4, "removed"))) == []
    assert said(rules.portfolio(portfolio(3, daily_loss=0.03))) == []
    assert said(rules.portfolio(portfolio(4, daily_loss=0.03))) == []
    assert said(rules.portfolio(portfolio(5, daily_loss=0.03))) == ["loss firing portfolio:main"]
    assert said(rules.removed(happening(4, "removed"))) == []  # heard of late: it is there again
    assert rules.firing == 1


def test_figures_of_portfolios_are_seen_by_their_own_rules_only() -> None:
    loss = {"id": "loss", "type": "portfolio", "figure": "daily_loss", "above": 0.02, "portfolios": ["ma*"]}
    rules = watcher(loss, {**DEEP, "figure": "performance.max_drawdown"}, {**loss, "id": "any", "portfolios": ["*"]})
    (alert, other) = rules.portfolio(portfolio(1, daily_loss=0.03, performance=curve(max_drawdown=0.5)))
    assert (alert.rule, alert.portfolio, alert.source, alert.strategy) == ("loss", "main", "portfolio:main", None)
    assert (alert.metric, alert.value, other.rule) == ("daily_loss", 0.03, "any")
    assert said(rules.portfolio(portfolio(1, name="other", daily_loss=0.03))) == ["any firing portfolio:other"]
    assert said(rules.portfolio(portfolio(2))) == ["loss resolved portfolio:main", "any resolved portfolio:main"]
    assert said(rules.metrics(metrics(2, max_drawdown=0.5))) == ["deep firing macd|BTCUSDT|1h"]


def test_heat_is_seen_by_equity_and_what_has_no_value_is_passed_over() -> None:
    rules = watcher(
        {"id": "heat", "type": "portfolio", "figure": "heat_of_equity", "above": 0.06},
        {"id": "fall", "type": "portfolio", "figure": "performance.drawdown", "above": 0.1},
    )
    assert said(rules.portfolio(portfolio(1, heat=600.0))) == []
    assert said(rules.portfolio(portfolio(2, heat=800.0))) == ["heat firing portfolio:main"]
    assert said(rules.portfolio(portfolio(3, heat=0.0, equity=0.0, performance=curve(drawdown=0.2)))) == [
        "fall firing portfolio:main"
    ]


def test_a_workers_health() -> None:
    rules = watcher({"id": "down", "type": "health", "figure": "up", "below": 1, "for": "30s", "severity": "error"})
    seen = [
        said(rules.health("w:1", {"up": up}, START + s * 1_000))
        for s, up in ((0, 0.0), (15, 0.0), (30, 0.0), (45, 1.0))
    ]
    assert seen == [[], [], ["down firing w:1"], ["down resolved w:1"]]
    assert said(rules.health("w:2", {"lag_records": 5.0}, START)) == []


def test_a_symbol_whose_candles_stop_is_stale_while_others_go_on() -> None:
    rules = watcher({"id": "stale", "type": "stale_feed", "bars": 5})
    for symbol in ("AAA", "BBB"):
        rules.pace.candle(symbol, "1m", START)
    rules.pace.candle("BBB", "1m", START + 5 * MINUTE)
    assert said(rules.tick(START)) == []
    rules.pace.candle("BBB", "1m", START + 6 * MINUTE)
    (alert,) = rules.tick(START)
    assert (alert.source, alert.symbol, alert.value) == ("AAA", "AAA", 6.0)
    assert said(rules.tick(START + 10 * HOUR)) == []
    rules.pace.candle("AAA", "1m", START + 6 * MINUTE)
    assert said(rules.tick(START)) == ["stale resolved AAA"]


def test_by_the_wall_clock_a_feed_that_stops_as_a_whole_is_stale() -> None:
    rules = watcher({"id": "stale", "type": "stale_feed", "bars": 2, "clock": "wall", "symbols": ["A*"]})
    for symbol in ("AAA", "BBB"):
        rules.pace.candle(symbol, "1m", START)
    assert said(rules.tick(START + 2 * MINUTE)) == []
    assert said(rules.tick(START + 2 * MINUTE + 1)) == ["stale firing AAA"]


def status(state: State, *, minute: int | None = 0) -> StrategyStatus:
    bar = None if minute is None else from_milliseconds(START + minute * MINUTE)
    return StrategyStatus(strategy="macd", symbol="AAA", timeframe="1m", state=state, effective_bar=bar)


def test_a_running_strategy_without_a_signal_is_silent_until_it_speaks_or_rests() -> None:
    rules = watcher({"id": "silent", "type": "silent_strategy", "after": "10m"})
    rules.pace.candle("AAA", "1m", START)
    rules.pace.status(status(State.RUNNING))
    rules.pace.candle("AAA", "1m", START + 10 * MINUTE)
    assert said(rules.tick(0)) == []
    rules.pace.candle("AAA", "1m", START + 11 * MINUTE)
    (alert,) = rules.tick(0)
    assert (alert.source, alert.strategy, alert.value) == ("macd|AAA|1m", "macd", 660.0)
    rules.pace.signal("macd", "AAA", "1m", START + 11 * MINUTE)
    assert said(rules.tick(0)) == ["silent resolved macd|AAA|1m"]
    rules.pace.candle("AAA", "1m", START + 22 * MINUTE)
    assert said(rules.tick(0)) == ["silent firing macd|AAA|1m"]
    rules.pace.status(status(State.PAUSED))
    assert said(rules.tick(0)) == ["silent resolved macd|AAA|1m"]
    rules.pace.candle("AAA", "1m", START + 99 * MINUTE)
    assert said(rules.tick(0)) == []


def test_a_result_outside_the_band_is_told_with_the_band() -> None:
    sample = {"mean": 0.001, "variance": 0.0001, "number": 1000}
    rules = watcher({"id": "out", "type": "band", "reference": {"sample": sample}, "z": 3, "min_bars": 50})
    # After 100 bars the band of the logarithm is 0.1 - 0.3 to 0.1 + 0.3.
    inside, outside = exp(-0.199) - 1, exp(-0.201) - 1
    assert said(rules.metrics(metrics(1, bars=49, total_return=-0.9))) == []
    assert said(rules.metrics(metrics(2, bars=100, total_return=inside))) == []
    assert said(rules.metrics(metrics(2, bars=100, total_return=5.0))) == []
    (alert,) = rules.metrics(metrics(3, bars=100, total_return=outside))
    assert alert.value == pytest.approx(3.01)
    assert alert.figures == pytest.approx(
        {"bars": 100.0, "total_return": outside, "lower": exp(-0.2) - 1, "upper": exp(0.4) - 1}
    )


def test_a_band_may_have_two_sides_and_capital_may_be_gone() -> None:
    sample = {"mean": 0.0, "variance": 0.0001, "number": 1000}
    rules = watcher({"id": "out", "type": "band", "reference": {"sample": sample}, "side": "both", "min_bars": 1})
    (high,) = rules.metrics(metrics(1, bars=4, total_return=0.1))
    assert high.value == pytest.approx(log(1.1) / (0.01 * sqrt(4)))
    (low,) = rules.metrics(metrics(1, strategy="rsi", bars=4, total_return=-1.0))
    assert low.state == "firing"


def worse(**reference: object) -> dict[str, Any]:
    return {"id": "worse", "type": "degradation", "reference": reference, "window": 30, "min_trades": 20}


def wins(count: int, mean: float, seed: int = 3) -> list[float]:
    chance = random.Random(seed)
    return [chance.gauss(mean, 0.02) for _ in range(count)]


def test_a_strategy_that_earns_less_than_its_backtest_is_told_with_all_that_says_so() -> None:
    rules, live = watcher(worse(sample=SAMPLE)), wins(40, -0.02)
    alerts = [alert for number, one in enumerate(live, 1) for alert in rules.trade(trade(number, one))]
    (alert,) = alerts
    assert (alert.kind, alert.metric, alert.threshold) == ("degraded", "p-value of earning as the reference", 0.001)
    expected = degraded(sample_of(live[:20]), Sample.model_validate(SAMPLE))
    assert alert.value == expected.p_value
    assert alert.figures["statistic"] == expected.statistic
    assert alert.figures["live_trades"] == 20
    assert (alert.figures["reference_mean"], alert.figures["reference_trades"]) == (0.01, 200)
    assert "mean return of the last 20 trades -" in alert.message


def test_a_strategy_that_recovers_is_resolved() -> None:
    rules = watcher(worse(sample=SAMPLE))
    found = [
        said(rules.trade(trade(number, one))) for number, one in enumerate([*wins(20, -0.02), *wins(40, 0.03, 4)], 1)
    ]
    assert [one for some in found for one in some] == ["worse firing macd|BTCUSDT|1h", "worse resolved macd|BTCUSDT|1h"]


def test_the_earlier_self_is_a_reference() -> None:
    rules = watcher(worse(first_trades=30))
    found = [
        said(rules.trade(trade(number, one))) for number, one in enumerate([*wins(30, 0.02), *wins(20, -0.02, 4)], 1)
    ]
    assert found[:49] == [[]] * 49
    assert found[49] == ["worse firing macd|BTCUSDT|1h"]


def test_a_first_period_counts_from_the_first_entry() -> None:
    rules = watcher(worse(first_period="30h"))
    returns = [*wins(30, 0.02), *wins(20, -0.02, 4)]
    (alert,) = [alert for number, one in enumerate(returns, 1) for alert in rules.trade(trade(number, one))]
    assert alert.figures["reference_trades"] == 30
    assert alert.figures["reference_mean"] == sample_of(returns[:30]).mean


def test_another_version_is_another_strategy() -> None:
    rules = watcher(worse(first_trades=30))
    for number, one in enumerate(wins(30, 0.02), 1):
        assert said(rules.trade(trade(number, one))) == []
    for number, one in enumerate(wins(49, -0.02, 4), 31):
        assert said(rules.trade(trade(number, one, version=2))) == []


def test_a_trade_counts_once() -> None:
    once, twice = watcher(worse(sample=SAMPLE)), watcher(worse(sample=SAMPLE))
    for number, one in enumerate(wins(15, -0.02), 1):
        list(once.trade(trade(number, one)))
        for _ in range(2):
            assert said(twice.trade(trade(number, one))) == []
    assert twice.snapshot() == once.snapshot()


def test_a_reference_comes_from_a_file() -> None:
    held = ReferenceFile(trades=Sample.model_validate(SAMPLE))
    rules = watcher(worse(file="backtest"), backtest=held)
    given, inline = [], []
    other = watcher(worse(sample=SAMPLE))
    for number, one in enumerate(wins(40, -0.02), 1):
        given += [alert.figures for alert in rules.trade(trade(number, one))]
        inline += [alert.figures for alert in other.trade(trade(number, one))]
    assert given == inline
    assert len(given) == 1


RULES = (
    {**DEEP, "for": "2h"},
    {"id": "own", "type": "equity", "figure": "drawdown", "above": 0.1, "repeat_after": "3h"},
    {**worse(first_trades=10), "window": 10, "min_trades": 5},
)
fractions = st.floats(0, 0.3)
histories = st.lists(st.tuples(st.sampled_from(["a", "b"]), fractions, fractions, st.floats(-0.1, 0.1)), max_size=40)


def fed(rules: Watcher, hour: int, event: tuple[str, float, float, float]) -> list[Alert]:
    strategy, deep, lost, gain = event
    return [
        *rules.metrics(metrics(hour, strategy=strategy, drawdown=deep)),
        *rules.equity(equity(hour, lost, strategy=strategy)),
        *rules.trade(trade(hour + 1, gain, strategy=strategy)),
    ]


@given(histories)
def test_a_restart_at_any_event_changes_nothing(history: list[tuple[str, float, float, float]]) -> None:
    whole, stopped = watcher(*RULES), watcher(*RULES)
    for hour, event in enumerate(history):
        stopped = again(stopped, *RULES)
        assert fed(stopped, hour, event) == fed(whole, hour, event)
    assert stopped.snapshot() == whole.snapshot()
    assert stopped.leftovers == []


@given(histories)
def test_the_order_across_sources_changes_nothing(history: list[tuple[str, float, float, float]]) -> None:
    mixed, sorted_ = watcher(*RULES), watcher(*RULES)
    events = list(enumerate(history))
    told = [alert for hour, event in events for alert in fed(mixed, hour, event)]
    by_source = [
        alert for hour, event in sorted(events, key=lambda one: one[1][0]) for alert in fed(sorted_, hour, event)
    ]
    assert {alert.id: alert for alert in told} == {alert.id: alert for alert in by_source}
    assert len(told) == len(by_source)


@given(histories)
def test_a_rule_and_a_source_fire_and_resolve_in_turn_with_ids_of_their_own(
    history: list[tuple[str, float, float, float]],
) -> None:
    rules = watcher(*RULES)
    told = [alert for hour, event in enumerate(history) for alert in fed(rules, hour, event)]
    assert len({alert.id for alert in told}) == len(told)
    for key in {alert.key for alert in told}:
        states = [alert.state for alert in told if alert.key == key and " has been for " not in alert.message]
        assert states == (["firing", "resolved"] * len(states))[: len(states)]


def test_an_alert_whose_rule_is_changed_or_gone_ends() -> None:
    rules = watcher(DEEP, {**DEEP, "id": "kept"}, {**DEEP, "id": "gone"})
    assert len(list(rules.metrics(metrics(1, drawdown=0.5)))) == 3
    later = again(rules, {**DEEP, "above": 0.2}, {**DEEP, "id": "kept", "severity": "error"})
    assert sorted(said(later.leftovers)) == ["deep resolved macd|BTCUSDT|1h", "gone resolved macd|BTCUSDT|1h"]
    assert all("was changed or removed while it was firing" in alert.message for alert in later.leftovers)
    assert said(later.metrics(metrics(2, drawdown=0.5))) == ["deep firing macd|BTCUSDT|1h"]
    assert later.firing == 2


def test_a_snapshot_of_another_release_is_refused() -> None:
    with pytest.raises(SnapshotRefused, match="alert rules: schema version 9, expected 1"):
        watcher(DEEP, resume={**watcher(DEEP).snapshot(), "schema_version": 9})


def test_metrics_of_one_source_that_come_again_change_nothing() -> None:
    rules = watcher(DEEP)
    record: StrategyMetrics = metrics(5, drawdown=0.5)
    assert len(list(rules.metrics(record))) == 1
    assert said(rules.metrics(record)) == []
    assert said(rules.metrics(metrics(4, drawdown=0.0))) == []
