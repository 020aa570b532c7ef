"""The strategies on one symbol, weighed against each other."""

from collections.abc import Iterable

from operators.correlation.agreeing import Occasion, consensus
from operators.correlation.ends import end_after
from operators.correlation.heard import Heard
from operators.correlation.windowed import Windowed
from operators.events import Roll, Worked
from operators.lift import Snapshot
from operators.tally import Tally
from schemas.composite import ALL_STRATEGIES, Consensus, LateSignal
from schemas.correlation import window_of
from schemas.timeframe import timeframe_ms
from schemas.trading_style import TRADING_STYLES


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

    def __init__(self, tally: Tally, resume: Snapshot | None = None) -> None:
        super().__init__(tally, resume)

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
        config = roll.consensus
        if config is None:
            return ()
        return [end_after(one.close_ms, window_of(config, style).every_ms) for style in TRADING_STYLES]

    def _work(self, end_ms: int, roll: Roll) -> list[Consensus]:
        config = roll.consensus
        if config is None:
            return []
        cool_down_ms = 0 if config.cool_down is None else timeframe_ms(config.cool_down)
        sent = []
        for style in TRADING_STYLES:
            occasion = Occasion(config, style, end_ms, self._symbol, roll.strategies)
            found = consensus(occasion, dict(roll.timeframes), self._standing.values())
            if (
                found is not None
                and found.agreement >= config.minimum_agreement
                and self._cooling.allows(style, found.side, end_ms, cool_down_ms)
            ):
                self._cooling.sent(style, found.side, end_ms)
                self._tally.composed(ALL_STRATEGIES)
                sent.append(found)
        return sent
