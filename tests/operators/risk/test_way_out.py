"""Sides that are entered and never left, and targets that a price cannot fall to."""

from typing import Any

import pytest

from dataflows.template_files import template_bytes, template_names
from operators.risk.way_out import without_way_out
from schemas.strategy_file import load_strategy, parse_strategy


def told(*sides: str, exits: tuple[str, ...] = (), **more: Any) -> list[str]:  # noqa: ANN401  # of any section
    kinds = [*(("entry", side) for side in sides), *(("exit", side) for side in exits)]
    signals = [
        {"id": f"{kind}_{side}", "type": kind, "side": side, "expression": "close > open"} for kind, side in kinds
    ]
    config = parse_strategy({"id": "one", "signals": signals, **more}, origin="test")
    return [one.partition(":")[0] for one in without_way_out(config)]


def test_a_side_without_any_end_is_told_each() -> None:
    assert told("long", "short") == ["nothing leaves a long position", "nothing leaves a short position"]
    assert told("long", "short", exits=("long",)) == ["nothing leaves a short position"]
    assert told("long", exits=("short",)) == ["nothing leaves a long position"]


@pytest.mark.parametrize(
    "more",
    [
        {"risk": {"stop_loss": 0.1}},
        {"risk": {"take_profit": 0.1}},
        {"risk": {"trailing_stop": {"method": "atr", "multiple": 2}}},
        {"risk": {"max_bars_held": 5}},
        {"execution": {"scale_out": [{"at": 0.1, "fraction": 1}]}},
    ],
    ids=["stop", "target", "trailing", "time", "scaled"],
)
def test_anything_that_ends_it_is_enough(more: dict[str, Any]) -> None:
    assert told("long", "short", **more) == []


def test_a_target_of_all_of_the_price_is_none_of_a_short_position() -> None:
    assert told("short", risk={"take_profit": 1.2}) == ["risk.take_profit", "nothing leaves a short position"]
    assert told("short", risk={"take_profit": 1, "stop_loss": 0.1}) == ["risk.take_profit"]
    assert told("long", risk={"take_profit": 1.2}) == []
    scaled = {"scale_out": [{"at": 0.5, "fraction": 0.5}, {"at": 1.5, "fraction": 0.5}]}
    assert told("short", exits=("short",), execution=scaled) == ["execution.scale_out.1.at"]


def test_a_break_even_at_all_of_the_price_is_none_of_a_short_position() -> None:
    assert told("short", risk={"break_even": 1.5}) == ["risk.break_even", "nothing leaves a short position"]
    assert told("short", risk={"break_even": 1, "stop_loss": 0.1}) == ["risk.break_even"]
    assert told("long", "short", exits=("short",), risk={"break_even": 1.5}) == ["risk.break_even"]
    assert told("short", risk={"break_even": 0.9}) == []
    assert told("short", risk={"break_even": {"method": "atr", "multiple": 2}}) == []
    assert told("long", risk={"break_even": 1.5}) == []


def test_parts_end_a_position_only_where_all_of_it_is_left() -> None:
    nothing = ["nothing leaves a long position", "nothing leaves a short position"]
    tenth = [{"at": 0.01 * (number + 1), "fraction": 0.1} for number in range(10)]
    assert told("long", "short", execution={"scale_out": tenth}) == []
    assert told("long", "short", execution={"scale_out": tenth[:9]}) == nothing
    uneven = [{"at": 0.01, "fraction": 0.01}, {"at": 0.02, "fraction": 0.29}, {"at": 0.03, "fraction": 0.7}]
    assert told("long", "short", execution={"scale_out": uneven}) == []  # though as binary numbers they fall short of 1
    assert told("long", "short", execution={"scale_out": tenth[:5]}, risk={"take_profit": 0.2}) == []
    assert told("long", "short", execution={"scale_out": tenth[:5]}, risk={"take_profit": 2}) == [
        "risk.take_profit",
        "nothing leaves a short position",
    ]
    halves = {"scale_out": [{"at": 0.5, "fraction": 0.5}, {"at": 1.5, "fraction": 0.5}]}
    assert told("long", "short", execution=halves) == ["execution.scale_out.1.at", "nothing leaves a short position"]


@pytest.mark.parametrize("name", template_names())
def test_no_template_is_warned_of(name: str) -> None:
    assert list(without_way_out(load_strategy(template_bytes(name), origin=name))) == []
