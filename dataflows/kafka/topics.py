"""Topic administration: make what is missing, report what differs, change nothing that exists.

Tansu, the embedded broker, answers in its own way (seen in 0.6): `describe_configs` lists only the settings given
when the topic was made; `validate_only` is ignored; and asking for the metadata of an unknown topic **by name**
makes it, with four partitions. So nothing here asks by name, and a clean-up policy not told counts as different.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType, TopicMetadata

from dataflows.brokers.contact import admin_client, wait_for_broker
from dataflows.errors import BrokerUnreachable, TopicAdministrationRefused
from dataflows.kafka.client import ClientConfig
from dataflows.kafka.compaction_lag import LAG, MOST, least_lag
from dataflows.kafka.topic_report import TopicDifference, TopicReport
from schemas.names import did_you_mean
from schemas.topics import ALL_TOPICS, CANDLES, CONTROL, TopicSpec

_LEAST_REQUEST_S = 1.0
_ONE_TOPIC_S = 8.0
_NOT_TOLD = "(not told)"
_POLICY = "cleanup.policy"
_COMPACT = "compact"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One topic to have: its table entry with the numbers of this deployment."""

    spec: TopicSpec
    partitions: int
    replication_factor: int
    more: Mapping[str, str] = field(default_factory=dict)
    """Settings beside the clean-up policy."""


def create_topics(
    client_config: ClientConfig,
    *,
    prefix: str,
    partitions: int | Mapping[str, int],
    replication_factor: int,
    timeout_s: float = 8.0,
) -> TopicReport:
    """Create every topic that is missing, with its partitions, replicas and clean-up policy; compare the others.

    Compaction is told to leave ``control`` alone for as long as the candle topic keeps a candle, as it is set up then.

    Args:
        client_config: librdkafka settings; values other than ``bootstrap.servers`` never show in an error.
        prefix: put before each topic's name, e.g. ``paper.``; may be empty.
        partitions: of each topic; or by topic name without prefix, naming all of them.
        replication_factor: replicas of each partition.
        timeout_s: longest wait for the broker, in seconds.

    Raises:
        BrokerUnreachable: no broker answered in time.
        TopicAdministrationRefused: the broker refused; topics made before that stay.
        ValueError: prefix, partitions or replication factor is not possible.
    """
    wanted = _wanted(prefix, partitions, replication_factor)
    deadline = time.monotonic() + timeout_s
    there = wait_for_broker(client_config, timeout_s=timeout_s).topics
    admin = admin_client(client_config)
    missing = {name: topic for name, topic in wanted.items() if name not in there}
    candles, control = CANDLES.prefixed(prefix), CONTROL.prefixed(prefix)
    last = missing.pop(control, None)  # for the candle topic must be there to be asked
    made = _create(missing, admin, deadline)
    if last is not None:
        _listed(admin, {candles}, deadline)
        lag = least_lag(_settings(admin, [candles], deadline)[candles])
        made += _create({control: last if lag is None else replace(last, more={LAG: str(lag)})}, admin, deadline)
    found = _listed(admin, set(wanted), deadline)
    others = {name: topic for name, topic in wanted.items() if name not in made}
    return TopicReport(
        created=tuple(name for name in wanted if name in made),
        existing=tuple(others),
        missing=(),
        differences=tuple(_differences(admin, others, found, deadline, candles)),
    )


def ensure_topic(
    client_config: ClientConfig,
    name: str,
    spec: TopicSpec,
    *,
    partitions: int,
    replication_factor: int,
) -> bool:
    """Create one topic if it is missing; whether it was. One that is there is left as it is.

    Raises: as `create_topics`.
    """
    deadline = time.monotonic() + _ONE_TOPIC_S
    if name in wait_for_broker(client_config, timeout_s=_ONE_TOPIC_S).topics:
        return False
    admin = admin_client(client_config)
    created = _create({name: _Wanted(spec, partitions, replication_factor)}, admin, deadline)
    _listed(admin, {name}, deadline)
    return bool(created)


def check_topics(
    client_config: ClientConfig,
    *,
    prefix: str,
    partitions: int | Mapping[str, int],
    replication_factor: int,
    timeout_s: float = 8.0,
) -> TopicReport:
    """Tell which topics are missing or other than `create_topics` with the same arguments would make them.

    Raises: as `create_topics`.
    """
    wanted = _wanted(prefix, partitions, replication_factor)
    deadline = time.monotonic() + timeout_s
    found = wait_for_broker(client_config, timeout_s=timeout_s).topics
    existing = {name: topic for name, topic in wanted.items() if name in found}
    return TopicReport(
        created=(),
        existing=tuple(existing),
        missing=tuple(name for name in wanted if name not in found),
        differences=tuple(
            _differences(admin_client(client_config), existing, found, deadline, CANDLES.prefixed(prefix))
        ),
    )


