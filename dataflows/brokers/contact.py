"""Ask a broker for its metadata until it answers: the one proof that it is there."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata

from dataflows.errors import BrokerUnreachable, ClientConfigInvalid
from dataflows.kafka.client import ClientConfig

_LOOK_S = 0.5
"""Between two looks whether to go on; the first request may take as long, each after it twice as long."""
_LONGEST_S = 4.0
_SOON_S = 0.05
_KEPT_FAILURES = 100
_QUIET_RECONNECTS: ClientConfig = {
    "log_level": 0,
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 250,
}


def admin_client(client_config: ClientConfig, on_error: Callable[[KafkaError], None] | None = None) -> AdminClient:
    """Make an admin client that logs nothing by itself.

    Args:
        client_config: librdkafka settings, at least ``bootstrap.servers``.
        on_error: told of every connection failure, from the thread that polls.

    Raises:
        ClientConfigInvalid: librdkafka refused a setting; the message names it, never its value.
    """
    try:
        return AdminClient({**_QUIET_RECONNECTS, **client_config}, error_cb=on_error or (lambda _error: None))
    except KafkaException as refused:
        named = sorted(setting for setting in client_config if f'"{setting}"' in str(refused))
        suspects = ", ".join(named or sorted(client_config))
        # `from None`: librdkafka's own text repeats the value, which may be a password.
        raise ClientConfigInvalid(
            f"the Kafka client refused {'the setting' if named else 'one of the settings'} {suspects}: "
            "librdkafka does not know the name or the value, or it does not go with the others"
        ) from None


def wait_for_broker(
    client_config: ClientConfig,
    *,
    timeout_s: float = 8.0,
    give_up: Callable[[], bool] = lambda: False,
    waiting: Callable[[str], None] = lambda _cause: None,
) -> ClusterMetadata:
    """Return the cluster's metadata as soon as one broker answers.

    Args:
        client_config: librdkafka settings, at least ``bootstrap.servers``.
        timeout_s: longest wait, in seconds; the call returns or raises within half a second of it.
        give_up: asked twice a second; True ends the wait early, e.g. when the broker's process has ended.
        waiting: told twice a second, as long as nobody answers, what the likely cause is.

    Raises:
        BrokerUnreachable: nobody answered; says where, the likely cause and what to try.
        ClientConfigInvalid: librdkafka refused a setting.
    """
    failures: deque[KafkaError] = deque(maxlen=_KEPT_FAILURES)
    deadline = time.monotonic() + timeout_s
    with _Asking(admin_client(client_config, failures.append), deadline, failures) as asking:
        while not give_up() and (left := deadline - time.monotonic()) > 0:
            metadata = asking.answer(min(left, _LOOK_S))
            if metadata is not None:
                return metadata
            waiting(_likely_cause(failures.copy()))
    servers = client_config.get("bootstrap.servers", "(no bootstrap.servers given)")
    raise BrokerUnreachable(
        f"no Kafka broker answered at {servers} within {timeout_s:g} s. {_likely_cause(failures.copy())}"
    )


class _Asking:
    """Asks for metadata in a thread of its own, however long one answer takes: a broker may need seconds for it.

    Destroying a client waits for a name look-up under way, which can outlast everybody's patience. So where nobody
    answered that thread is the last to let go of it.
    """

    def __init__(self, client: AdminClient, deadline: float, failures: deque[KafkaError]) -> None:
        self._client: AdminClient | None = client
        self._answers: SimpleQueue[ClusterMetadata] = SimpleQueue()
        self._left = threading.Event()
        threading.Thread(target=self._ask, args=(client, deadline, failures), daemon=True).start()

    def __enter__(self) -> Self:
        """Return it as it asks."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ask no more."""
        self._client = None
        self._left.set()

    def answer(self, seconds: float) -> ClusterMetadata | None:
        """What the broker says, as soon as it does; None where it says nothing in that time."""
        try:
            return self._answers.get(timeout=seconds)
        except Empty:
            if self._client is not None:
                self._client.poll(0)  # hands over what went wrong with connections
            return None

    def _ask(self, client: AdminClient, deadline: float, failures: deque[KafkaError]) -> None:
        request_s = _LOOK_S
        while not self._left.is_set() and (left := deadline - time.monotonic()) > 0:
            try:
                metadata = client.list_topics(timeout=min(left, request_s))
            except KafkaException as failure:
                failures.append(failure.args[0])
                request_s = min(2 * request_s, _LONGEST_S)
            else:
                if metadata.brokers:  # a KRaft broker answers before the controller lets it serve
                    self._answers.put(metadata)
                    return
                self._left.wait(_SOON_S)
        self._left.wait()


def _likely_cause(failures: Iterable[KafkaError]) -> str:
    """Put the most telling of librdkafka's failures into words."""
    codes = {failure.code() for failure in failures}
    if KafkaError._RESOLVE in codes:  # noqa: SLF001  confluent-kafka's public error codes begin with an underscore
        return "The host name is not known here: check its spelling, or whether only a container network knows it."
    if codes & {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED}:  # noqa: SLF001  as above
        return "It refused the credentials: check security.protocol, sasl.mechanism, user and password."
    if KafkaError._SSL in codes:  # noqa: SLF001  as above
        return "The TLS handshake failed: check security.protocol and ssl.ca.location."
    if any("refused" in failure.str() for failure in failures):
        return (
            "The connection was refused: nothing listens there. Start the broker, "
            "or correct the address (CANDELABRA_BOOTSTRAP_SERVERS)."
        )
    return (
        "It may be starting, behind a firewall, or expect another security.protocol (TLS or SASL). "
        "Check the address and that a broker runs there."
    )
