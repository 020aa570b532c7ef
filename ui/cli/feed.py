"""`candelabra feed`: candles from a file into the candle topic."""

import re
import time
from pathlib import Path
from typing import Annotated

import typer

from ui.cli.files import candle_source, places
from ui.cli.printing import JsonFlag, err, out, per_second, print_json, progress_bar
from ui.cli.reach import reachable

_SPEED = re.compile(r"^([0-9]+(?:\.[0-9]+)?)x?$")


def parse_speed(text: str) -> float | None:
    """Market time over real time; None for no pause.

    >>> parse_speed("60x"), parse_speed("max")
    (60.0, None)
    """
    if text == "max":
        return None
    match = _SPEED.match(text)
    if match is None or float(match.group(1)) == 0:
        raise typer.BadParameter(f"expected max, or a multiple of the market's pace such as 1x or 60x, got {text!r}")
    return float(match.group(1))


def feed_file(
    source: Annotated[Path, typer.Argument(help="A .parquet or .csv file of candles, or `demo`.")],
    speed: Annotated[str, typer.Option(help="max, or market time over real time: 1x, 60x, ...")] = "max",
    symbol: Annotated[str | None, typer.Option(help="The symbol, where the file has no such column.")] = None,
    timeframe: Annotated[str | None, typer.Option(help="The timeframe, where the file has no such column.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Produce the candles of a file to the candle topic, at any pace.

    Example: candelabra feed candles.parquet --speed 60x
    """
    from dataflows.feed import feed
    from dataflows.kafka.codec import build_codec
    from dataflows.kafka.metadata import partition_count
    from dataflows.stop import StopFlag, stop_on_signals
    from schemas.topics import CANDLES

    pace = parse_speed(speed)
    settings = reachable()
    config = settings.kafka_client_config()
    topic = CANDLES.prefixed(settings.topic_prefix)
    partition_count(config, topic)
    candles = candle_source(source, symbol, timeframe)
    stop = StopFlag()
    started = time.perf_counter()
    with progress_bar("feeding", candles.count()) as (bar, task), stop_on_signals(stop):
        fed = feed(
            candles,
            client_config=config,
            topic=topic,
            codec=build_codec(settings),
            speed=pace,
            stop=stop,
            progress=lambda rows: bar.advance(task, rows),
        )
    seconds = time.perf_counter() - started
    found = places(candles, [row for row, _ in fed.refused])
    for row, why in fed.refused:
        line = f"{found[row].where}: {why}{found[row].seen}"
        err.print(line, style="yellow", markup=False, highlight=False)
    if fed.refused_count:
        what = (
            "1 row is no candle and was"
            if fed.refused_count == 1
            else f"{fed.refused_count:,} rows are no candles and were"
        )
        above = f", the first {len(fed.refused)} are above" if len(fed.refused) < fed.refused_count else ""
        err.print(f"{what} not sent{above}", style="yellow")
    if as_json:
        print_json({"candles": fed.candles, "refused": fed.refused_count, "seconds": round(seconds, 3)})
    else:
        out.print(f"{fed.candles:,} candles to {topic} in {seconds:.1f} s ({per_second(fed.candles, seconds)})")
    if fed.refused_count and not fed.candles:
        raise typer.Exit(1)
    if stop.is_set:  # Ctrl-C: what was sent is sent, and the rest is not
        raise typer.Exit(130)
