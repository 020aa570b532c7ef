"""Compiled strategies by version: immutable, so one per process serves every key."""

from collections.abc import Callable

from operators.snapshot import SnapshotRefused, fingerprint
from operators.strategy.compile import CompiledStrategy, compile_strategy
from schemas.lifecycle import StrategyVersion
from schemas.problems import Problem, StrategyFileError
from schemas.strategy import StrategyConfig

_LONGEST_PROBLEM = 500


class Catalog:
    """Every strategy version that this process has seen, compiled once.

    A cache over immutable data: steps keep strategy and version in their state, never the configuration, and look the
    rest up here. After a restart each worker fills its own from the control topic before any state is restored.
    """

    def __init__(self, compiler: Callable[[StrategyConfig], CompiledStrategy] = compile_strategy) -> None:
        self._compile = compiler
        self._known: dict[tuple[str, int], tuple[StrategyVersion, CompiledStrategy]] = {}
        self._fingerprints: dict[tuple[str, int], str] = {}

    def add(self, version: StrategyVersion) -> CompiledStrategy:
        """The compiled version; StrategyFileError where it cannot be. One that is known is not compiled again."""
        known = self._known.get((version.strategy, version.version))
        if known is not None:
            return known[1]
        compiled = self._compiled(version)
        self._known[version.strategy, version.version] = (version, compiled)
        return compiled

    def _compiled(self, version: StrategyVersion) -> CompiledStrategy:
        try:
            return self._compile(version.config)
        except StrategyFileError:
            raise
        except Exception as error:
            # A fault in what compiles, or in an indicator that it asks: this one strategy is refused, and nothing ends.
            problem = Problem("", f"cannot be made ready to run: {type(error).__name__}: {error}"[:_LONGEST_PROBLEM])
            raise StrategyFileError(version.strategy, [problem]) from error

    def get(self, strategy: str, version: int) -> CompiledStrategy:
        """A version that was added before; SnapshotRefused where it never was."""
        return self._found(strategy, version)[1]

    def version(self, strategy: str, version: int) -> StrategyVersion:
        """The record of a version that was added before; SnapshotRefused where it never was."""
        return self._found(strategy, version)[0]

    def fingerprint(self, strategy: str, version: int) -> str:
        """What tells a version from another of the same number; SnapshotRefused where it was never added.

        Equal for equal configurations, however they were written down. What a release adds to configurations does not
        change it, as long as it is left at its default.
        """
        known = self._fingerprints.get((strategy, version))
        if known is None:
            config = self._found(strategy, version)[0].config
            known = fingerprint(config.model_dump(mode="json", exclude_defaults=True))
            self._fingerprints[strategy, version] = known
        return known

    def _found(self, strategy: str, version: int) -> tuple[StrategyVersion, CompiledStrategy]:
        try:
            return self._known[strategy, version]
        except KeyError:
            message = (
                f"version {version} of strategy {strategy!r} is in the recovery state but not on the control topic: "
                "was the control topic deleted or recreated?"
            )
            raise SnapshotRefused(message) from None
