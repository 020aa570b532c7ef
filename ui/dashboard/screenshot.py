"""Take a picture of the dashboard: ``python -m ui.dashboard.screenshot http://127.0.0.1:8501 live.png``."""

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

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
    address: str, out: Path, *, strategy: str | None = None, width: int = 1440, height: int = 1320
) -> None:
    """Open the page in the Chromium on PATH, wait until the chart has candles, and save a PNG (sizes in pixels)."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET_CHROMIUM))
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(address)
        page.locator(".price-chart[data-bars]:not([data-bars='0'])").wait_for(timeout=30_000)
        if strategy is not None:
            page.get_by_label("Strategy").click()
            page.get_by_role("option", name=strategy, exact=True).click()
            page.locator(".price-chart[data-markers]:not([data-markers='0'])").wait_for(timeout=30_000)
        page.wait_for_timeout(1_500)  # the tables follow the chart by a second
        page.screenshot(path=out)
        browser.close()


def main() -> int:
    """Read the command line and take the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("out", type=Path)
    parser.add_argument("--strategy", help="show this strategy's signals")
    given = parser.parse_args()
    take_screenshot(given.address, given.out, strategy=given.strategy)
    sys.stdout.write(f"{given.out}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
