"""The strategies and versions that exist, and what is wanted of them: the control log, worked record by record."""

from operators.control.scheduled import Scheduled, superseded
from operators.strategy.catalog import Catalog
from schemas.lifecycle import MAX_REASON_LENGTH, DesiredState, State, StrategyStatus, StrategyVersion
from schemas.names import did_you_mean
from schemas.problems import StrategyFileError


class Registry:
    """What the control log says so far. Whoever applies the same records gets the same answers.

    A version is immutable: a second one with the same number and other contents is refused. A desired state must name a
    version that exists. What is refused changes nothing.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._versions: dict[str, dict[int, StrategyVersion]] = {}
        self._wanted: dict[str, list[Scheduled]] = {}

    def versions(self, strategy: str) -> dict[int, StrategyVersion]:
        """The versions of a strategy by number, empty where there is no such strategy."""
        return dict(self._versions.get(strategy, {}))

    @property
    def strategies(self) -> tuple[str, ...]:
        """Every strategy with at least one version, sorted."""
        return tuple(sorted(self._versions))

    def wanted(self, strategy: str) -> list[Scheduled]:
        """The commands that count, oldest first; the last is the newest. Empty where none was accepted."""
        return list(self._wanted.get(strategy, []))

    def apply(self, record: StrategyVersion | DesiredState) -> StrategyStatus:
        """Take one record; the answer is ``accepted``, or ``refused`` with the reason."""
        if isinstance(record, StrategyVersion):
            return self._take_version(record)
        return self._take_desired(record)

    def _take_version(self, record: StrategyVersion) -> StrategyStatus:
        known = self._versions.get(record.strategy, {}).get(record.version)
        if record.config.id != record.strategy:
            return _refused(record, f"the configuration is of strategy {record.config.id!r}, not {record.strategy!r}")
        if known is not None and known.config != record.config:
            return _refused(record, f"version {record.version} exists with other contents: a version is immutable")
        try:
            self._catalog.add(record)
        except StrategyFileError as error:
            return _refused(record, str(error))
        self._versions.setdefault(record.strategy, {})[record.version] = record
        return StrategyStatus(strategy=record.strategy, state=State.ACCEPTED, version=record.version)

    def _take_desired(self, record: DesiredState) -> StrategyStatus:
        versions = self._versions.get(record.strategy)
        if versions is None:
            hint = did_you_mean(record.strategy, self._versions)
            return _refused(record, f"there is no strategy {record.strategy!r}{hint}")
        version = versions.get(record.version)
        if version is None:
            have = ", ".join(map(str, sorted(versions)))
            return _refused(record, f"strategy {record.strategy!r} has no version {record.version}, it has {have}")
        queue = self._wanted.get(record.strategy, [])
        self._wanted[record.strategy] = superseded(queue, Scheduled(record, version))
        return StrategyStatus(
            strategy=record.strategy,
            state=State.ACCEPTED,
            version=record.version,
            generation=record.generation,
            command=record.command,
            reason=f"{record.state} is wanted",
        )


def _refused(record: StrategyVersion | DesiredState, reason: str) -> StrategyStatus:
    desired = record if isinstance(record, DesiredState) else None
    return StrategyStatus(
        strategy=record.strategy,
        state=State.REFUSED,
        version=record.version,
        generation=desired.generation if desired else 0,
        command=desired.command if desired else None,
        reason=reason[:MAX_REASON_LENGTH],
    )
