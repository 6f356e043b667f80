"""People of the story, and what each does in their own browser."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

from tests.browser.taps import Taps
from tests.browser.wire import Wire

PAGE_BYTES = 100_000
PAGE_REQUESTS = 8
PASSWORD = "walnut copper saddle tulip"


@dataclass
class Person:
    """One person in front of one page. `check` looks at every page that they come to."""

    page: Page
    user_name: str
    shown: str
    check: Callable[[Page], None] = lambda _page: None
    taps: Taps = field(default_factory=Taps)
    recovery_code: str = ""
    wire: Wire = field(init=False)

    def __post_init__(self) -> None:
        self.wire = Wire.tap(self.page)

    def press(self, name: str) -> None:
        """Tap or click the button or link with that name, wait for where it leads, and look at that page."""
        target = self.page.locator("main").get_by_role("button", name=name, exact=True)
        if not target.count():
            target = self.page.locator("main").get_by_role("link", name=name, exact=True)
        self.go(target.first)

    def go(self, target: Locator) -> None:
        """Follow one button or link."""
        self._from_here()
        with self.page.expect_navigation():
            if self.page.evaluate("navigator.maxTouchPoints") > 0:
                self.taps.on(target)
            else:
                self.taps.count += 1
                target.click()
        self.look()

    def open(self, path: str) -> int:
        """Go to an address by hand; returns the status."""
        self._from_here()
        answer = self.page.goto(path)
        assert answer is not None
        self.look()
        return answer.status

    def _from_here(self) -> None:
        """Count requests and bytes anew: each page has its own budget."""
        self.wire.sent.clear()
        self.wire.sizes.clear()

    def look(self) -> None:
        """The page is within its budget, asks nobody else, and passes the checks."""
        self.page.wait_for_load_state("load")
        assert self.wire.size_bytes <= PAGE_BYTES, f"{self.page.url}: {self.wire.size_bytes} bytes"
        assert len(self.wire.addresses) <= PAGE_REQUESTS, f"{self.page.url}: {self.wire.addresses}"
        assert self.wire.hosts() <= {urlsplit(self.page.url).netloc}
        self.check(self.page)

    def type(self, label: str, text: str) -> None:
        self.page.locator("main").get_by_label(label, exact=True).fill(text)

    def make_account(self) -> None:
        """From the sign-up page to wherever it goes on: with the recovery code written down and typed back."""
        self.type("Your name", self.shown)
        self.type("User name or email", self.user_name)
        self.type("Password", PASSWORD)
        self.press("Make the account")
        expect(self.page.locator("h1")).to_have_text("Your recovery code")
        groups = self.page.locator("#c-recovery code").all_inner_texts()
        assert len(groups) == 7
        self.recovery_code = "-".join(groups)
        self.page.locator("[name=group]").fill(groups[2])
        self.press("I have kept it. Go on")

    def join(self, code: str) -> None:
        """Type an invitation code, and see what it is for."""
        self.open("/join")
        self.page.locator("[name=invitation]").fill(code)
        self.press("See the invitation")
