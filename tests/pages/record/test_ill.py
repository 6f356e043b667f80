""" "I feel ill" at home: the record's facts proposed, the questions of /field, and a report in one's own record."""

import itertools
from datetime import timedelta

import pytest
from webtest import TestApp, TestResponse

from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.permission import Standing
from blockmrs.services.accounts.actor import Actor
from tests.support.coach import heading, person, press, sent_by, signed_in
from tests.support.html import soup
from tests.support.site import TestSite
from tests.support.world import PASSWORD

_numbers = itertools.count()


@pytest.fixture(scope="module")
def family(site: TestSite) -> tuple[Actor, str]:
    """Maria, and what she calls Sam in addresses."""
    coach, maria = person(site, "carol", "Carol Coach"), person(site, "maria", "Maria Rivers")
    team = site.services.teams.add_player(coach, "Sam Rivers", "7", "")
    invitation = site.services.teams.invite_family(coach, team.players[0].player_id)
    site.services.teams.join(maria, invitation, "guardian", "")
    return maria, site.services.people.of(maria)[-1].handle


@pytest.fixture
def name() -> str:
    """A user name that no other test has."""
    return f"ada{next(_numbers)}"


@pytest.fixture
def ada(site: TestSite, name: str) -> Actor:
    return person(site, name, "Ada Lind")


@pytest.fixture
def browser(site: TestSite, ada: Actor, name: str) -> TestApp:
    return signed_in(site, name)


def tell(site: TestSite, actor: Actor, facts: HealthFacts, handle: str = "me") -> None:
    services, today = site.services, site.clock().date()
    about = services.people.find(actor, handle)
    services.facts.save(actor, about, f"{next(_numbers):032x}", facts, services.facts.current(about).version, today)


def thirty(site: TestSite):
    today = site.clock().date()
    return today.replace(year=today.year - 30, day=1)


def carried(response: TestResponse, label: str) -> list[tuple[str, str]]:
    return [pair for pair in sent_by(response, label)[1] if pair[0].startswith(("a.", "age", "r-"))]


def rows(response: TestResponse) -> str:
    return " | ".join(row.get_text(" ", strip=True) for row in soup(response).select("dl.rows > div"))


def advised(app: TestApp, page: TestResponse) -> TestResponse:
    """From the danger signs to the advice: choking."""
    return press(app, page, soup(page).select_one("#signs button[value=choking]").get_text(strip=True))


def test_with_an_empty_record_the_danger_signs_come_at_once(browser) -> None:
    page = browser.get("/record").click("I feel ill")
    assert heading(page) == "Is anything here true?"
    assert carried(page, "None of these") == [("r-for", "me")]


def test_at_home_illness_stands_before_the_injuries_of_sport(browser) -> None:
    places = press(browser, browser.get("/record").click("I feel ill"), "None of these", 200)
    at_home = [button["value"] for button in soup(places).select("button[name=choose]")]
    field = browser.post("/field/check", {"sign": "none"})
    at_the_field = [button["value"] for button in soup(field).select("button[name=choose]")]
    assert sorted(at_home) == sorted(at_the_field)
    assert (at_home[0], at_home[-1]) == ("ill", "other")
    assert (at_the_field[0], at_the_field[-1]) == ("ankle", "other")


def test_what_the_record_says_is_proposed_ticked_and_what_it_does_not_is_named(site, ada, browser) -> None:
    tell(site, ada, HealthFacts(thirty(site), {"blood-thinner": "yes", "sickle-cell": "no"}, ("Latex",)))
    page = browser.get("/record/ill")
    ticked = {box["value"]: box.has_attr("checked") for box in soup(page).select("input[name=use]")}
    assert ticked == {"allergies": True, "birth": True, "blood-thinner": True, "sickle-cell": True}
    assert "16 to 64 years" in page.text
    assert "Do you take a blood thinner, or have a bleeding illness? Yes" in page.text
    assert "Not said: Diabetes, Pregnant now." in page.text


