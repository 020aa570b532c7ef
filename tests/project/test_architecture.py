"""The layers and the purity of the inner packages: they hold, and breaking one is noticed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "operators", "dataflows", "ui")

VIOLATIONS = {
    "schemas/upward.py": "import operators",
    "operators/upward.py": "import dataflows.settings",
    "dataflows/upward.py": "import ui",
    "schemas/clock.py": "import time",
    "operators/files.py": "import pathlib",
    "operators/kafka.py": "import confluent_kafka",
    "operators/second_lift.py": "import bytewax.operators",
    "schemas/arrays.py": "import numpy",
    "dataflows/face.py": "import typer",
    "ui/indicator.py": "import talib",
}
"""A forbidden import for each edge of the contracts, by the file that has it."""


def _lint_imports(directory: Path) -> subprocess.CompletedProcess[str]:
    code = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(directory), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_every_import_points_the_right_way() -> None:
    done = _lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_forbidden_import_would_be_noticed(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "dataflows" / "settings.py").touch()
    (tmp_path / "operators" / "lift.py").write_text("import bytewax\n")
    for name, source in VIOLATIONS.items():
        (tmp_path / name).write_text(f"{source}\n")

    done = _lint_imports(tmp_path)

    assert done.returncode == 1, done.stdout + done.stderr
    unseen = [name for name in VIOLATIONS if name.removesuffix(".py").replace("/", ".") not in done.stdout]
    assert unseen == []
    assert "operators.lift" not in done.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_what_it_is_and_is_typed(package: str) -> None:
    first_line = (ROOT / package / "__init__.py").read_text(encoding="utf-8").splitlines()[0]
    assert first_line.startswith('"""')
    assert (ROOT / package / "py.typed").is_file()
