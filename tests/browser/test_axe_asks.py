"""What asks for accessibility faults says at once where it cannot."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PHONE, AxeCheck


def test_faults_are_not_asked_for_where_no_script_may_run(new_page: Callable[..., Page], axe_check: AxeCheck) -> None:
    page = new_page(PHONE, java_script_enabled=False)
    page.goto("/r")
    with pytest.raises(AssertionError, match="axe is a script"):
        axe_check(page)
