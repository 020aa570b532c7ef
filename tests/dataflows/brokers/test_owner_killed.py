"""Both brokers go, with what they wrote, when the Python process that started them is killed."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

OWNER = """
import time
from {module} import {name}

broker = {name}()
print(broker.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def killed_owner(tmp_path: Path, ends: Callable[[int], bool]) -> Callable[[str, str], bool]:
    """SIGKILL a Python process that has started a broker; tell whether the broker ended."""

    def kill_it(module: str, name: str) -> bool:
        with subprocess.Popen(
            [sys.executable, "-c", OWNER.format(module=module, name=name)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        ) as owner:
            assert owner.stdout is not None
            pid = int(owner.stdout.readline())
            assert len(list(tmp_path.iterdir())) == 1, "the broker's directory is not where it was expected"
            owner.kill()
        return ends(pid)

    return kill_it


@pytest.mark.usefixtures("embedded_broker")
def test_the_embedded_broker_ends_when_its_owner_is_killed(
    killed_owner: Callable[[str, str], bool], soon_empty: Callable[[Path], bool], tmp_path: Path
) -> None:
    assert killed_owner("dataflows.brokers.embedded", "EmbeddedBroker")
    assert soon_empty(tmp_path)


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka_can_start")
def test_apache_kafka_ends_when_its_owner_is_killed(
    killed_owner: Callable[[str, str], bool], soon_empty: Callable[[Path], bool], tmp_path: Path
) -> None:
    assert killed_owner("dataflows.brokers.apache_kafka", "ApacheKafka")
    assert soon_empty(tmp_path)
