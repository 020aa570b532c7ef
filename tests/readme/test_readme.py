"""What README shows can be typed: strategies compile, verbs exist, files are there. Its Python runs as a doctest."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from operators.strategy.compile import compile_strategy
from schemas.strategy_file import load_strategy
from ui.cli.main import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
STRATEGIES = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
COMMANDS = sorted(set(re.findall(r"^(?:\$ )?candelabra (.+?)(?: +#.*)?$", README, re.MULTILINE)))
LINKS = re.findall(r"\]\((?!http)([^)#]+)\)", README)


def test_there_is_something_to_check() -> None:
    assert len(STRATEGIES) == 2
    assert len(COMMANDS) >= 6


@pytest.mark.parametrize("text", STRATEGIES)
def test_a_strategy_in_readme_compiles(text: str) -> None:
    strategy = compile_strategy(load_strategy(text.encode(), origin="README.md"))
    assert strategy.entries


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_in_readme_is_a_verb_with_these_options(line: str) -> None:
    command: Any = typer.main.get_command(app)
    words = line.split()
    while verbs := getattr(command, "commands", None):
        name = words.pop(0)
        assert name in verbs, f"README types `candelabra {line}`, and there is no {name}"
        command = verbs[name]
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize("link", LINKS)
def test_a_link_in_readme_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
