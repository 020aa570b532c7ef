"""The threshold of each kind of rule, and the name of what it looks at."""

from operators.alerts.threshold import Terms
from schemas.alert_rule import AlertRule, BandRule, DegradationRule, SilentStrategyRule, StaleFeedRule
from schemas.duration import duration_ms

_MOST_P = 0.5  # no worse than the reference, as far as can be told


def terms_of(rule: AlertRule) -> Terms:
    """When the rule fires and when that is over; a resolving threshold that is not given is the threshold itself."""
    held_ms = 0 if rule.held_for is None else duration_ms(rule.held_for)
    repeat_ms = None if rule.repeat_after is None else duration_ms(rule.repeat_after)
    threshold, resolve, above = _bounds(rule)
    return Terms(threshold, resolve, above, held_ms, repeat_ms)


def _bounds(rule: AlertRule) -> tuple[float, float, bool]:
    match rule:
        case StaleFeedRule():
            return rule.bars, rule.bars, True
        case SilentStrategyRule():
            seconds = duration_ms(rule.after) / 1000
            return seconds, seconds, True
        case BandRule():
            return rule.z, rule.z if rule.resolve_z is None else rule.resolve_z, True
        case DegradationRule():
            resolve = min(10 * rule.alpha, _MOST_P) if rule.resolve_alpha is None else rule.resolve_alpha
            return rule.alpha, resolve, False
        case _:
            if rule.above is not None:
                return rule.above, rule.above if rule.resolve_below is None else rule.resolve_below, True
            below = rule.below or 0.0
            return below, below if rule.resolve_above is None else rule.resolve_above, False


def metric_of(rule: AlertRule) -> str:
    """What a rule looks at, with its unit where the name does not say it."""
    match rule:
        case StaleFeedRule():
            return "bars without a candle"
        case SilentStrategyRule():
            return "seconds without a signal"
        case BandRule():
            return "standard deviations from the backtest"
        case DegradationRule():
            return "p-value of earning as the reference"
        case _:
            return rule.figure
