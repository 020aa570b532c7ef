"""Apache Kafka itself, one KRaft node on loopback: what tests and benchmarks mean by a real broker."""

import base64
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path

from dataflows.brokers.broker import Broker
from dataflows.brokers.contact import wait_for_broker
from dataflows.brokers.java import find_java
from dataflows.brokers.kafka_jars import KAFKA_VERSION, kafka_jars
from dataflows.brokers.leash import LeashedProcess
from dataflows.brokers.ports import LOOPBACK, free_port, port_was_taken
from dataflows.errors import BrokerUnavailable, BrokerUnreachable

_PORT_ATTEMPTS = 5
_FORMAT_TIMEOUT_S = 60
# Kafka's own start script chooses the same collector; perf data would leave a file behind a killed process.
_JVM_OPTIONS = ("-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:-UsePerfData", "-Djava.awt.headless=true")


class ApacheKafka(Broker):
    """One Apache Kafka node, broker and controller in one process, on free loopback ports.

    Its data lies in a temporary directory that goes when it stops, or when this process ends in any way.
    Topics are not made automatically and nothing is deleted by age, because test candles carry old timestamps.

    Args:
        properties: server properties that add to or replace the defaults, e.g. ``{"num.io.threads": "2"}``.
        front: ``host:port`` of something that stands in front, e.g. a proxy. The broker then has a second address,
            ``behind_front``, and sends whoever comes there to ``front``; ``bootstrap_servers`` goes past it.
        heap_mb: Java heap, in MiB.
        start_timeout_s: longest wait for the first metadata answer, in seconds.

    Raises:
        BrokerUnavailable: Java, Maven or the network is missing, or the broker did not start;
            the message then ends with the broker's last lines.
    """

    name = "Apache Kafka"
    version = KAFKA_VERSION

    def __init__(
        self,
        *,
        properties: Mapping[str, str] | None = None,
        front: str | None = None,
        heap_mb: int = 512,
        start_timeout_s: float = 60.0,
    ) -> None:
        """Format the storage, start the server and return when it answers."""
        java, jars = find_java(), kafka_jars()
        self._start_timeout_s = start_timeout_s
        self._cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        for _ in range(_PORT_ATTEMPTS):
            broker_port, controller_port = free_port(), free_port()
            self.bootstrap_servers = f"{LOOPBACK}:{broker_port}"
            self.behind_front = None if front is None else f"{LOOPBACK}:{free_port()}"
            self._directory = Path(tempfile.mkdtemp(prefix="candelabra-kafka-"))
            self._java = [
                java,
                f"-Xms{heap_mb}m",
                f"-Xmx{heap_mb}m",
                *_JVM_OPTIONS,
                f"-Djava.io.tmpdir={self._directory}",  # compression codecs unpack their libraries there
                "-cp",
                f"{jars}/*",
            ]
            settings = _server_properties(broker_port, controller_port, self._directory / "data")
            self._configuration = self._directory / "server.properties"
            if front is not None and self.behind_front is not None:
                settings |= _second_address(settings, self.behind_front, front)
            lines = [f"{name}={value}\n" for name, value in (settings | dict(properties or {})).items()]
            self._configuration.write_text("".join(lines).replace("\\", "\\\\"), encoding="utf-8")
            try:
                self._format()
            except BaseException:
                shutil.rmtree(self._directory, ignore_errors=True)
                raise
            if self._start():
                return
        raise BrokerUnavailable(f"Apache Kafka lost the race for free ports {_PORT_ATTEMPTS} times")

    @property
    def pid(self) -> int:
        """Process id of the broker itself."""
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL the broker, as a crash would, and keep its data."""
        self._process.kill()

    def pause(self) -> None:
        """SIGSTOP the broker: it keeps its connections and answers nobody until `resume()`."""
        self._process.pause()

    def resume(self) -> None:
        """SIGCONT the broker."""
        self._process.resume()

    def restart(self) -> None:
        """Start again on the same port and data, after `kill()` or from running; returns when it answers.

        That takes about twelve seconds, because the controller lets the killed broker's session of nine seconds
        run out first; the property ``broker.session.timeout.ms`` shortens it.

        Raises:
            BrokerUnavailable: it did not start.
        """
        self._process.kill()
        if not self._start():
            raise BrokerUnavailable(f"Apache Kafka could not have its port at {self.bootstrap_servers} back")

    def stop(self) -> None:
        """End the broker and remove its data."""
        self._process.stop()

    def _format(self) -> None:
        command = [
            *self._java,
            "-XX:TieredStopAtLevel=1",  # it runs for a second: compiling well is wasted
            "kafka.tools.StorageTool",
            "format",
            f"--cluster-id={self._cluster}",
            f"--config={self._configuration}",
        ]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=_FORMAT_TIMEOUT_S,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            raise BrokerUnavailable(
                f"Apache Kafka took more than {_FORMAT_TIMEOUT_S} s to format its storage: is this machine overloaded?"
            ) from None
        if done.returncode != 0:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
            raise BrokerUnavailable(f"Apache Kafka could not format its storage. It said:\n{said}")

    def _start(self) -> bool:
        """Start the server; False if another program has one of its ports."""
        self._process = LeashedProcess(
            [*self._java, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "kafka.Kafka", str(self._configuration)],
            directory=self._directory,
            environment=os.environ,
        )
        try:
            metadata = wait_for_broker(
                {"bootstrap.servers": self.bootstrap_servers},
                timeout_s=self._start_timeout_s,
                give_up=lambda: not self._process.alive(),
            )
        except BrokerUnreachable:
            log = self._process.log_tail()
            self._process.stop()
            if port_was_taken(log):
                return False
            raise BrokerUnavailable(f"Apache Kafka {KAFKA_VERSION} did not start. Its last lines:\n{log}") from None
        except BaseException:
            self._process.stop()
            raise
        if metadata.cluster_id != self._cluster:  # another broker took the port and answered in our place
            self._process.stop()
            return False
        return True


def _server_properties(broker_port: int, controller_port: int, data: Path) -> dict[str, str]:
    broker = f"PLAINTEXT://{LOOPBACK}:{broker_port}"
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "listeners": f"{broker},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": broker,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(data),
        "log.retention.ms": "-1",
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": "0",
        # One node holds one replica; one partition each saves creating fifty on first use.
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
    }


def _second_address(settings: Mapping[str, str], behind: str, front: str) -> dict[str, str]:
    """What a listener takes that tells its clients to come by another address."""
    return {
        "listeners": f"{settings['listeners']},FRONT://{behind}",
        "advertised.listeners": f"{settings['advertised.listeners']},FRONT://{front}",
        "listener.security.protocol.map": f"{settings['listener.security.protocol.map']},FRONT:PLAINTEXT",
    }
