"""A doctor's reply on the pages: sent from the report in one press, and shown with its number to coach and family."""

import re
import secrets
from dataclasses import replace

import pytest

from blockmrs.domain.senders import Standing as Sender
from blockmrs.errors import StorageUnavailable
from tests.support.cast import PLAYER, csrf, play_in
from tests.support.coach import press
from tests.support.html import soup
from tests.support.people import errors, heading
from tests.support.quick import quick_folder
from tests.support.world import report_at

NUMBER = "+1 202 555 0123"
DIALLED = "tel:+12025550123"


@pytest.fixture(scope="module")
def cast():
    with quick_folder() as folder:
        cast = play_in(folder)
        yield cast
        cast.site.foundation.database.engine.dispose()


@pytest.fixture
def report(cast):
    """A fresh report of no head injury, which a hospital has and its doctor has opened."""
    services, coach = cast.site.services, cast.actor("author")
    player = next(one for one in services.teams.team(coach).players if one.name == PLAYER)
    about = replace(report_at(cast.site.clock()), player=PLAYER)
    saved = services.reports.save(coach, secrets.token_hex(16), about, player=player)
    cast.share(saved.address, "recipient")
    services.sharing.acknowledge(cast.actor("recipient"), saved.address)
    return saved.address


@pytest.fixture
def doctor(cast):
    return cast.usual_browser("recipient")


def words(response) -> str:
    return soup(response).main.get_text(" ", strip=True)


def reply(doctor, report, button="Seen, please call", **typed):
    return press(doctor, doctor.get(f"/inbox/{report}"), button, **({"phone": NUMBER} | typed))


def test_a_doctor_replies_to_any_report_in_one_press_and_coach_and_family_call(cast, report, doctor):
    done = reply(doctor, report, line="Bring the splint.").follow()
    confirmation = done.html.select_one(".done[role=status]").get_text(" ", strip=True)
    assert re.match(r"Reply sent at \d\d:\d\d Dr Lee, North Hospital, has seen this report: please call", confirmation)
    assert NUMBER in confirmation
    assert not doctor.get(f"/inbox/{report}").html.select(".done"), "it is told once"
    for reader in ("author", "family"):
        browser = cast.usual_browser(reader)
        page = browser.get(f"/field/report/{report}")
        assert "Dr Lee, North Hospital, has seen this report: please call." in words(page)
        assert "Bring the splint." in words(page)
        assert page.html.select_one(f"main a[href='{DIALLED}']").get_text(strip=True) == f"Call {NUMBER}"
        assert page.html.select_one("main .only-print").get_text(strip=True) == f"Call {NUMBER}", "buttons do not print"
        (line,) = [one for one in browser.get("/").html.select(".news.replies li") if f"/{report}" in str(one)]
        assert f"Dr Lee, North Hospital, has seen the report about {PLAYER}" in line.get_text(" ", strip=True)
        assert line.find("a", href=DIALLED) is not None
        assert line.find("a", href=f"/field/report/{report}") is not None
    assert not cast.usual_browser("other_coach").get("/").html.select(".news.replies")


def test_a_second_reply_stands_first_and_proposes_the_number_that_was_given(cast, report, doctor):
    reply(doctor, report)
    page = doctor.get(f"/inbox/{report}")
    assert page.html.find("input", {"name": "phone"})["value"] == NUMBER
    form = next(form for form in page.forms.values() if form.action.endswith("/reply"))
    form["phone"], form["line"] = "+1 202 555 0199", "Later."
    form.submit("wish", value="seen", status=302)
    shown = [box.get_text(" ", strip=True) for box in
             cast.usual_browser("author").get(f"/field/report/{report}").html.select("section .box.info")]  # fmt: skip
    assert len(shown) == 2
    assert NUMBER not in shown[0]
    assert "0199" not in shown[0], "“Seen” sends no number"


def test_the_same_press_twice_is_one_reply(cast, report, doctor):
    page = doctor.get(f"/inbox/{report}")
    for _ in range(2):
        press(doctor, page, "Seen, please call", phone=NUMBER, status=302)
    assert len(cast.site.services.replies.of(cast.actor("author"), report).given) == 1


