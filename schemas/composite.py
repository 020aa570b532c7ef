"""Composites: signals of several timeframes, or of several strategies, weighed together at one instant."""

from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import Field, StringConstraints, field_serializer

from schemas.ids import RecordIds
from schemas.lifecycle import VersionNumber
from schemas.record import Record, StrategyId, Symbol, UtcTime, to_milliseconds
from schemas.signal_config import SIGNAL_ID_PATTERN, Side
from schemas.timeframe import Timeframe
from schemas.trading_style import TradingStyle

MAX_TIMEFRAMES: Final = 64
"""The most timeframes that one strategy runs on for one symbol: those that it names, and those of the watchlist."""

MAX_VOICES: Final = 128
"""The most voices that a consensus lists on either side: so many fit into a record, however long their names are."""

ALL_STRATEGIES: Final = "*"
"""In a key, in the place of a strategy's id, of which it is none."""

RecordId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Milliseconds = Annotated[int, Field(ge=0, le=2**63 - 1)]
Weight = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class Voice(NamedTuple):
    """What one signal says in a window: for ``side``, with a weight that fades with its age.

    ``signal`` is the signal's id, ``age_ms`` how long before the window's end it closed, ``price`` its own.
    """

    signal: RecordId
    strategy: StrategyId
    timeframe: Timeframe
    rule: Annotated[str, StringConstraints(pattern=SIGNAL_ID_PATTERN)]
    side: Side
    confidence: Fraction
    weight: Weight
    age_ms: Milliseconds
    price: Annotated[float, Field(gt=0)]


TimeframeVoices = Annotated[tuple[Voice, ...], Field(max_length=MAX_TIMEFRAMES)]
StrategyVoices = Annotated[tuple[Voice, ...], Field(max_length=MAX_VOICES)]


class Composite(Record):
    """The signal of a strategy's highest timeframe with what its lower timeframes say of it, at a window's end.

    ``window_start`` is not in the window, ``window_end`` is. ``timeframes`` has the weight of every timeframe that the
    strategy runs on for the symbol, voice or none. ``price`` is the base signal's. ``correlation_strength`` and
    ``composite_confidence`` follow from the other fields alone: see ``schemas.composite_confidence``.
    """

    id: RecordId
    strategy: StrategyId
    version: VersionNumber
    symbol: Symbol
    timeframe: Timeframe
    trading_style: TradingStyle
    window_start: UtcTime
    window_end: UtcTime
    side: Side
    price: float = Field(gt=0)
    base: Voice
    supporting: TimeframeVoices
    opposing: TimeframeVoices
    timeframes: Annotated[dict[Timeframe, Weight], Field(max_length=MAX_TIMEFRAMES)]
    half_life_ms: Annotated[int, Field(ge=1, le=2**63 - 1)]
    conflict_penalty: Fraction
    correlation_strength: Fraction
    composite_confidence: Fraction

    @field_serializer("base")
    def _as_object(self, voice: Voice) -> dict[str, Any]:
        """In JSON it is an object with names, not a list that a reader has to count."""
        return voice._asdict()

    @field_serializer("supporting", "opposing")
    def _as_objects(self, voices: tuple[Voice, ...]) -> tuple[dict[str, Any], ...]:
        return tuple(voice._asdict() for voice in voices)

    @property
    def key(self) -> str:
        """The record's key on the composites topic."""
        return f"{self.strategy}|{self.symbol}"

    @property
    def signals(self) -> tuple[str, ...]:
        """The ids of all signals behind it: the base's, then the supporting, then the opposing ones."""
        return tuple(voice.signal for voice in (self.base, *self.supporting, *self.opposing))


class Consensus(Record):
    """How far the strategies on one symbol agree, at a window's end.

    Each strategy has one voice: that of its highest timeframe of the style. ``strategies`` is how many run on the
    symbol, ``agreement`` the weight for ``side`` by the weight of both sides, where a voice weighs
    weight * confidence * 0.5**(age / half life). The lists hold the heaviest voices, perhaps not all.
    """

    id: RecordId
    symbol: Symbol
    trading_style: TradingStyle
    window_start: UtcTime
    window_end: UtcTime
    side: Side
    agreeing: StrategyVoices
    opposing: StrategyVoices
    strategies: int = Field(ge=1, le=2**31 - 1)
    half_life_ms: Annotated[int, Field(ge=1, le=2**63 - 1)]
    agreement: Fraction

    @field_serializer("agreeing", "opposing")
    def _as_objects(self, voices: tuple[Voice, ...]) -> tuple[dict[str, Any], ...]:
        """In JSON each is an object with names, not a list that a reader has to count."""
        return tuple(voice._asdict() for voice in voices)

    @property
    def key(self) -> str:
        """The record's key on the composites topic."""
        return f"{ALL_STRATEGIES}|{self.symbol}"

    @property
    def signals(self) -> tuple[str, ...]:
        """The ids of the signals behind it: the agreeing ones, then the opposing ones."""
        return tuple(voice.signal for voice in (*self.agreeing, *self.opposing))


Weighed = Literal["timeframes", "strategies"]


class LateSignal(Record):
    """A signal that came when its windows had been worked: it takes part in none.

    ``id`` is the signal's own. ``weighed`` says with what it would have been: the other timeframes of its strategy, or
    the other strategies on its symbol. ``watermark`` is the event time up to which those windows had been worked,
    ``count`` how many signals of this strategy on this symbol have been late for them by now, this one included.
    """

    id: RecordId
    strategy: StrategyId
    symbol: Symbol
    timeframe: Timeframe
    close_time: UtcTime
    watermark: UtcTime
    count: int = Field(ge=1, le=2**63 - 1)
    weighed: Weighed = "timeframes"

    @property
    def key(self) -> str:
        """The record's key on the late-signals topic: that of the windows that it is missing from."""
        return f"{self.strategy if self.weighed == 'timeframes' else ALL_STRATEGIES}|{self.symbol}"


def composite_ids(strategy: str, version: int, symbol: str, timeframe: str, trading_style: TradingStyle) -> RecordIds:
    """The ids of the composites of one base: ``id(window end in milliseconds as text)`` gives one."""
    return RecordIds("composite", strategy, str(version), symbol, timeframe, trading_style)


def composite_id(  # noqa: PLR0913, PLR0917  # the six parts of the identity
    strategy: str, version: int, symbol: str, timeframe: str, trading_style: TradingStyle, window_end: UtcTime
) -> str:
    """The deterministic id of a composite: 32 hex digits."""
    return composite_ids(strategy, version, symbol, timeframe, trading_style).id(str(to_milliseconds(window_end)))


def consensus_ids(symbol: str, trading_style: TradingStyle) -> RecordIds:
    """The ids of a symbol's consensuses of one style: ``id(window end in milliseconds as text)`` gives one."""
    return RecordIds("consensus", symbol, trading_style)


def consensus_id(symbol: str, trading_style: TradingStyle, window_end: UtcTime) -> str:
    """The deterministic id of a consensus: 32 hex digits."""
    return consensus_ids(symbol, trading_style).id(str(to_milliseconds(window_end)))
