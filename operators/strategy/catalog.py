"""Compiled strategies by version: immutable, so one per process serves every key."""

from collections.abc import Callable

from operators.strategy.compile import CompiledStrategy, compile_strategy
from schemas.lifecycle import StrategyVersion
from schemas.strategy import StrategyConfig


class Catalog:
    """Every strategy version that this process has seen, compiled once.

    A cache over immutable data: steps keep strategy and version in their state, never the configuration, and look the
    rest up here. After a restart each worker fills its own from the control topic before any state is restored.
    """

    def __init__(self, compiler: Callable[[StrategyConfig], CompiledStrategy] = compile_strategy) -> None:
        self._compile = compiler
        self._known: dict[tuple[str, int], tuple[StrategyVersion, CompiledStrategy]] = {}

    def add(self, version: StrategyVersion) -> CompiledStrategy:
        """The compiled version; StrategyFileError where it cannot be. One that is known is not compiled again."""
        known = self._known.get((version.strategy, version.version))
        if known is not None:
            return known[1]
        compiled = self._compile(version.config)
        self._known[version.strategy, version.version] = (version, compiled)
        return compiled

    def get(self, strategy: str, version: int) -> CompiledStrategy:
        """A version that was added before; LookupError where it never was."""
        return self._found(strategy, version)[1]

    def version(self, strategy: str, version: int) -> StrategyVersion:
        """The record of a version that was added before; LookupError where it never was."""
        return self._found(strategy, version)[0]

    def _found(self, strategy: str, version: int) -> tuple[StrategyVersion, CompiledStrategy]:
        try:
            return self._known[strategy, version]
        except KeyError:
            message = (
                f"version {version} of strategy {strategy!r} is in the recovery state but not on the control topic: "
                "was the control topic deleted or recreated?"
            )
            raise LookupError(message) from None
