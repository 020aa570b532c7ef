"""The health of one worker process, from its start to its end: what it measures, serves and logs."""

import logging
import time
from dataclasses import dataclass, field
from threading import Thread
from types import TracebackType
from typing import Self

from dataflows.health.logs import tell
from dataflows.health.meter import Meter
from dataflows.health.metrics import registry_of
from dataflows.health.server import HealthServer
from dataflows.health.stamps import Stamps
from dataflows.settings import Settings
from dataflows.stop import StopFlag
from operators.tally import Tally

_LOOK_SECONDS = 0.1
_BIND_SECONDS = 1.0


@dataclass
class WorkerHealth:
    """Put around a worker's flow as a context; ``meter`` goes into the flow.

    Args:
        process: the worker's number in its cluster; it serves on ``health_port`` plus this.
        cluster: how many processes there are; with more than one the timestamps of candles are shared among them.
        restarts: how often the cluster was started again before.
    """

    settings: Settings
    tally: Tally
    stop: StopFlag
    process: int = 0
    cluster: int = 1
    restarts: int = 0
    meter: Meter = field(init=False)
    server: HealthServer | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._drains = False
        self._begun = 0.0
        self._over = StopFlag()
        self._ticker = Thread(target=self._tick, name="health-log", daemon=True)
        self.meter = Meter(self.tally, self.stop, stamps=self._stamps())
        self.meter.readings.restarts = self.restarts
        settings = self.settings
        if settings.health_port is not None:
            registry = registry_of(self.tally, self.meter.readings, self.meter.vitals, settings.recovery_dir)
            port = settings.health_port + self.process
            self.server = HealthServer(settings.health_host, port, registry, self.meter.vitals)

    def __enter__(self) -> Self:
        """Serve, and say that it begins."""
        self._begun = time.monotonic()
        settings = self.settings
        tell(
            logging.INFO,
            "start",
            brokers=settings.bootstrap_servers,
            prefix=settings.topic_prefix or None,
            recovery=settings.recovery_dir,
            of=self.cluster if self.cluster > 1 else None,
            restarts=self.restarts or None,
        )
        if self.server is not None:
            self.server.start()
            self.server.wait(_BIND_SECONDS)  # so that what follows is seen from its beginning, where that is possible
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say how it ended; serve no more."""
        failed = error is not None
        self.meter.vitals.ended("the flow has ended with an error" if failed else "the flow has ended")
        self._over.set()
        self._ticker.join()
        self.meter.dead_letters.tell(last=True)
        self._tell_drain()
        tally = self.tally
        tell(
            logging.ERROR if failed else logging.INFO,
            "end",
            cause=None if error is None else f"{type(error).__name__}: {error}",
            seconds=round(time.monotonic() - self._begun, 3),
            candles=tally.candles,
            evaluations=tally.evaluations,
            signals=sum(tally.signals.values()),
            composites=sum(tally.composites.values()),
            dead_letters=tally.dead_letters,
        )
        if self.server is not None:
            self.server.close()

    def _tick(self) -> None:
        """Ten times a second: dead letters that wait for their line, the beginning of the drain."""
        while not self._over.wait(_LOOK_SECONDS):
            self.meter.dead_letters.tell()
            self._tell_drain()

    def _tell_drain(self) -> None:
        if self.stop.is_set and not self._drains:
            self._drains = True
            tell(logging.INFO, "drain", left=sum(self.tally.lag.copy().values()))

    def _stamps(self) -> Stamps:
        if self.cluster == 1:
            return Stamps()
        try:
            return Stamps.shared(f"{self.settings.bootstrap_servers} {self.settings.topic_prefix}")
        except OSError as error:
            tell(logging.WARNING, "latency of this process alone", cause=str(error))
            return Stamps()
