"""`candelabra strategy explain`: the graph of indicators as a tree, what is shared, and the warm-up that follows."""

from collections.abc import Sequence
from dataclasses import asdict
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
    from operators.strategy.explain import ExplainedIndicator, Explanation
    from schemas.strategy import StrategyConfig

_USUAL_TIMEFRAME = "1m"


def explain(
    references: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE|ID]...", help="Files, ids, or versions: id@VERSION.")
    ] = None,
    deployed: Annotated[
        bool, typer.Option("--deployed", help="Every strategy that is to be running or paused, beside those named.")
    ] = False,
    timeframe: Annotated[
        str | None,
        typer.Option(help="The series to explain them on. Default: the one that they all name, else 1m."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show the indicators that strategies read as a tree: what is shared, how long it warms up, how far it remembers.

    Example: candelabra strategy explain macd.json
    Example: candelabra strategy explain --deployed --timeframe 5m
    """
    from operators.strategy.compile import compile_strategy
    from operators.strategy.explain import explain as explained

    configs = _configs(references or [], deployed=deployed)
    on = timeframe or _timeframe(configs)
    try:
        explanation = explained([compile_strategy(config) for config in configs], on)
    except ValueError as error:
        raise CandelabraError(f"--timeframe: {error}") from None
    if as_json:
        warm_ups = {
            one: {"bars": explanation.warm_up_bars(one), "seconds": explanation.warm_up_ms(one) / 1000}
            for one in explanation.strategies
        }
        document = {**asdict(explanation), "computed": explanation.computed, "warm_up": warm_ups}
        print_json(document)
        return
    for strategy in explanation.strategies:
        out.print(_tree(explanation, strategy), highlight=False, soft_wrap=True)
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


def _timeframe(configs: "Sequence[StrategyConfig]") -> str:
    named_by_all = {timeframe for config in configs for timeframe in config.timeframes}
    return named_by_all.pop() if len(named_by_all) == 1 and "*" not in named_by_all else _USUAL_TIMEFRAME


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
