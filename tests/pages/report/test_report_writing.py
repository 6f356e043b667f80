"""From the advice to "Saved": who is hurt, the report to check, and one report however often Save is pressed."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from blockmrs.controllers.web.forms import MOST_FIELDS
from blockmrs.errors import StorageUnavailable
from tests.support.coach import (
    SIGN,
    advice,
    fields_of,
    footprint,
    form_with,
    heading,
    newest,
    person,
    press,
    sent_by,
    signed_in,
    to_check_page,
)
from tests.support.html import soup
from tests.support.site import build_site
from tests.support.world import PASSWORD


@pytest.fixture
def check(app):
    """The report to check, about a player of the roster."""
    return to_check_page(app, "7 Sam Rivers")


def errors_of(response) -> dict[str, str]:
    """The error summary: the field that each line leads to, and its words."""
    return {
        link.get("href", "").removeprefix("#f-"): link.get_text(strip=True)
        for link in soup(response).select("#errors li > *")
    }


def test_from_the_advice_to_a_saved_report_it_takes_three_taps(site, coach, app):
    check = press(app, press(app, advice(app), "Who is hurt?"), "7 Sam Rivers")
    saved = press(app, check, "Save report", 302).follow()
    assert re.search(r"Saved\s+\d\d:\d\d", soup(saved).get_text(" "))
    assert newest(site, coach).report.player == "Sam Rivers"


def test_everything_that_was_entered_stands_in_the_report(site, coach, app, check):
    press(
        app, check, "Save report", 302,
        r_when="15", r_age="13-15-years", r_how=["fall", "twist"], r_done=["ice"], r_told=["nobody yet"],
        r_ambulance="5", r_place=" North Field ", r_sport="Rugby", r_note="Fell.\r\nGot up.",
    )  # fmt: skip
    report = newest(site, coach).report
    assert (report.place, report.sport, report.note) == ("North Field", "Rugby", "Fell.\nGot up.")
    assert (report.mechanism, report.done, report.who_was_told) == (("fall", "twist"), ("ice",), ("nobody yet",))
    assert (report.ambulance_called_at - report.injured_at).total_seconds() == 600
    assert report.age.startswith("13")
    assert [finding.answer for finding in report.findings] == ["yes"]
    assert (report.advice.level, report.advice.reviewed) == (1, False)


def ambulance_row(page) -> str:
    row = soup(page).find("dt", string="Ambulance")
    return row.find_next("dd").get_text(" ", strip=True)


def test_whether_an_ambulance_was_called_is_said_by_nobody_but_the_coach(site, coach, app, check):
    assert not soup(check).select("[name=r-ambulance][checked]")
    saved = press(app, check, "Save report", 302).follow()
    report = newest(site, coach).report
    assert (report.ambulance_called_at, report.ambulance_not_called) == (None, False)
    assert ambulance_row(saved) == "Not said"


def test_that_no_ambulance_was_called_is_told_to_the_crew(site, coach, app, check):
    saved = press(app, check, "Save report", 302, r_ambulance="no").follow()
    assert newest(site, coach).report.ambulance_not_called
    assert ambulance_row(saved) == "Not called"


def test_a_time_of_day_is_taken_in_the_zone_that_is_named(site, coach, app, check):
    yesterday = soup(check).select("#f-r-day option")[1]["value"]
    assert re.search(r"Time \([A-Z]{2,}", soup(check).get_text(" "))
    press(app, check, "Save report", 302, r_when="other", r_day=yesterday, r_time="14:02")
    injured_at = newest(site, coach).report.injured_at.astimezone()
    assert (injured_at.date().isoformat(), f"{injured_at:%H:%M}") == (yesterday, "14:02")


def test_a_site_has_a_zone_of_its_own(tmp_path):
    site = build_site(tmp_path, site__time_zone="Asia/Kathmandu")
    coach = person(site, "carol", "Carol Coach")
    app = signed_in(site, "carol")
    check = press(app, press(app, advice(app), "Who is hurt?"), "Use this name", r_name="Kim")
    assert "Time (+0545)" in soup(check).get_text(" ")
    yesterday = soup(check).select("#f-r-day option")[1]["value"]
    saved = press(app, check, "Save report", 302, r_when="other", r_day=yesterday, r_time="5:45").follow()
    assert newest(site, coach).report.injured_at.astimezone(UTC).strftime("%H:%M") == "00:00"
    assert "05:45 +0545" in saved.text
    site.foundation.database.engine.dispose()


@pytest.mark.parametrize(("shown", "meant"), [("05:40", "05:30"), ("06:40", "06:30")])
def test_a_time_of_the_doubled_hour_is_the_last_before_the_form_was_shown_also_a_day_later(tmp_path, shown, meant):
    """A report waits on a phone, and is sent when there is a signal again."""
    site = build_site(tmp_path, site__time_zone="America/New_York")
    year = datetime.now(UTC).year + 1
    autumn = next(
        day for day in (datetime(year, 11, number, tzinfo=UTC) for number in range(1, 8)) if day.weekday() == 6
    )
    site.clock.advance(autumn + timedelta(days=1, hours=15) - datetime.now(UTC))
    coach = person(site, "carol", "Carol Coach")
    app = signed_in(site, "carol")
    check = press(app, press(app, advice(app), "Who is hurt?"), "Use this name", r_name="Kim")
    hour, minute = map(int, shown.split(":"))
    at = int((autumn + timedelta(hours=hour, minutes=minute)).timestamp())
    typed = {"r_shown": str(at), "r_when": "other", "r_day": autumn.date().isoformat(), "r_time": "01:30"}
    press(app, check, "Save report", 302, **typed)
    assert newest(site, coach).report.injured_at.astimezone(UTC).strftime("%H:%M") == meant
    site.foundation.database.engine.dispose()


def test_somebody_who_is_on_no_list_is_reported_by_name(site, coach, app):
    who = press(app, advice(app), "Who is hurt?")
    check = press(app, who, "Use this name", r_name="  Kim, blue 4 ")
    press(app, check, "Save report", 302)
    report = newest(site, coach).report
    assert (report.player, report.team) == ("Kim, blue 4", "")


@pytest.mark.parametrize("name", ["", "   ", "x" * 200, "a\x07b"])
def test_a_name_that_is_none_is_asked_for_again_with_the_answers_kept(app, name):
    who = press(app, advice(app), "Who is hurt?")
    again = press(app, who, "Use this name", r_name=name)
    assert again.status_int == 422
    assert "r-name" in errors_of(again)
    assert heading(press(app, again, "Use this name", r_name="Kim")) == "Check the report"


def test_a_player_who_is_on_no_list_of_this_coach_is_not_chosen(site, app, check):
    before = footprint(site)
    action, fields = sent_by(check, "Save report", r_player="ffffffffffffffff")
    again = app.post(action, fields, status=422)
    assert heading(again) == "Who is hurt?"
    assert footprint(site) == before


def test_the_level_is_worked_out_from_the_answers_never_taken_from_the_form(site, coach, app, check):
    action, fields = sent_by(check, "Save report", was="4")
    app.post(action, [*fields, ("level", "4")], status=302)
    assert newest(site, coach).report.advice.level == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("r_place", "x" * 401, "400 characters or fewer"),
        ("r_sport", "\u202eybgur", "characters that cannot be shown"),
        ("r_note", "x" * 301, "300 characters or fewer"),
        ("r_time", "25:99", "like 14:02"),
        ("r_time", "", "like 14:02"),
        ("r_day", "1999-01-01", "Choose a day"),
        ("r_age", "120-years", "Choose an age"),
        ("r_how", ["fall", "hit by a train"], "Choose from the list"),
        ("r_done", ["nothing"], "Choose from the list"),
        ("r_told", ["everybody"], "Choose from the list"),
        ("r_ambulance", "99", "Choose whether"),
        ("r_ambulance_time", "14:02", "Another time"),
        ("r_withhold", "maybe", "Choose from the list"),
    ],
)
def test_each_field_that_is_wrong_says_so_and_everything_typed_is_kept(site, app, check, field, value, words):
    before = footprint(site)
    changed = {"r_when": "other", "r_time": "00:00", "r_place": "Old Mill", "r_note": "Kept <words>", field: value}
    again = press(app, check, "Save report", 422, **changed)
    name = field.replace("_", "-")
    assert words in errors_of(again)[name]
    assert soup(again).title.string.startswith("Error: ")
    assert soup(again).find(id=f"f-{name}") is not None
    kept = dict(fields_of(form_with(again, "Save report")[0]))
    assert kept["r-place"] == changed["r_place"]
    assert kept["r-note"].strip("\n") == changed["r_note"]
    assert footprint(site) == before


def test_a_time_in_the_future_is_refused(app, check, site):
    ahead = site.clock().astimezone() + timedelta(minutes=20)
    today = soup(check).select("#f-r-day option")[0]["value"]
    if ahead.date().isoformat() != today:
        # Just before midnight no time of today is far enough ahead.
        site.clock.advance(timedelta(hours=1))
        ahead = site.clock().astimezone() + timedelta(minutes=20)
    day = ahead.date().isoformat()
    again = press(app, check, "Save report", 422, r_when="other", r_day=day, r_time=f"{ahead:%H:%M}")
    assert "future" in errors_of(again)["r-time"]


def test_enter_in_a_text_box_saves_nothing(site, app, check):
    form = soup(check).find("form", action="/field/report/save")
    assert form.find("button")["formaction"] == "/field/report/new"


def test_pressing_save_twice_makes_one_report(site, coach, app, check):
    action, fields = sent_by(check, "Save report")
    first = app.post(action, fields, status=302)
    before = footprint(site)
    second = app.post(action, fields, status=302)
    assert first.location == second.location
    assert footprint(site) == before


def test_a_double_tap_whose_halves_run_at_once_makes_one_report(site, coach, check):
    action, fields = sent_by(check, "Save report")
    browsers = [signed_in(site, "carol") for _ in range(3)]
    fields = [(name, value) for name, value in fields if name != "_csrf"]
    tokens = [dict(sent_by(browser.get("/team"), "Add player")[1])["_csrf"] for browser in browsers]
    with ThreadPoolExecutor(3) as pool:
        answers = pool.map(
            lambda browser, token: browser.post(action, [*fields, ("_csrf", token)], status=302), browsers, tokens
        )
        addresses = {answer.location.partition("?")[0] for answer in answers}
    assert len(addresses) == 1
    reports, _ = site.services.reports.mine(coach)
    assert [report.address for report in reports].count(addresses.pop().rpartition("/")[2]) == 1


def test_going_back_and_changing_something_says_that_the_report_was_saved_before(site, coach, app, check):
    press(app, check, "Save report", 302)
    before = footprint(site)
    page = press(app, check, "Save report", 302, r_place="Elsewhere").follow()
    assert "was saved before" in page.text
    assert newest(site, coach).report.place == ""
    assert footprint(site) == before


def test_two_tabs_of_one_report_make_one_report(site, app):
    who = press(app, advice(app), "Who is hurt?")
    one, other = press(app, who, "7 Sam Rivers"), press(app, who, "Ada Lind")
    first = press(app, one, "Save report", 302)
    second = press(app, other, "Save report", 302)
    assert first.location.partition("?")[0] == second.location.partition("?")[0]
    assert "again" in second.location


def test_two_reports_of_one_evening_are_two(app):
    saved = [press(app, to_check_page(app, "7 Sam Rivers"), "Save report", 302).location for _ in range(2)]
    assert saved[0] != saved[1]


def test_markup_is_shown_as_it_was_typed(site, coach, app):
    who = press(app, advice(app), "Who is hurt?")
    evil = "<script>alert(1)</script>"
    check = press(app, who, "Use this name", r_name=evil)
    page = press(app, check, "Save report", 302, r_note=evil, r_place=f'"{evil}').follow()
    for shown in (check, page, app.get("/field/reports")):
        assert evil not in shown.text
        assert "&lt;script&gt;" in shown.text


def test_an_answer_changed_on_the_way_comes_back_with_the_report_as_it_was(app, check):
    asked = press(app, check, "Change", None, r_place="Old Mill", r_note="One\nTwo", ask="who")
    assert heading(asked) == "Who is hurt?"
    fields = sent_by(check, "Save report", r_place="Old Mill", r_note="One\nTwo")[1]
    page = app.post("/field/ask/1", [*fields, ("change", "fit")])
    asks = {"name": re.compile("sign|choose|answer")}
    while soup(page).find("form", class_="report") is None:
        form = soup(page).find("button", attrs=asks).find_parent("form")
        answer = {"value": re.compile("^(fit|none|no|unknown)$")}
        button = form.find("button", attrs=answer)
        page = app.post(form["action"], [*fields_of(form), (button["name"], button["value"])])
    again = press(app, page, "Back to the report")
    assert heading(again) == "Check the report"
    kept = dict(fields_of(form_with(again, "Save report")[0]))
    assert (kept["r-place"], kept["r-note"].strip("\n").replace("\r\n", "\n")) == ("Old Mill", "One\nTwo")


def test_no_title_of_a_page_holds_a_name(app, check):
    saved = press(app, check, "Save report", 302).follow()
    assert "Sam" not in soup(saved).title.string + soup(check).title.string


def test_somebody_signed_out_goes_on_after_signing_in_with_every_answer(site, coach):
    browser = site.browser()
    before = footprint(site)
    page = press(browser, advice(browser), "Who is hurt?", 401)
    assert footprint(site) == before
    kept = press(browser, page, "Sign in", 200, user_name="carol", password=PASSWORD)
    check = press(browser, press(browser, kept, "Go on"), "7 Sam Rivers")
    assert heading(check) == "Check the report"
    press(browser, check, "Save report", 302)
    assert newest(site, coach).report.findings[0].finding == "fit"


def test_somebody_signed_out_can_make_an_account_without_losing_an_answer(site):
    browser = site.browser()
    page = press(browser, advice(browser), "Who is hurt?", 401)
    sign_up = press(browser, page, "Make an account", 200)
    assert dict(fields_of(sign_up.html.find("form", action="/signup")))["draft"]


def test_a_session_that_ends_while_typing_loses_nothing(site, coach, app, check):
    site.services.identity.sign_out(app.cookies["blockmrs"].strip('"'))
    before = footprint(site)
    page = press(app, check, "Save report", 401, r_place="Typed for long")
    assert footprint(site) == before
    kept = press(app, page, "Sign in", 200, user_name="carol", password=PASSWORD)
    press(app, kept, "Go on", 302)
    assert newest(site, coach).report.place == "Typed for long"


def test_a_stale_form_token_saves_nothing_and_keeps_what_was_typed(site, coach, app, check):
    before = footprint(site)
    action, fields = sent_by(check, "Save report", r_place="Done", _csrf="A" * 86)
    page = app.post(action, fields, status=403)
    assert footprint(site) == before
    press(app, page, "Send again", 302)
    assert newest(site, coach).report.place == "Done"


def test_a_report_needs_a_confirmed_recovery_code_first(site):
    signed_up = site.services.identity.sign_up("newbie", "New Coach", PASSWORD)
    browser = site.browser()
    browser.set_cookie("blockmrs", signed_up.token)
    before = footprint(site)
    page = press(browser, advice(browser), "Who is hurt?", 403)
    assert "recovery code" in heading(page)
    assert dict(fields_of(page.html.find("form", action="/settings/recovery")))["draft"]
    assert footprint(site) == before


def test_the_family_gets_nothing_when_the_coach_says_not_yet(site, coach, app, check):
    page = press(app, check, "Save report", 302, r_withhold="yes").follow()
    assert "Not sent to the family" in page.text
    assert newest(site, coach).withheld


def test_when_the_storage_fails_the_form_stays_and_the_next_press_saves(site, coach, app, check, monkeypatch):
    before = footprint(site)
    with monkeypatch.context() as patch:
        patch.setattr(site.foundation.objects, "put", _no_disk)
        page = press(app, check, "Save report", 503, r_place="Still here")
    assert page.headers["Retry-After"]
    assert "not saved yet" in errors_of(page)[""]
    assert footprint(site) == before
    press(app, page, "Save report", 302)
    assert newest(site, coach).report.place == "Still here"


def test_a_report_that_waits_for_its_node_says_so(site, coach, app, check, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(site.foundation.objects.inner, "put", _no_disk)
        page = press(app, check, "Save report", 302).follow()
    assert "waits for the storage node" in page.text
    site.foundation.objects.flush()
    assert "waits for the storage node" not in app.get(page.request.path).text


def _no_disk(*_: object) -> None:
    raise StorageUnavailable("no space is left")


@pytest.mark.parametrize("path", ["/field/report/new", "/field/report/save"])
def test_a_report_is_never_made_by_get(app, path):
    assert app.get(path, status=405).headers["Allow"] == "POST"


@pytest.mark.parametrize("path", ["/field/report/new", "/field/report/save"])
def test_ten_megabytes_are_refused_unread(app, path):
    app.post(path, b"r-note=" + b"x" * 10_000_000, status=413)


@pytest.mark.parametrize(
    "more",
    [b"&r-place=%ff%fe", b"&r-place=one&r-place=two", b"&r-unknown=1", b"&a.fit=perhaps", b"&age=older", b"&r-note=%00",
     b"&r-how=fall" * 400],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/field/report/new", "/field/report/save"])
def test_a_form_that_no_page_of_ours_sends_is_refused_whole(site, app, check, path, more):
    before = footprint(site)
    token = dict(sent_by(check, "Save report")[1])["_csrf"]
    body = f"_csrf={token}&a.fit=yes&complaints=life".encode() + more
    refused = 413 if body.count(b"&") > MOST_FIELDS else 422
    app.post(path, body, content_type="application/x-www-form-urlencoded", status=refused)
    assert footprint(site) == before


def test_a_file_in_a_field_is_refused(site, app, check):
    token = dict(sent_by(check, "Save report")[1])["_csrf"]
    before = footprint(site)
    app.post(
        "/field/report/save",
        {"_csrf": token, "a.fit": "yes"},
        upload_files=[("r-note", "note.txt", b"text")],
        status=422,
    )
    assert footprint(site) == before


def test_a_report_without_any_answer_is_refused(app, check):
    token = dict(sent_by(check, "Save report")[1])["_csrf"]
    app.post("/field/report/save", {"_csrf": token, "r-player": "other", "r-name": "Kim"}, status=422)


def test_each_sign_stands_in_the_report_with_the_time_when_it_was_tapped(site, coach, app):
    before = site.services.reports.now().replace(second=0, microsecond=0)
    check = to_check_page(app, "7 Sam Rivers")
    assert re.search(r"\d\d:\d\d", soup(check).select_one(".signs .at").get_text())
    page = press(app, check, "Save report", 302).follow()
    (said,) = {finding.at for finding in newest(site, coach).report.findings if finding.finding == SIGN}
    assert before <= said <= site.services.reports.now()
    assert re.search(r"\d\d:\d\d", soup(page).select_one(".signs .at").get_text())


def test_what_was_found_since_stands_in_the_report_with_its_time(site, coach, app):
    page = press(app, advice(app), "Check again")
    for answer in ("Yes", "Can't tell", "4"):
        page = press(app, page, answer)
    check = press(app, press(app, page, "Who is hurt?"), "7 Sam Rivers")
    words = "Awake, can’t tell how they breathe, pain 4"
    assert words in soup(check).get_text(" ", strip=True)
    saved = press(app, check, "Save report", 302).follow()
    (look,) = newest(site, coach).report.looks
    assert (look.awake, look.breathing, look.pain) == (True, None, 4)
    assert site.services.reports.now() - look.at < timedelta(minutes=2)
    assert words in soup(saved).get_text(" ", strip=True)


def test_a_save_repeated_is_the_same_report_with_its_times(app):
    check = to_check_page(app, "7 Sam Rivers")
    action, fields = sent_by(check, "Save report")
    first = app.post(action, fields, status=302)
    assert "saved=1" in first.location
    assert "saved=1" in app.post(action, fields, status=302).location


def test_the_report_takes_over_when_it_happened_as_it_was_corrected_on_the_result(site, coach, app):
    page = press(app, advice(app), "15 min ago")
    check = press(app, press(app, page, "Who is hurt?"), "7 Sam Rivers")
    assert "As you said," in soup(check).select_one("label:has(input[name=r-when][checked])").get_text(" ")
    press(app, check, "Save report", 302)
    since = site.services.reports.now() - newest(site, coach).report.injured_at
    assert timedelta(minutes=15) <= since < timedelta(minutes=17)


@pytest.mark.parametrize("trail", ["99999999999 a.fit", "soon a.fit", "5 a.fit", "a.fit"])
def test_a_time_of_a_sign_that_cannot_be_believed_is_left_out_of_the_report(site, coach, app, check, trail):
    action, fields = sent_by(check, "Save report", trail=trail)
    app.post(action, fields, status=302)
    assert {finding.at for finding in newest(site, coach).report.findings} == {None}


def test_the_page_to_check_asks_in_the_order_of_a_hand_over_and_free_text_last(check):
    text = soup(check).main.get_text(" ", strip=True)
    order = ["Who", "When did it happen?", "Where?", "Sport", "What happened?", "Signs", "What was done?",
             "Ambulance called?", "Who was told?", "Anything else?"]  # fmt: skip
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_back_to_the_advice_and_to_the_report_again_loses_nothing_that_was_typed(app, check):
    typed = {"r_place": "North Field", "r_note": "Fell", "r_done": ["ice"], "r_ambulance": "0", "r_withhold": "yes"}
    action, fields = sent_by(check, "‹ Back to the advice", **typed)
    advice_page = app.post(action, fields, status=200)
    assert soup(advice_page).find(id="result") is not None
    again = press(app, advice_page, "Back to the report", 200)
    form = fields_of(form_with(again, "Save report")[0])
    for name, value in typed.items():
        values = [text for key, text in form if key == name.replace("_", "-")]
        assert values == (value if isinstance(value, list) else [value])


def test_when_it_happened_is_chosen_for_nobody_and_left_empty_counts_from_the_first_tap(site, coach, app):
    page = advice(app)
    site.clock.advance(timedelta(minutes=7))
    check = press(app, press(app, page, "Who is hurt?"), "7 Sam Rivers")
    assert soup(check).select("input[name=r-when][checked]") == []
    started = int(next(value for name, value in sent_by(check, "Save report")[1] if name == "started"))
    hint = soup(check).select_one("#h-r-when").get_text(strip=True)
    assert re.fullmatch(r"If you choose nothing: \d\d:\d\d, when you started.", hint)
    press(app, check, "Save report", 302)
    assert newest(site, coach).report.injured_at.timestamp() == started


def test_an_illness_at_a_field_may_have_begun_days_ago_and_its_time_may_stay_empty(site, coach, app) -> None:
    """Nothing is chosen for anybody; an empty time counts from when the answering began."""
    answers = [(f"a.{sign.id}", "no") for sign in site.services.triage.rules.signs]
    asked = [*answers, ("complaints", "fev"), ("age", "13-15-years"), ("a.where", "ill"), ("started", "1")]
    page = app.post("/field/report/new", [*asked, ("r-player", "other"), ("r-name", "Kim")])
    assert "When did it begin?" in page.text
    assert soup(page).select("input[name=r-when][checked]") == []
    for chosen, ago in (("", timedelta(0)), ("4320", timedelta(days=3))):
        action, fields = sent_by(page, "Save report", r_when=chosen)
        draft = [(name, f"{len(chosen):032x}" if name == "r-draft" else value) for name, value in fields]
        app.post(action, draft, status=302)
        began = newest(site, coach).report.injured_at
        assert timedelta(0) <= site.clock() - ago - began < timedelta(minutes=1)
