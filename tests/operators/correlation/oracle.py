"""What is right, worked by one who sees the whole history at once: sort, then look through all of it every time."""

from math import fsum
from typing import NamedTuple

from schemas.composite import composite_id
from schemas.correlation import CorrelationConfig, weight_of, window_of
from schemas.record import from_milliseconds, to_milliseconds
from schemas.signal import Signal
from schemas.timeframe import timeframe_ms
from schemas.trading_style import TRADING_STYLES, TradingStyle
from tests.operators.correlation.stories import Chain, Stretch, at


class Expected(NamedTuple):
    """A composite, by what makes it one."""

    end: int
    style: TradingStyle
    version: int
    base: str
    supporting: tuple[str, ...]
    opposing: tuple[str, ...]
    strength: float
    confidence: float


class Agreed(NamedTuple):
    """A consensus, by what makes it one."""

    end: int
    style: TradingStyle
    side: str
    agreeing: frozenset[str]
    opposing: frozenset[str]
    strategies: int
    agreement: float


def closed(one: Signal) -> int:
    return to_milliseconds(one.close_time)


def running(chain: Chain, instant: int) -> Stretch:
    """What holds at an instant; in the stretch that ends the chain, what held before it."""
    found = [one for one in chain.stretches if one.timeframes]
    return next((one for one in found if instant <= at(one.end)), found[-1])


def heard(chain: Chain) -> list[Signal]:
    """All that counts, by time; a series' own order where times are equal."""
    said = [one for each in chain.signals.values() for _, one in each]
    names = {id(one): dict(running(chain, closed(one)).timeframes) for one in said}
    counts = [one for one in said if one.position_after == "flat" or one.timeframe in names[id(one)]]
    return sorted(counts, key=lambda one: (closed(one), -timeframe_ms(one.timeframe), one.timeframe, one.strategy))


def standing(chain: Chain, instant: int) -> list[Signal]:
    """The newest signal of each series up to an instant, where it is for a side."""
    newest = {(one.strategy, one.timeframe): one for one in heard(chain) if closed(one) <= instant}
    return [one for one in newest.values() if one.position_after != "flat"]


def ceiling(instant: int, step: int) -> int:
    return instant if instant % step == 0 else instant - instant % step + step


def expected_composites(history: list[Chain], settings: dict[int, CorrelationConfig]) -> list[Expected]:
    found: list[Expected] = []
    for chain in history:
        sent: dict[tuple[TradingStyle, str], int] = {}
        sides = [one for one in heard(chain) if one.position_after != "flat"]
        ends = {
            ceiling(closed(one), window_of(settings[one.version], style).every_ms)
            for one in sides
            for style in TRADING_STYLES
        }
        for end in sorted(one for one in ends if one <= at(chain.stretches[-1].end)):
            version = [one for one in sides if closed(one) <= end][-1].version
            config = settings[version]
            here = []
            for style in TRADING_STYLES:
                here += _of_style(chain, end, style, version, config)
            cool = 0 if config.cool_down is None else timeframe_ms(config.cool_down)
            passed = [
                (one, side)
                for one, side, _, _ in sorted(here, key=lambda each: (-each[0].confidence, -each[2], each[3]))
                if len(one.supporting) >= config.minimum_supporting
                and one.confidence >= config.minimum_confidence
                and ((one.style, side) not in sent or end - sent[one.style, side] >= cool)
            ]
            for one, side in passed if config.top is None else passed[: config.top]:
                sent[one.style, side] = end
                found.append(one)
    return found


