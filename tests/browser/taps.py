"""A thumb that counts."""

from playwright.sync_api import Locator


class Taps:
    """Taps made so far."""

    def __init__(self) -> None:
        self.count = 0

    def on(self, target: Locator) -> None:
        """Tap where a person would, or fail if something covers it."""
        self.count += 1
        target.tap()
