"""What no file of the project may hold: machine paths, package hosts, silent exceptions, shapeless names."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = {".py", ".js", ".css", ".lark"}

MACHINE_PATH = re.compile(r"/(?:work|root|Users)/|/home/(?!appuser)\w|/opt/wheels|/tmp/lab")
PACKAGE_HOST = re.compile(
    r"(?i)pypi\.org|pythonhosted\.|registry\.npmjs|repo1?\.maven|crates\.io|proxy\.golang|deb\.debian"
)
SUPPRESSION = re.compile(r"#\s*(?:noqa|type:\s*ignore|ruff:\s*noqa|mypy:|pragma|pyright:)")
REASONED = re.compile(
    r"#\s*noqa: [A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*\s+(?:# |- |\()?\w"
    r"|#\s*type: ignore\[[a-z, -]+\]\s+# \w"
)
"""A rule's code, or mypy's in brackets, and then words."""
SHAPELESS = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}


def _files() -> list[Path]:
    """Everything that is, or is about to be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607  git is where it is
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout: no list of the project's files")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def _lines(*, but: set[Path]) -> list[tuple[str, str]]:
    """Every line of text with where it stands, except in files that name what they look for."""
    found = []
    for path in _files():
        if path in but:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # pictures and golden bytes
        found += [
            (f"{path.relative_to(ROOT)}:{number}", line) for number, line in enumerate(text.splitlines(), start=1)
        ]
    return found


@pytest.mark.parametrize("forbidden", [MACHINE_PATH, PACKAGE_HOST], ids=["machine path", "package host"])
def test_no_file_depends_on_where_it_was_written(forbidden: re.Pattern[str]) -> None:
    lines = _lines(but={Path(__file__)})
    assert len(lines) > 1_000
    assert [f"{place}: {line.strip()[:100]}" for place, line in lines if forbidden.search(line)] == []


def test_every_silenced_warning_names_its_rule_and_its_reason() -> None:
    lines = [(place, line) for place, line in _lines(but={Path(__file__)}) if ".py:" in place]
    silenced = [(place, line) for place, line in lines if SUPPRESSION.search(line)]
    assert [f"{place}: {line.strip()}" for place, line in silenced if not REASONED.search(line)] == []


def test_no_file_of_code_is_longer_than_four_hundred_lines() -> None:
    lengths = {path: len(path.read_bytes().splitlines()) for path in _files() if path.suffix in CODE}
    assert {str(path.relative_to(ROOT)): length for path, length in lengths.items() if length > 400} == {}


def test_no_module_is_named_for_nothing_in_particular() -> None:
    parts = {part.removesuffix(".py") for path in _files() for part in path.relative_to(ROOT).parts}
    assert parts & SHAPELESS == set()


def test_pages_of_the_dashboard_do_not_live_where_streamlit_would_find_them_by_itself() -> None:
    assert [path for path in _files() if "pages" in path.relative_to(ROOT).parts] == []


def test_tests_are_not_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []
