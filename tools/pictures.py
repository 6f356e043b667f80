"""Make the README's pictures anew: docs/pictures/first-screen.png and report.png, as a phone of 390 by 844 shows them.

It needs a Chromium (`apt-get install chromium-headless-shell`), starts a server of its own with the demonstration in
it, and stops it again.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import PHONE, context_on, own_settings, program, served

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
# One device pixel for each of CSS: small files, and sharp enough beside text.
DEVICE = {**PHONE, "device_scale_factor": 1}


def photograph(page: Page, name: str) -> None:
    """Write what is on the screen."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")
    print(f"docs/pictures/{name}.png: {(FOLDER / f'{name}.png').stat().st_size} bytes")


def main() -> int:
    """Photograph the first screen, and the report of a demonstration that nobody needs afterwards."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings_file = own_settings(Path(folder) / "data")
        with served(settings_file) as address:
            command = [sys.executable, "-m", "blockmrs", "demo", "--json", "-c", str(settings_file)]
            made = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            coach = next(account for account in made["accounts"] if account["role"] == "coach")
            browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
            context = context_on(browser, address, DEVICE)
            page = context.new_page()
            page.goto("/field")
            photograph(page, "first-screen")
            page.goto("/login")
            page.get_by_label("User name or email").fill(coach["user_name"])
            page.get_by_label("Password", exact=True).fill(coach["password"])
            page.get_by_label("Password", exact=True).press("Enter")
            page.wait_for_url("**/")
            page.goto(f"/field/report/{made['report']}")
            photograph(page, "report")
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
