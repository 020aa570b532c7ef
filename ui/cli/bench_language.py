"""`candelabra bench language`: what rules cost, beside what they are compared to."""

import os
import platform
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ui.cli.printing import JsonFlag, err, out, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataflows.bench.language import Compiling, Evaluating, Sharing


def language(
    most: Annotated[int, typer.Option("--strategies", help="The most strategies on one symbol.", min=1)] = 1_000,
    candles: Annotated[int, typer.Option(help="Candles for each number of strategies.", min=64)] = 2_048,
    rounds: Annotated[int, typer.Option(help="Rounds, of which the median counts.", min=1)] = 5,
    as_json: JsonFlag = False,
) -> None:
    """What a rule costs to compile and to ask, and a candle with 1 to 1,000 strategies that share indicators.

    In this process and in memory. A rule of five terms is asked beside the same rule written in Python by hand.

    Example: candelabra bench language --json
    """
    from dataflows.bench.language import COUNTS, FIVE_TERMS, Plan, compiling, evaluating, sharing

    plan = Plan(candles=candles, rounds=rounds)
    with err.status("compiling") as status:
        compiled = compiling(plan)
        status.update("evaluating")
        asked = evaluating(plan)
        shared = []
        for count in sorted({min(count, most) for count in COUNTS}):
            status.update(f"{count:,} strategies on one symbol")
            shared.append(sharing(plan, count))
    if as_json:
        print_json(_document(compiled, asked, shared, FIVE_TERMS))
        return
    out.print(f"the rule: {FIVE_TERMS}", highlight=False)
    _print_rule(compiled, asked)
    _print_sharing(shared)
    out.print(f"{os.cpu_count()} cores, Python {platform.python_version()}; CPU time, medians of rounds done in turn")


def _document(
    compiled: "Compiling", asked: "Evaluating", shared: "Sequence[Sharing]", rule: str
) -> "dict[str, object]":
    return {
        "compile_ms": round(compiled.compile_ms, 3),
        "compile_ms_per_rule": round(compiled.compile_ms_per_rule, 3),
        "compiled": compiled.strategies,
        "rule": rule,
        "ns_per_evaluation": round(asked.ns_per_evaluation, 1),
        "ns_lambda": round(asked.ns_lambda, 1),
        "ratio_to_lambda": round(asked.ns_per_evaluation / asked.ns_lambda, 2),
        "ns_per_row_of_array": round(asked.ns_per_row_of_array, 1),
        "rows": asked.rows,
        "held": round(asked.held, 3),
        "strategies": {
            one.strategies: {name: round(value, 3) for name, value in asdict(one).items() if name != "strategies"}
            for one in shared
        },
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "time": "CPU time of one thread, in memory, without reading and writing",
        "compared_to": "the same five terms as a Python function written by hand, in the same rounds",
    }


def _print_rule(compiled: "Compiling", asked: "Evaluating") -> None:
    table = Table("", "", "times by hand")
    table.add_row("compile a strategy", f"{compiled.compile_ms:.2f} ms", "-")
    table.add_row("compile a rule", f"{compiled.compile_ms_per_rule:.2f} ms", "-")
    hand = asked.ns_lambda
    for what, taken in (
        ("ask the rule, one row", asked.ns_per_evaluation),
        ("the same by hand, readiness not tested", hand),
        ("ask the rule, a row of an array", asked.ns_per_row_of_array),
    ):
        table.add_row(what, f"{taken:,.0f} ns", f"{taken / hand:.2f}")
    out.print(table)
    out.print(f"over {asked.rows:,} rows, at {asked.held:.0%} of which it holds", style="dim", highlight=False)


def _print_sharing(shared: "Sequence[Sharing]") -> None:
    table = Table(
        "strategies",
        "rules",
        "distinct indicators",
        "candles/s",
        "evaluations/s",
        "us a candle",
        "market",
        "strategies' part",
        "live us a candle",
        "market",
        "strategies' part",
        title="one symbol, in batches and one candle at a time, without reading and writing",
    )
    for one in shared:
        table.add_row(
            f"{one.strategies:,}",
            f"{one.rules:,}",
            f"{one.indicators}",
            f"{one.candles_per_s:,.0f}",
            f"{one.evaluations_per_s:,.0f}",
            *(f"{taken:,.1f}" for taken in (one.us_per_candle, one.market_us, one.strategy_us)),
            *(f"{taken:,.1f}" for taken in (one.live_us_per_candle, one.live_market_us, one.live_strategy_us)),
        )
    out.print(table)
    first, last = shared[0], shared[-1]
    if first is not last:
        out.print(
            f"from {first.strategies:,} to {last.strategies:,} strategies there are {last.rules / first.rules:,.0f} "
            f"times the rules and {last.indicators / first.indicators:.1f} times the indicators. In batches the market "
            f"part takes {last.market_us / first.market_us:,.1f} times as long, for an indicator is computed once "
            f"whoever reads it, and the strategies' part {last.strategy_us / first.strategy_us:,.0f} times, for every "
            "rule is asked: the cost grows with rules, not with indicators. Candle by candle the market part takes "
            f"{last.live_market_us / first.live_market_us:,.1f} times as long: it hands each candle to each strategy.",
            highlight=False,
        )
