"""Processes and directories watched from outside."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dataflows.brokers.leash import LeashedProcess

PATIENCE_S = 20


def process_runs(pid: int) -> bool:
    """Whether the process exists and is more than a zombie nobody has waited for."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0] != "Z"
        )
    except (FileNotFoundError, ProcessLookupError):  # it ended just now, or this is no Linux
        return not Path("/proc/self").exists()


def soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@pytest.fixture
def ends() -> Callable[[int], bool]:
    """Tell whether a process ends by itself soon."""
    return lambda pid: soon(lambda: not process_runs(pid))


@pytest.fixture
def soon_empty() -> Callable[[Path], bool]:
    """Tell whether a directory is empty soon."""
    return lambda directory: soon(lambda: not list(directory.iterdir()))


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[LeashedProcess]:
    """A leashed command that would run for a minute."""
    directory = tmp_path / "sleeper"
    directory.mkdir()
    process = LeashedProcess(["sleep", "60"], directory=directory, environment=os.environ)
    yield process
    process.stop()
