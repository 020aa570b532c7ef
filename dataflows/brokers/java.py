"""The Java that Apache Kafka runs on."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from dataflows.errors import BrokerUnavailable

OLDEST_JAVA = 17  # Kafka 4 brokers need it
_ADVICE = f"Install a Java {OLDEST_JAVA} (or newer) runtime, or set KAFKA_BOOTSTRAP to a running broker."


def find_java() -> str:
    """Return the path of a Java that is new enough: the one in JAVA_HOME, else the one on PATH.

    Raises:
        BrokerUnavailable: there is none, it does not run, or it is too old.
    """
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if java is None:
        where = "in the bin directory of JAVA_HOME" if home else "on PATH, and JAVA_HOME is not set"
        raise BrokerUnavailable(f"Apache Kafka needs Java: there is no java {where}. {_ADVICE}")
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=True)
        release = java_release(answer.stderr + answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as failure:
        raise BrokerUnavailable(f"{java} does not tell its version: {failure}. {_ADVICE}") from failure
    if release < OLDEST_JAVA:
        raise BrokerUnavailable(f"Apache Kafka 4 needs Java {OLDEST_JAVA}, and {java} is Java {release}. {_ADVICE}")
    return java


def java_release(text: str) -> int:
    """Read the feature release out of what `java -version` prints.

    >>> java_release('openjdk version "17.0.15" 2025-04-15')
    17
    >>> java_release('java version "1.8.0_392"')
    8

    Raises:
        ValueError: no version in the text.
    """
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    if found is None:
        raise ValueError(f"no version in {text[:80]!r}")
    return int(found[1])
