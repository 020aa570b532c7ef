"""Verbs about files: validate, templates, schema, clone."""

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from dataflows.errors import CandelabraError
from ui.cli.files import is_file, named, read_bytes, read_strategy, strategy_in
from ui.cli.printing import JsonFlag, counted, out, print_json
from ui.cli.strategy_report import control_client
from ui.cli.validating import Checking

if TYPE_CHECKING:
    from schemas.strategy import StrategyConfig


def validate(
    files: Annotated[list[Path], typer.Argument(help="Strategy files (JSON).")], as_json: JsonFlag = False
) -> None:
    """Check files down to names, parameters and expressions. Needs no broker.

    Example: candelabra strategy validate macd.json
    """
    warnings: dict[str, list[str]] = {}
    checking = Checking(files, read_strategy, as_json=as_json)
    for path, config in checking:
        found = warnings[str(path)] = [*checking.same_id(path, config.id, "strategy"), *_warnings(config)]
        if not as_json:
            told = f"{config.id}, {counted(len(config.signals), 'rule')}"
            out.print(f"[green]ok[/] {escape(str(path))}: {told}", highlight=False, soft_wrap=True)
            for warning in found:
                out.print(f"   {warning}", style="yellow", highlight=False, markup=False, soft_wrap=True)
    checking.end(warnings={**warnings, **checking.notes})


def _warnings(config: "StrategyConfig") -> list[str]:
    """What is right in itself, and will not do what its author may think."""
    from operators.market.needs import unable
    from operators.risk.way_out import without_way_out
    from operators.strategy.compile import compile_strategy
    from operators.strategy.explain import named_timeframes
    from operators.strategy.runnable import unrunnable

    indicators = compile_strategy(config).indicators
    found = [f"would be refused at deploy: {problem}" for problem in unrunnable(config)]
    found += without_way_out(config)
    found += _counting(config)
    for timeframe in named_timeframes([config]):
        reason = unable(indicators, timeframe, lambda _timeframe: "")  # whether it can be made, the feed decides
        if reason:
            found.append(f"would be quarantined on {timeframe}: {reason}")
    return found


def _counting(config: "StrategyConfig") -> list[str]:
    """What ``max_concurrent_positions`` counts over, where that is more than one symbol."""
    if config.risk is None or config.risk.limits.max_concurrent_positions is None:
        return []
    together = len(config.counted_together)
    if together > 1:
        series = f"all series of its {together:,} symbols together"
        counts = f"counts over {series}: the strategy waits for the slowest of them"
    elif not together:
        pattern = next(symbol for symbol in config.symbols if "*" in symbol or "?" in symbol)
        counts = (
            f"counts only in a portfolio that follows the strategy: {pattern!r} leaves open which symbols there are to "
            "wait for. Name all of them in `symbols`, and it counts over them together"
        )
    else:
        return []
    return [f"risk.limits.max_concurrent_positions: {counts}"]


def templates(
    name: Annotated[str | None, typer.Argument(help="A template to print.")] = None, as_json: JsonFlag = False
) -> None:
    """List the strategies that come with the program, or print one with its comments.

    Example: candelabra strategy templates
    Example: candelabra strategy templates macd_rsi > mine.json
    """
    from dataflows.template_files import template_bytes, template_names

    if name is not None:
        content = template_bytes(name)
        if as_json:
            print_json({"template": name, "text": content.decode("utf-8")})
        else:
            sys.stdout.write(content.decode("utf-8"))
        return
    from schemas.strategy_file import load_strategy

    found = {one: load_strategy(template_bytes(one), origin=f"{one}.json") for one in template_names()}
    if as_json:
        rows = [
            {"template": one, "name": config.meta.name, "description": config.meta.description}
            for one, config in found.items()
        ]
        print_json({"templates": rows})
        return
    if not found:
        out.print("no templates are installed")
        return
    table = Table("template", "what it does")
    for one, config in found.items():
        table.add_row(one, config.meta.description or config.meta.name)
    out.print(table)
    out.print("`candelabra strategy clone TEMPLATE NEW_ID` makes a file of your own from one")


