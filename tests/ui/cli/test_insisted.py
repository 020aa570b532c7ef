"""A second signal has the last word: that the workers died of it is no failure to tell of."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dataflows.deployment import wait_until

ROOT = Path(__file__).parents[3]
PROGRAM = """
import time
from contextlib import nullcontext
from dataflows.recovery.store import Prepared
from dataflows.settings import load
from dataflows.supervise.supervise import Run

def say(line):
    print(line, flush=True)

def insisted(_number):
    time.sleep(2)  # long enough for the other thread to find its workers dead
    say("the last word")

Run(load(), 1, once=False, prepare=lambda: nullcontext(Prepared()), say=say, insisted=insisted).to_the_end()
"""


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka_topics")
def test_nothing_is_said_of_workers_that_died_of_it(tmp_path: Path) -> None:
    said = tmp_path / "out"
    with said.open("w") as out:
        run = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=out, text=True
        )
    try:
        wait_until(lambda: "1 worker runs" in said.read_text() or run.poll() is not None, 90)
        [worker] = map(int, Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split())
        os.kill(worker, signal.SIGSTOP)  # so that it cannot drain before the second signal
        run.send_signal(signal.SIGTERM)
        wait_until(lambda: "draining" in said.read_text(), 30)
        run.send_signal(signal.SIGTERM)
        assert run.wait(30) == 128 + signal.SIGTERM
    finally:
        run.kill()
        run.wait()
    told = said.read_text().splitlines()
    assert told[-1] == "the last word"
    assert not [line for line in told if "SIGKILL" in line]
