"""What the page on risk shows, worked out."""

import doctest

from operators.control.same_symbols import other_symbols
from operators.risk.refusal import WORDINGS
from operators.risk.sizes import may_open
from schemas.lifecycle import StrategyVersion
from schemas.portfolio import PortfolioLimits
from schemas.problems import StrategyFileError
from schemas.strategy_file import load_strategy
from tests.readme.pages import GUIDE, strategies

PAGE = (GUIDE / "risk.md").read_text(encoding="utf-8")


def test_each_example_comes_to_what_the_page_shows() -> None:
    test = doctest.DocTestParser().get_doctest(PAGE, {}, "risk.md", None, None)
    assert len(test.examples) > 40
    assert doctest.DocTestRunner().run(test).failed == 0


def test_its_strategies_can_be_loaded_and_count_over_what_the_page_says() -> None:
    guarded, one_at_a_time = (load_strategy(text.encode(), origin="risk.md") for text in strategies(PAGE))
    assert guarded.risk is not None
    assert len(guarded.risk.protections) == 4
    assert guarded.counted_together == {"AAPL"}
    assert one_at_a_time.counted_together == {"AAPL", "MSFT"}


def test_the_refusals_are_those_that_the_page_shows() -> None:
    one_at_a_time = load_strategy(strategies(PAGE)[1].encode(), origin="risk.md")
    first = StrategyVersion(strategy=one_at_a_time.id, version=1, config=one_at_a_time)
    wider = one_at_a_time.model_copy(update={"symbols": (*one_at_a_time.symbols, "IBM")})
    assert str(StrategyFileError(wider.id, other_symbols(wider, {1: first}))) in PAGE
    assert f"`{may_open(1, positions=1, strategy=one_at_a_time.id)}`" in " ".join(PAGE.split())


def test_every_limit_is_on_the_page() -> None:
    assert [name for name in {*WORDINGS, *PortfolioLimits.model_fields} if f"`{name}`" not in PAGE] == []
