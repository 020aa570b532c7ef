"""A deployment that is not spared: topics, a recovery store and workers that come to them by the proxy."""

import uuid
from collections.abc import Sequence
from pathlib import Path

from dataflows.chaos.faults import Trip
from dataflows.chaos.inputs import PARAMETERS
from dataflows.chaos.stage import Stage
from dataflows.chaos.workers import ENTRY, Workers
from dataflows.settings import Settings, load

PARTITIONS = 4
REQUEST_TIMEOUT_MS = 4_000
"""After so long a client gives a request up, and with it the connection: that is how it finds one half open."""


class Deployment:
    """Names of its own on the broker of a stage, and a folder of its own.

    Attributes:
        settings: for whoever comes past the proxy.
        store: the recovery store.
        folder: where the store is, and anything else may be.
    """

    def __init__(self, stage: Stage, folder: Path, entry: str = ENTRY) -> None:
        self.folder = folder
        self.store = folder / "recovery"
        flags: dict[str, object] = {
            "topic_prefix": f"chaos-{uuid.uuid4().hex[:8]}.",
            "partitions": PARTITIONS,
            "recovery_dir": str(self.store),
            "history_bars": PARAMETERS.history_bars,
            "gap_tolerance_bars": PARAMETERS.gap_tolerance_bars,
            "timeframes": PARAMETERS.timeframes,
        }
        self.settings: Settings = load(bootstrap_servers=stage.broker.bootstrap_servers, **flags)
        self._by_proxy = {
            **flags,
            "bootstrap_servers": stage.proxy.address,
            "librdkafka": {"socket.timeout.ms": str(REQUEST_TIMEOUT_MS), "reconnect.backoff.max.ms": "500"},
        }
        self._entry = entry
        self._lives = 0

    def workers(  # noqa: PLR0913  # a life has as many circumstances
        self,
        count: int = 1,
        *,
        epoch_s: float = 0.25,
        trip: Trip | None = None,
        victim: int = 0,
        jumps: Sequence[tuple[float, float]] = (),
        follow: bool = True,
    ) -> Workers:
        """A life of its cluster, which is starting."""
        self._lives += 1
        return Workers(
            {**self._by_proxy, "epoch_seconds": epoch_s},
            count,
            folder=self.folder / f"life-{self._lives}",
            trip=trip,
            victim=victim,
            jumps=jumps,
            follow=follow,
            entry=self._entry,
        )
