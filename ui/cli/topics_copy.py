"""`candelabra topics copy`: a deployment's topics to another cluster."""

from typing import Annotated

import typer

from ui.cli.printing import JsonFlag, err, out, print_json, progress_bar
from ui.cli.reach import reachable


def copy(
    to: Annotated[str, typer.Option("--to", help="Brokers of the other cluster: host:port, separated by commas.")],
    to_prefix: Annotated[str | None, typer.Option(help="Its topics' prefix; default: the same.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Copy every topic to another cluster, in order and with its times; run it while no worker runs.

    The other cluster is reached with the same TLS and SASL settings. Its topics are there already (`topics create`) and
    empty. An engine that then begins there with `run --rebuild` gives what is on the output topics, and goes on.

    Example: candelabra topics copy --to other:9092
    """
    from dataflows.kafka.copying import copy_topics

    source = reachable()
    prefix = source.topic_prefix if to_prefix is None else to_prefix
    target = reachable(bootstrap_servers=to, topic_prefix=prefix)
    with progress_bar("copying", None) as (bar, task):

        def told(topic: str, count: int) -> None:
            bar.update(task, description=topic, advance=count)

        copied = copy_topics(source, target, progress=told)
    if copied.lacks is not None:
        err.print(
            f"{copied.lacks}: the placements of commands stayed behind. Begin there with `candelabra run --cold`; what "
            "it puts out may differ from what was copied",
            style="yellow",
        )
    if as_json:
        print_json({"records": copied.records, "whole": copied.whole})
        return
    for topic, count in copied.records.items():
        if count:
            out.print(f"{count:>12,}  {topic}", highlight=False)