def test_what_was_let_stand_is_answered_and_what_was_taken_back_is_not_asked(site, ada, browser) -> None:
    tell(site, ada, HealthFacts(thirty(site), {"blood-thinner": "yes", "sickle-cell": "no"}))
    page = press(browser, browser.get("/record/ill"), "Go on", 200, use=["birth", "sickle-cell"])
    answers = [("a.sickle-cell", "no"), ("age", "16-64-years")]
    kept = [("r-for", "me"), ("r-said", "birth"), ("r-said", "sickle-cell")]
    assert carried(page, "None of these") == answers + kept
    about = site.services.people.find(ada, "me")
    assert site.services.facts.newest(about).facts.choices["blood-thinner"] == "yes"


def test_a_no_that_the_question_does_not_follow_from_is_asked(site, ada, browser) -> None:
    tell(site, ada, HealthFacts(choices={"blood-thinner": "no", "pregnant": "no"}))
    page = press(browser, browser.get("/record/ill"), "Go on", 200)
    assert not [name for name, _ in carried(page, "None of these") if name.startswith("a.")]


def asked_about_breath(browser: TestApp, start: TestResponse) -> TestResponse:
    """From what was let stand to the second page about breathing; on the first one nothing was so."""
    page = press(browser, start, "None of these", 200)
    return press(browser, press(browser, page, "Breathing", 200), "None of these", 200)


def offered(page: TestResponse) -> set[str]:
    return {box["value"].partition(":")[0] for box in soup(page).select("input[name=pick]")}


def test_a_known_allergy_is_proposed_by_its_name_and_with_asthma_calls_the_ambulance(site, ada, browser) -> None:
    tell(site, ada, HealthFacts(allergies=("Latex", "Brazil nuts")))
    page = browser.get("/record/ill")
    assert "Allergies: Latex; Brazil nuts" in page.text
    assert "Do you have a known allergy? Yes" in page.text
    asked = asked_about_breath(browser, press(browser, page, "Go on", 200))
    assert "known-allergy" not in offered(asked)
    result = press(browser, asked, "Next", 200, pick=["brth-asthma:yes"])
    assert "Level 1 of 4" in soup(result).get_text(" ", strip=True)
    assert "Known allergy" in soup(result).select_one("#result, main").get_text(" ", strip=True)


def test_an_allergy_that_was_taken_back_is_asked(site, ada, browser) -> None:
    tell(site, ada, HealthFacts(allergies=("Grass pollen",)))
    asked = asked_about_breath(browser, press(browser, browser.get("/record/ill"), "Go on", 200, use=[]))
    assert {"known-allergy", "brth-asthma"} <= offered(asked)


def test_none_known_is_proposed_as_a_no_that_shows(site, ada, browser) -> None:
    tell(site, ada, HealthFacts(no_allergies=True))
    page = browser.get("/record/ill")
    assert "Do you have a known allergy? No" in page.text
    asked = asked_about_breath(browser, press(browser, page, "Go on", 200))
    assert not {"known-allergy", "brth-asthma"} & offered(asked)


def test_a_record_that_is_silent_about_allergies_leaves_them_to_be_asked(browser) -> None:
    asked = asked_about_breath(browser, browser.get("/record/ill"))
    assert {"known-allergy", "brth-asthma"} <= offered(asked)


def test_a_fact_that_was_not_proposed_cannot_be_let_stand(site, ada, browser) -> None:
    tell(site, ada, HealthFacts(choices={"diabetes": "none"}))
    page = press(browser, browser.get("/record/ill"), "Go on", 422, use=["pregnant"])
    assert "Your record has changed." in page.text


def test_back_from_the_first_page_leads_to_where_it_began(site, ada, browser) -> None:
    page = browser.get("/record/ill")
    assert soup(page).select_one("a.back")["href"] == "/record/ill"
    assert soup(advised(browser, page)).select_one("a.go-back")["href"] == "/record/ill"


