"""Symptom checks on the pages: made with a moved clock, saved once, and nothing typed is lost."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.cast import play_in
from tests.support.heads import form_fields
from tests.support.html import soup
from tests.support.people import errors, fill, heading, send
from tests.support.quick import quick_folder
from tests.support.world import report_at


@pytest.fixture(scope="module")
def cast():
    with quick_folder() as folder:
        cast = play_in(folder)
        yield cast
        cast.site.foundation.database.engine.dispose()


@pytest.fixture
def site(cast):
    return cast.site


@pytest.fixture
def injured(cast):
    """A fresh report of a head injury of today, without a check."""
    return cast.save().address


def check(browser, address, **changed):
    page = f"/field/report/{address}/check"
    return send(browser, page, list(form_fields(**changed).items()))


def words(response) -> str:
    return soup(response).main.get_text(" ", strip=True)


def test_the_family_makes_three_checks_and_sees_the_chart(site, cast, injured):
    for day, changed in ((1, {"check_dizzy": "a-lot", "check_tired": "a-little"}), (2, {"check_tired": "a-little"}),
                         (4, {})):  # fmt: skip
        # Sessions end when nobody uses them; a moved clock is a long silence.
        site.clock.advance(timedelta(days=day))
        family = cast.browser("family")
        assert "Symptom check: day" in words(family.get("/"))
        assert "Symptom check: day" in words(family.get("/record"))
        assert "due" in words(family.get(f"/field/report/{injured}"))
        saved = check(family, injured, **changed).follow()
        assert "Saved" in words(saved)
        page = family.get(f"/field/report/{injured}")
        assert ('<figure class="trend"' in page.text) is (day == 4)
        assert ("A chart shows after 3 entries" in page.text) is (day != 4)
    assert "Day 7: 0 of 10 symptoms, down from 1 on day 3." in words(page)
    assert [cell.get_text(strip=True) for cell in page.html.select("td[data-label=Symptoms]")] == [
        "0 of 10", "1 of 10", "2 of 10",
    ]  # fmt: skip
    assert "Maria Marlow" in words(cast.browser("author").get(f"/field/report/{injured}"))
    assert not any(" style=" in line for line in page.text.splitlines())


def test_a_hospital_sees_the_checks_on_the_shared_report(cast, injured):
    check(cast.browser("author"), injured, check_dizzy="a-lot")
    cast.share(injured, "recipient")
    doctor = cast.browser("recipient")
    cover = doctor.get(f"/inbox/{injured}")
    assert "After the head injury" not in cover.text
    opened = next(form for form in cover.forms.values() if form.action.endswith("/open")).submit().follow()
    assert "Day 0: 1 of 10 symptoms." in words(opened)
    assert "/check" not in "".join(link["href"] for link in opened.html.main.find_all("a"))


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"check_dizzy": ""}, "a.check-dizzy"), ({"check_dizzy": "constructor"}, "a.check-dizzy"),
     ({"getting_worse": "a-lot"}, "a.getting-worse")],
)  # fmt: skip
def test_a_missing_or_wrong_answer_is_named_and_the_others_are_kept(cast, injured, changed, field):
    page = check(cast.usual_browser("family"), injured, **{"check_sick": "a-lot"} | changed)
    assert page.status_int == 422
    assert set(errors(page)) == {field}
    kept = page.html.find("input", {"name": "a.check-sick", "checked": True})
    assert kept["value"] == "a-lot"
    assert page.html.title.text.startswith("Error: ")


@pytest.mark.parametrize("picks", [[], ["none", "check-fit:yes"], ["none", "unsure"], ["constructor"], ["check-fit:2"]])
def test_the_danger_signs_need_one_clear_answer(cast, injured, picks):
    browser = cast.usual_browser("family")
    fields = [pair for pair in form_fields().items() if pair[0] != "pick"] + [("pick", pick) for pick in picks]
    page = send(browser, f"/field/report/{injured}/check", fields)
    assert page.status_int == 422
    assert set(errors(page)) == {"pick"}


def test_a_tick_beside_not_sure_counts_and_the_rest_is_not_sure(cast, injured):
    browser = cast.usual_browser("family")
    fields = [pair for pair in form_fields().items() if pair[0] != "pick"]
    fields += [("pick", "check-behaviour:yes"), ("pick", "unsure")]
    page = send(browser, f"/field/report/{injured}/check", fields).follow()
    assert heading(page) == "Go to the hospital now"
    said = {row.dt.get_text(): row.dd.get_text() for row in page.html.select("dl.rows > div")}
    assert said["Did they have a seizure?"] == "Can’t tell"
    assert said["Do they act differently from before the injury?"] == "Yes"


def test_an_hour_later_a_check_tells_what_was_advised_and_gives_no_order(site, cast, injured):
    ill = [pair for pair in form_fields().items() if pair[0] != "pick"] + [("pick", "check-fit:yes")]
    path = send(cast.usual_browser("family"), f"/field/report/{injured}/check", ill).location.partition("?")[0]
    assert heading(cast.browser("author").get(path)) == "Call an ambulance now"
    site.clock.advance(timedelta(hours=1))
    later = cast.browser("author").get(path)
    assert not later.html.select(".band, .do")
    assert "Call an ambulance now" not in words(later)
    # With its day, where midnight came in between.
    given = r"Advice given (on \d+ \w+ \d{4} )?at \d\d:\d\d The advice was to call an ambulance right away\."
    assert re.search(given, words(later))


def test_a_second_press_of_save_shows_the_same_check(cast, injured):
    browser, fields = cast.usual_browser("family"), list(form_fields().items())
    first = send(browser, f"/field/report/{injured}/check", fields)
    second = send(browser, f"/field/report/{injured}/check", fields)
    assert first.location == second.location


def test_a_check_that_is_saved_after_a_clearance_says_who_cleared_the_player(cast):
    saved = check(cast.usual_browser("family"), cast.opened).follow()
    assert "light exercise" in words(saved)


def test_a_form_without_its_number_is_not_saved(cast, injured):
    fields = [pair for pair in form_fields().items() if pair[0] != "check-draft"]
    page = send(cast.usual_browser("family"), f"/field/report/{injured}/check", fields)
    assert page.status_int == 422
    assert "its number is missing" in page.text


def test_a_report_of_another_injury_has_no_such_page(cast, site):

    actor = cast.actor("author")
    player = site.services.teams.team(actor).players[0]
    saved = site.services.reports.save(actor, "ee" * 16, report_at(site.clock()), player=player, withheld=False)
    browser = cast.usual_browser("author")
    browser.get(f"/field/report/{saved.address}/check", status=404)
    assert "After the head injury" not in browser.get(f"/field/report/{saved.address}").text


def test_what_was_answered_is_kept_while_the_disk_is_away(cast, injured, site, monkeypatch):
    from blockmrs.errors import StorageUnavailable

    def away(_content):
        raise StorageUnavailable("the disk did not answer")

    monkeypatch.setattr(site.foundation.objects, "put", away)
    page = check(cast.usual_browser("family"), injured, check_sick="a-lot")
    assert page.status_int == 503
    assert "It is not saved yet" in page.text
    assert page.html.find("input", {"name": "a.check-sick", "checked": True})["value"] == "a-lot"


def test_a_check_of_another_report_is_not_shown_under_this_one(cast, injured):
    made = check(cast.usual_browser("family"), injured).location.partition("?")[0].rpartition("/")[2]
    browser = cast.usual_browser("author")
    browser.get(f"/field/report/{injured}/check/{made}", status=200)
    browser.get(f"/field/report/{cast.address}/check/{made}", status=404)


def clearance(browser, address, **changed):
    fields = {"stage": "full play", "conditions": "", "note": "", "seen": "", "clearance-draft": "", **changed}
    page = browser.get(f"/inbox/{address}/clearance")
    return fill(page, f"/inbox/{address}/clearance", **{name: value for name, value in fields.items() if value})


@pytest.fixture
def doctor(cast, injured):
    cast.share(injured, "recipient")
    cast.site.services.sharing.acknowledge(cast.actor("recipient"), injured)
    return cast.browser("recipient")


def test_a_clearance_is_confirmed_signed_seen_and_withdrawn(cast, injured, doctor):
    family, coach = cast.browser("family"), cast.browser("author")
    out = "Not cleared yet: needs a doctor’s written clearance."
    for page in (family.get(f"/field/report/{injured}"), doctor.get(f"/inbox/{injured}")):
        assert out in words(page)
    assert "Out until cleared" in words(coach.get("/team"))
    confirm = clearance(doctor, injured, conditions="Stop if anything comes back.")
    assert heading(confirm) == "Sign this clearance?"
    assert "at least 21 days before full play. Today is day 0." in words(confirm)
    assert out in words(family.get(f"/field/report/{injured}")), "nothing is sent before it is signed"
    changed = confirm.forms[next(key for key, form in confirm.forms.items() if "sign" in form.fields)].submit("change")
    assert changed.html.find("textarea", {"name": "conditions"}).text.strip() == "Stop if anything comes back."
    signed = confirm.forms[next(key for key, form in confirm.forms.items() if "sign" in form.fields)].submit("sign")
    done = signed.follow()
    assert "Cleared for full play by Dr Lee, North Hospital" in words(done)
    told = " ".join(done.html.select_one(".done[role=status]").get_text(" ", strip=True).split())
    assert re.match(r"Clearance signed at \d\d:\d\d Cleared for full play by Dr Lee", told)
    assert "The coach and the family see it in the report, with your name." in told
    assert not doctor.get(f"/inbox/{injured}").html.select(".done"), "it is told once"
    for page in (family.get(f"/field/report/{injured}"), coach.get(f"/field/report/{injured}")):
        assert "Cleared for full play by Dr Lee, North Hospital" in words(page)
        assert "Stop if anything comes back." in words(page)
    asked = doctor.get(f"/inbox/{injured}").click("Withdraw the clearance")
    form = next(form for form in asked.forms.values() if "/withdraw/" in form.action)
    withdrawn = form.submit().follow()
    assert out in words(withdrawn)
    assert "Clearance withdrawn at" in withdrawn.html.select_one(".done").get_text()
    page = words(family.get(f"/field/report/{injured}"))
    assert out in page
    assert "Dr Lee, North Hospital, withdrew the clearance" in page


def test_a_hospital_is_told_that_others_may_have_answered_and_who_knows(cast, doctor, injured):
    said = "Other hospitals may have this report too, and may have answered. You see only what yours wrote."
    assert said in words(doctor.get(f"/inbox/{injured}"))
    assert said not in words(cast.browser("family").get(f"/field/report/{injured}"))


def test_the_teams_page_marks_only_who_is_out(cast, site, doctor, injured):
    coach = cast.browser("author")
    rows = {row.strong.get_text(strip=True): row.get_text() for row in coach.get("/team").html.select(".roster > li")}
    assert "Out until cleared" in rows["Quinn Marlow"]
    assert cast.address not in words(coach.get("/team"))


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"seen": "3 December"}, "seen"), ({"seen": "2099-01-01"}, "seen"), ({"note": "x" * 301}, "note")],
)
def test_what_is_wrong_in_a_clearance_is_named_and_the_rest_is_kept(doctor, injured, changed, field):
    page = clearance(doctor, injured, conditions="Slowly.", **changed)
    assert page.status_int == 422
    assert set(errors(page)) == {field}
    assert page.html.find("textarea", {"name": "conditions"}).text.strip() == "Slowly."


@pytest.mark.parametrize("zone", ["Pacific.Kiritimati", "Pacific.Pago_Pago"])
def test_the_day_of_a_doctor_anywhere_is_their_own_and_not_the_servers(cast, doctor, injured, zone):
    """One of these places has another day than the server has, whatever its clock shows."""
    doctor.set_cookie("blockmrs-zone", zone)
    today = cast.site.clock().astimezone(ZoneInfo(zone.replace(".", "/"))).date()
    page = doctor.get(f"/inbox/{injured}/clearance")
    assert page.html.find("input", {"name": "seen"})["value"] == today.isoformat()
    assert heading(clearance(doctor, injured)) == "Sign this clearance?"
    tomorrow = clearance(doctor, injured, seen=(today + timedelta(days=1)).isoformat())
    assert set(errors(tomorrow)) == {"seen"}


def test_a_stage_must_be_chosen(doctor, injured):
    path = f"/inbox/{injured}/clearance"
    today = doctor.get(path).html.find("input", {"name": "seen"})["value"]
    page = send(doctor, path, [("seen", today)])
    assert page.status_int == 422
    assert set(errors(page)) == {"stage"}


def test_a_report_that_was_not_opened_leads_to_its_cover(cast, injured):
    cast.share(injured, "recipient")
    answer = cast.browser("recipient").get(f"/inbox/{injured}/clearance", status=302)
    assert answer.location.endswith(f"/inbox/{injured}")


def test_an_empty_check_leads_to_its_first_question_by_one_link(cast, injured):
    page = send(cast.browser("author"), f"/field/report/{injured}/check", [])
    assert page.status_int == 422
    (link,) = errors(page).items()
    assert link == ("pick", "12 questions have no answer yet. Go to the first one")
    assert page.html.select_one("#f-pick") is not None
    beside = [line.get_text(" ", strip=True) for line in page.html.select("fieldset .err")]
    assert len(beside) == 12
