"""One run at a time has a store, until the last process that has it is gone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dataflows.errors import RecoveryBusy, RecoveryRefused
from dataflows.recovery.lock import Lock, holder

HOLD = """
import sys, time
from pathlib import Path
from dataflows.recovery.lock import Lock
with Lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""
PARENT = """
import subprocess, sys, time
from pathlib import Path
from dataflows.recovery.lock import Lock
with Lock(Path(sys.argv[1])) as lock:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    child = subprocess.Popen(command, pass_fds=(lock.fileno(),), stdout=subprocess.DEVNULL)
    print(child.pid, flush=True)
    time.sleep(600)
"""


def started(script: str, folder: Path) -> "tuple[subprocess.Popen[str], str]":
    process = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def test_a_second_one_is_told_which_process_has_it(tmp_path: Path) -> None:
    process, said = started(HOLD, tmp_path)
    try:
        assert said == "held"
        assert holder(tmp_path) == (process.pid,)
        with pytest.raises(RecoveryBusy, match=rf"process {process.pid} runs on it") as busy, Lock(tmp_path, 0.1):
            pytest.fail("two at once")
        assert f"kill {process.pid}" in str(busy.value)
        assert not busy.value.permanent
    finally:
        end(process)


def test_it_is_free_as_soon_as_its_holder_is_killed(tmp_path: Path) -> None:
    process, _ = started(HOLD, tmp_path)
    end(process)
    with Lock(tmp_path, 0.0) as lock:
        assert lock.fileno() > 0
    assert holder(tmp_path) == ()


def test_who_waits_gets_it_when_it_becomes_free(tmp_path: Path) -> None:
    process, _ = started(HOLD, tmp_path)
    try:
        subprocess.Popen(["/bin/sh", "-c", f"sleep 0.3; kill -9 {process.pid}"]).wait()
        with Lock(tmp_path) as lock:
            assert lock.fileno() > 0
    finally:
        end(process)


def test_workers_keep_it_after_the_process_that_started_them(tmp_path: Path) -> None:
    process, said = started(PARENT, tmp_path)
    child = int(said)
    try:
        end(process)
        with pytest.raises(RecoveryBusy, match=rf"process {child} runs on it"), Lock(tmp_path, 0.1):
            pytest.fail("two at once")
    finally:
        os.kill(child, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while holder(tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with Lock(tmp_path, 0.0) as lock:
        assert lock.fileno() > 0


def test_two_in_one_process_are_two(tmp_path: Path) -> None:
    with Lock(tmp_path), pytest.raises(RecoveryBusy, match="runs on it"), Lock(tmp_path, 0.0):
        pytest.fail("two at once")


def test_a_place_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecoveryRefused, match="expected a directory there or nothing, found a file"):
        Lock(tmp_path / "file").__enter__()
