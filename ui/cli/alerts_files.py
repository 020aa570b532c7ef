"""Verbs about files of alert rules: validate, schema."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ui.cli.printing import JsonFlag, counted, out, print_json
from ui.cli.validating import Checking


def validate(
    files: Annotated[list[Path], typer.Argument(help="Files of alert rules (JSON).")], as_json: JsonFlag = False
) -> None:
    """Check files of alert rules, and the files of reference figures that they name. Needs no broker.

    Example: candelabra alerts validate rules.json
    """
    from dataflows.alerts.rule_files import read_rules

    checking = Checking(files, read_rules, as_json=as_json)
    for path, found in checking:
        if not as_json:
            said = counted(len(found.rules.rules), "rule")
            out.print(f"[green]ok[/] {escape(str(path))}: {said}", highlight=False, soft_wrap=True)
    checking.end()


def schema(as_json: JsonFlag = False) -> None:
    """Print the JSON Schema (2020-12) of files of alert rules, by which an editor completes and checks them.

    Example: candelabra alerts schema > alert_rules.schema.json
    """
    from schemas.alert_rule_schema import alert_rules_schema
    from schemas.json_schema_text import schema_text

    document = alert_rules_schema()
    if as_json:
        print_json(document)
    else:
        sys.stdout.write(schema_text(document))


def reference(
    folder: Annotated[Path, typer.Argument(help="What `candelabra replay --out` wrote.")],
    strategy: Annotated[str | None, typer.Option(help="The strategy, where the folder has several.")] = None,
    symbol: Annotated[str | None, typer.Option(help="The symbol, where it has several.")] = None,
    timeframe: Annotated[str | None, typer.Option(help="The timeframe, where it has several.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Print the reference figures of a replay: the returns of its trades and of its bars.

    Example: candelabra alerts reference out --strategy macd > backtest.json
    """
    from dataflows.alerts.backtest import reference_of

    found = reference_of(folder, strategy, symbol, timeframe).model_dump(mode="json", exclude_none=True)
    if as_json:
        print_json(found)
    else:
        sys.stdout.write(f"{json.dumps(found, indent=4)}\n")
