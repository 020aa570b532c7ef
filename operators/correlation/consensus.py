"""The strategies on one symbol, weighed against each other."""

from collections.abc import Iterable

from operators.correlation.agreeing import Agreeing
from operators.correlation.ends import end_after
from operators.correlation.heard import Heard
from operators.correlation.plan import Timeframes, consensus_plan
from operators.correlation.windowed import Windowed
from operators.events import Roll, Worked
from operators.lift import Snapshot
from operators.tally import Tally
from schemas.composite import ALL_STRATEGIES, Consensus, LateSignal
from schemas.watchlist import ConsensusConfig


class ConsensusStep(Windowed[Consensus]):
    """Key ``symbol``. At a window's end, how far the strategies on the symbol agree, one answer per trading style.

    Windows are ``Windowed``'s, one for each style: length, step and half life come from the asset's ``consensus``. Who
    has a say, and which side wins, is in ``operators.correlation.agreeing``.

    A consensus is sent where some voice is new, at least ``minimum_strategies`` have a voice on either side, the
    agreement is at least ``minimum_agreement``, and ``cool_down`` has passed since the last that was sent of the same
    style and side, at an earlier end.

    A late signal is told of here only where the strategy's own timeframes are not correlated: else that step tells.

    State: see ``Windowed``. Settings are not state: they come with each roll.
    """

    _weighed = "strategies"

    def __init__(self, tally: Tally, resume: Snapshot | None = None) -> None:
        super().__init__(tally, resume)
        self._agreeing: tuple[Timeframes, ConsensusConfig | None, Agreeing | None] = (), None, None

    def on_batch(self, events: Iterable[Worked]) -> list[Consensus | LateSignal]:
        """Take what was worked, in any order across series, in order within each."""
        add = self._barrier.add
        for worked in events:
            roll = worked.symbol_roll
            if roll is not None:
                self._symbol = worked.symbol
                add(roll, worked.signals, correlated=worked.roll is not None)
        return self._release()

    def _reports(self, one: Heard) -> bool:
        return not one.correlated

    def _ends_of(self, one: Heard, roll: Roll) -> Iterable[int]:
        agreeing = self._of(roll)
        if agreeing is None:
            return ()
        return [end_after(one.close_ms, window.every_ms) for window in agreeing.plan.windows.values()]

    def _work(self, end_ms: int, roll: Roll) -> list[Consensus]:
        agreeing = self._of(roll)
        if agreeing is None:
            return []
        sent = agreeing.at(end_ms, roll.strategies, self._standing.values())
        for one in sent:
            self._cooling.sent(one.trading_style, one.side, end_ms)
            self._tally.composed(ALL_STRATEGIES)
        return sent

    def _of(self, roll: Roll) -> Agreeing | None:
        """How windows are worked now; None where strategies are not weighed."""
        timeframes, config, agreeing = self._agreeing
        changed = config is not roll.consensus and config != roll.consensus  # a copy comes from every other worker
        if changed or timeframes != roll.timeframes:
            timeframes, config = roll.timeframes, roll.consensus
            agreeing = None
            if config is not None:
                agreeing = Agreeing(consensus_plan(config, timeframes), self._symbol, self._cooling)
            self._agreeing = timeframes, config, agreeing
        return agreeing
