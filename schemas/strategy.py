"""A strategy as data: its indicators, models, entry and exit signals, and where they apply. The one normal form."""

import hashlib
import json
import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from schemas.correlation import CorrelationConfig
from schemas.execution import ExecutionConfig
from schemas.faults import refuse
from schemas.indicator_config import IndicatorConfig
from schemas.meta import MetaConfig
from schemas.model_config import ModelConfig
from schemas.postprocessing import PostProcessingConfig
from schemas.record import Record, StrategyId
from schemas.risk import RiskConfig
from schemas.signal_config import SignalConfig
from schemas.strategy_checks import faults
from schemas.timeframe import check_timeframe
from schemas.trading_style import TRADING_STYLES

ANY = "*"
"""A binding that takes every symbol, or every timeframe, that there is: see ``schemas.binding``."""

SYMBOL_PATTERN = r"^[A-Za-z0-9*?][A-Za-z0-9._:/*?-]{0,63}$"

SymbolPattern = Annotated[str, StringConstraints(pattern=SYMBOL_PATTERN)]
"""A symbol, or a pattern of symbols: ``*`` stands for any characters, ``?`` for one."""


def _bindable(timeframe: str) -> str:
    if timeframe != ANY and timeframe not in TRADING_STYLES:
        check_timeframe(timeframe, also=(ANY, *TRADING_STYLES))
    return timeframe


TimeframePattern = Annotated[
    str,
    AfterValidator(_bindable),
    Field(json_schema_extra={"pattern": r"^([1-9][0-9]{0,3}[smhdw]|\*|day|swing|position)$"}),
]
"""A timeframe, ``*`` for every one that the watchlist has of a symbol, or a trading style for those of that style."""

PartialBars = Literal["skip", "exits", "evaluate"]


_DEFAULT_CORRELATION = CorrelationConfig()


class StrategyConfig(Record):
    """A whole strategy. Immutable: a change is a new version.

    ``symbols`` and ``timeframes`` say which series it runs on, together with the watchlist: see ``schemas.binding``.
    Signals of one type and side are tried in order, the first that holds wins.
    """

    model_config = ConfigDict(title="Strategy")

    id: StrategyId = Field(description="The strategy's identity, for good.", examples=["macd_btc_15m"])
    meta: MetaConfig = Field(description="What a person reads of it.")
    symbols: tuple[SymbolPattern, ...] = Field(
        default=(ANY,),
        min_length=1,
        max_length=10_000,
        description="Symbols that it runs on: names as the feed has them, with or without the slash, or patterns: `*` "
        "stands for any characters, `?` for one. Case counts.",
        examples=[["*"], ["BTC/USDT", "ETH*"]],
    )
    timeframes: tuple[TimeframePattern, ...] = Field(
        default=(ANY,),
        min_length=1,
        max_length=32,
        description="Timeframes that it runs on: by name, `*` for every one that the watchlist has of a symbol, or "
        "`day`, `swing` and `position` for those of that style. For a symbol without any there: the feed's own.",
        examples=[["15m", "1h"], ["day", "swing"]],
    )
    indicators: tuple[IndicatorConfig, ...] = Field(
        default=(), max_length=200, description="What is computed, under the names that expressions use."
    )
    models: tuple[ModelConfig, ...] = Field(default=(), max_length=32, description="What is learnt or fitted.")
    postprocessing: tuple[PostProcessingConfig, ...] = Field(
        default=(), max_length=32, description="What is done with the outputs of models, in order."
    )
    signals: tuple[SignalConfig, ...] = Field(
        min_length=1, max_length=200, description="When it enters and leaves; at least one entry."
    )
    risk: RiskConfig | None = Field(default=None, description="Sizing, stops and limits.")
    execution: ExecutionConfig = Field(
        default=ExecutionConfig(),
        description="What it trades with, when its orders fill, and what that costs.",
        examples=[{"capital": 50_000, "fees": {"method": "proportional", "maker": 0.0002, "taker": 0.0005}}],
    )
    correlation: CorrelationConfig | None = Field(
        default=None,
        description="How the signals of its timeframes on a symbol are weighed together; without it by the defaults, "
        "and with `enabled` false not at all.",
    )
    partial_bars: PartialBars = Field(
        default="skip",
        description="What may act on a bar that lacks candles: `skip` nothing, `exits` only exits, `evaluate` every "
        "signal. Indicators count it in any case.",
    )

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        refuse(faults(self))
        return self

    @property
    def weighing(self) -> CorrelationConfig | None:
        """How its signals are weighed together where it runs on several timeframes; None where it says not to."""
        settings = self.correlation or _DEFAULT_CORRELATION
        return settings if settings.enabled else None

    @property
    def counted_together(self) -> frozenset[str]:
        """The symbols whose positions count against one ``max_concurrent_positions``, without slashes.

        Empty without that limit, and where a pattern leaves open which symbols there are: only a portfolio that follows
        the strategy counts then.

        >>> from schemas.strategy_file import parse_strategy
        >>> document = {"id": "a", "signals": {"entry": {"expression": "close > 1"}}}
        >>> document |= {"symbols": ["BTC/USDT", "ETH/USDT"], "risk": {"limits": {"max_concurrent_positions": 1}}}
        >>> sorted(parse_strategy(document, origin="a.json").counted_together)
        ['BTCUSDT', 'ETHUSDT']
        >>> parse_strategy(document | {"symbols": ["BTC/USDT", "ETH*"]}, origin="a.json").counted_together
        frozenset()
        """
        if self.risk is None or self.risk.limits.max_concurrent_positions is None:
            return frozenset()
        if any("*" in symbol or "?" in symbol for symbol in self.symbols):
            return frozenset()
        return frozenset(symbol.replace("/", "") for symbol in self.symbols)

    def model_outputs(self) -> dict[str, tuple[str, ...]]:
        """What expressions can read of models and of postprocessing, by id: ``{"lstm": ("prediction",)}``."""
        found = {model.id: model.outputs for model in self.models}
        for step in self.postprocessing:
            found[step.id] = found[step.model][:1] if step.output is None else (step.output,)
        return found

    def canonical_json(self) -> str:
        """The same text for the same strategy: sorted keys, no spaces, defaults written out."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), allow_nan=False)

    def as_sent(self) -> "StrategyConfig":
        """The strategy as whoever reads it from a topic has it: equal, with the keys of every mapping in order."""
        return StrategyConfig.model_validate_json(self.canonical_json())

    def fingerprint(self) -> str:
        """128 bits of SHA-256 over the canonical text, in hex: equal for equal strategies."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()[:32]


def slug(text: str) -> str:
    """A usable id from a free text.

    >>> slug("MACD BTC 15m (v2)")
    'macd_btc_15m_v2'
    """
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:64] or "unnamed"
