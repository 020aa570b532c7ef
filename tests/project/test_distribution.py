"""What pyproject.toml and constraints.txt promise: private, explained, pinned, and nothing left behind."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "operators", "dataflows", "ui")
PROJECT_TEXT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PYPROJECT: dict[str, Any] = tomllib.loads(PROJECT_TEXT)
PROJECT: dict[str, Any] = PYPROJECT["project"]
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[A-Za-z0-9.]+)(?: ; (?P<marker>.+))?")


def _requirements() -> list[Requirement]:
    lines = [*PROJECT["dependencies"], *(line for extra in PROJECT["optional-dependencies"].values() for line in extra)]
    return [requirement for line in lines if (requirement := Requirement(line)).name != PROJECT["name"]]


def _pins() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    matches = [PIN.fullmatch(line) for line in lines if not line.startswith("#")]
    return {match["name"]: Version(match["version"]) for match in matches if match}


def test_no_index_would_take_it() -> None:
    assert "Private :: Do Not Upload" in PROJECT["classifiers"]


def test_supported_pythons_are_those_that_bytewax_has_wheels_for() -> None:
    supported = SpecifierSet(PROJECT["requires-python"])
    assert [minor for minor in range(9, 15) if f"3.{minor}.5" in supported] == [11, 12]


def test_the_four_packages_are_listed_by_name() -> None:
    assert PYPROJECT["tool"]["setuptools"]["packages"]["find"]["include"] == [f"{name}*" for name in PACKAGES]


def test_every_dependency_says_why() -> None:
    lines = PROJECT_TEXT[: PROJECT_TEXT.index("[project.scripts]")].splitlines()
    for requirement in _requirements():
        (line,) = [line for line in lines if re.match(rf'\s+"{re.escape(requirement.name)}\b(?!-)', line)]
        assert re.search(r'",\s*# \w', line), f"no reason beside {requirement.name}"


def test_every_ruff_exception_says_why() -> None:
    section = PROJECT_TEXT[PROJECT_TEXT.index("[tool.ruff.lint]") : PROJECT_TEXT.index("[tool.ruff.lint.pydocstyle]")]
    entries = re.findall(r'^    "[A-Z]+[0-9]*",.*$', section, flags=re.MULTILINE)
    assert len(entries) > 10
    assert [entry for entry in entries if not re.search(r",\s*# \w", entry)] == []


@pytest.mark.parametrize("requirement", _requirements(), ids=lambda requirement: str(requirement.name))
def test_every_dependency_is_pinned_within_its_range(requirement: Requirement) -> None:
    pinned = _pins()[canonicalize_name(requirement.name)]
    assert pinned in requirement.specifier


def test_constraints_hold_names_versions_and_markers_only() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        match = PIN.fullmatch(line)
        assert match or line.startswith("# "), line
        if match and match["marker"]:
            assert Marker(match["marker"]).evaluate() in {True, False}


def test_every_data_file_of_a_package_is_installed_with_it() -> None:
    patterns = PYPROJECT["tool"]["setuptools"]["package-data"]
    declared = {
        found
        for package in PACKAGES
        for name in (package, "*")
        for glob in patterns.get(name, [])
        for found in _found(package, glob)
    }
    data = {
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not path.suffix.startswith(".py") and not path.name.startswith(".")
        if not {"__pycache__", "node_modules"} & set(path.parts)
    }
    assert {str(path.relative_to(ROOT)) for path in data - declared} == set()


def _found(package: str, glob: str) -> set[Path]:
    """Files for a pattern, which setuptools applies in the package itself and, for `*`, in each subpackage."""
    return set((ROOT / package).rglob(glob)) if "/" not in glob else set((ROOT / package).glob(glob))
