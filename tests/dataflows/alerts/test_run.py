"""The alert process on a broker: records in, alerts on the topic and at a webhook, and what survives a restart."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from pydantic import SecretStr

from dataflows.alerts.destination import destinations_of
from dataflows.alerts.rule_files import RuleFile
from dataflows.alerts.run import AlertRun
from dataflows.brokers.broker import Broker
from dataflows.brokers.ports import free_port
from dataflows.kafka.codec import build_codec
from dataflows.kafka.follow import Followed, TopicFollower
from dataflows.kafka.topic_layout import create
from dataflows.settings import Settings
from dataflows.stop import StopFlag
from schemas import topics
from schemas.alert import Alert, alert_id
from schemas.alert_rule_file import parse_alert_rules
from schemas.audit import Execution
from schemas.candle import Candle
from schemas.record import Record, from_milliseconds
from schemas.topics import TopicSpec
from tests.dataflows.alerts.webhook import webhook
from tests.dataflows.deployment import wait_until
from tests.operators.alerts.made import HOUR, START, equity, happening, metrics, portfolio, trade

DEEP = {"id": "deep", "type": "metric", "figure": "performance.drawdown", "above": 0.1, "severity": "error"}
SAMPLE = {"mean": 0.02, "variance": 0.0004, "number": 200}
WORSE = {"id": "worse", "type": "degradation", "reference": {"sample": SAMPLE}, "window": 20, "min_trades": 10}


class Place:
    """Topics of one test, and a folder."""

    def __init__(self, broker: Broker, prefix: str, folder: Path) -> None:
        self.settings = Settings(bootstrap_servers=broker.bootstrap_servers, topic_prefix=prefix, partitions=2)
        self.state = folder / "state.json"
        self._codec = build_codec(self.settings)
        create(self.settings)

    def write(self, spec: TopicSpec, *records: Record, timestamp: int = 0) -> None:
        """Produce, as the engine does; the broker notes the time, unless one is given."""
        producer = Producer({"bootstrap.servers": self.settings.bootstrap_servers, "partitioner": "murmur2_random"})
        for record in records:
            key = str(getattr(record, "key", getattr(record, "symbol", ""))).encode()  # a candle's is its symbol
            value = self._codec.encode(record)
            producer.produce(spec.prefixed(self.settings.topic_prefix), value, key=key, timestamp=timestamp)
        assert producer.flush(20) == 0

    def alerts(self) -> list[Alert]:
        """All that is on the topic."""
        topic = Followed(
            topics.ALERTS.prefixed(self.settings.topic_prefix), lambda value: self._codec.decode(value, Alert)
        )
        found: list[Alert] = []
        with TopicFollower(self.settings.kafka_client_config(), [topic]) as follower:
            while not follower.caught_up:
                found += [one.record for one in follower.poll(timeout_s=0.2) if isinstance(one.record, Alert)]
        return found

    def states(self) -> list[tuple[str | None, str | None]]:
        """Rule and state of each alert on the topic, in order of time."""
        return [(one.rule, one.state) for one in sorted(self.alerts(), key=lambda one: one.event_time)]

    @contextmanager
    def running(self, *rules: dict[str, Any], to: Sequence[str] = (), **more: Any) -> Iterator[AlertRun]:  # noqa: ANN401  # settings of the run
        """An alert process."""
        held = RuleFile(parse_alert_rules(list(rules), origin="test"), {})
        run = AlertRun(self.settings, held, destinations_of(SecretStr(" ".join(to))), self.state, **more)
        with closing(run):
            yield run

    def once(self, *rules: dict[str, Any], to: Sequence[str] = (), **more: Any) -> AlertRun:  # noqa: ANN401  # as above
        """One that works what is there, and ends."""
        with self.running(*rules, to=to, **more) as run:
            run.run(StopFlag(), once=True)
        return run


@pytest.fixture
def place(any_broker: Broker, topic_prefix: str, tmp_path: Path) -> Place:
    return Place(any_broker, topic_prefix, tmp_path)


def until(run: AlertRun, reached: Callable[[], bool]) -> None:
    def turned() -> bool:
        run.turn(0.05)
        return reached()

    wait_until(turned, 30)


def test_firing_and_resolve_reach_the_topic_and_a_webhook_once(place: Place) -> None:
    with webhook() as hook, place.running(DEEP, to=[hook.url]) as run:
        until(run, lambda: run.report.read == 0 and run.trouble is None)
        place.write(topics.METRICS, *(metrics(hour, drawdown=deep) for hour, deep in ((1, 0.0), (2, 0.2), (3, 0.3))))
        until(run, lambda: len(hook.received) == 1)
        place.write(topics.METRICS, metrics(4, drawdown=0.01))
        until(run, lambda: len(hook.received) == 2)
        for _ in range(5):
            run.turn(0.05)
        assert hook.titles == [
            "[error] deep firing: macd|BTCUSDT|1h",
            "[error] deep resolved: macd|BTCUSDT|1h",
        ]
        assert [one["type"] for one in hook.received] == ["failure", "success"]
        assert run.report.sent == 2
    assert place.states() == [("deep", "firing"), ("deep", "resolved")]
    assert {one.key for one in place.alerts()} == {"rule:deep|macd|BTCUSDT|1h"}


def test_a_restart_repeats_nothing_and_goes_on(place: Place) -> None:
    with webhook() as hook:
        place.write(topics.METRICS, metrics(1, drawdown=0.2))
        assert place.once(DEEP, to=[hook.url]).report.told == 1
        again = place.once(DEEP, to=[hook.url]).report
        assert (again.read, again.told, again.sent, again.firing) == (0, 0, 0, 1)
        place.write(topics.METRICS, metrics(2, drawdown=0.0))
        assert place.once(DEEP, to=[hook.url]).report.told == 1
    assert place.states() == [("deep", "firing"), ("deep", "resolved")]
    assert len(hook.received) == 2


def test_a_process_that_died_between_its_save_and_the_topic_tells_what_is_missing_and_no_more(place: Place) -> None:
    place.write(topics.METRICS, metrics(1, drawdown=0.2), metrics(1, strategy="rsi", drawdown=0.2))
    place.once(DEEP)
    saved = json.loads(place.state.read_text(encoding="utf-8"))
    there = {one.strategy: one for one in place.alerts()}
    missing = there["rsi"].model_copy(update={"id": "f" * 32})
    saved["untold"] = [there["macd"].model_dump_json(), missing.model_dump_json()]
    saved["offsets"] = [
        [topic, part, 0] if topic.endswith("alerts") else [topic, part, at] for topic, part, at in saved["offsets"]
    ]
    place.state.write_text(json.dumps(saved), encoding="utf-8")
    place.once(DEEP)
    assert sorted(one.id for one in place.alerts()) == sorted([*(one.id for one in there.values()), "f" * 32])


def test_what_was_over_before_the_first_run_is_not_told(place: Place) -> None:
    place.write(topics.EQUITY, *(equity(hour, lost) for hour, lost in ((1, 0.2), (2, 0.0), (3, 0.3))))
    rule = {"id": "lost", "type": "equity", "figure": "drawdown", "above": 0.1}
    run = place.once(rule)
    assert (run.report.told, run.report.firing) == (1, 1)
    assert [one.event_time for one in place.alerts()] == [equity(3, 0.3).close_time]


def test_what_comes_after_a_first_run_that_saw_nothing_is_told_though_it_is_over(place: Place) -> None:
    rule = {"id": "lost", "type": "equity", "figure": "drawdown", "above": 0.1}
    assert place.once(rule).report.told == 0
    place.write(topics.EQUITY, equity(1, 0.2), equity(2, 0.0))
    place.once(rule)
    assert place.states() == [("lost", "firing"), ("lost", "resolved")]


def test_a_failing_destination_holds_up_neither_the_rules_nor_the_others(place: Place) -> None:
    with webhook() as bad, webhook() as good:
        bad.status = 500
        nowhere = f"json://127.0.0.1:{free_port()}"
        with place.running(DEEP, to=[bad.url, nowhere, good.url]) as run:
            until(run, lambda: run.report.read == 0)
            place.write(topics.METRICS, metrics(1, drawdown=0.2))
            until(run, lambda: len(good.received) == 1 and run.report.failures > 0)
            place.write(topics.METRICS, metrics(2, drawdown=0.0))
            until(run, lambda: len(good.received) == 2)
            assert (bad.received, run.report.waiting) == ([], 2)
        bad.status = 200  # mended while nobody runs: what it missed is still to come
        with place.running(DEEP, to=[bad.url, nowhere, good.url]) as run:
            until(run, lambda: len(bad.received) == 2)
        assert bad.titles == good.titles


def test_a_destination_that_hangs_holds_up_nobody(place: Place) -> None:
    with webhook() as slow, webhook() as good:
        slow.go_on.clear()
        with place.running(DEEP, to=[slow.url, good.url], notify_timeout_s=0.05) as run:
            until(run, lambda: run.report.read == 0)
            place.write(topics.METRICS, metrics(1, drawdown=0.2))
            until(run, lambda: len(good.received) == 1 and run.report.failures > 0)
            place.write(topics.METRICS, metrics(2, drawdown=0.0))
            until(run, lambda: len(good.received) == 2)
        assert slow.received == []
    assert place.states() == [("deep", "firing"), ("deep", "resolved")]


def engines(kind: str, severity: str, minute: int) -> Alert:
    time = from_milliseconds(START + minute * 60_000)
    return Alert.model_validate(
        {
            "id": alert_id("gap", "BTCUSDT", "1m", time),
            "kind": kind,
            "severity": severity,
            "symbol": "BTCUSDT",
            "timeframe": "1m",
            "event_time": time,
            "message": "here",
        }
    )


@pytest.mark.parametrize(
    ("least", "titles"),
    [
        (None, ["[warning] gap: BTCUSDT|1m", "[error] quarantine: BTCUSDT|1m"]),
        ("error", ["[error] quarantine: BTCUSDT|1m"]),
    ],
)
def test_the_engines_alerts_are_sent_by_severity_and_once(place: Place, least: Any, titles: list[str]) -> None:  # noqa: ANN401  # a severity
    early = engines("gap", "error", 0)
    place.write(topics.ALERTS, early)  # before anybody listened
    told = [engines("partial", "info", 1), engines("gap", "warning", 2), engines("quarantine", "error", 3)]
    with webhook() as hook, place.running(to=[hook.url], least=least) as run:
        until(run, lambda: run.report.read == 0)
        place.write(topics.ALERTS, *told, *told)
        until(run, lambda: run.report.read == 6)
        until(run, lambda: len(hook.received) == len(titles))
        assert hook.titles == titles


def test_muted_kinds_stay_on_the_topic_and_reach_nobody(place: Place) -> None:
    told = [engines("gap", "error", 1), engines("partial", "error", 2), engines("quarantine", "error", 3)]
    held = RuleFile(parse_alert_rules({"rules": [], "mute": ["gap"]}, origin="test"), {})
    with (
        webhook() as hook,
        closing(
            AlertRun(
                place.settings, held, destinations_of(SecretStr(hook.url)), place.state, least="info", mute=["partial"]
            )
        ) as run,
    ):
        until(run, lambda: run.report.read == 0)
        place.write(topics.ALERTS, *told)
        until(run, lambda: run.report.read == 3 and run.report.sent == 1)
        assert [title.partition(":")[0] for title in hook.titles] == ["[error] quarantine"]
    assert len(place.alerts()) == 3


def test_metrics_of_portfolios_are_judged_beside_those_of_strategies(place: Place) -> None:
    loss = {"id": "loss", "type": "portfolio", "figure": "daily_loss", "above": 0.02}
    place.write(topics.METRICS, metrics(1, drawdown=0.2), portfolio(1, daily_loss=0.03))
    assert place.once(DEEP, loss).report.told == 2
    assert {(one.rule, one.key) for one in place.alerts()} == {
        ("deep", "rule:deep|macd|BTCUSDT|1h"),
        ("loss", "rule:loss|portfolio:main"),
    }


def execution() -> Execution:
    """What a strategy did, between what portfolios do."""
    return Execution(
        id="0" * 32,
        strategy="macd",
        version=1,
        symbol="BTCUSDT",
        timeframe="1h",
        open_time=from_milliseconds(START),
        close_time=from_milliseconds(START + HOUR),
        number=0,
        outcome="signalled",
        position_before="flat",
        position_after="flat",
        signals=("a" * 32,),
        rules=("up",),
        equity=1_000.0,
    )


def test_an_alert_on_a_portfolio_is_over_when_it_is_removed(place: Place) -> None:
    loss = {"id": "loss", "type": "portfolio", "figure": "daily_loss", "above": 0.02}
    place.write(topics.METRICS, portfolio(1, daily_loss=0.03))
    place.write(topics.EXECUTIONS, happening(1, "configured"), execution())
    assert place.once(loss).report.firing == 1
    place.write(topics.EXECUTIONS, happening(2, "removed"))
    assert place.once(loss).report.firing == 0
    assert place.states() == [("loss", "firing"), ("loss", "resolved")]


def test_trades_of_the_positions_topic_are_judged(place: Place) -> None:
    place.write(topics.POSITIONS, *(trade(number, -0.01 if number % 2 else -0.02) for number in range(1, 21)))
    run = place.once(WORSE)
    (alert,) = place.alerts()
    assert (alert.kind, alert.rule, run.report.firing) == ("degraded", "worse", 1)
    assert alert.figures["reference_mean"] == 0.02


def test_a_candle_of_the_future_does_not_hide_that_a_feed_is_stale(place: Place) -> None:
    def candle(symbol: str, minute: int) -> Candle:
        time = from_milliseconds(START + minute * 60_000)
        return Candle(symbol=symbol, timeframe="1m", open_time=time, open=1.0, high=1.0, low=1.0, close=1.0, volume=1.0)

    ten_years = 3652 * 24 * 60
    candles = [candle("BAD", 0), candle("BAD", ten_years), *(candle("GOOD", minute) for minute in range(30))]
    place.write(topics.CANDLES, *candles, timestamp=START + HOUR)
    run = place.once({"id": "stale", "type": "stale_feed", "bars": 5, "clock": "event"})
    assert [(one.symbol, one.state) for one in place.alerts()] == [("BAD", "firing")]
    assert run.report.firing == 1


def test_a_worker_that_is_down_is_told(place: Place) -> None:
    rule = {"id": "down", "type": "health", "figure": "up", "below": 1}
    run = place.once(rule, health=[f"http://127.0.0.1:{free_port()}"])
    (alert,) = place.alerts()
    assert (alert.metric, alert.value, alert.state, run.report.firing) == ("up", 0.0, "firing", 1)
