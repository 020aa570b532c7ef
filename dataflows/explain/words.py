"""What a strategy did at a bar, or why it did nothing, in one sentence."""

from dataflows.explain.bar import AtBar
from dataflows.explain.explanation import Explanation
from schemas.alert import Alert
from schemas.lifecycle import State
from schemas.position import PositionChange
from schemas.signal import Signal


def summary(explained: Explanation) -> str:
    """The gravest that happened; where nothing did, the first cause of that."""
    at = explained.at
    error = next((one.error for one in at.executions if one.error), "")
    quarantined = at.after.state is State.QUARANTINED and explained.state is not State.QUARANTINED
    if error or quarantined:
        alerted = next((one.message for one in at.records if isinstance(one, Alert)), "")
        reason = None if at.after.status is None else at.after.status.reason
        return f"It went out of service here: {error or reason or alerted}."
    closed = any(one.change == "closed" for one in at.changes)
    signals = [one for one in at.signals if "." not in one.rule or not closed]  # else the change says it
    rules = {one.rule for one in signals}
    done = [_changed(one) for one in at.changes if one.reason not in rules]  # at the open or within, before the close
    done += map(_signalled, signals)
    done += (_changed(one) for one in at.changes if one.reason in rules)
    if done:
        return "It " + ", and ".join(dict.fromkeys(done)) + "."
    if at.waits:
        return f"It did nothing: this bar is not worked yet, for {at.waits}."
    return f"It did nothing: {_why_nothing(explained, at)}."


def _signalled(signal: Signal) -> str:
    did = "an entry" if signal.type == "entry" else "an exit"
    return f"signalled {did}, {signal.side}, by {signal.rule}"


def _changed(change: PositionChange) -> str:
    if change.change == "refused":
        return f"was refused: {change.reason}"
    did = {"opened": f"opened a {change.position} position", "changed": "changed its position"}
    return f"{did.get(change.change, 'closed its position')} by {change.reason}"


def _why_nothing(explained: Explanation, at: AtBar) -> str:
    state, status = explained.state, at.before.status
    if state is None:
        return "no command had taken effect on this series yet"
    if state is not State.RUNNING:
        reason = f" ({status.reason})" if status is not None and status.reason else ""
        return f"it was {state.value}{reason}"
    asked = [one for one in explained.rules if one.asked]
    if not asked:
        return explained.rules[0].why_not if len({one.why_not for one in explained.rules}) == 1 else "no rule was asked"
    names = dict.fromkeys(name for one in asked for name in one.not_ready)
    if names and all(one.holds is None for one in asked):
        have = "has no value" if len(names) == 1 else "have no values"
        return f"no rule was ready, for {', '.join(names)} {have} yet"
    held = next((one.rule for one in asked if one.holds), None)
    if held is not None:
        refused = at.before.refusal
        return f"{held} held, and {'was refused as before: ' + refused if refused else 'no order came of it'}"
    rules = ", ".join(one.rule for one in asked)
    return f"{rules} did not hold" if len(asked) == 1 else f"none of {rules} held"
