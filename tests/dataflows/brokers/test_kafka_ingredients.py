"""What Apache Kafka is made of here: Java, Maven, the cache; and the words for what is missing."""

from pathlib import Path

import pytest

from dataflows.brokers.java import find_java
from dataflows.brokers.kafka_jars import KAFKA_VERSION, cache_directory, kafka_jars
from dataflows.errors import BrokerUnavailable


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with an empty cache and no program but /bin/sh; returns the directory on its PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("CANDELABRA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return programs


@pytest.mark.usefixtures("bare")
def test_no_java_is_said_with_what_to_install() -> None:
    with pytest.raises(BrokerUnavailable, match=r"no java on PATH.*Install a Java 17.*KAFKA_BOOTSTRAP"):
        find_java()


def test_java_home_comes_before_the_path(bare: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program(bare / "java", "echo 'openjdk version \"11.0.2\"' >&2")
    wanted = program(tmp_path / "jdk" / "bin" / "java", "echo 'openjdk version \"21\"' >&2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    assert find_java() == str(wanted)


def test_a_java_home_without_java_is_named(bare: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program(bare / "java", "echo 'openjdk version \"21\"' >&2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    with pytest.raises(BrokerUnavailable, match="no java in the bin directory of JAVA_HOME"):
        find_java()


def test_an_old_java_is_refused_with_its_release(bare: Path) -> None:
    program(bare / "java", "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2")
    with pytest.raises(BrokerUnavailable, match=r"needs Java 17, and .* is Java 11"):
        find_java()


def test_a_java_that_does_not_run_is_refused(bare: Path) -> None:
    program(bare / "java", "exit 1")
    with pytest.raises(BrokerUnavailable, match="does not tell its version"):
        find_java()


@pytest.mark.usefixtures("bare")
def test_no_maven_and_no_cache_is_said_in_words() -> None:
    with pytest.raises(BrokerUnavailable, match=r"not in the cache and Maven \(mvn\) is not on PATH"):
        kafka_jars()


def test_what_maven_says_is_passed_on_and_nothing_stays(bare: Path, tmp_path: Path) -> None:
    program(bare / "mvn", "echo '[ERROR] Unknown host'; exit 1")
    with pytest.raises(BrokerUnavailable, match=r"could not download Apache Kafka .*\n.*Unknown host"):
        kafka_jars()
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cached_release_needs_no_maven(bare: Path, tmp_path: Path) -> None:
    cached = tmp_path / "cache" / f"kafka_2.13-{KAFKA_VERSION}"
    cached.mkdir(parents=True)
    assert not list(bare.iterdir())
    assert kafka_jars() == cached


def test_maven_is_asked_for_the_official_coordinates_once(bare: Path, tmp_path: Path) -> None:
    log = tmp_path / "calls"
    program(
        bare / "mvn",
        f"""
for argument; do case "$argument" in
  --file=*) while read -r line; do echo "$line" >> {log}; done < "${{argument#--file=}}" ;;
  -DoutputDirectory=*) /bin/mkdir "${{argument#-DoutputDirectory=}}" ;;
esac; done""",
    )
    assert kafka_jars() == kafka_jars() == tmp_path / "cache" / f"kafka_2.13-{KAFKA_VERSION}"
    asked = log.read_text(encoding="utf-8")
    expected = f"<groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA_VERSION}<"
    assert asked.count(expected) == 1


@pytest.mark.parametrize(
    ("platform", "environment", "end"),
    [
        ("linux", {}, ".cache/candelabra"),
        ("darwin", {}, "Library/Caches/candelabra"),
        ("win32", {"LOCALAPPDATA": "local"}, "local/candelabra"),
    ],
)
def test_the_cache_lies_where_the_platform_keeps_caches(platform: str, environment: dict[str, str], end: str) -> None:
    assert cache_directory(environment, platform).as_posix().endswith(end)
