"""Files of alert rules: what is accepted, and every mistake told at once with its place."""

import json
from typing import Any

import pytest

from schemas.alert_figures import EQUITY_FIGURES, HEALTH_FIGURES, METRIC_FIGURES, PORTFOLIO_FIGURES, SHARES
from schemas.alert_ranges import FIGURE_RANGES
from schemas.alert_rule import DegradationRule, MetricRule
from schemas.alert_rule_examples import EXAMPLES
from schemas.alert_rule_file import (
    AlertRuleFileError,
    ReferenceFileError,
    load_alert_rules,
    load_reference,
    parse_alert_rules,
)
from schemas.metrics import CurveFigures, TradeFigures

DEEP = {"id": "deep", "type": "metric", "figure": "performance.drawdown", "above": 0.1}


def problems(*rules: dict[str, Any], **more: object) -> list[str]:
    with pytest.raises(AlertRuleFileError) as caught:
        parse_alert_rules({"rules": list(rules), **more}, origin="rules.json")
    return [str(problem) for problem in caught.value.problems]


def test_a_rule_has_defaults() -> None:
    (rule,) = parse_alert_rules([DEEP], origin="rules.json").rules
    assert isinstance(rule, MetricRule)
    assert (rule.severity, rule.held_for, rule.repeat_after) == ("warning", None, None)
    assert (rule.strategies, rule.symbols, rule.timeframes) == (("*",), ("*",), ("*",))


def test_for_and_camel_case_and_comments_are_taken() -> None:
    document = {**DEEP, "for": "15m", "resolveBelow": 0.08, "$comment": "why"}
    (rule,) = load_alert_rules(json.dumps({"$schema": "x", "rules": [document]}).encode(), origin="rules.json").rules
    assert isinstance(rule, MetricRule)
    assert (rule.held_for, rule.resolve_below) == ("15m", 0.08)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_right(example: dict[str, Any]) -> None:
    assert len(parse_alert_rules(example, origin="example").rules) == len(example["rules"])