def test_the_advice_saves_to_ones_own_record_and_asks_nobodys_name(site, ada, browser) -> None:
    tell(site, ada, HealthFacts(thirty(site), {"blood-thinner": "yes", "pregnant": "yes"}, ("Latex", "Nuts")))
    page = press(browser, browser.get("/record/ill"), "Go on", 200, use=["birth", "blood-thinner", "allergies"])
    check = press(browser, advised(browser, page), "Save to my record", 200)
    assert heading(check) == "Check and save"
    assert "Allergies Latex; Nuts" in rows(check)
    assert "Pregnant" not in rows(check)
    saved = press(browser, check, "Save to my record", 302, r_when="180", r_note="Since breakfast").follow()
    assert heading(saved).startswith("Ada Lind, 16 to 64")
    assert "Allergies Latex; Nuts" in rows(saved)
    assert "Blood thinner Yes" in rows(saved)
    assert "Notes Since breakfast" in rows(saved)
    assert "Others Nobody else, until you send it." in rows(saved)
    assert "Text parent" not in saved.text
    assert "Hurt at" not in saved.text
    (report,) = site.services.reports.page_about(site.services.people.find(ada, "me"))[0]
    assert report.address in saved.request.url
    assert report.address in browser.get("/record").text


def test_a_second_press_of_save_is_the_same_report_and_another_the_next(site, ada, browser) -> None:
    check = press(browser, advised(browser, browser.get("/record/ill")), "Save to my record", 200)
    urls = [press(browser, check, "Save to my record", 302, r_when="180").location.split("?")[0] for _ in range(2)]
    assert urls[0] == urls[1]
    assert len(site.services.reports.page_about(site.services.people.find(ada, "me"))[0]) == 1
    checked = site.services.evidence.check_everything(lambda *_: None)
    assert checked.unlisted == 0


def test_it_is_shared_opened_logged_stopped_and_shown_by_code_like_any_report(site, ada, browser) -> None:
    services = site.services
    check = press(browser, advised(browser, browser.get("/record/ill")), "Save to my record", 200)
    address = press(browser, check, "Save to my record", 302, r_when="180").location.split("/")[-1].split("?")[0]
    doctor = person(site, f"lee{next(_numbers)}", "Dr Lee")
    hospital = services.organisations.accept(doctor, services.organisations.add(f"Hospital {next(_numbers)}"), "")
    form = browser.get(f"/field/report/{address}/share").forms
    send = next(entry for entry in form.values() if "organisation" in entry.fields)
    send["organisation"] = hospital.card_id.hex()
    shared = send.submit(status=302).location
    services.sharing.acknowledge(doctor, address)
    opened = services.sharing.open_shared(doctor, address)
    assert opened is not None
    assert opened.report.origin == "home"
    assert opened.standing is Standing.RECIPIENT
    assert "Dr Lee" in browser.get("/log").text
    assert (
        "/r" in browser.get(press(browser, browser.get(f"/field/report/{address}"), "Show to crew", 302).location).text
    )
    code = services.codes.status(ada, address)
    assert code is not None
    assert services.codes.open_qr(code.qr_secret, "").report.player == "Ada Lind"
    services.sharing.stop(ada, address, shared.rsplit("/", 1)[-1])
    assert [share.active for share in services.sharing.shares(ada, address)] == [False]
    assert services.reports.prove(ada, address).signed_by == ada.keyring.card.fingerprint()


def test_without_any_row_the_own_line_finds_the_report_again(site, ada, browser) -> None:
    check = press(browser, advised(browser, browser.get("/record/ill")), "Save to my record", 200)
    address = press(browser, check, "Save to my record", 302, r_when="180").location.split("/")[-1].split("?")[0]
    with site.foundation.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM saved_report")
    assert site.services.reports.open(ada, address).standing is Standing.AUTHOR
    assert site.services.sharing.shares(ada, address) == []


def test_a_guardian_answers_for_a_child_under_the_banner_on_every_page(site, family) -> None:
    maria, handle = family
    tell(site, maria, HealthFacts(choices={"diabetes": "insulin"}), handle)
    app = signed_in(site, "maria")
    start = app.get("/record").click("Get advice for Sam Rivers")
    signs = press(app, start, "Go on", 200)
    advice = advised(app, signs)
    check = press(app, advice, "Save to my record", 200)
    for page in (start, signs, advice, check):
        assert soup(page).select_one(".acting").get_text(" ", strip=True) == "You are acting for Sam Rivers"
    known = site.services.people.find(maria, handle).card.keyring.card.id.hex()
    addresses = " ".join(page.request.url for page in (start, signs, advice, check))
    assert "Sam" not in addresses
    assert known not in addresses
    assert handle not in advice.request.url + check.request.url
    saved = press(app, check, "Save to the record", 302, r_when="180").follow()
    assert "Family Everyone who acts for them can see it." in rows(saved)
    assert "Written by Maria Rivers" in saved.text
    sam, me = site.services.people.find(maria, handle), site.services.people.find(maria, "me")
    assert len(site.services.reports.page_about(sam)[0]) == 1
    assert site.services.reports.page_about(me)[0] == []


