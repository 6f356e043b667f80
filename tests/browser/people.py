"""People of the story, and what each does in their own browser."""

from dataclasses import dataclass, field

from playwright.sync_api import Page, expect

from tests.browser.taps import Taps

PASSWORD = "walnut copper saddle tulip"


@dataclass
class Person:
    """One person in front of one page. `check` looks at every page that they come to."""

    page: Page
    user_name: str
    shown: str
    check: object = None
    taps: Taps = field(default_factory=Taps)
    recovery_code: str = ""

    def press(self, name: str) -> None:
        """Tap or click the button or link with that name, wait for where it leads, and look at that page."""
        target = self.page.locator("main").get_by_role("button", name=name, exact=True)
        if not target.count():
            target = self.page.locator("main").get_by_role("link", name=name, exact=True)
        self.go(target.first)

    def go(self, target: object) -> None:
        """Follow one button or link."""
        with self.page.expect_navigation():
            if self.page.evaluate("navigator.maxTouchPoints") > 0:
                self.taps.on(target)  # type: ignore[arg-type]
            else:
                self.taps.count += 1
                target.click()  # type: ignore[attr-defined]
        self.look()

    def open(self, path: str) -> int:
        """Go to an address by hand; returns the status."""
        answer = self.page.goto(path)
        assert answer is not None
        self.look()
        return answer.status

    def look(self) -> None:
        if callable(self.check):
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
