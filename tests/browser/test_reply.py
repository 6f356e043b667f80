"""A report goes to the hospital and an answer comes back: walks of a coach, a doctor and a mother of two, taps counted.

Each begins on their first page, signed in, on a phone; what they type is not counted.
"""

import re
import secrets
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, AxeCheck
from tests.browser.taps import Taps
from tests.browser.test_followup import NewPage, enter, served_cast
from tests.support.cast import PLAYER, Cast
from tests.support.heads import head_report

__all__ = ["served_cast"]

NUMBER, DIALLED = "+1 202 555 0123", "tel:+12025550123"
SISTER = "Robin Marlow"


class Walker:
    """Somebody at their first page, with a thumb that counts."""

    def __init__(self, new_page: NewPage, served: tuple[Cast, str], persona: str, axe_check: AxeCheck) -> None:
        cast, self.address = served
        self.page: Page = new_page(PHONE)
        enter(self.page, cast, self.address, persona)
        self._check, self.taps = axe_check, Taps()
        self.home()

    def home(self) -> None:
        self.page.goto(self.address + "/")
        self._check(self.page)
        self.taps.count = 0

    def follow(self, target: Locator) -> None:
        """Tap what leads to another page, and look at that."""
        with self.page.expect_navigation():
            self.taps.on(target)
        self._check(self.page)

    def named(self, name: str | re.Pattern[str], role: str = "button") -> Locator:
        return self.page.locator("main").get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]  # a role


@pytest.fixture(scope="module")
def two_children(served_cast: tuple[Cast, str]) -> tuple[Cast, str]:
    """The player's mother also acts for the player's sister, about whom there is a report that she has not opened."""
    cast, _ = served_cast
    services, coach, mother = cast.site.services, cast.actor("author"), cast.actor("family")
    team = services.teams.add_players(coach, [("8", SISTER)], services.teams.team(coach).version)
    sister = next(one for one in team.players if one.name == SISTER)
    services.teams.join(mother, services.teams.invite_family(coach, sister.player_id), "guardian", "")
    about = replace(head_report(cast.site.clock()), player=SISTER)
    services.reports.save(coach, secrets.token_hex(16), about, player=sister)
    return served_cast


def test_from_the_coach_to_the_doctor_and_back_to_coach_and_mother(
    new_page: NewPage, two_children: tuple[Cast, str], axe_check: AxeCheck
) -> None:
    coach = Walker(new_page, two_children, "author", axe_check)
    coach.follow(coach.named("Someone is hurt or ill", "link"))
    coach.taps.on(coach.page.locator("#signs button[value=choking]"))
    expect(coach.page.locator("h1")).to_have_text("Call an ambulance now")
    coach.follow(coach.named("Who is hurt?"))
    coach.follow(coach.page.get_by_role("button", name=re.compile(PLAYER)).first)
    coach.follow(coach.named("Save report"))
    expect(coach.page.locator("main")).to_contain_text("Saved")
    coach.follow(coach.named("Send to hospital", "link"))
    coach.taps.on(coach.page.get_by_label("North Hospital"))
    coach.follow(coach.named("Send the report"))
    assert coach.taps.count == 8
    report = coach.page.url.split("/report/")[1].split("/")[0]

    doctor = Walker(new_page, two_children, "recipient", axe_check)
    new = doctor.page.locator(".news.reports li", has=doctor.page.locator(f"a[href='/inbox/{report}']"))
    expect(new).to_contain_text(re.compile(rf"Ambulance.*{PLAYER}.*: Choking", re.DOTALL))
    doctor.follow(new.get_by_role("link"))
    doctor.follow(doctor.named("Open the report"))
    doctor.page.get_by_label("Number to call").fill(NUMBER)
    doctor.page.get_by_label("Anything to add?").fill("Ask for the children’s desk.")
    doctor.follow(doctor.named("Seen, please call"))
    assert doctor.taps.count == 3
    expect(doctor.page.locator(".done")).to_contain_text(re.compile(r"Reply sent at \d\d:\d\d"))

    for persona in ("author", "family"):
        reader = Walker(new_page, two_children, persona, axe_check)
        line = reader.page.locator(".news.replies li", has=reader.page.locator(f"a[href='/field/report/{report}']"))
        expect(line).to_contain_text(f"Dr Lee, North Hospital, has seen the report about {PLAYER}")
        expect(line).to_contain_text("Ask for the children’s desk.")
        assert line.get_by_role("link", name=f"Call {NUMBER}").get_attribute("href") == DIALLED, "one tap to call"
        reader.follow(line.get_by_role("link", name=re.compile("The report")))
        assert reader.taps.count == 1
        expect(reader.page.locator("main")).to_contain_text(
            "Dr Lee, North Hospital, has seen this report: please call."
        )
        assert reader.page.locator(f"main a[href='{DIALLED}']").count() == 1


