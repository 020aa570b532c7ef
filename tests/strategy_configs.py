"""Any strategy configuration, with every kind of part, for Hypothesis."""

from typing import Any

from hypothesis import strategies as st

from schemas.correlation import CorrelationConfig, WindowConfig
from schemas.execution import (
    ExecutionConfig,
    FixedSlippage,
    PerUnitFees,
    ProportionalFees,
    ProportionalSlippage,
    ScaleIn,
    ScaleOut,
    VolatilitySlippage,
)
from schemas.hyperparameters import ArimaParameters, EtsParameters, MlpParameters, RecurrentParameters
from schemas.indicator_config import Change, IndicatorConfig, Lag, Normalize
from schemas.meta import MetaConfig
from schemas.model_config import ArimaModel, EtsModel, LstmModel, MlpModel, ModelConfig, Training
from schemas.postprocessing import Calibration, Clipping, Ensemble, ErrorCorrection, PostProcessingConfig, Smoothing
from schemas.protection import CoolDown, LowProfitGuard, MaxDrawdownGuard, StopLossGuard
from schemas.risk import (
    AtrDistance,
    FixedAmount,
    FixedFraction,
    FractionDistance,
    Kelly,
    RiskConfig,
    RiskLimits,
    RiskPerTrade,
    VolatilityTarget,
)
from schemas.signal_config import FixedConfidence, ScaledConfidence, SignalConfig, WeightedConfidence
from schemas.strategy import StrategyConfig
from schemas.trading_style import TRADING_STYLES

characters = st.characters(codec="utf-8")
texts = st.text(characters, max_size=40)
expressions = texts.map("x{}".format)
numbers = st.floats(allow_nan=False, allow_infinity=False)
fractions = st.floats(0, 1)
shares = st.floats(0, 1, exclude_min=True)
weights = st.floats(0, 1_000_000, exclude_min=True)
bars = st.integers(1, 100_000)
timeframes = st.sampled_from(["1s", "1m", "5m", "1h", "4h", "1d"])
timeframe_patterns = timeframes | st.sampled_from(["*", *TRADING_STYLES])
symbol_patterns = st.text("ABZaz09._:/*?-", max_size=20).map("B{}".format) | st.sampled_from(["*", "?" * 64, "9/*"])
strategy_ids = st.text("azAZ09_.-", max_size=20).map("s{}".format) | st.just("9" * 100)
identifiers = st.text("azAZ09_", max_size=8).map("_{}".format) | st.just("Z" * 64)
references = identifiers | st.builds("{}.{}".format, identifiers, identifiers)

metas = st.builds(
    MetaConfig,
    name=st.text(characters, min_size=1, max_size=40),
    description=texts,
    author=texts,
    tags=st.lists(identifiers, max_size=3, unique=True).map(lambda tags: tuple(tag[:50] for tag in tags)),
    visibility=st.sampled_from(["public", "private"]),
)
modifiers = st.one_of(
    st.builds(Lag, type=st.just("lag"), bars=bars),
    st.builds(Change, type=st.just("change"), bars=bars, method=st.sampled_from(["absolute", "percent", "log"])),
    st.builds(
        Normalize,
        type=st.just("normalize"),
        method=st.sampled_from(["zscore", "minmax", "rank"]),
        period=st.integers(2, 100_000),
    ),
)
indicators = st.builds(
    IndicatorConfig,
    name=identifiers,
    type=st.text(characters, min_size=1, max_size=64),
    parameters=st.dictionaries(identifiers, st.integers(-(2**53), 2**53) | numbers | texts, max_size=4),
    source=st.none() | st.sampled_from(["hl2", "close"]) | st.just(("close", "volume")),
    timeframe=st.none() | timeframes,
    modifiers=st.lists(modifiers, max_size=2).map(tuple),
    description=texts,
)


@st.composite
def weighted(draw: st.DrawFn) -> WeightedConfidence:
    names = draw(st.dictionaries(references, weights, min_size=1, max_size=3))
    parts = {name: draw(expressions) for name in names if "." not in name and draw(st.booleans())}
    return WeightedConfidence(method="weighted", weights=names, parts=parts)


@st.composite
def scaled(draw: st.DrawFn) -> ScaledConfidence:
    threshold, full = draw(st.lists(numbers, min_size=2, max_size=2, unique=True))
    least, most = sorted([draw(fractions), draw(fractions)])
    return ScaledConfidence(
        method="scaled", value=draw(expressions), threshold=threshold, full=full, least=least, most=most
    )


