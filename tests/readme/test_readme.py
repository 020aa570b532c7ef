"""What README shows can be typed: strategies compile, verbs exist, files are there. Its Python runs as a doctest."""

import pytest

from tests.readme.pages import ROOT, assert_is_a_verb, commands, compiled, links, strategies

README = (ROOT / "README.md").read_text(encoding="utf-8")
STRATEGIES = strategies(README)
COMMANDS = commands(README)


def test_there_is_something_to_check() -> None:
    assert len(STRATEGIES) == 3
    assert len(COMMANDS) >= 6


@pytest.mark.parametrize("text", STRATEGIES)
def test_a_strategy_in_readme_compiles(text: str) -> None:
    assert compiled(text, origin="README.md").entries


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_in_readme_is_a_verb_with_these_options(line: str) -> None:
    assert_is_a_verb(line, origin="README.md")


@pytest.mark.parametrize("link", links(README))
def test_a_link_in_readme_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