def _wanted(prefix: str, partitions: int | Mapping[str, int], replication_factor: int) -> dict[str, _Wanted]:
    """Return the topics to have, by name with prefix, in the table's order."""
    names = [spec.name for spec in ALL_TOPICS]
    counts = dict.fromkeys(names, partitions) if isinstance(partitions, int) else partitions
    for name in counts:
        if name not in names:
            raise ValueError(f"partitions are given for {name!r}, which is no topic{did_you_mean(name, names)}")
    if without := [name for name in names if name not in counts]:
        raise ValueError(f"partitions are given by topic, but not for {', '.join(without)}")
    for what, count in [*counts.items(), ("replication factor", replication_factor)]:
        if count < 1:
            raise ValueError(f"{what}: expected at least 1 partition or replica, got {count}")
    return {spec.prefixed(prefix): _Wanted(spec, counts[spec.name], replication_factor) for spec in ALL_TOPICS}


def _create(topics: Mapping[str, _Wanted], admin: AdminClient, deadline: float) -> list[str]:
    """Create the topics; return the names of those made, less those that somebody else made meanwhile."""
    created: list[str] = []
    if not topics:
        return created
    new = [
        NewTopic(
            name,
            num_partitions=topic.partitions,
            replication_factor=topic.replication_factor,
            config={_POLICY: topic.spec.cleanup_policy, **topic.more},
        )
        for name, topic in topics.items()
    ]
    for name, answer in admin.create_topics(new, request_timeout=_left(deadline)).items():
        try:
            answer.result()
        except KafkaException as refused:
            error: KafkaError = refused.args[0]
            if error.code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise _explained(name, "create", error, topics[name].more.get(LAG)) from refused
        else:
            created.append(name)
    return created


def _listed(admin: AdminClient, names: set[str], deadline: float) -> dict[str, TopicMetadata]:
    """Return the broker's topics once it lists all of `names`, which it does a moment after making them."""
    while True:
        try:
            found = admin.list_topics(timeout=_left(deadline)).topics
        except KafkaException as failure:
            raise BrokerUnreachable(f"the broker stopped answering: {failure.args[0].str()}") from failure
        if names <= found.keys():
            return found
        if time.monotonic() > deadline:
            missing = ", ".join(sorted(names - found.keys()))
            raise TopicAdministrationRefused(f"the broker said it made these topics and does not list them: {missing}")
        time.sleep(0.05)


def _differences(
    admin: AdminClient,
    wanted: Mapping[str, _Wanted],
    found: Mapping[str, TopicMetadata],
    deadline: float,
    candles: str,
) -> Iterator[TopicDifference]:
    there = _settings(admin, [*{*wanted, candles} & found.keys()], deadline)
    for name, topic in wanted.items():
        replicas = {len(partition.replicas) for partition in found[name].partitions.values()}
        policy = there[name].get(_POLICY, _NOT_TOLD)
        for setting, expected, actual in (
            ("partitions", str(topic.partitions), str(len(found[name].partitions))),
            ("replication.factor", str(topic.replication_factor), " or ".join(map(str, sorted(replicas)))),
            (_POLICY, topic.spec.cleanup_policy, policy),
        ):
            if actual != expected:
                yield TopicDifference(name, setting, expected, actual)
        if topic.spec is CONTROL and _COMPACT in policy:
            least, lag = least_lag(there.get(candles, {})), there[name].get(LAG, _NOT_TOLD)
            if least is not None and lag != _NOT_TOLD and int(lag) < least:
                expected = f"{least} or more, as long as {candles} may keep a candle"
                yield TopicDifference(name, LAG, expected, lag)


def _settings(admin: AdminClient, names: list[str], deadline: float) -> dict[str, dict[str, str]]:
    """What the broker tells of the settings of each topic."""
    settings: dict[str, dict[str, str]] = {}
    if not names:
        return settings
    asked = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    for resource, answer in admin.describe_configs(asked, request_timeout=_left(deadline)).items():
        try:
            entries = answer.result()
        except KafkaException as refused:
            raise _explained(resource.name, "describe", refused.args[0]) from refused
        settings[resource.name] = {name: entry.value for name, entry in entries.items() if entry.value is not None}
    return settings


def _explained(topic: str, verb: str, error: KafkaError, lag: str | None = None) -> TopicAdministrationRefused:
    cause = ""
    if error.code() in {KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED}:
        cause = f" This user may not {verb} topics here: ask whoever runs the broker."
    elif error.code() == KafkaError.INVALID_REPLICATION_FACTOR:
        cause = " The replication factor cannot exceed the number of brokers."
    elif lag is not None and error.code() in {KafkaError.INVALID_CONFIG, KafkaError.POLICY_VIOLATION}:
        cause = (
            f" It was to have {LAG}={lag}, as long as a candle may be kept: does the broker allow no more than its "
            f"{MOST}? Raise that, or keep candles for less. The other topics are made."
        )
    return TopicAdministrationRefused(f"the broker refused to {verb} topic {topic}: {error.str()}.{cause}")


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), _LEAST_REQUEST_S)
