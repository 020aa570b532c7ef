"""Whether a store was made for what it is to be used for."""

from pathlib import Path

from dataflows.recovery.manifest import Manifest, parameters_of
from dataflows.recovery.rebuild import differences
from dataflows.recovery.refusal import COLD, REBUILD, refusal
from dataflows.settings import PREFIX, Settings


def check_belongs(folder: Path, manifest: Manifest, settings: Settings, cluster: str) -> None:
    """Refuse a store of another cluster, another topic prefix or other parameters.

    Raises:
        RecoveryRefused: names both, and how to come to the one or the other.
    """
    if manifest.prefix != settings.topic_prefix:
        raise refusal(
            folder,
            f"it was made for the topic prefix {manifest.prefix!r}, expected {settings.topic_prefix!r}",
            f"run with the prefix of then: {PREFIX}TOPIC_PREFIX={manifest.prefix}",
            "give this deployment a directory of its own with --recovery",
        )
    if manifest.cluster and cluster and manifest.cluster != cluster:
        raise refusal(
            folder,
            f"it was made on the Kafka cluster {manifest.cluster}, and {settings.bootstrap_servers} is {cluster}: "
            "offsets of the one say nothing on the other",
            f"if it is the wrong cluster, name that of then: {PREFIX}BOOTSTRAP_SERVERS",
            f"if the topics were copied here by `candelabra topics copy`, {REBUILD}",
            COLD,
        )
    told = differences(manifest.parameters, parameters_of(settings))
    if told:
        raise refusal(
            folder,
            f"it was made with other parameters: {'; '.join(told)}",
            f"run with those of then: {' '.join(_as_set(manifest.parameters))}",
            COLD,
        )


def _as_set(parameters: dict[str, object]) -> list[str]:
    """As variables are set in an environment."""
    return [
        f"{PREFIX}{name.upper()}={','.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in parameters.items()
    ]
