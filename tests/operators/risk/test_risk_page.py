"""What the page on risk shows, worked out."""

import doctest

from operators.risk.refusal import WORDINGS
from schemas.portfolio import PortfolioLimits
from schemas.strategy_file import load_strategy
from tests.readme.pages import GUIDE, strategies

PAGE = (GUIDE / "risk.md").read_text(encoding="utf-8")


def test_each_example_comes_to_what_the_page_shows() -> None:
    test = doctest.DocTestParser().get_doctest(PAGE, {}, "risk.md", None, None)
    assert len(test.examples) > 40
    assert doctest.DocTestRunner().run(test).failed == 0


def test_its_strategy_can_be_loaded() -> None:
    (text,) = strategies(PAGE)
    config = load_strategy(text.encode(), origin="risk.md")
    assert config.risk is not None
    assert len(config.risk.protections) == 4


def test_every_limit_is_on_the_page() -> None:
    assert [name for name in {*WORDINGS, *PortfolioLimits.model_fields} if f"`{name}`" not in PAGE] == []