def _of_style(
    chain: Chain, end: int, style: TradingStyle, version: int, config: CorrelationConfig
) -> list[tuple[Expected, str, int, str]]:
    window = window_of(config, style)
    if end % window.every_ms:
        return []
    styles = dict(running(chain, end).timeframes)
    weights = {name: weight_of(name, config.weights) for name in styles}
    voices = [one for one in standing(chain, end) if one.timeframe in styles and closed(one) > end - window.length_ms]
    voices.sort(key=lambda one: (-timeframe_ms(one.timeframe), one.timeframe))
    found: list[tuple[Expected, str, int, str]] = []
    for number, base in enumerate([one for one in voices if styles[one.timeframe] == style]):
        if number and config.one_per_window:
            break
        length = timeframe_ms(base.timeframe)
        lower = [one for one in voices if timeframe_ms(one.timeframe) < length]
        if all(closed(one) <= end - window.every_ms for one in [base, *lower]):
            continue
        below = [weight for name, weight in weights.items() if timeframe_ms(name) < length]
        greatest = max([weights[base.timeframe], *below])
        supporting = [one for one in lower if one.position_after == base.position_after]
        opposing = [one for one in lower if one.position_after != base.position_after]

        def left(said: list[Signal], greatest: float = greatest) -> float:
            product = 1.0
            for one in said:
                age = end - closed(one)
                faded = 0.5 ** (age / window.half_life_ms)
                product *= 1 - one.confidence * faded * (weights[one.timeframe] / greatest)
            return product

        pro, con = 1 - left([base, *supporting]), 1 - left(opposing)
        strength = fsum(weights[one.timeframe] for one in supporting) / fsum(below) if below else 0.0
        composite = Expected(
            end,
            style,
            version,
            base.id,
            tuple(one.id for one in supporting),
            tuple(one.id for one in opposing),
            strength,
            pro * (1 - config.conflict_penalty * con),
        )
        identity = composite_id(base.strategy, version, base.symbol, base.timeframe, style, from_milliseconds(end))
        found.append((composite, base.position_after, length, identity))
    return found


def expected_consensus(history: list[Chain]) -> list[Agreed]:
    found: list[Agreed] = []
    for chain in history:
        sent: dict[tuple[TradingStyle, str], int] = {}
        ends = set()
        for one in heard(chain):
            config = running(chain, closed(one)).consensus
            if one.position_after != "flat" and config is not None:
                ends |= {ceiling(closed(one), window_of(config, style).every_ms) for style in TRADING_STYLES}
        for end in sorted(one for one in ends if one <= at(chain.stretches[-1].end)):
            for style in TRADING_STYLES:
                one_agreed = _agreed(chain, end, style, sent)
                found += [] if one_agreed is None else [one_agreed]
    return found


def _agreed(chain: Chain, end: int, style: TradingStyle, sent: dict[tuple[TradingStyle, str], int]) -> Agreed | None:
    stretch = running(chain, end)
    config, styles = stretch.consensus, dict(stretch.timeframes)
    if config is None:
        return None
    window = window_of(config, style)
    voices: dict[str, Signal] = {}
    for one in sorted(standing(chain, end), key=lambda one: (timeframe_ms(one.timeframe), _last_first(one.timeframe))):
        if styles.get(one.timeframe) == style and closed(one) > end - window.length_ms:
            voices[one.strategy] = one
    new = any(closed(one) > end - window.every_ms for one in voices.values())
    if end % window.every_ms or not new or len(voices) < config.minimum_strategies:
        return None
    counts = {
        strategy: weight_of(one.timeframe, config.weights)
        * one.confidence
        * 0.5 ** ((end - closed(one)) / window.half_life_ms)
        for strategy, one in voices.items()
    }
    weights = {
        side: fsum(counts[strategy] for strategy, one in voices.items() if one.position_after == side)
        for side in ("long", "short")
    }
    if weights["long"] == weights["short"]:
        return None
    side = max(weights, key=lambda each: weights[each])
    share = weights[side] / fsum(counts.values())
    cool = 0 if config.cool_down is None else timeframe_ms(config.cool_down)
    if share < config.minimum_agreement or ((style, side) in sent and end - sent[style, side] < cool):
        return None
    sent[style, side] = end

    def listed(*, agreeing: bool) -> frozenset[str]:
        names = [name for name, one in voices.items() if (one.position_after == side) == agreeing]
        names.sort(key=lambda name: (-counts[name], name))
        return frozenset(voices[name].id for name in (names if config.top is None else names[: config.top]))

    return Agreed(end, style, side, listed(agreeing=True), listed(agreeing=False), len(stretch.strategies), share)


def _last_first(name: str) -> tuple[int, ...]:
    return tuple(-ord(letter) for letter in name)