confidences = st.builds(FixedConfidence, value=fractions) | weighted() | scaled()
signal_configs = st.builds(
    SignalConfig,
    id=st.text("azAZ09_.-", max_size=20).map("r{}".format) | st.just("0" * 64),
    type=st.sampled_from(["entry", "exit"]),
    side=st.sampled_from(["long", "short"]),
    expression=expressions,
    description=texts,
    confidence=confidences,
)
distances = st.builds(FractionDistance, fraction=st.floats(0.001, 0.999)) | st.builds(
    AtrDistance, method=st.just("atr"), multiple=st.floats(0.1, 100), period=bars
)
sizings = st.one_of(
    st.builds(FixedAmount, method=st.just("fixed_amount"), amount=st.floats(0.001, 1e12)),
    st.builds(FixedFraction, method=st.just("fixed_fraction"), fraction=shares),
    st.builds(RiskPerTrade, method=st.just("risk_per_trade"), fraction=shares),
    st.builds(VolatilityTarget, method=st.just("volatility_target"), annual_volatility=shares),
    st.builds(Kelly, method=st.just("kelly"), share=shares, cap=shares, trades=st.integers(10, 10_000)),
)
limits = st.builds(
    RiskLimits,
    max_position_size=st.none() | shares,
    max_concurrent_positions=st.none() | st.integers(1, 100_000),
    max_daily_loss=st.none() | shares,
    max_drawdown=st.none() | shares,
    max_leverage=st.none() | st.floats(1, 1_000),
    cool_down_bars=st.none() | bars,
)
protections = st.one_of(
    st.builds(CoolDown, method=st.just("cool_down"), bars=bars),
    st.builds(
        StopLossGuard,
        method=st.just("stop_loss_guard"),
        lookback_bars=bars,
        trades=st.integers(1, 10_000),
        stop_bars=bars,
    ),
    st.builds(
        MaxDrawdownGuard,
        method=st.just("max_drawdown_guard"),
        lookback_bars=bars,
        trades=st.integers(1, 10_000),
        max_drawdown=shares,
        stop_bars=bars,
    ),
    st.builds(
        LowProfitGuard,
        method=st.just("low_profit_guard"),
        lookback_bars=bars,
        trades=st.integers(1, 10_000),
        required_profit=st.floats(-100, 100),
        stop_bars=bars,
    ),
)
risks = st.builds(
    RiskConfig,
    sizing=st.none() | sizings,
    stop_loss=distances,
    take_profit=st.none() | distances,
    trailing_stop=st.none() | distances,
    break_even=st.none() | distances,
    max_bars_held=st.none() | bars,
    protections=st.lists(protections, max_size=3).map(tuple),
    limits=limits,
)
amounts = st.floats(0, 1e15)
positive_amounts = st.floats(0, 1e15, exclude_min=True)
slippages = st.one_of(
    st.builds(FixedSlippage, method=st.just("fixed"), amount=amounts),
    st.builds(ProportionalSlippage, method=st.just("proportional"), fraction=fractions),
    st.builds(VolatilitySlippage, method=st.just("volatility"), multiple=st.floats(0, 100), period=bars),
)
fees = st.builds(
    ProportionalFees, method=st.just("proportional"), maker=fractions, taker=fractions, minimum=amounts
) | st.builds(PerUnitFees, method=st.just("per_unit"), amount=amounts, minimum=amounts)
parts = st.builds(
    ScaleOut, at=st.builds(FractionDistance, fraction=st.floats(1e-9, 0.0005)), fraction=st.floats(0.01, 0.25)
)


@st.composite
def executions(draw: st.DrawFn) -> ExecutionConfig:
    """Terms that can be carried out; parts of a position are left nearer than any of ``distances``."""
    least = draw(st.none() | positive_amounts)
    return ExecutionConfig(
        fill=draw(st.sampled_from(["next_open", "signal_close"])),
        capital=draw(positive_amounts),
        spread=draw(fractions),
        slippage=draw(st.none() | slippages),
        fees=draw(st.none() | fees),
        contract_size=draw(positive_amounts),
        tick_size=draw(st.none() | positive_amounts),
        lot_size=draw(st.none() | st.just(least)),
        minimum_size=least,
        maximum_size=None if least is None else draw(st.none() | st.floats(least, 1e15)),
        leverage=draw(st.floats(1, 1_000)),
        maintenance_margin=draw(st.floats(0, 1, exclude_max=True)),
        scale_in=draw(st.none() | st.builds(ScaleIn, max_entries=st.integers(2, 100), share=st.floats(0.001, 100))),
        scale_out=tuple(draw(st.lists(parts, max_size=4))),
    )


