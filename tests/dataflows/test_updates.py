"""Update, rollback, pause, resume and restart on a live flow that is itself stopped and started: the runs add up."""

from pathlib import Path

import pytest

from dataflows.brokers.broker import Broker
from dataflows.control_client import ControlClient, Sent
from operators.strategy.compile import compile_strategy
from schemas import topics
from schemas.lifecycle import State, StrategyStatus, StrategyVersion
from schemas.signal import Signal
from tests.dataflows.deployment import Deployment, lines, minute, swing, wait_until, walk
from tests.operators.plain_engine import PlainEngine, batch, command

pytestmark = pytest.mark.kafka

ROWS = walk(240, symbols=["AAA"])
SERIES = "fast|AAA|1m"
CALM = swing("fast", 40, 60)


def composed(sent: list[Sent], versions: dict[int, StrategyVersion]) -> list[str]:
    """What the plain engine signals for the same candles and commands, all known beforehand."""
    engine = PlainEngine(compile_strategy, history_bars=1_024)
    engine.feed(*(command(versions[one.desired.version], one.desired, "AAA") for one in sent), batch(*ROWS))
    return lines(one for one in engine.out[SERIES] if isinstance(one, Signal))


def test_no_signal_is_missed_or_told_twice_and_each_answer_names_the_first_bar(
    apache_kafka: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    deployment = Deployment(apache_kafka, topic_prefix, tmp_path).create()
    sent: list[tuple[int, State, Sent]] = []
    fed = 0

    def feed(until: int) -> None:
        nonlocal fed
        deployment.candles(ROWS[fed:until])
        fed = until

    def order(bar: int, state: State, one: Sent) -> None:
        """A command, on the topic before its bar; the worker has answered it when this returns."""
        sent.append((bar, state, one))
        assert [answer.state for answer in client().answers(one, wait_seconds=3)][:1] == [State.ACCEPTED]

    def client() -> ControlClient:
        return ControlClient(deployment.settings)

    with deployment.running() as live:
        order(10, State.RUNNING, client().deploy(swing("fast"), minute(10)))
        feed(50)
        wait_until(lambda: live.tally.candles == 50)
        order(60, State.RUNNING, client().update(CALM, minute(60)))
        feed(90)
        wait_until(lambda: live.tally.candles == 90)
    with deployment.running() as live:  # resumed from its recovery state, in the middle of version 2
        order(100, State.PAUSED, client().want("fast", "paused", minute(100)))
        feed(115)
        order(120, State.RUNNING, client().resume("fast", minute(120)))
        feed(140)
        wait_until(lambda: live.tally.candles == 50)
        order(150, State.RUNNING, client().rollback("fast", effective_from=minute(150)))
        feed(170)
        wait_until(lambda: live.tally.candles == 80)
    feed(175)
    with deployment.running() as live:
        order(185, State.RUNNING, client().restart("fast", minute(185)))
        feed(200)
        wait_until(lambda: live.tally.candles == 30)
        order(210, State.RUNNING, client().rollback("fast", effective_from=minute(210)))
        feed(len(ROWS))
        wait_until(lambda: live.tally.candles == 70)

    answers = [one for one in deployment.records(topics.STATUS, StrategyStatus) if one.key == SERIES]
    assert [(one.effective_bar, one.state, one.version, one.command) for one in answers] == [
        (minute(bar), state, one.desired.version, one.desired.command) for bar, state, one in sent
    ]
    signals = deployment.records(topics.SIGNALS, Signal)
    assert {one.version for one in signals} == {1, 2}
    assert len({one.id for one in signals}) == len(signals) > 10
    assert lines(signals) == composed([one for _, _, one in sent], client().versions("fast"))
