"""`candelabra strategy explain`: the graph of indicators as a tree, what is shared, and the warm-up that follows."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.tree import Tree

from dataflows.errors import CandelabraError
from ui.cli.files import named
from ui.cli.printing import JsonFlag, out, print_json
from ui.cli.strategy_report import control_client

if TYPE_CHECKING:
    from operators.strategy.compile import CompiledStrategy
    from operators.strategy.explain import ExplainedIndicator, Explanation
    from schemas.strategy import StrategyConfig

_USUAL = {"*": "1m", "day": "1m", "swing": "1h", "position": "1d"}
"""On which timeframe a wildcard or a style is shown where no strategy names one that it may mean."""


@dataclass(frozen=True)
class _Shown:
    """What there is to say of one timeframe: ``unable`` are strategies that cannot run there, with the reason."""

    explanation: "Explanation"
    unable: dict[str, str]


def explain(
    references: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE|ID]...", help="Files, ids, or versions: id@VERSION.")
    ] = None,
    deployed: Annotated[
        bool, typer.Option("--deployed", help="Every strategy that is to be running or paused, beside those named.")
    ] = False,
    timeframe: Annotated[
        str | None,
        typer.Option(
            help="The timeframe to explain them on. Default: each that they name; else 1m for `*` and `day`, 1h for "
            "`swing`, 1d for `position`, for what those mean is the watchlist's to say."
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show the indicators that strategies read as a tree: what is shared, how long it warms up, how far it remembers.

    Each timeframe has a tree of its own: what is shared is shared on one series. With --json the first is the object
    itself, and the others are in its `also_on`.

    Example: candelabra strategy explain macd.json
    Example: candelabra strategy explain --deployed --timeframe 5m
    """
    from operators.strategy.compile import compile_strategy

    strategies = [compile_strategy(config) for config in _configs(references or [], deployed=deployed)]
    shown = [_on(one, some) for one, some in _timeframes(strategies, timeframe).items()]
    if as_json:
        first, *others = map(_document, shown)
        print_json({**first, "also_on": others})
        return
    for one in shown:
        _print(one)


def _on(timeframe: str, strategies: "Sequence[CompiledStrategy]") -> _Shown:
    """The graph of those that can run on a timeframe, and why the others cannot."""
    from operators.market.needs import unable
    from operators.strategy.explain import explain as explained

    # Whether a timeframe can be made at all depends on the base of each symbol, which nobody knows here.
    reasons = {one.config.id: unable(one.indicators, timeframe, lambda _timeframe: "") for one in strategies}
    able = [one for one in strategies if not reasons[one.config.id]]
    return _Shown(explained(able, timeframe), {strategy: reason for strategy, reason in reasons.items() if reason})


def _timeframes(strategies: "Sequence[CompiledStrategy]", asked: str | None) -> "dict[str, list[CompiledStrategy]]":
    """The timeframes to explain strategies on, shortest first, with those that run there; at least one."""
    from operators.strategy.explain import named_timeframes
    from schemas.strategy import ANY
    from schemas.timeframe import timeframe_ms
    from schemas.trading_style import TRADING_STYLES, default_style

    if asked is not None:
        try:
            timeframe_ms(asked)
        except ValueError as error:
            raise CandelabraError(f"--timeframe: {error}") from None
        return {asked: list(strategies)}

    def may_mean(config: "StrategyConfig", timeframe: str) -> bool:
        return not {timeframe, ANY, default_style(timeframe)}.isdisjoint(config.timeframes)

    configs = [one.config for one in strategies]
    wanted = set(named_timeframes(configs))
    styles = {default_style(timeframe) for timeframe in wanted}
    for config in configs:
        wanted |= {_USUAL[style] for style in TRADING_STYLES if style in config.timeframes and style not in styles}
    if not wanted:
        wanted = {_USUAL[ANY]}
    return {
        timeframe: [one for one in strategies if may_mean(one.config, timeframe)]
        for timeframe in sorted(wanted, key=timeframe_ms)
    }


