"""Take a picture of the dashboard: ``python -m ui.dashboard.screenshot http://127.0.0.1:8501 live.png``."""

import argparse
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

_LABELS = ("Symbol", "Timeframe", "Strategy")

QUIET_CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Flags with which Chromium runs in a container and asks nobody anything of its own accord."""


def take_screenshot(
    address: str, out: Path, *, chosen: Mapping[str, str], width: int = 1440, height: int = 1320
) -> None:
    """Open the page in the Chromium on PATH, wait for candles, choose, and save a PNG (sizes in pixels).

    ``chosen`` is what to choose by the label of its box: ``Symbol``, ``Timeframe``, ``Strategy``. With a strategy the
    picture is taken once its markers are there.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET_CHROMIUM))
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(address)
        page.locator(".price-chart[data-bars]:not([data-bars='0'])").wait_for(timeout=30_000)
        for label, option in chosen.items():
            _choose(page, label, option)
        if "Strategy" in chosen:
            page.locator(".price-chart[data-markers]:not([data-markers='0'])").wait_for(timeout=30_000)
        page.wait_for_timeout(1_500)  # the tables follow the chart by a second
        page.screenshot(path=out)
        browser.close()


def _choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()
    page.wait_for_timeout(1_500)  # the page is drawn anew, and with it the other boxes


def main() -> int:
    """Read the command line and take the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("out", type=Path)
    for label in _LABELS:
        parser.add_argument(f"--{label.lower()}", help="choose this one")
    parser.add_argument("--height", type=int, default=1320, help="of the picture, in pixels")
    given = parser.parse_args()
    options = {label: getattr(given, label.lower()) for label in _LABELS}
    chosen = {label: option for label, option in options.items() if option is not None}
    take_screenshot(given.address, given.out, chosen=chosen, height=given.height)
    sys.stdout.write(f"{given.out}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
