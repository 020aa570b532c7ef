"""The bounds on what a strategy may cost are far from what anybody needs."""

import pytest

from dataflows.bench.workload import pulse, strategies
from dataflows.template_files import template_bytes, template_names
from operators.strategy.budget import MOST_OPERATIONS, cost_of
from operators.strategy.compile import compile_strategy
from schemas.strategy import StrategyConfig
from schemas.strategy_file import load_strategy

FAR = 100
"""So many times what a usual strategy costs is allowed."""


def total(config: StrategyConfig) -> int:
    compiled = compile_strategy(config)
    return cost_of([*compiled.entries, *compiled.exits["long"], *compiled.exits["short"]], compiled.indicators).total


@pytest.mark.parametrize("name", template_names())
def test_a_template_is_far_below_the_budget(name: str) -> None:
    assert 0 < total(load_strategy(template_bytes(name), origin=name)) * FAR < MOST_OPERATIONS


def test_what_the_benchmarks_run_is_far_below_the_budget() -> None:
    assert 0 < max(total(config) for config in [*strategies(1_000)[::50], pulse()]) * FAR < MOST_OPERATIONS