def test_every_mistake_is_told_at_its_place() -> None:
    found = problems(
        {**DEEP, "for": "an hour", "resolve_below": 0.2},
        {"id": "lag", "type": "health", "figure": "lag_recods", "above": 1},
        {**DEEP, "id": "two", "bellow": 1},
        sned="error",
    )
    assert "rules.0.for: expected a duration such as 90s, 15m, 1h or 2d, got 'an hour'" in found
    assert any(one.startswith("rules.1.figure: expected") and 'did you mean "lag_records"' in one for one in found)
    assert 'rules.2.bellow: unknown key "bellow" (did you mean "below"?)' in found
    assert 'sned: unknown key "sned" (did you mean "send"?)' in found


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            {"resolve_below": 0.2},
            "rules.0.resolve_below: expected at most the threshold above which it fires, 0.1, got 0.2",
        ),
        (
            {"resolve_above": 0.2},
            "rules.0.resolve_above: expected resolve_below where it fires above, got resolve_above",
        ),
        ({"below": 0.2}, "rules.0.above: expected either above or below, got both"),
        ({"above": None}, "rules.0.above: expected either above or below, got neither"),
        (
            {"above": None, "below": 1.0, "resolve_above": 0.5},
            "rules.0.resolve_above: expected at least the threshold below which it fires, 1, got 0.5",
        ),
        (
            {"above": None, "below": 1.0, "resolve_below": 0.5},
            "rules.0.resolve_below: expected resolve_above where it fires below, got resolve_below",
        ),
        (
            {"figure": "drawdown"},
            "rules.0.figure: expected a figure of the metrics such as performance.drawdown, got 'drawdown'",
        ),
        ({"type": "metrics"}, 'got "metrics" (did you mean "metric"?)'),
        ({"symbols": []}, "rules.0.symbols: expected at least 1 of them, got 0"),
        ({"strategies": ["a|b"]}, "rules.0.strategies.0: expected a text like"),
    ],
)
def test_a_contradiction_is_told(changed: dict[str, object], told: str) -> None:
    document = {key: value for key, value in {**DEEP, **changed}.items() if value is not None}
    (found,) = problems(document)
    assert told in found


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({"type": "metric", "figure": "performance.drawdown", "above": 20}, "above"),
        ({"type": "metric", "figure": "trades.win_rate", "below": 45}, "below"),
        ({"type": "metric", "figure": "performance.max_drawdown", "above": 30, "resolve_below": 0.25}, "above"),
        ({"type": "metric", "figure": "trades.win_rate", "below": 0.4, "resolve_above": 45}, "resolve_above"),
        ({"type": "equity", "figure": "drawdown", "above": 20}, "above"),
        ({"type": "portfolio", "figure": "daily_loss", "above": 5}, "above"),
        ({"type": "portfolio", "figure": "heat_of_equity", "above": 6}, "above"),
    ],
)
def test_percent_in_place_of_a_fraction_are_refused(rule: dict[str, Any], place: str) -> None:
    (found,) = problems({"id": "percent", **rule})
    expected = f"expected at most 1, got {rule[place]:g}: {rule['figure']} is a fraction, 0.2 is 20 %"
    assert found == f"rules.0.{place}: {expected}"


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            {"type": "metric", "figure": "performance.drawdown", "above": -0.1},
            "above: expected at least 0, got -0.1: performance.drawdown is from 0 to 1, so it would fire always",
        ),
        (
            {"type": "equity", "figure": "drawdown", "below": 0},
            "below: expected more than 0, got 0: drawdown is from 0 to 1, so it would never fire",
        ),
        (
            {"type": "portfolio", "figure": "daily_loss", "above": 0.03, "resolve_below": -0.01},
            "resolve_below: expected at least 0, got -0.01: daily_loss is from 0 to 1, so it would never be over",
        ),
        (
            {"type": "metric", "figure": "trades.win_rate", "above": 1},
            "above: expected less than 1, got 1: trades.win_rate is from 0 to 1, so it would never fire",
        ),
        (
            {"type": "health", "figure": "up", "below": 2},
            "below: expected at most 1, got 2: up is from 0 to 1, so it would fire always",
        ),
        (
            {"type": "health", "figure": "up", "below": 1, "resolve_above": 2},
            "resolve_above: expected at most 1, got 2: up is from 0 to 1, so it would never be over",
        ),
        (
            {"type": "health", "figure": "lag_records", "below": -5},
            "below: expected more than 0, got -5: lag_records is 0 or more, so it would never fire",
        ),
        (
            {"type": "metric", "figure": "trades.profit_factor", "above": -1},
            "above: expected at least 0, got -1: trades.profit_factor is 0 or more, so it would fire always",
        ),
        (
            {"type": "portfolio", "figure": "gross_exposure", "above": -1},
            "above: expected at least 0, got -1: gross_exposure is 0 or more, so it would fire always",
        ),
    ],
)
def test_a_threshold_that_a_figure_is_always_or_never_beyond_is_refused(rule: dict[str, Any], told: str) -> None:
    assert problems({"id": "senseless", **rule}) == [f"rules.0.{told}"]


def test_thresholds_at_the_end_of_a_range_that_can_be_passed_and_those_of_figures_without_one_are_taken() -> None:
    rules: list[dict[str, Any]] = [
        {"id": "any_fall", "type": "metric", "figure": "performance.drawdown", "above": 0, "resolve_below": 0},
        {"id": "less_than_all", "type": "metric", "figure": "trades.win_rate", "below": 1, "resolve_above": 1},
        {"id": "loses", "type": "metric", "figure": "performance.total_return", "below": -0.2},
        {"id": "short", "type": "equity", "figure": "net_exposure", "below": -1, "portfolios": ["*"]},
        {"id": "streak", "type": "metric", "figure": "trades.streak", "below": -5},
        {"id": "down", "type": "health", "figure": "up", "below": 1, "resolve_above": 1},
    ]
    assert len(parse_alert_rules(rules, origin="rules.json").rules) == 6


def test_every_range_is_of_a_figure_and_every_figure_of_a_worker_has_one() -> None:
    figures = {*METRIC_FIGURES, *EQUITY_FIGURES, *PORTFOLIO_FIGURES, *HEALTH_FIGURES}
    assert set(FIGURE_RANGES) - figures == set()
    assert {*SHARES, *HEALTH_FIGURES} <= set(FIGURE_RANGES)


def test_figures_that_may_well_be_beyond_one_are_not_bounded() -> None:
    figures = {"performance.total_return": 20, "exposure": 2, "trades.trades": 100, "performance.drawdown": 1}
    rules = [
        {"id": f"rule_{number}", "type": "metric", "figure": figure, "above": above}
        for number, (figure, above) in enumerate(figures.items())
    ]
    assert len(parse_alert_rules(rules, origin="rules.json").rules) == 4
    assert {name.partition(".")[0] for name in SHARES} <= {"performance", "trades", *METRIC_FIGURES, *PORTFOLIO_FIGURES}
    assert all(name in METRIC_FIGURES or name in PORTFOLIO_FIGURES for name in SHARES)


