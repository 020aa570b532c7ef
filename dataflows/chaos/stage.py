"""Where it is played: a broker of its own that may be killed, and a network before it that may be ill."""

from contextlib import AbstractContextManager, ExitStack
from types import TracebackType

from dataflows.brokers.apache_kafka import ApacheKafka
from dataflows.chaos.proxy import Proxy

QUICK = {
    "broker.session.timeout.ms": "2000",  # a killed broker may come back that soon
    "broker.heartbeat.interval.ms": "500",
    "log.cleaner.enable": "false",  # every record is looked at in the end, also those that newer ones displace
}
START_SECONDS = 120.0
"""A broker that comes back while workers are started, too, may take its time; it is no fault of anybody."""


class Stage(AbstractContextManager["Stage"]):
    """An Apache Kafka whose workers come by a proxy, and whose owner comes past it; gone after the ``with`` block.

    Raises:
        BrokerUnavailable: none can be started here.
    """

    def __init__(self) -> None:
        with ExitStack() as stack:
            self.proxy = stack.enter_context(Proxy())
            self.broker = stack.enter_context(
                ApacheKafka(properties=QUICK, front=self.proxy.address, start_timeout_s=START_SECONDS)
            )
            self.proxy.forward_to(self.broker.behind_front or "")
            self._stack = stack.pop_all()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take it down."""
        self._stack.close()
