"""The picture in README.md, made from a quickstart that is running: see `main`."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests import parts

PICTURE = Path(__file__).parent / "screenshots" / "review.png"


def main(address: str) -> None:
    """Sign in as the sample reviewer and take it: python -m tests.browser.screenshot URL"""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=parts.chromium(), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900}, base_url=address)
        page.goto("/account/login/")
        page.get_by_role("button", name="Priya").click()
        page.goto("/reviews/")
        page.get_by_role("link", name="Name the policy in every answer").click()
        page.wait_for_load_state()
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
