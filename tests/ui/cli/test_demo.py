"""`candelabra demo`: bounded with a summary, and live on a terminal until Ctrl-C."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dataflows.brokers.embedded import EmbeddedBroker
from dataflows.brokers.ports import free_port
from dataflows.demo import STRATEGIES, demo_strategies
from dataflows.demo_data import GAP_TOLERANCE_BARS, DemoCandles
from dataflows.errors import BrokerUnavailable
from dataflows.graph import Parameters
from dataflows.replay import replay
from tests.conftest import do_without
from tests.ui.cli.conftest import Cli

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module", autouse=True)
def ingredients() -> None:
    """Skip where the embedded broker or its candles are not installed."""
    pytest.importorskip("bokeh_sampledata.stocks", reason="the extra `demo` is not installed")
    try:
        EmbeddedBroker().stop()
    except BrokerUnavailable as unavailable:
        do_without(str(unavailable))


@pytest.mark.slow
def test_once_gives_what_a_replay_in_memory_gives(cli: Cli) -> None:
    said = cli("demo", "--once", "--json")
    assert said.code == 0, said.err
    shown = said.json
    replayed = replay(DemoCandles(), demo_strategies(), parameters=Parameters(gap_tolerance_bars=GAP_TOLERANCE_BARS))
    assert shown["candles"] == DemoCandles().count() == 12_154
    assert shown["signals"] == replayed.tally.signals
    assert set(shown["signals"]) == set(STRATEGIES)
    assert all(shown["signals"].values())
    assert shown["evaluations"] == 3 * 12_154
    assert shown["gaps"] == replayed.tally.gaps
    assert shown["dead_letters"] == 0
    assert shown["seconds"] > 0


def test_a_port_that_was_asked_for_and_is_taken_is_one_message(cli: Cli, embedded_broker: EmbeddedBroker) -> None:
    taken = int(embedded_broker.bootstrap_servers.rpartition(":")[2])
    said = cli("demo", "--port", taken)
    assert said.code == 1
    assert f"--port {taken}: something else listens there" in said.err


class Screen:
    """The program on a terminal of its own, and all that it has drawn there."""

    def __init__(self, *words: object) -> None:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-c", "from ui.cli.main import main; main()", *map(str, words)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "120", "LINES": "50"}
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)
        self._ours = ours
        self._drawn = b""

    @property
    def text(self) -> str:
        """What was drawn so far, without colours and cursor movements."""
        while select.select([self._ours], [], [], 0)[0]:
            try:
                chunk = os.read(self._ours, 65_536)
            except OSError:  # the other side is closed
                break
            if not chunk:
                break
            self._drawn += chunk
        return re.sub(r"\x1b(\[[0-9;?]*[a-zA-Z]|\][^\x1b\x07]*(\x07|\x1b\\))", "", self._drawn.decode(errors="replace"))

    def shows(self, pattern: str, seconds: float = 90.0) -> str:
        """Wait until the pattern is on the screen."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.text)):
            assert self.process.poll() is None, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.05)
        return found.group()

    def interrupt(self) -> int:
        """Ctrl-C, as SIGINT to everything in the foreground; gives back the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        deadline = time.monotonic() + 30
        while self.process.poll() is None:
            assert time.monotonic() < deadline, self.text
            _ = self.text  # a terminal that nobody reads would block who writes
            time.sleep(0.05)
        return self.process.returncode

    def close(self) -> None:
        """End it, whatever happened."""
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


@pytest.mark.slow
@pytest.mark.parametrize("dashboard", [True, False], ids=["dashboard", "table only"])
def test_ctrl_c_ends_a_live_demo_cleanly(*, dashboard: bool) -> None:
    port = free_port()
    screen = Screen("demo", "--port", port) if dashboard else Screen("demo", "--no-dashboard")
    try:
        screen.shows(f"dashboard http://127.0.0.1:{port}" if dashboard else "no dashboard")
        for expected in ("candles/s", "lag", "dead letters", r"▲ enter long|▼ enter short", *STRATEGIES):
            screen.shows(expected)
        assert screen.interrupt() == 0
        text = screen.text
    finally:
        screen.close()
    assert "Traceback" not in text
    assert re.search(r"stopped after [\d,]+ candles? and [\d,]+ signals?", text)