def schema(
    name: Annotated[
        str, typer.Argument(help="strategy, meta, indicator, model, postprocessing, signal, risk or execution.")
    ] = "strategy",
    everything: Annotated[bool, typer.Option("--all", help="All eight, as one object by name.")] = False,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Write files NAME.schema.json into this folder instead.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Print the JSON Schema (2020-12) of strategy files, by which an editor completes and checks them.

    Example: candelabra strategy schema > strategy.schema.json
    Example: candelabra strategy schema --all --out schemas
    """
    from operators.indicators.json_schema import indicator_kinds
    from schemas.json_schema import json_schemas
    from schemas.json_schema_text import schema_text
    from schemas.names import did_you_mean

    schemas = json_schemas(indicator_kinds())
    if name not in schemas:
        raise CandelabraError(
            f"there is no schema {name!r}{did_you_mean(name, schemas)}: there are {', '.join(schemas)}"
        )
    chosen = schemas if everything else {name: schemas[name]}
    if folder is None:
        document = chosen if everything else chosen[name]
        if as_json:
            print_json(document)
        else:
            sys.stdout.write(schema_text(document))
        return
    paths = [folder / f"{one}.schema.json" for one in chosen]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, one in zip(paths, chosen.values(), strict=True):
            path.write_text(schema_text(one), encoding="utf-8")
    except OSError as error:
        raise CandelabraError(f"{folder}: cannot be written to: {error.strerror}") from None
    if as_json:
        print_json({"files": [str(path) for path in paths]})
        return
    for path in paths:
        out.print(str(path), highlight=False, markup=False, soft_wrap=True)


def clone(
    source: Annotated[
        str, typer.Argument(help="A file, a template's name, or a deployed strategy: its id, or id@VERSION.")
    ],
    new_id: Annotated[str, typer.Argument(help="The id of the strategy that it becomes.")],
    file: Annotated[
        Path | None, typer.Option("--out", help="Where to write it; `-` prints it. Default: NEW_ID.json.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write a file of your own from a template, a file or a deployed strategy; a file's comments are kept.

    Example: candelabra strategy clone macd_rsi my_macd
    """
    text = _renamed(*_source(source), new_id)
    path = file or Path(f"{new_id}.json")
    if str(path) == "-":
        if as_json:
            print_json({"id": new_id, "text": text})
        else:
            sys.stdout.write(text)
        return
    try:
        with path.open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        raise CandelabraError(f"{path} exists: name another file with --out") from None
    except OSError as error:
        raise CandelabraError(f"{path}: cannot be written: {error.strerror}") from None
    if as_json:
        print_json({"id": new_id, "file": str(path)})
    else:
        out.print(f"{path}: {source} as {new_id}", highlight=False, markup=False, soft_wrap=True)


def _source(reference: str) -> tuple[str, str]:
    """The text of a strategy and what to call it: of a file, else of a template, else of what is deployed."""
    from dataflows.errors import BrokerError
    from dataflows.template_files import template_bytes, template_names
    from schemas.names import did_you_mean

    if is_file(reference):
        content = read_bytes(Path(reference))
    elif reference in template_names():
        content = template_bytes(reference)
    else:
        try:
            content = named(reference, control_client).config.model_dump_json(indent=2).encode()
        except BrokerError as error:
            neither = f"there is no file and no template {reference!r}{did_you_mean(reference, template_names())}"
            raise CandelabraError(f"{neither}; whether it is deployed could not be found out: {error}") from None
    strategy_in(content, origin=reference)
    return content.decode("utf-8-sig"), reference


def _renamed(text: str, origin: str, new_id: str) -> str:
    """The text under another id, its layout and comments kept where that can be; checked as a file is."""
    document = json.loads(text)
    wanted = {"id": new_id, **{key: value for key, value in document.items() if key != "id"}}
    changed = re.sub(r'("id"\s*:\s*)"[^"\\]*"', lambda found: f"{found[1]}{json.dumps(new_id)}", text, count=1)
    if json.loads(changed) != wanted:  # the first id in the text was not the strategy's own
        changed = json.dumps(wanted, indent=2, ensure_ascii=False) + "\n"
    strategy_in(changed.encode(), origin=f"{origin} as {new_id}")
    return changed
