"""`candelabra prove`: a table of cases, what was left out, exit code 1 where anything differs."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from dataflows.errors import BrokerUnavailable
from dataflows.prove.case import Case
from dataflows.prove.cases import SMALL
from dataflows.prove.happenings import Input
from dataflows.prove.matrix import Progress, Proved, prove
from dataflows.prove.run import Build
from tests.dataflows.prove import planted
from tests.ui.cli.conftest import Cli


def only_batches(
    inputs: Sequence[Input], chosen: Sequence[Case], *, build: Build, progress: Progress
) -> Iterator[Proved]:
    """Two cases are enough to see what is printed."""
    return prove(inputs, [case for case in chosen if case.name in SMALL[:2]], build=build, progress=progress)


def wrong(inputs: Sequence[Input], chosen: Sequence[Case], *, build: Build, progress: Progress) -> Iterator[Proved]:
    del build
    return only_batches(inputs, chosen, build=planted.looks_at_batches, progress=progress)


def no_broker() -> None:
    raise BrokerUnavailable("Apache Kafka needs Java: there is no java on PATH")


def test_machines_get_cases_and_differences(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataflows.prove.plan.prove", only_batches)
    said = cli("prove", "--small", "--no-kafka", "--data", tmp_path, "--json")
    found = said.json
    assert said.code == 0
    assert (found["cases"], found["different"], found["differences"]) == (2, 0, [])
    assert found["records"] == sum(found["topics"].values()) > 500
    assert found["seeds"] == [7]
    assert found["broker"] is None
    assert [text.partition(":")[0] for text in found["left_out"]] == ["binance", "bitfinex", "gaps", "Kafka"]


def test_people_get_a_table_and_are_told_what_is_left_out(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataflows.prove.plan.prove", only_batches)
    monkeypatch.setattr("dataflows.brokers.apache_kafka.ApacheKafka", no_broker)
    monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)
    said = cli("prove", "--small", "--data", tmp_path, "--seed", "3")
    assert said.code == 0
    assert "generated 3" in said.out
    assert "2 cases, " in said.out
    assert " records compared: nothing differs" in said.out
    assert "left out: binance: m1/binance_usdm_2025-05_shared8_1m.parquet not in " in said.err
    assert "left out: Kafka: Apache Kafka needs Java: there is no java on PATH" in said.err


def test_a_difference_is_shown_from_both_sides_and_ends_with_code_1(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataflows.prove.plan.prove", wrong)
    said = cli("prove", "--small", "--no-kafka", "--data", tmp_path)
    assert said.code == 1
    assert "2 differ" in said.out or "1 differ" in said.out
    assert "generated 7, batches of 1: signals by_day|" in said.out
    sides = [line for line in said.out.splitlines() if line.startswith(("  reference {", "  here      {"))]
    assert any('"rule":"wrong"' in line for line in sides)


def test_a_difference_in_json(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataflows.prove.plan.prove", wrong)
    said = cli("prove", "--small", "--no-kafka", "--data", tmp_path, "--json")
    assert said.code == 1
    assert said.json["different"] >= 1
    first = said.json["differences"][0]
    assert (first["input"], first["case"], first["topic"]) == ("generated 7", "batches of 1", "signals")
    assert first["reference"] != first["variant"]