def _document(shown: _Shown) -> "dict[str, object]":
    explanation = shown.explanation
    warm_ups = {
        one: {"bars": explanation.warm_up_bars(one), "seconds": explanation.warm_up_ms(one) / 1000}
        for one in explanation.strategies
    }
    return {
        **asdict(explanation),
        "computed": explanation.computed,
        "warm_up": warm_ups,
        "unable": shown.unable,
    }


def _print(shown: _Shown) -> None:
    explanation = shown.explanation
    for strategy, reason in shown.unable.items():
        tree = Tree(f"[bold]{strategy}[/] on {explanation.timeframe}: cannot run, and would be quarantined there")
        tree.add(escape(reason))
        out.print(tree, highlight=False, soft_wrap=True)
    for strategy in explanation.strategies:
        out.print(_tree(explanation, strategy), highlight=False, soft_wrap=True)
    if explanation.strategies:
        saved = explanation.wanted - explanation.computed
        shared = f": {saved} shared" if saved else ""
        out.print(f"{explanation.wanted} indicators wanted by the rules, {explanation.computed} computed{shared}")


def _configs(references: Sequence[str], *, deployed: bool) -> "list[StrategyConfig]":
    if not references and not deployed:
        raise typer.BadParameter("expected files or ids to explain, or --deployed")
    client = cache(control_client)
    found: dict[str, StrategyConfig] = {}
    for reference in references:
        one = named(reference, client)
        if one.config.id in found:
            raise CandelabraError(f"{one.label}: the id {one.config.id!r} is named twice")
        found[one.config.id] = one.config
    for strategy in client().strategies if deployed else ():
        wanted = client().wanted(strategy)
        if wanted is not None and wanted.desired.state != "stopped":
            found.setdefault(strategy, wanted.version.config)
    if not found:
        raise CandelabraError("no strategy is running or paused: `candelabra strategy deploy FILE` sends one")
    return list(found.values())


def _tree(explanation: "Explanation", strategy: str) -> Tree:
    bars, milliseconds = explanation.warm_up_bars(strategy), explanation.warm_up_ms(strategy)
    tree = Tree(
        f"[bold]{strategy}[/] on {explanation.timeframe}: every rule can hold from bar {bars} on, "
        f"{duration(milliseconds)} after the first candle opens"
    )
    nodes = {one.key: one for one in explanation.indicators}
    for rule in explanation.rules:
        if rule.strategy == strategy:
            branch = tree.add(f"{escape(rule.rule)}: from bar {rule.warm_up_bars}")
            for key in rule.reads:
                _grow(branch, nodes, key, f"{strategy}.{rule.rule}")
    return tree


def _grow(branch: Tree, nodes: "dict[str, ExplainedIndicator]", key: str, rule: str) -> None:
    node = nodes[key]
    own = rule.rpartition(".")[0] + "."
    others = [one.removeprefix(own) for one in node.used_by if one != rule]
    shared = f"\n[cyan]shared with {escape(_some(others))}[/]" if others else ""
    warm_up = f"first value at bar {node.warm_up_bars}, remembers {node.reach_bars} bars of {node.timeframe}"
    twig = branch.add(f"{escape(key)}\n[dim]{warm_up}[/]{shared}")
    for read in node.reads:
        if read in nodes:
            _grow(twig, nodes, read, rule)


def _some(names: Sequence[str], most: int = 3) -> str:
    """The first names, and how many more there are.

    >>> _some(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def duration(milliseconds: int) -> str:
    """A length of time in its two largest units.

    >>> duration(34 * 60_000)
    '34 min'
    >>> duration((26 * 60 + 30) * 60_000)
    '1 d 2 h'
    >>> duration(1_000)
    '1 s'
    """
    parts = []
    left = milliseconds // 1000
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
