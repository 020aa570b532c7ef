"""Pages for readers: what of them can be typed, and whether it is what it seems."""

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer.main

from operators.strategy.compile import CompiledStrategy, compile_strategy
from schemas.strategy_file import load_strategy
from ui.cli.main import app

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "ui" / "guide"

_COMPLETION: Mapping[str, object] = {"id": "shown", "signals": {"entry": {"expression": "close > open"}}}
_SHELL = frozenset({">", "|", "&"})


def strategies(text: str) -> list[str]:
    """The strategies of a page, or sections of one: its JSON, block by block, but for what is of another kind."""
    others = {*watchlists(text), *alert_rules(text), *references(text), *portfolios(text)}
    return [block for block in _json_blocks(text) if block not in others]


def watchlists(text: str) -> list[str]:
    """The watchlists of a page."""
    return [block for block in _json_blocks(text) if "assets" in json.loads(block)]


def alert_rules(text: str) -> list[str]:
    """The alert rules of a page."""
    return [block for block in _json_blocks(text) if isinstance(json.loads(block).get("rules"), list)]


def portfolios(text: str) -> list[str]:
    """The portfolios of a page."""
    return [block for block in _json_blocks(text) if "kill_switch" in json.loads(block)]


def references(text: str) -> list[str]:
    """The reference figures of a page."""
    return [block for block in _json_blocks(text) if "trades" in json.loads(block)]


def _json_blocks(text: str) -> list[str]:
    return re.findall(r"```json\n(.*?)```", text, re.DOTALL)


def commands(text: str) -> list[str]:
    """The command lines of a page, without the program's name."""
    return sorted(set(re.findall(r"^(?:\$ )?candelabra (.+?)(?: +#.*)?$", text, re.MULTILINE)))


def links(text: str) -> list[str]:
    """Where a page's links lead, but for those to other machines and those within the page."""
    return sorted(set(re.findall(r"\]\((?!http)([^)#]+)(?:#[^)]*)?\)", text)))


def compiled(text: str, *, origin: str) -> CompiledStrategy:
    """The strategy in a block of JSON. One without an id shows some sections alone; the rest is added."""
    document = json.loads(text)
    whole = text if "id" in document else json.dumps({**_COMPLETION, **document})
    return compile_strategy(load_strategy(whole.encode(), origin=origin))


def assert_is_a_verb(line: str, *, origin: str) -> None:
    """A command line names a verb, and options and arguments that it takes."""
    command: Any = typer.main.get_command(app)
    words = shlex.split(line)
    end = next((place for place, word in enumerate(words) if word in _SHELL), len(words))
    words = words[:end]
    while verbs := getattr(command, "commands", None):
        name = words.pop(0)
        assert name in verbs, f"{origin} types `candelabra {line}`, and there is no {name}"
        command = verbs[name]
    with command.make_context(line, words):  # a usage error where the verb does not take these
        pass