def test_no_coach_or_stranger_saves_to_or_reads_from_anothers_record(site, family) -> None:
    _, handle = family
    person(site, "mallory", "Mallory")
    for name in ("carol", "mallory"):
        app = signed_in(site, name)
        app.get(f"/record/ill/{handle}", status=404)
        forged = {"a.choking": "yes", "complaints": "life", "r-for": handle, "r-said": "diabetes"}
        page = app.post("/field/report/new", forged)
        assert heading(page) == "Who is hurt?"
        assert "insulin" not in page.text
        assert ("r-for", handle) not in sent_by(page, "Use this name")[1]


def test_the_family_page_keeps_nothing_from_the_person_themselves(site, ada, browser) -> None:
    check = press(browser, advised(browser, browser.get("/record/ill")), "Save to my record", 200)
    assert "r-withhold" not in check.text
    action, fields = sent_by(check, "Save to my record", r_when="180")
    saved = browser.post(action, [*fields, ("r-withhold", "yes")]).follow()
    assert "Not sent to the family" not in saved.text


def test_somebody_signed_out_on_the_way_goes_on_after_signing_in(site, name, ada, browser) -> None:
    advice = advised(browser, browser.get("/record/ill"))
    site.services.identity.sign_out(browser.cookies["blockmrs"].strip('"'))
    asked = press(browser, advice, "Save to my record", 401)
    kept = press(browser, asked, "Sign in", 200, user_name=name, password=PASSWORD)
    check = press(browser, kept, "Go on", 200)
    press(browser, check, "Save to my record", 302, r_when="180")
    assert len(site.services.reports.page_about(site.services.people.find(ada, "me"))[0]) == 1


def test_what_a_report_of_the_field_is_stays_as_it_was(site, family) -> None:
    page = signed_in(site, "carol").post("/field/check", {"sign": "choking"})
    assert "Save to my record" not in page.text
    assert soup(page).select_one("a.go-back")["href"] == "/field"


def checked(browser: TestApp) -> TestResponse:
    """From the danger signs to "Check and save", with choking."""
    return press(browser, advised(browser, browser.get("/record/ill")), "Save to my record", 200)


def offered_times(page: TestResponse) -> dict[str, str]:
    return {
        str(row["value"]): row.find_parent("label").get_text(" ", strip=True)
        for row in soup(page).select("input[name=r-when]")
    }


def test_when_it_began_is_chosen_for_nobody_and_may_be_hours_days_or_weeks_ago(browser) -> None:
    page = checked(browser)
    assert soup(page).select("input[name=r-when][checked]") == []
    words = offered_times(page)
    assert list(words) == ["0", "60", "180", "720", "1440", "4320", "10080", "20160", "40320", "other"]
    assert words["180"].startswith("3 hours ago, ")
    assert words["1440"].startswith("A day ago, Yesterday")
    refused = press(browser, page, "Save to my record", 422)
    assert "Choose when it began" in soup(refused).select_one("#errors").get_text(" ", strip=True)
    assert soup(refused).select("input[name=r-when][checked]") == []


@pytest.mark.parametrize(("chosen", "ago"), [("180", timedelta(hours=3)), ("40320", timedelta(days=28))])
def test_what_began_long_ago_is_saved_so(site, ada, browser, chosen: str, ago: timedelta) -> None:
    before = site.clock().replace(microsecond=0)
    page = checked(browser)
    after = site.clock()
    saved = press(browser, page, "Save to my record", 302, r_when=chosen)
    address = saved.location.split("/")[-1].split("?")[0]
    assert before - ago <= site.services.reports.open(ada, address).report.injured_at <= after - ago
