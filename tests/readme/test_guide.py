"""What the guide shows can be typed; what needs no broker is typed here, and prints what the guide shows."""

import doctest
import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pydantic import ValidationError
from rich.text import Text

from dataflows.kafka.record_types import RECORDS_OF
from schemas.record import Record
from schemas.watchlist_file import load_watchlist
from tests.readme.pages import GUIDE, assert_is_a_verb, commands, compiled, links, strategies, watchlists
from ui.cli import printing
from ui.cli.columns import header
from ui.cli.main import main
from ui.cli.topic_lines import OF_TOPIC, line_of

PAGES = {page.name: page.read_text(encoding="utf-8") for page in sorted(GUIDE.glob("*.md"))}
WIDTH = 120  # of the terminal that the pages show

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CHANGE = re.compile(r"In\s+`(\S+)`\s+change\s+`([^`]+)`\s+to\s+`([^`]+)`")
NAMED = re.compile(r"`(\S+\.json)`[^`\n]*:\s*\Z")
TIMINGS = re.compile(r"\d+\.\d s \([\d,]+/s\)")
COSTS = re.compile(r"\d+\.\d+(?= us\b)|(?<=│ )\d+\.\d+(?= +│)")
OUT = Path("out")
"""Where the pages have a replay write."""
ACCOUNTS = ("positions", "metrics", "equity")
"""The topics whose lines are the same of a replay: one symbol is on one partition, and nothing is measured."""
BORDERS = re.compile("[━─]+")


class Ran(NamedTuple):
    """A command of a page that was run: what the page says that it prints, and what it did."""

    line: str
    shown: str
    printed: str


def test_the_pages_are_there() -> None:
    assert set(PAGES) == {
        "first_strategy.md",
        "strategy_file.md",
        "versions.md",
        "check.md",
        "timeframes.md",
        "watchlist.md",
        "composites.md",
        "isolation.md",
        "health.md",
        "operations.md",
        "dead_letters.md",
        "fills.md",
        "sizing.md",
        "metrics.md",
        "risk.md",
        "alerts.md",
        "degradation.md",
        "explain.md",
    }
    assert all(commands(text) for text in PAGES.values())


@pytest.mark.parametrize(
    ("page", "text"),
    [(page, text) for page, content in PAGES.items() for text in strategies(content)],
    ids=[f"{page}-{number}" for page, content in PAGES.items() for number, _ in enumerate(strategies(content))],
)
def test_a_strategy_in_the_guide_compiles(page: str, text: str) -> None:
    assert compiled(text, origin=page).entries


def test_a_watchlist_in_the_guide_can_be_applied() -> None:
    found = {page: [load_watchlist(one.encode(), origin=page) for one in watchlists(PAGES[page])] for page in PAGES}
    assert [asset.symbol for assets in found["watchlist.md"] for asset in assets] == ["BTCUSDT", "ETHUSDT", "AAPL"]


@pytest.mark.parametrize(
    ("page", "line"), [(page, line) for page, content in PAGES.items() for line in commands(content)]
)
def test_a_command_in_the_guide_is_a_verb_with_these_options(page: str, line: str) -> None:
    assert_is_a_verb(line, origin=page)


@pytest.mark.parametrize(
    ("page", "line"),
    [
        (page, line)
        for page, content in PAGES.items()
        for line in sorted(set(re.findall(r"`candelabra ([^`]+)`", BLOCK.sub("", content))))
    ],
)
def test_a_command_between_words_is_a_verb_with_these_options(page: str, line: str) -> None:
    assert_is_a_verb(line, origin=page)