@pytest.mark.parametrize(
    ("typed", "field"), [({"phone": ""}, "phone"), ({"phone": "at the desk"}, "phone"), ({"line": "x" * 121}, "line")]
)
def test_what_is_wrong_is_named_and_the_rest_is_kept(cast, report, doctor, typed, field):
    page = reply(doctor, report, **({"line": "Soon."} | typed))
    assert (page.status_int, list(errors(page))) == (422, [field])
    assert page.html.find("input", {"name": "line"})["value"] == typed.get("line", "Soon.")
    again = press(doctor, page, "Seen, please call", phone=NUMBER, line="Soon.")
    assert again.status_int == 302


def test_a_reply_is_taken_back_after_a_question_and_its_number_is_gone(cast, report, doctor):
    reply(doctor, report)
    asked = doctor.get(f"/inbox/{report}").click("Take it back")
    assert heading(asked) == "Take back this reply?"
    done = press(doctor, asked, "Take it back").follow()
    assert "Reply taken back at" in done.html.select_one(".done").get_text()
    for reader in ("author", "family"):
        page = cast.usual_browser(reader).get(f"/field/report/{report}")
        assert "Dr Lee, North Hospital, took back what they wrote." in words(page)
        assert NUMBER not in words(page)
        assert not [one for one in cast.usual_browser(reader).get("/").html.select(".replies li") if report in str(one)]


def test_a_report_that_was_not_opened_leads_to_its_cover(cast, doctor):
    address = cast.save().address
    cast.share(address, "recipient")
    assert doctor.get(f"/inbox/{address}/reply", status=302).location.endswith(f"/inbox/{address}")
    assert not doctor.get(f"/inbox/{address}").html.find("input", {"name": "phone"})


def test_to_a_blocked_sender_there_is_no_form_and_a_reply_is_refused_in_words(cast, report, doctor):
    inbox, lee = cast.site.services.inbox, cast.actor("recipient")
    page = doctor.get(f"/inbox/{report}")
    inbox.decide(lee, cast.sender_id, Sender.BLOCKED)
    refused = press(doctor, page, "Seen, please call", phone=NUMBER)
    assert (refused.status_int, heading(refused)) == (403, "This sender is blocked")
    there = doctor.get(f"/inbox/{report}")
    assert "Your hospital has blocked whoever sent this" in words(there)
    assert there.html.find("input", {"name": "phone"}) is None
    inbox.decide(lee, cast.sender_id, Sender.KNOWN)
    assert press(doctor, page, "Seen, please call", phone=NUMBER).status_int == 302


def test_after_the_share_was_stopped_the_doctor_is_told_so(cast, report, doctor):
    page = doctor.get(f"/inbox/{report}")
    sharing, coach = cast.site.services.sharing, cast.actor("author")
    sharing.stop(coach, report, sharing.shares(coach, report)[0].share_id)
    refused = press(doctor, page, "Seen, please call", phone=NUMBER)
    assert (refused.status_int, heading(refused)) == (410, "This share has ended")


def test_what_was_typed_is_kept_while_the_disk_is_away(cast, report, doctor, monkeypatch):
    def away(_content):
        raise StorageUnavailable("the disk did not answer")

    page = doctor.get(f"/inbox/{report}")
    monkeypatch.setattr(cast.site.foundation.objects, "put", away)
    kept = press(doctor, page, "Seen, please call", phone=NUMBER, line="Soon.")
    assert kept.status_int == 503
    assert "It is not sent yet" in kept.text
    assert kept.html.find("input", {"name": "line"})["value"] == "Soon."


def test_markup_in_a_reply_is_shown_as_typed(cast, report, doctor):
    reply(doctor, report, line="<b>now</b>")
    page = cast.usual_browser("author").get(f"/field/report/{report}")
    assert "<b>now</b>" in words(page)


def test_a_reply_without_a_token_or_a_number_of_its_form_is_not_sent(cast, report, doctor):
    size = cast.site.foundation.ledger.size
    doctor.post(f"/inbox/{report}/reply", {"wish": "seen"}, status=403)
    doctor.post(f"/inbox/{report}/reply", {"_csrf": csrf(doctor), "wish": "seen"}, status=422)
    assert cast.site.foundation.ledger.size == size