def test_an_unknown_figure_of_a_portfolio_is_told_with_the_nearest() -> None:
    (found,) = problems({"id": "loss", "type": "portfolio", "figure": "dayly_loss", "above": 0.1})
    assert "expected a figure of a portfolio's metrics such as daily_loss, got 'dayly_loss'" in found
    assert 'did you mean "daily_loss"?' in found


def test_only_the_engines_own_alerts_can_be_muted() -> None:
    assert parse_alert_rules({"rules": [], "mute": ["gap", "partial"]}, origin="rules.json").mute == ("gap", "partial")
    (found,) = problems(mute=["gaps"])
    assert found.startswith("mute.0: expected")
    assert 'did you mean "gap"?' in found


def test_ids_differ() -> None:
    assert problems(DEEP, DEEP) == ["rules.1.id: expected each of rules once, got 'deep' again"]


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ({}, "expected one of file, sample, first_trades and first_period, got none"),
        (
            {"file": "a.json", "first_trades": 20},
            "expected one of file, sample, first_trades and first_period, got file and",
        ),
        ({"first_trades": 3}, "rules.0.reference.first_trades: expected a number of at least 10, got 3"),
        (
            {"sample": {"mean": 0, "variance": -1.0, "number": 5}},
            "rules.0.reference.sample.variance: expected a number of at least 0, got -1.0",
        ),
    ],
)
def test_a_reference_is_one_thing(reference: dict[str, object], told: str) -> None:
    assert told in problems({"id": "worse", "type": "degradation", "reference": reference})[0]


def test_a_degradation_rule_fits_together() -> None:
    rule = {"id": "worse", "type": "degradation", "reference": {"first_trades": 50}}
    assert problems({**rule, "window": 30, "min_trades": 40, "alpha": 0.01, "resolve_alpha": 0.001}) == [
        "rules.0.min_trades: expected at most the window of 30 trades, got 40",
        "rules.0.resolve_alpha: expected at least alpha, 0.01, got 0.001",
    ]
    (right,) = parse_alert_rules([rule], origin="rules.json").rules
    assert isinstance(right, DegradationRule)
    assert (right.window, right.min_trades, right.alpha) == (100, 50, 0.001)


def test_a_band_is_of_bars() -> None:
    rule = {"id": "out", "type": "band", "reference": {"first_trades": 50}, "z": 2, "resolve_z": 3}
    assert problems(rule) == [
        "rules.0.reference: expected a file or a sample of returns a bar, got first trades",
        "rules.0.resolve_z: expected at most z, 2, got 3",
    ]


def test_a_reference_file_is_read_and_refused() -> None:
    right = load_reference(b'{"trades": {"mean": 0.01, "variance": 0.5, "number": 40}}', origin="backtest.json")
    assert right.trades is not None
    assert right.trades.number == 40
    with pytest.raises(ReferenceFileError, match=r"trades.number: expected a number of at least 2, got 1"):
        load_reference(b'{"trades": {"mean": 0.01, "variance": 0.5, "number": 1}}', origin="backtest.json")


def test_every_number_of_the_metrics_is_a_figure() -> None:
    for part, kind in (("performance", CurveFigures), ("trades", TradeFigures)):
        for name in kind._fields:
            assert f"{part}.{name}" in METRIC_FIGURES
    assert {"cash", "exposure", "risk_score", "unrealised", "quantity"} <= METRIC_FIGURES.keys()
    assert not {"version", "name", "status", "stale", "position"} & METRIC_FIGURES.keys()
    assert list(EQUITY_FIGURES) == ["equity", "cash", "drawdown", "gross_exposure", "net_exposure", "positions"]
    assert {"heat", "heat_of_equity", "daily_loss", "drawdown", "refused"} <= PORTFOLIO_FIGURES.keys()
    assert {"performance.sharpe_arithmetic", "trades.win_rate", "gross_exposure"} <= PORTFOLIO_FIGURES.keys()
    assert not {"portfolio", "command", "kill_switch"} & PORTFOLIO_FIGURES.keys()
    assert len(set(HEALTH_FIGURES)) == len(HEALTH_FIGURES)
