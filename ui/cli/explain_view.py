"""An explanation on one screen, in plain words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.markup import escape

from ui.cli.printing import err, out
from ui.cli.strategy_report import LIGHTS, minute

if TYPE_CHECKING:
    from dataflows.explain.explanation import Explanation, RuleSaid
    from dataflows.explain.latest import Standing
    from schemas.position import Fill, LimitReached, PositionChange
    from schemas.signal import Signal

_INDENT = 4
_LARGE = 1_000_000
"""From here on two decimals are all that a person reads."""


def show(explained: "Explanation") -> None:
    """Print it."""
    from dataflows.explain.words import summary

    for line in _lines(explained, summary(explained)):
        out.print(line, highlight=False, soft_wrap=True)
    for note in explained.notes:
        err.print(note, style="yellow", markup=False, soft_wrap=True)


def _lines(explained: "Explanation", said: str) -> Iterator[str]:
    yield from _head(explained)
    yield ""
    yield f"[bold]{escape(said)}[/]"
    yield ""
    for rule in explained.rules:
        yield from _rule(rule, _instead(explained, rule))
    if explained.rules:
        yield ""
    yield from _outcome(explained)
    took = explained.microseconds
    yield f"[dim]{escape(explained.source)}" + ("" if took is None else f"; the engine took {took:,} µs") + "[/]"


def _head(explained: "Explanation") -> Iterator[str]:
    from dataflows.explain.run import time_text

    at, bar = explained.at, explained.at.bar
    opened, closed = time_text(bar.open_time), time_text(bar.close_time)
    which = "the time asked for is its close" if explained.match == "closes" else "the time asked for lies within it"
    yield (
        f"[bold]{escape(explained.strategy)}[/] on [bold]{escape(bar.symbol)} {bar.timeframe}[/], the bar from "
        f"{opened} to {closed} UTC: {which}"
    )
    partial = "  [yellow]it lacks candles[/]" if bar.partial else ""
    figures = {name: getattr(bar, name) for name in ("open", "high", "low", "close", "volume")}
    yield "  ".join(f"{name} {number_text(value)}" for name, value in figures.items()) + partial
    status = at.before.status
    if explained.state is None or status is None:
        yield "no version was in force here yet"
    else:
        since = f" since the bar of {minute(status.effective_bar)}" if status.effective_bar else ""
        state = explained.state.value
        yield f"version {explained.version}, {LIGHTS[state]} {state}{since}"
    equity = "" if at.after.equity is None else f"   equity {number_text(at.after.equity)}"
    before, after = _standing(at.before.standing), _standing(at.after.standing)
    same = " as of the last bar that was worked" if at.waits else " before and after"
    yield f"position {before}" + (f"  ->  {after}" if after != before else same) + equity
    if at.beside:
        series = (" ".join(key.split("|")[1:]) for key in at.beside)
        yield f"counted with it: {escape(', '.join(series))} held something, or waited for a fill"


def _standing(held: "Standing") -> str:
    if held.position == "flat":
        return "flat"
    quantity = "" if held.quantity is None else f" {number_text(held.quantity)}"
    price = "" if held.average_price is None else f" at {number_text(held.average_price)}"
    levels = (("stop", held.stop_price), ("target", held.target_price), ("liquidation", held.liquidation_price))
    protected = "".join(f", {name} {number_text(level)}" for name, level in levels if level is not None)
    return f"{held.position}{quantity}{price}{protected}"


def _instead(explained: "Explanation", rule: "RuleSaid") -> str:
    """What came of a rule that held and gave no signal."""
    at = explained.at
    if rule.type == "entry" and any(one.refusals for one in at.executions):
        return "and was refused"
    if any(one.acted for one in explained.rules):
        return "another came first"
    return "and was refused as before" if rule.type == "entry" and at.before.refusal else "and no order came of it"


def _rule(rule: "RuleSaid", instead: str) -> Iterator[str]:
    title = f"{rule.type} {rule.side} [bold]{escape(rule.rule)}[/]"
    if not rule.asked:
        yield f"[dim]·[/] {title}: [dim]not asked, for {escape(rule.why_not)}[/]"
        return
    if rule.error:
        said = f"[red]it raised {escape(rule.error)}[/]"
    elif rule.holds is None:
        said = f"not ready: no value of {escape(', '.join(rule.not_ready) or 'a part of it')}"
    else:
        held = "it held" if rule.acted else f"it held, {instead}"
        said = held if rule.holds else "it did not hold"
    yield f"{_mark(holds=rule.holds)} {title}: {said}"
    for part in rule.parts:
        values = "  ".join("-" if value is None else number_text(value) for value in (part.left, part.right))
        shown = "" if (part.left, part.right) == (None, None) else f"  [dim]{values}[/]"
        ready = "  [dim]not ready[/]" if part.holds is None and part.depth else ""
        yield f"{' ' * (_INDENT + 2 * part.depth)}{_mark(holds=part.holds)} {escape(part.text)}{shown}{ready}"


def _mark(*, holds: bool | None) -> str:
    return "[dim]?[/]" if holds is None else "[green]✓[/]" if holds else "[red]✗[/]"


def _outcome(explained: "Explanation") -> Iterator[str]:
    at = explained.at
    for signal in at.signals:
        yield f"signal   {_signal(signal)}"
    for change in at.changes:
        yield from _change(change)
    for change in at.filled_later:
        yield from (f"{line}  [dim](at the next bar)[/]" for line in _change(change))
    told = {(one.refusal, one.reason) for one in at.changes if one.refusal is not None}
    for execution in at.executions:
        yield from (
            f"refused  {limit_text(one)}" for one in execution.refusals if one not in {refusal for refusal, _ in told}
        )
        if execution.error:
            yield f"error    [red]{escape(execution.error)}[/]"


def _signal(signal: "Signal") -> str:
    from ui.why import confidence_text

    sure = confidence_text(signal)
    why = f" = {escape(sure)}" if sure else ""
    return (
        f"{signal.type} {signal.side} by [bold]{escape(signal.rule)}[/] at {number_text(signal.price)}, "
        f"confidence {signal.confidence:.2f}{why}"
    )


def _change(change: "PositionChange") -> Iterator[str]:
    if change.change == "refused":
        limit = "" if change.refusal is None else f" [dim]({limit_text(change.refusal)})[/]"
        yield f"refused  {escape(change.reason)}{limit}"
    for fill in change.fills:
        yield f"fill     {fill_text(fill)}"


def fill_text(fill: "Fill") -> str:
    """A fill in a line, as markup."""
    from dataflows.explain.run import time_text

    did = "bought" if fill.side == "buy" else "sold"
    return (
        f"{did} {number_text(fill.quantity)} at {number_text(fill.price)}, fee {number_text(fill.fee)}, by "
        f"[bold]{escape(fill.reason)}[/], {time_text(fill.time_ms)}"
    )


def limit_text(limit: "LimitReached") -> str:
    """A limit that refused, with what it allows and what stood against it, as markup."""
    from dataflows.explain.run import time_text

    about = f" of {limit.about}" if limit.about else ""
    allowed = "" if limit.allowed is None else f", allowed {number_text(limit.allowed)}"
    actual = "" if limit.actual is None else f", actual {number_text(limit.actual)}"
    until = "" if limit.until_ms is None else f", until {time_text(limit.until_ms)}"
    lifted = f", lifted by {limit.lifted_by}" if limit.lifted_by else ""
    return escape(f"{limit.limit}{about}{allowed}{actual}{until}{lifted}")


def number_text(value: float) -> str:
    """A price or a quantity as people write it: eight digits that count, no exponent where one can do without.

    >>> number_text(104000.5), number_text(0.00012), number_text(98.0)
    ('104,000.5', '0.00012', '98')
    """
    text = f"{value:,.2f}" if abs(value) >= _LARGE else f"{value:,.8g}"
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text