@pytest.mark.parametrize(("page", "link"), [(page, link) for page, content in PAGES.items() for link in links(content)])
def test_a_link_in_the_guide_leads_somewhere(page: str, link: str) -> None:
    assert (GUIDE / link).exists(), page


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "fewest"),
    [
        ("first_strategy.md", 7),
        ("strategy_file.md", 5),
        ("check.md", 5),
        ("timeframes.md", 4),
        ("watchlist.md", 5),
        ("isolation.md", 4),
        ("composites.md", 5),
        ("fills.md", 4),
        ("sizing.md", 3),
        ("metrics.md", 4),
        ("risk.md", 6),
    ],
    ids=str,
)
def test_what_needs_no_broker_prints_what_the_page_shows(
    page: str, fewest: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(printing.out, "_width", WIDTH)
    monkeypatch.setattr(printing.err, "_width", WIDTH)

    def call(line: str) -> str:
        monkeypatch.setattr(sys, "argv", ["candelabra", *shlex.split(line)])
        capfd.readouterr()
        with pytest.raises(SystemExit):
            main()
        printed = capfd.readouterr()
        return printed.err + printed.out

    ran = list(followed(PAGES[page], call))
    assert len(ran) >= fewest
    for one in ran:
        assert_as_shown(one)


def followed(text: str, call: Callable[[str], str]) -> Iterator[Ran]:
    """Do what a page says, in its order: write and change files, run commands and Python."""
    at = 0
    names: dict[str, Any] = {}
    for block in BLOCK.finditer(text):
        prose, kind, content = text[at : block.start()], block[1], block[2]
        at = block.end()
        for file, before, after in CHANGE.findall(prose):
            change(Path(file), before, after)
        named = NAMED.search(prose)
        if kind == "json" and named:
            write(Path(named[1]), content)
        elif kind == "python":
            run_python(content, names)
        elif not kind:
            for command in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
                line, _, shown = command.partition("\n")
                if line.startswith(("head -1 ", "tail -1 ")):
                    yield Ran(line, shown, one_line(Path(line.split()[-1]), 0 if line.startswith("head") else -1))
                elif (topic := replayed(line)) is not None:
                    yield Ran(line, shown, tailed(topic))
                elif needs_no_broker(line):
                    yield Ran(line, shown, call(line.removeprefix("candelabra ")))


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{before} stands {text.count(before)} times in {file}"
    file.write_text(text.replace(before, after), encoding="utf-8")


def write(file: Path, content: str) -> None:
    """A file that the page shows; one that is there already must say just that."""
    if file.exists():
        assert file.read_text(encoding="utf-8") == content
    else:
        file.write_text(content, encoding="utf-8")


def one_line(file: Path, place: int) -> str:
    return file.read_text(encoding="utf-8").splitlines()[place]


def replayed(line: str) -> str | None:
    """The topic that a command tails, if a replay has written what it holds and it is shown in columns.

    >>> replayed("candelabra topics tail signals --last 1")
    """
    words = line.split()
    if words[1:3] != ["topics", "tail"] or not OUT.is_dir():
        return None
    return words[3] if words[3] in ACCOUNTS else None


def tailed(topic: str) -> str:
    """What ``topics tail`` prints of a topic that holds what the replay of the page has come to."""
    records = [read(line, RECORDS_OF[topic]) for line in (OUT / f"{topic}.jsonl").read_text("utf-8").splitlines()]
    lines = [header(OF_TOPIC[topic]), *[line_of(record) or "" for record in records]]
    return "\n".join(Text.from_markup(line).plain for line in lines)


def read(line: str, kinds: Sequence[type[Record]]) -> Record:
    """A line as the record that it is of these kinds."""
    for kind in kinds[:-1]:
        with suppress(ValidationError):
            return kind.model_validate_json(line)
    return kinds[-1].model_validate_json(line)


def run_python(content: str, names: dict[str, Any]) -> None:
    """What one block of a page defines, the next one may use."""
    test = doctest.DocTestParser().get_doctest(content, names, "guide", None, None)
    assert test.examples
    assert doctest.DocTestRunner().run(test, clear_globs=False).failed == 0
    names.update(test.globs)


def needs_no_broker(line: str) -> bool:
    """Whether a command works on files alone.

    >>> needs_no_broker("candelabra strategy diff one.json other.json"), needs_no_broker("candelabra strategy list")
    (True, False)
    """
    words = line.split()
    match words[1:3]:
        case ["strategy", "templates" | "clone" | "validate" | "explain" | "check" | "schema"] | ["replay", _]:
            return True
        case ["watchlist" | "portfolio", "validate" | "schema"]:
            return True
        case ["portfolio", "explain"]:
            return "--replayed" in words
        case ["strategy", "show"]:
            return words[3].endswith(".json")
        case ["strategy", "diff"]:
            return len(words) == 5 and all(word.endswith(".json") for word in words[3:])
    return False


def assert_as_shown(ran: Ran) -> None:
    """The output is that of the page, where ``...`` stands for anything and times for any time."""
    if ran.shown.startswith("{") and "..." not in ran.shown:
        assert json.loads(ran.shown) == json.loads(ran.printed)
        return
    shown, printed = (masked(ran.line, text) for text in (ran.shown, ran.printed))
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    same = doctest.OutputChecker().check_output(shown, printed, options)
    assert same, f"$ {ran.line}\n{ran.printed}\nis not what the page shows:\n{ran.shown}"


def masked(line: str, text: str) -> str:
    """Without what differs from run to run: times, and of a check the costs, and the widths of tables with them."""
    text = TIMINGS.sub("TIME", text)
    if line.startswith("candelabra strategy check"):
        text = COSTS.sub("COST", BORDERS.sub("-", text))
    return text