def test_a_mother_of_two_sees_on_her_first_page_which_child_a_report_is_about(
    new_page: NewPage, two_children: tuple[Cast, str], axe_check: AxeCheck
) -> None:
    mother = Walker(new_page, two_children, "family", axe_check)
    new = mother.page.locator(".news.reports li", has_text=SISTER)
    expect(new).to_contain_text("Hurt head")
    mother.follow(new.get_by_role("button"))
    expect(mother.page.locator("h1")).to_contain_text(SISTER)
    assert mother.taps.count == 1
    mother.home()
    expect(mother.page.locator(".news.reports li", has_text=SISTER)).to_have_count(0)
    mother.follow(mother.page.get_by_role("link", name="Record", exact=True).first)
    for child in (PLAYER, SISTER):
        expect(mother.page.locator(".tasks li", has_text=f"{child}, 13 to 15 years: Hurt head").first).to_be_visible()


def test_a_doctor_takes_a_wrong_number_back_and_says_it_again(
    new_page: NewPage, two_children: tuple[Cast, str], axe_check: AxeCheck
) -> None:
    cast, address = two_children
    report = cast.save().address
    cast.share(report, "recipient")
    cast.site.services.sharing.acknowledge(cast.actor("recipient"), report)
    doctor = Walker(new_page, two_children, "recipient", axe_check)
    doctor.page.goto(f"{address}/inbox/{report}")
    doctor.page.get_by_label("Number to call").fill("five")
    doctor.follow(doctor.named("Seen, please call"))
    expect(doctor.page.locator("#errors")).to_contain_text("Enter a telephone number")
    doctor.page.get_by_label("Number to call").fill("+1 202 555 0199")
    doctor.follow(doctor.named("Seen, please call"))
    doctor.follow(doctor.page.get_by_role("link", name=re.compile("^Take it back")))
    doctor.follow(doctor.named("Take it back"))
    expect(doctor.page.locator(".done")).to_contain_text("Reply taken back")
    doctor.page.get_by_label("Number to call").fill(NUMBER)
    doctor.follow(doctor.named("Seen, please call"))
    mother = Walker(new_page, two_children, "family", axe_check)
    mother.page.goto(f"{address}/field/report/{report}")
    expect(mother.page.locator(f"main a[href='{DIALLED}']")).to_be_visible()
    expect(mother.page.locator("main")).not_to_contain_text("0199")
    doctor.page.go_back()
    expect(doctor.page.locator("h1")).to_contain_text(PLAYER)
    expect(doctor.page.locator("main")).not_to_contain_text("No signal")


def test_a_doctor_replies_without_a_script(new_page: NewPage, two_children: tuple[Cast, str]) -> None:
    cast, address = two_children
    report = cast.save().address
    cast.share(report, "recipient")
    cast.site.services.sharing.acknowledge(cast.actor("recipient"), report)
    page = new_page(PHONE, java_script_enabled=False)
    enter(page, cast, address, "recipient")
    page.goto(f"{address}/inbox/{report}")
    page.get_by_label("Number to call").fill(NUMBER)
    with page.expect_navigation():
        page.get_by_role("button", name="Seen, please call").click()
    expect(page.locator(".done")).to_contain_text("Reply sent")