durations = st.sampled_from(["1s", "90s", "15m", "1h", "1d", "2w"])
windows = st.builds(
    lambda count, every, half_life: WindowConfig(length=f"{count}{every[-1]}", every=every, half_life=half_life),
    count=st.integers(1, 371),
    every=st.sampled_from(["1s", "1m", "1h", "1d"]),
    half_life=st.none() | durations,
)
timeframe_weights = st.dictionaries(timeframes, st.floats(0.001, 1_000_000), max_size=3)
correlations = st.builds(
    CorrelationConfig,
    enabled=st.booleans(),
    windows=st.dictionaries(st.sampled_from(TRADING_STYLES), windows, max_size=3),
    weights=timeframe_weights,
    conflict_penalty=fractions,
    minimum_supporting=st.integers(0, 63),
    minimum_confidence=fractions,
    cool_down=st.none() | durations,
    one_per_window=st.booleans(),
    top=st.none() | st.integers(1, 100),
)


def _of_any_kind(common: dict[str, Any]) -> list[ModelConfig]:
    """A model of each of some kinds."""
    return [
        LstmModel(type="ml", subtype="lstm", framework="pytorch", config=RecurrentParameters(), **common),
        MlpModel(type="ml", subtype="mlp", framework="onnx", config=MlpParameters(), **common),
        ArimaModel(
            type="traditional",
            subtype="arima",
            config=ArimaParameters(order=(2, 1, 2), seasonal_order=(1, 1, 1, 24)),
            **common,
        ),
        EtsModel(type="traditional", subtype="ets", config=EtsParameters(damped=True), **common),
    ]


def _steps(name: str, models: tuple[ModelConfig, ...], output: str | None) -> list[PostProcessingConfig]:
    """A postprocessing step of each type."""
    one: dict[str, Any] = {"id": name, "model": models[0].id, "output": output}
    return [
        ErrorCorrection(type="error_correction", **one),
        Smoothing(type="smoothing", **one),
        Calibration(type="calibration", **one),
        Clipping(type="clipping", least=-1.0, most=1.0, **one),
        Ensemble(id=name, type="ensemble", models=(models[0].id, models[1].id)),
    ]


def _entering(signals: list[SignalConfig]) -> tuple[SignalConfig, ...]:
    """The signals, the first of them an entry."""
    first, *others = signals
    return (first.model_copy(update={"type": "entry"}), *others)


@st.composite
def configs(draw: st.DrawFn) -> StrategyConfig:
    """A configuration whose parts fit together."""
    listed = draw(st.lists(indicators, max_size=3, unique_by=lambda each: each.name))
    names = [f"model_{number}" for number in range(draw(st.integers(0, 4)))]
    models: tuple[ModelConfig, ...] = ()
    for name in names[:2]:
        common = {
            "id": name,
            "inputs": tuple(draw(st.lists(references, min_size=1, max_size=3))),
            "outputs": tuple(draw(st.lists(identifiers, min_size=1, max_size=3, unique=True))),
            "training": Training(lookback_days=draw(st.integers(1, 36_500))),
        }
        models += (draw(st.sampled_from(_of_any_kind(common))),)
    steps: tuple[PostProcessingConfig, ...] = ()
    for name in names[2:]:
        output = draw(st.none() | st.sampled_from(models[0].outputs))
        steps += (draw(st.sampled_from(_steps(name, models, output))),)
    meta = draw(metas)
    return StrategyConfig(
        id=draw(strategy_ids),
        meta=meta.model_copy(update={"kind": draw(st.sampled_from(["ml", "hybrid"])) if models else "technical"}),
        symbols=tuple(
            draw(st.lists(symbol_patterns, min_size=1, max_size=3, unique_by=lambda each: each.replace("/", "")))
        ),
        timeframes=tuple(draw(st.lists(timeframe_patterns, min_size=1, max_size=3, unique=True))),
        indicators=tuple(listed),
        models=models,
        postprocessing=steps,
        signals=_entering(draw(st.lists(signal_configs, min_size=1, max_size=3, unique_by=lambda each: each.id))),
        risk=draw(st.none() | risks),
        execution=draw(st.just(ExecutionConfig()) | executions()),
        correlation=draw(st.none() | correlations),
        partial_bars=draw(st.sampled_from(["skip", "exits", "evaluate"])),
    )
