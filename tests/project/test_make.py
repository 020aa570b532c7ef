"""The Makefile and .ci/run: what a new user types first, without running it all."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OUTER_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ARGS", "JOBS", "NAME", "PYTHON", "UV"}
"""What `make test ARGS=...` hands to the tests, and these must not hand on."""
TARGETS = ("demo", "test", "lint", "bench", "prove", "clean")

if shutil.which("make") is None:
    pytest.skip("make is not installed", allow_module_level=True)


def _make(*arguments: str, directory: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in OUTER_MAKE}
    return subprocess.run(
        ["make", *arguments],  # noqa: S607  make is where it is
        cwd=directory,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_make_alone_lists_every_target_with_what_it_does() -> None:
    done = _make()
    listed = {line.split()[0] for line in done.stdout.splitlines() if len(line.split()) > 1}
    assert set(TARGETS) <= listed


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["demo", "ARGS=--once"], ".venv/bin/candelabra demo --once"),
        (["bench"], ".venv/bin/candelabra bench engine"),
        (["bench", "NAME=fanout", "ARGS=--json"], ".venv/bin/candelabra bench fanout --json"),
        (
            ["test", "JOBS=3", "ARGS=-x tests/schemas"],
            ".venv/bin/pytest --numprocesses=3 --dist=loadfile --no-loadscope-reorder -x tests/schemas",
        ),
        (["lint"], ".venv/bin/ruff format --check"),
        (["lint"], ".venv/bin/mypy"),
        (["lint"], ".venv/bin/lint-imports"),
    ],
)
def test_a_target_sets_up_and_then_runs_its_command(arguments: list[str], command: str, tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    build = tmp_path / "ui" / "dashboard" / "build.py"
    build.parent.mkdir(parents=True)
    build.touch()

    done = _make("--dry-run", *arguments, directory=tmp_path)

    assert done.returncode == 0, done.stderr
    created, installed = done.stdout.index("creating .venv"), done.stdout.index("installing candelabra[dev]")
    assert created < installed < done.stdout.index(command)


def test_a_machine_without_a_usable_python_is_told_so(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)

    done = _make("lint", "UV=", "PYTHON=", directory=tmp_path)

    assert done.returncode != 0
    assert "no Python 3.11 or 3.12 on the path" in done.stdout
    assert not (tmp_path / ".venv").exists()


def test_clean_removes_what_the_other_targets_made_and_nothing_else(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("schemas", "operators", "dataflows", "ui", "tests", ".venv/bin", "schemas/__pycache__"):
        (tmp_path / name).mkdir(parents=True)
    kept = tmp_path / "schemas" / "candle.py"
    kept.touch()
    (tmp_path / ".env").touch()

    done = _make("clean", directory=tmp_path)

    assert done.returncode == 0, done.stderr
    left = {
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file() or not any(path.iterdir())
    }
    assert left == {"Makefile", ".env", "schemas/candle.py", "operators", "dataflows", "ui", "tests"}


def test_the_check_before_a_merge_can_be_run_and_demands_broker_and_browser() -> None:
    script = ROOT / ".ci" / "run"
    parsed = subprocess.run(["bash", "-n", script], capture_output=True, text=True, timeout=60, check=False)  # noqa: S607  bash is where it is
    text = script.read_text(encoding="utf-8")
    assert (parsed.returncode, parsed.stderr) == (0, "")
    assert os.access(script, os.X_OK)
    assert "export CANDELABRA_REQUIRE_KAFKA=1 CANDELABRA_REQUIRE_BROWSER=1" in text
    assert text.index(" make lint ") < text.index(" make test ")
