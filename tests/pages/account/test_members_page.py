"""The pages on which members of an organisation see who is in, and end a membership."""

import pytest
from webtest import TestApp

from tests.support.coach import heading, person, press, signed_in
from tests.support.html import soup
from tests.support.people import admin_page, cookie_of
from tests.support.site import TestSite


@pytest.fixture(scope="module")
def operator(site: TestSite) -> TestApp:
    return admin_page(site)


@pytest.fixture
def hospital(site: TestSite, request: pytest.FixtureRequest):
    """A hospital of a chief and a doctor, whose user names end alike."""
    services, end = site.services, f"{abs(hash(request.node.name)) % 10**9}"
    chief, doctor = person(site, f"chief{end}", "Dr Chief"), person(site, f"lee{end}", "Dr Lee")
    made = services.organisations.accept(chief, services.organisations.add(f"Hospital {end}"), "")
    services.organisations.accept(doctor, services.organisations.invite(chief, made.card_id), "")
    return made, chief, doctor, end


def page_of(app: TestApp, hospital) -> object:
    return app.get(f"/organisation/{hospital[0].card_id.hex()}")


def cards(response) -> list[str]:
    return [card.h3.get_text(" ", strip=True) for card in soup(response).select(".card")]


def buttons(response) -> list[str]:
    return [item.get_text("", strip=True) for item in soup(response).select("main .btn:not([hidden])")]


def test_a_member_sees_who_is_in_and_what_they_may_do(site, hospital):
    _, _, _, end = hospital
    chief, doctor = signed_in(site, f"chief{end}"), signed_in(site, f"lee{end}")
    page = page_of(chief, hospital)
    assert cards(page) == ["Dr Chief (you)", "Dr Lee"]
    assert "Since " in page.text
    assert buttons(page) == [
        "No longer manages members: Dr Chief", "Leave", "Let them manage members: Dr Lee", "End membership: Dr Lee",
        "Invite a colleague",
    ]  # fmt: skip
    assert buttons(page_of(doctor, hospital)) == ["Leave"]


def test_ending_a_membership_asks_first_and_then_the_page_says_who_left(site, hospital):
    made, _, gone, end = hospital
    app, running = signed_in(site, f"chief{end}"), signed_in(site, f"lee{end}")
    asked = app.get(f"/organisation/{made.card_id.hex()}/end/{gone.keyring.card.id.hex()}")
    assert heading(asked) == f"End the membership of Dr Lee in {made.name}?"
    assert "not the encryption" in asked.text
    after = press(app, asked, "End membership").follow()
    assert cards(after) == ["Dr Chief (you)"]
    (gone_line,) = [item.get_text(" ", strip=True) for item in soup(after).select("main ul li")]
    assert gone_line.startswith("Dr Lee (left on ")
    assert gone_line.endswith("ended by Dr Chief")
    assert "You are not a member" in running.get("/inbox")
    assert page_after(running, hospital).status_int == 404


def page_after(app, hospital):
    return app.get(f"/organisation/{hospital[0].card_id.hex()}", expect_errors=True)


def test_a_member_leaves_by_themselves(site, hospital):
    made, _, doctor, end = hospital
    app = signed_in(site, f"lee{end}")
    asked = app.get(f"/organisation/{made.card_id.hex()}/end/{doctor.keyring.card.id.hex()}")
    assert heading(asked) == f"Leave {made.name}?"
    after = press(app, asked, "Leave")
    assert after.status_int == 302
    assert "You are not a member" in after.follow()


def test_a_member_without_the_role_is_refused(site, hospital):
    made, chief, _, end = hospital
    app, card = signed_in(site, f"lee{end}"), chief.keyring.card.id.hex()
    page = page_of(app, hospital)
    token = soup(page).find("input", {"name": "_csrf"})["value"]
    above = f"/organisation/{made.card_id.hex()}"
    app.get(f"{above}/end/{card}", status=403)
    for path, fields in (
        (f"{above}/end/{card}", {}),
        (f"{above}/role/{card}", {"manages": "no"}),
        (f"{above}/invite", {}),
    ):
        app.post(path, {"_csrf": token, **fields}, status=403)
    assert len(site.services.organisations.find(made.card_id).staff) == 2


def test_the_last_who_manages_members_is_told_what_to_do(site, hospital):
    made, chief, doctor, end = hospital
    app = signed_in(site, f"chief{end}")
    answer = app.get(f"/organisation/{made.card_id.hex()}/end/{chief.keyring.card.id.hex()}", expect_errors=True)
    assert answer.status_int == 422
    assert "Give that to somebody else first" in answer
    answer = press(app, page_of(app, hospital), "No longer manages members")
    assert "Give that to somebody else first" in answer
    press(app, page_of(app, hospital), "Let them manage members")
    assert site.services.organisations.staff.manages(doctor, made.card_id)
    asked = app.get(f"/organisation/{made.card_id.hex()}/end/{chief.keyring.card.id.hex()}")
    assert press(app, asked, "Leave").status_int == 302


def test_the_sites_administrator_ends_the_last_membership(site, operator, hospital):
    made, chief, doctor, _ = hospital
    above = f"/admin/organisation/{made.card_id.hex()}"
    assert above in operator.get("/admin")
    for actor in (chief, doctor):
        asked = operator.get(f"{above}/end/{actor.keyring.card.id.hex()}")
        after = press(operator, asked, "End membership").follow()
    assert cards(after) == []
    assert "ended by the administrator of this site" in after
    assert "Nobody is a member any more" in after
    assert site.services.organisations.memberships(chief) == []


def test_a_member_who_left_keeps_their_other_pages(site, hospital):
    made, chief, doctor, end = hospital
    app = signed_in(site, f"lee{end}")
    site.services.organisations.staff.end(chief, made.card_id, doctor.keyring.card.id)
    assert cookie_of(app)
    assert app.get("/record").status_int == 200


@pytest.mark.parametrize("text", ["x", "00", "AB" * 32, "g" * 64, "../admin"])
def test_what_is_no_member_is_absent(site, operator, hospital, text):
    made, _, _, end = hospital
    for app, above in ((signed_in(site, f"chief{end}"), "organisation"), (operator, "admin/organisation")):
        assert app.get(f"/{above}/{made.card_id.hex()}/end/{text}", expect_errors=True).status_int == 404
        assert app.get(f"/{above}/{text}", expect_errors=True).status_int == 404
