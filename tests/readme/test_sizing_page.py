"""What the page on sizing shows, computed."""

import doctest
from typing import get_args

from operators.positions.size_refusal import SizeLimit
from schemas.risk import Sizing
from schemas.strategy_file import load_strategy
from tests.readme.pages import GUIDE, strategies

PAGE = (GUIDE / "sizing.md").read_text(encoding="utf-8")


def test_each_example_comes_to_what_the_page_shows() -> None:
    test = doctest.DocTestParser().get_doctest(PAGE, {}, "sizing.md", None, None)
    assert len(test.examples) > 30
    assert doctest.DocTestRunner().run(test).failed == 0


def test_its_strategy_can_be_loaded() -> None:
    (text,) = strategies(PAGE)
    config = load_strategy(text.encode(), origin="sizing.md")
    assert config.execution.leverage == 2
    assert config.risk is not None
    assert config.risk.limits.max_position_size == 0.5


def test_every_sizing_and_every_limit_is_on_the_page() -> None:
    methods = [get_args(one.model_fields["method"].annotation)[0] for one in get_args(get_args(Sizing)[0])]
    limits = [*get_args(SizeLimit)]
    assert len(methods) == 5
    assert [name for name in methods + limits if f"`{name}`" not in PAGE] == []
