"""The first thing a verb does that needs a broker: see that it is there, before anything slow is imported."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataflows.settings import Settings

PATIENCE_SECONDS = 6.0


def reachable(**flags: object) -> "Settings":
    """The settings, once their broker has answered.

    Raises:
        BrokerUnreachable: nobody answered within six seconds, so that a person knows within ten.
    """
    from dataflows.brokers.contact import wait_for_broker
    from dataflows.settings import load

    settings = load(**flags)
    wait_for_broker(settings.kafka_client_config(), timeout_s=PATIENCE_SECONDS)
    return settings
