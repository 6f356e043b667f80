"""Waiting for what a page can only promise."""

import time

import pytest
from playwright.sync_api import Error, Page

PATIENCE_S = 30


def until(page: Page, promised: str) -> None:
    """Wait until the promise that this function gives comes true, which `wait_for_function` does not do."""
    end = time.monotonic() + PATIENCE_S
    while not _came_true(page, promised):
        if time.monotonic() > end:
            pytest.fail(f"it never came true: {promised}")
        page.wait_for_timeout(50)


def _came_true(page: Page, promised: str) -> bool:
    try:
        return bool(page.evaluate(promised))
    except Error as error:
        # The page is on its way to another one, or that one's scripts are not there yet.
        if "context was destroyed" in str(error) or "is not defined" in str(error):
            return False
        raise
