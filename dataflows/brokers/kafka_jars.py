"""Apache Kafka's own jars: resolved once by Maven, then kept in the user's cache."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dataflows.errors import BrokerUnavailable

KAFKA_VERSION = "4.1.1"
_SCALA = "2.13"
_SLF4J = "1.7.36"  # the release of slf4j-api that this Kafka brings
_DEPENDENCY_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
_MAVEN_TIMEOUT_S = 300
_POM = f"""\
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>candelabra</groupId><artifactId>broker</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_{_SCALA}</artifactId><version>{KAFKA_VERSION}</version>
    </dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>{_SLF4J}</version></dependency>
  </dependencies>
</project>
"""


def cache_directory(environment: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Return where downloads are kept between runs; it may not exist yet.

    `CANDELABRA_CACHE_DIR` if set, else `candelabra` in the platform's user cache.

    >>> cache_directory({"CANDELABRA_CACHE_DIR": "/var/jars"}).as_posix()
    '/var/jars'
    >>> cache_directory({"XDG_CACHE_HOME": "/scratch"}, platform="linux").as_posix()
    '/scratch/candelabra'
    """
    if chosen := environment.get("CANDELABRA_CACHE_DIR"):
        return Path(chosen)
    if platform == "win32" and (local := environment.get("LOCALAPPDATA")):
        return Path(local) / "candelabra"
    if platform == "darwin":
        return Path.home() / "Library" / "Caches" / "candelabra"
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "candelabra"


def kafka_jars() -> Path:
    """Return the directory of Kafka's jars, calling Maven if this version is not cached yet.

    Raises:
        BrokerUnavailable: not cached, and Maven is missing or could not download them.
    """
    jars = cache_directory(os.environ) / f"kafka_{_SCALA}-{KAFKA_VERSION}"
    if not jars.is_dir():
        jars.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".kafka-", dir=jars.parent) as scratch:
            _publish(_download(Path(scratch)), jars)
    return jars


def _download(scratch: Path) -> Path:
    maven = shutil.which("mvn")
    if maven is None:
        raise BrokerUnavailable(
            f"Apache Kafka {KAFKA_VERSION} is not in the cache and Maven (mvn) is not on PATH to download it. "
            "Install Maven, or set KAFKA_BOOTSTRAP to a running broker."
        )
    (scratch / "pom.xml").write_text(_POM, encoding="utf-8")
    target = scratch / "jars"
    command = [
        maven,
        "--batch-mode",
        "--quiet",
        "--strict-checksums",
        f"--file={scratch / 'pom.xml'}",
        f"{_DEPENDENCY_PLUGIN}:copy-dependencies",
        f"-DoutputDirectory={target}",
        "-DincludeScope=runtime",
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_MAVEN_TIMEOUT_S, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise BrokerUnavailable(
            f"Maven did not download Apache Kafka {KAFKA_VERSION} within {_MAVEN_TIMEOUT_S} s: is the network slow?"
        ) from None
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[:5])
        raise BrokerUnavailable(
            f"Maven could not download Apache Kafka {KAFKA_VERSION} (is there a network?). It said:\n{said}"
        )
    return target


def _publish(downloaded: Path, jars: Path) -> None:
    """Move the finished directory into place at once, so that nobody sees half of it."""
    try:
        downloaded.rename(jars)
    except OSError:
        if not jars.is_dir():  # else another process was first with the same jars
            raise
