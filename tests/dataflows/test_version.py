"""Which release runs is told also where nothing is installed."""

import importlib.metadata
import tomllib
from pathlib import Path

import pytest

from dataflows.version import version

ROOT = Path(__file__).parents[2]


@pytest.fixture
def not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)


@pytest.mark.usefixtures("not_installed")
def test_from_its_files_it_is_what_the_project_states() -> None:
    assert version() == tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


@pytest.mark.usefixtures("not_installed")
@pytest.mark.parametrize("stated", [None, "no [toml", "[tool.x]", '[project]\nname = "other"\nversion = "9"'])
def test_where_nothing_states_it_it_is_unknown(tmp_path: Path, stated: str | None) -> None:
    file = tmp_path / "pyproject.toml"
    if stated is not None:
        file.write_text(stated, encoding="utf-8")
    assert version(file) == "unknown"


def test_without_that_file_it_is_what_is_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: f"{name} 1.2.3")
    assert version(tmp_path / "pyproject.toml") == "candelabra 1.2.3"
