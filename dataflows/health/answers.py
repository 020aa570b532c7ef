"""What workers answer for themselves on their health ports."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Literal, NamedTuple, cast

from prometheus_client.parser import text_string_to_metric_families

_SECONDS = 1.0
_AT_ONCE = 8
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # where it is served; asked is this machine


class Waits(NamedTuple):
    """A strategy that is worked on all its symbols in one order, and a symbol that it waits for.

    ``behind_seconds`` of market time are held back; ``candles`` of the symbol are late, or there was none ever.
    """

    strategy: str
    symbol: str
    behind_seconds: float
    candles: Literal["late", "none"]


@dataclass(frozen=True)
class WorkerAnswer:
    """One worker process.

    Attributes:
        worker: its number.
        address: where it answers.
        ready: whether it works the feed; ``why`` says why not.
        version: of this program, as it runs there.
        lag: candles not read yet, by partition: those that this worker reads.
        quarantined: series of strategies that are out of service there.
        waits: strategies that wait for a symbol there.
        restarts: how often its cluster was started again.
        memory_bytes: of the process.
    """

    worker: int
    address: str
    ready: bool
    why: tuple[str, ...] = ()
    version: str = ""
    lag: Mapping[int, int] = field(default_factory=dict)
    quarantined: int = 0
    waits: tuple[Waits, ...] = ()
    restarts: int = 0
    memory_bytes: int = 0


def ask_workers(host: str, first_port: int, most: int) -> list[WorkerAnswer]:
    """Every worker that listens on one of ``most`` ports from the first on; one that is stuck is one that is not ready.

    Takes two seconds at most for eight workers, a moment where all answer.
    """
    host = _EVERYWHERE.get(host, host)
    with ThreadPoolExecutor(min(most, _AT_ONCE)) as pool:
        answers = pool.map(lambda number: _ask(host, first_port + number, number), range(most))
    return [answer for answer in answers if answer is not None]


def _ask(host: str, port: int, number: int) -> WorkerAnswer | None:
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        verdict = json.loads(_got(host, port, "/readyz"))
        told = _Told(_got(host, port, "/metrics"))
        return WorkerAnswer(
            worker=number,
            address=address,
            ready=verdict["ready"] is True,
            why=tuple(map(str, verdict["why"])),
            version=told.label("candelabra_build_info", "version"),
            lag={int(name): int(value) for name, value in told.by("candelabra_lag_records", "partition").items()},
            quarantined=int(told.value("candelabra_quarantined_keys")),
            waits=tuple(told.waits()),
            restarts=int(told.value("candelabra_restarts_total")),
            memory_bytes=int(told.value("process_resident_memory_bytes")),
        )
    except ConnectionRefusedError:
        return None
    except OSError:
        why = "it accepts connections and does not answer"
    except (HTTPException, ValueError, KeyError, TypeError):
        why = "something answers there that is no worker"
    return WorkerAnswer(number, address, ready=False, why=(why,))


def _got(host: str, port: int, path: str) -> str:
    connection = HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


class _Told:
    """A scrape, by metric and label."""

    def __init__(self, text: str) -> None:
        self._samples: list[tuple[str, Mapping[str, str], float]] = [
            (sample.name, sample.labels, sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        ]

    def by(self, name: str, label: str) -> dict[str, float]:
        """The values of a metric by one of its labels."""
        return {labels[label]: value for found, labels, value in self._samples if found == name}

    def value(self, name: str) -> float:
        """The sum of a metric over its labels."""
        return sum(value for found, _, value in self._samples if found == name)

    def waits(self) -> Iterator[Waits]:
        """For whom strategies wait."""
        for found, labels, value in self._samples:
            if found == "candelabra_behind_seconds":
                yield Waits(
                    labels["strategy"], labels["symbol"], value, cast("Literal['late', 'none']", labels["candles"])
                )

    def label(self, name: str, label: str) -> str:
        """A label of the one sample of a metric."""
        return next((labels[label] for found, labels, _ in self._samples if found == name), "")


def worker_of(answers: Sequence[WorkerAnswer], partition: int) -> WorkerAnswer | None:
    """The worker that reads a partition, as far as workers answer."""
    return next((one for one in answers if partition in one.lag), None)
