"""A leashed process ends with its owner, however the owner ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dataflows.brokers.leash import LeashedProcess

OWNER = """
import os, sys, time
from pathlib import Path
from dataflows.brokers.leash import LeashedProcess

process = LeashedProcess(["sleep", "60"], directory=Path(sys.argv[1]), environment=os.environ)
print(process.pid, flush=True)
{then}
"""
TELL_ON_CTRL_C = """
import signal
signal.signal(signal.SIGINT, lambda *_: (time.sleep(0.3), print(int(process.alive()), flush=True)))
print(1, flush=True)
time.sleep(60)
"""
FORK_AND_SLEEP = """
forked = os.fork()
if forked:
    print(forked, flush=True)
time.sleep(60)
"""


def run_owner(directory: Path, then: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OWNER.format(then=then), str(directory)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def read_pid(owner: subprocess.Popen[str]) -> int:
    assert owner.stdout is not None
    return int(owner.stdout.readline())


def within_patience(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_stop_ends_it_and_removes_its_directory(sleeper: LeashedProcess, tmp_path: Path) -> None:
    assert sleeper.alive()
    sleeper.stop()
    assert not sleeper.alive()
    assert not (tmp_path / "sleeper").exists()


def test_stop_twice_is_as_good_as_once(sleeper: LeashedProcess) -> None:
    sleeper.stop()
    sleeper.stop()
    assert not sleeper.alive()


def test_kill_keeps_its_directory(sleeper: LeashedProcess, tmp_path: Path, ends: Callable[[int], bool]) -> None:
    sleeper.kill()
    assert ends(sleeper.pid)
    assert not sleeper.alive()
    assert (tmp_path / "sleeper").is_dir()


def test_its_own_end_is_noticed_and_its_last_words_kept(tmp_path: Path, ends: Callable[[int], bool]) -> None:
    command = ["sh", "-c", "echo one; echo two; echo three; exit 3"]
    process = LeashedProcess(command, directory=tmp_path, environment=os.environ)
    assert ends(process.pid)
    assert process.log_tail(2) == "two\nthree"
    process.kill()  # too late, and no error
    assert not process.alive()
    process.stop()


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="could not start no-such-broker"):
        LeashedProcess(["no-such-broker"], directory=tmp_path, environment=os.environ)


def test_it_ends_when_its_owner_ends_normally(tmp_path: Path, ends: Callable[[int], bool]) -> None:
    with run_owner(tmp_path, then="") as owner:
        pid = read_pid(owner)
    assert owner.returncode == 0
    assert ends(pid)


def test_ctrl_c_reaches_the_owner_and_not_the_process(tmp_path: Path, ends: Callable[[int], bool]) -> None:
    with run_owner(tmp_path, then=TELL_ON_CTRL_C) as owner:
        pid, ready = read_pid(owner), read_pid(owner)
        os.killpg(owner.pid, signal.SIGINT)  # what a terminal does
        still_alive = read_pid(owner)
        owner.kill()
    assert (ready, still_alive) == (1, 1)
    assert ends(pid)


def test_it_ends_when_its_owner_is_killed_though_a_fork_of_the_owner_lives(
    tmp_path: Path, ends: Callable[[int], bool]
) -> None:
    with run_owner(tmp_path, then=FORK_AND_SLEEP) as owner:
        pid, forked = read_pid(owner), read_pid(owner)
        owner.kill()
        try:
            assert ends(pid)
        finally:
            os.kill(forked, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent was killed")
def test_it_ends_when_its_keeper_is_killed(sleeper: LeashedProcess, ends: Callable[[int], bool]) -> None:
    keeper = int(Path(f"/proc/{sleeper.pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(keeper, signal.SIGKILL)
    assert ends(sleeper.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the process's state where Linux has it")
def test_paused_it_is_there_and_does_nothing_until_resumed(sleeper: LeashedProcess) -> None:
    def state() -> str:
        """As Linux has it: S sleeps, T is stopped."""
        return Path(f"/proc/{sleeper.pid}/stat").read_text().rpartition(")")[2].split()[0]

    sleeper.pause()
    assert within_patience(lambda: state() == "T")
    assert sleeper.alive()
    sleeper.resume()
    assert within_patience(lambda: state() == "S")


def test_one_that_is_paused_can_be_stopped(sleeper: LeashedProcess, tmp_path: Path) -> None:
    sleeper.pause()
    sleeper.stop()
    assert not sleeper.alive()
    assert not (tmp_path / "sleeper").exists()


def test_what_has_ended_is_neither_paused_nor_resumed(sleeper: LeashedProcess) -> None:
    sleeper.stop()
    sleeper.pause()
    sleeper.resume()
    assert not sleeper.alive()
