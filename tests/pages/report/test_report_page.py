"""A saved report's own pages: who may see what, the code for the crew, and sending it to a hospital."""

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import unquote

import pytest
import segno

from blockmrs.controllers.site.hand_on import draw_qr
from blockmrs.errors import InvalidInput
from blockmrs.services.accounts.actor import Actor
from tests.support.coach import Reporter, footprint, heading, person, press, sent_by, signed_in
from tests.support.html import soup


@dataclass
class Club(Reporter):
    """A coach with a player, whose mother has joined; a hospital with a doctor."""

    doctor: Actor
    hospital: str

    def share(self, address: str) -> str:
        """Send it to the hospital; returns the share's id."""
        until = self.site.clock() + timedelta(days=30)
        hospital = bytes.fromhex(self.hospital)
        return self.site.services.sharing.grant(self.coach, address, hospital, "care", until).share_id


@pytest.fixture(scope="module")
def club(site):
    services = site.services
    coach, doctor = person(site, "carol", "Carol Coach"), person(site, "lee", "Dr Lee")
    mother = person(site, "maria", "Maria Rivers")
    person(site, "mallory", "Mallory")
    hospital = services.organisations.accept(doctor, services.organisations.add("North Hospital", "Mill Road"), "")
    team = services.teams.add_players(coach, [("7", "Sam Rivers")], "")
    services.teams.join(mother, services.teams.invite_family(coach, team.players[0].player_id), "guardian", "")
    return Club(site, coach, doctor, hospital.card_id.hex())


@pytest.fixture
def app(site, club):
    return signed_in(site, "carol")


@pytest.fixture
def address(club):
    return club.report()


def text_of(response) -> str:
    return soup(response).get_text(" ", strip=True)


def test_the_hand_over_card_says_who_then_what_happened_then_signs_then_what_was_done(app, address):
    text = text_of(app.get(f"/field/report/{address}"))
    order = [
        "The advice was to call an ambulance right away.",
        "Not yet reviewed by a clinician",
        "Age 13 to 15",
        "How Fall",
        "Threw up?",
        "First aid Ice",
        "Proof",
    ]
    assert [text.index(words) for words in order] == sorted(text.index(words) for words in order)
    assert "Checked just now" in text


@pytest.mark.parametrize("page", ["", "/show", "/share"])
def test_a_report_tells_what_was_advised_and_when_and_gives_no_order(app, address, page):
    html = soup(app.get(f"/field/report/{address}{page}"))
    given = html.select_one(".given")
    text = " ".join(given.get_text(" ", strip=True).split())
    assert given.select_one(".lv").get_text(" ", strip=True).startswith("Ambulance")
    assert re.search(r"Advice given at \d\d:\d\d", text)
    assert not html.select(".band")
    assert "Call an ambulance now" not in html.get_text(" ")


def test_looking_changes_nothing(site, app, address):
    before = footprint(site)
    for page in ("", "/show", "/share", "/stop-code"):
        app.get(f"/field/report/{address}{page}")
    app.get("/field/reports")
    assert footprint(site) == before


PAGES = ["", "/show", "/share", "/stop-code", "/release", "/stop/00", "/share/00", "/stopped"]
POSTS = ["/code", "/stop-code", "/share", "/stop/00", "/release", "/stopped"]


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_finds_nothing_and_nobody_is_asked_to_sign_in(site, club, address, page):
    signed_in(site, "mallory").get(f"/field/report/{address}{page}", status=404)
    site.browser().get(f"/field/report/{address}{page}", status=401)


@pytest.mark.parametrize(
    ("who", "status", "page"),
    [
        *(("mallory", 404, page) for page in POSTS),
        *(("lee", 403, page) for page in POSTS),
        ("maria", 403, "/release"),
        ("maria", 302, "/stop-code"),  # The family ends what there is, whoever made it.
        ("maria", 404, "/stop/00"),
    ],
)
def test_nobody_but_the_author_and_the_family_changes_who_sees_it(site, club, page, who, status):
    address = club.report()
    club.share(address)
    browser = signed_in(site, who)
    token = dict(sent_by(browser.get("/team"), "Add player")[1])["_csrf"]
    before = footprint(site)
    browser.post(
        f"/field/report/{address}{page}",
        {"_csrf": token, "organisation": club.hospital, "purpose": "care", "how_long": "1"},
        status=status,
    )
    assert footprint(site) == before


@pytest.mark.parametrize("page", ["/code", "/stop-code", "/share", "/release"])
def test_a_change_without_the_form_token_is_refused(site, app, address, page):
    before = footprint(site)
    app.post(f"/field/report/{address}{page}", {}, status=403)
    assert footprint(site) == before


def test_a_code_is_never_made_by_get(app, address):
    assert app.get(f"/field/report/{address}/code", status=405).headers["Allow"] == "POST"


@pytest.mark.parametrize("path", ["00" * 16, "zz", "0", "..", "%00", "a" * 500, "%C3%A9", "00" * 16 + "/nothing"])
@pytest.mark.parametrize("page", ["", "/show"])
def test_an_address_of_no_report_finds_nothing(app, path, page):
    assert app.get(f"/field/report/{path}{page}", expect_errors=True).status_int in (400, 404)


def test_the_family_reads_it_sees_who_got_it_and_may_stop_that(site, club, address):
    club.share(address)
    page = signed_in(site, "maria").get(f"/field/report/{address}")
    assert "North Hospital" in page.text
    assert "Sent by Ana Coach" in text_of(page)
    stop = soup(page).select_one("a[href*='/stop/']")
    asked = signed_in(site, "maria").get(stop["href"])
    assert "cannot send it to them again" in text_of(asked)
    maria = signed_in(site, "maria")
    assert (
        heading(press(maria, maria.get(stop["href"]), "Stop sharing").follow()) == "Stopped sharing with North Hospital"
    )
    assert "by the family" in text_of(signed_in(site, "carol").get(f"/field/report/{address}"))


def test_the_mother_sends_it_prints_it_and_shows_it_to_a_crew(site, club, address):
    maria = signed_in(site, "maria")
    page = maria.get(f"/field/report/{address}")
    buttons = [button.get_text(strip=True) for button in soup(page).select_one("main > div.btns").select("button, a")]
    assert buttons == ["Show to crew", "Send to hospital", "Print", "Done"]
    form = maria.get(f"/field/report/{address}/share")
    assert "Only the family sees here whom you send it to" in text_of(form)
    sending = next(form for form in form.forms.values() if "organisation" in form.fields)
    sending["organisation"] = club.hospital
    sent = sending.submit().follow()
    assert heading(sent) == "Sent to North Hospital"
    stop = maria.get(soup(sent).select_one("a[href*='/stop/']")["href"])
    assert "cannot send it to them again" not in text_of(stop)
    assert "stays with them" in text_of(stop)
    assert heading(press(maria, stop, "Stop sharing").follow()) == "Stopped sharing with North Hospital"
    shown = press(maria, page, "Show to crew").follow()
    assert soup(shown).select_one("code.pair")


def test_each_of_them_is_told_of_the_others_code_and_shown_none_but_their_own(site, club, address):
    coach, maria = signed_in(site, "carol"), signed_in(site, "maria")
    typed = soup(press(coach, coach.get(f"/field/report/{address}"), "Show to crew").follow()).select_one("code.pair")
    page = maria.get(f"/field/report/{address}")
    assert "only they can show it" in text_of(page)
    assert not soup(page).select(f"a[href='/field/report/{address}/show']")
    assert typed.text not in maria.get(f"/field/report/{address}/show").text
    press(maria, page, "Show to crew")
    assert "1 more code works" in text_of(maria.get(f"/field/report/{address}"))
    assert typed.text in coach.get(f"/field/report/{address}/show").text


def test_a_hospital_is_led_to_its_inbox(site, club, address):
    club.share(address)
    answer = signed_in(site, "lee").get(f"/field/report/{address}", status=302)
    assert answer.location.endswith(f"/inbox/{address}")


def test_a_former_recipient_is_told_that_the_share_has_ended(site, club, address):
    share = club.share(address)
    site.services.sharing.stop(club.coach, address, share)
    signed_in(site, "lee").get(f"/field/report/{address}", status=410)


def test_an_opening_by_the_hospital_is_told_with_name_and_time(site, club, app, address):
    club.share(address)
    assert "Not opened yet" in app.get(f"/field/report/{address}").text
    site.services.sharing.acknowledge(club.doctor, address)
    assert re.search(r"Dr Lee, North Hospital, opened it at \d\d:\d\d", text_of(app.get(f"/field/report/{address}")))


def test_the_text_to_a_parent_holds_nothing_medical(app, address):
    link = soup(app.get(f"/field/report/{address}")).find("a", href=re.compile("^sms:"))["href"]
    words = "Sam has been hurt at North Field. Please call Ana Coach."
    assert unquote(link) == f"sms:?&body={words} Report: http://localhost/field/report/{address}"


def test_the_crew_gets_a_code_that_stands_in_no_address(site, club, app, address):
    shown = press(app, app.get(f"/field/report/{address}"), "Show to crew", 302).follow()
    code = site.services.codes.status(club.coach, address)
    assert code.typed in shown.text
    assert code.qr_secret not in shown.text
    assert code.qr_secret not in shown.request.url
    drawing = soup(shown).find("svg", role="img")
    assert drawing.path["d"] == draw_qr(f"http://localhost/r#{code.qr_secret}").path
    assert site.services.codes.open_qr(code.qr_secret, "").report.player == "Sam Rivers"
    assert "Opened 1 time, first at" in text_of(app.get(f"/field/report/{address}/show"))


def test_showing_it_again_shows_the_same_code(site, club, app, address):
    page = app.get(f"/field/report/{address}")
    press(app, page, "Show to crew", 302)
    first = site.services.codes.status(club.coach, address)
    press(app, page, "Show to crew", 302)
    assert site.services.codes.status(club.coach, address) == first


def test_the_drawing_is_the_code_with_its_quiet_zone():
    text = "https://blockmrs.example.org/r#" + "a" * 22
    matrix = segno.make_qr(text, error="m").matrix
    drawing = draw_qr(text)
    dark = set()
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", drawing.path):
        dark |= {(int(y) - 4, int(x) - 4 + step) for step in range(int(width))}
    assert dark == {(y, x) for y, row in enumerate(matrix) for x, module in enumerate(row) if module}
    assert drawing.side == len(matrix) + 8


def test_a_stopped_code_works_no_more_and_the_page_offers_a_new_one(site, club, app, address):
    press(app, app.get(f"/field/report/{address}"), "Show to crew", 302)
    asked = app.get(f"/field/report/{address}/stop-code")
    assert "They may have kept what they saw" in asked.text
    assert "Stopped" in press(app, asked, "Stop this code", 302).follow().text
    page = app.get(f"/field/report/{address}/show")
    assert soup(page).find("svg", role="img") is None
    assert soup(press(app, page, "Make a code", 302).follow()).find("svg", role="img") is not None


def test_a_typed_code_that_wrong_tries_ended_says_so_and_the_qr_still_works(site, club, app, address):
    code = site.services.codes.make(club.coach, address)
    for _ in range(11):
        with pytest.raises(Exception, match="No report opens"):
            site.services.codes.open_typed(code.typed[:4] + "22222222", f"crew {address}")
    page = app.get(f"/field/report/{address}/show")
    assert "ended after ten wrong tries" in page.text
    assert soup(page).find("svg", role="img") is not None
    assert code.typed not in page.text
    assert site.services.codes.status(club.coach, address).qr_secret == code.qr_secret


def send(app, club, address, status=302, **changed):
    page = app.get(f"/field/report/{address}/share")
    return press(app, page, "Send the report", status, **{"organisation": club.hospital, **changed})


def test_sending_it_says_who_what_why_and_until_when(club, app, address):
    page = send(app, club, address, how_long="7").follow()
    assert heading(page) == "Sent to North Hospital"
    assert "To treat them now" in page.text
    (share,) = club.site.services.sharing.shares(club.coach, address)
    assert timedelta(days=6, hours=23) < share.until - share.since < timedelta(days=7, minutes=1)


def test_an_end_date_of_ones_own_lasts_until_that_day_is_over(site, club, app, address):
    day = site.clock().astimezone() + timedelta(days=10)
    send(
        app, club, address, how_long="other", until_day=str(day.day), until_month=f"{day:%B}", until_year=str(day.year)
    )
    (share,) = site.services.sharing.shares(club.coach, address)
    assert (share.until.astimezone() - timedelta(seconds=1)).date() == day.date()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"organisation": ""}, "organisation"),
        ({"organisation": "zz"}, "organisation"),
        ({"organisation": "00" * 32}, "organisation"),
        ({"purpose": "gossip"}, "purpose"),
        ({"purpose": ""}, "purpose"),
        ({"how_long": "9999"}, "how_long"),
        ({"how_long": "other"}, "until_day"),
        ({"how_long": "other", "until_day": "31", "until_month": "2", "until_year": "2027"}, "until_day"),
        ({"how_long": "other", "until_day": "1", "until_month": "Ju", "until_year": "2027"}, "until_day"),
        ({"how_long": "other", "until_day": "1", "until_month": "1", "until_year": "2020"}, "until_day"),
        ({"how_long": "other", "until_day": "1", "until_month": "1", "until_year": "9999"}, "until_day"),
        ({"how_long": "other", "until_day": "<b>", "until_month": "١", "until_year": "x"}, "until_day"),
    ],
)
def test_a_wrong_share_says_which_field_and_sends_nothing(site, club, app, address, changed, field):
    before = footprint(site)
    page = send(app, club, address, 422, **{"purpose": "sport", **changed})
    assert soup(page).select_one("#errors a")["href"] == f"#f-{field}"
    assert soup(page).find(id=f"f-{field}") is not None
    assert footprint(site) == before


@pytest.mark.parametrize("body", [b"&organisation=%ff", b"&purpose=care&purpose=sport", b"&q=" + b"x" * 5000])
def test_a_share_form_that_no_page_sends_is_refused_whole(site, app, club, address, body):
    page = app.get(f"/field/report/{address}/share")
    token = dict(sent_by(page, "Send the report")[1])["_csrf"]
    before = footprint(site)
    app.post(
        f"/field/report/{address}/share",
        f"_csrf={token}".encode() + body,
        content_type="application/x-www-form-urlencoded",
        status=422,
    )
    assert footprint(site) == before


def test_sending_it_twice_is_one_share(site, club, app, address):
    assert send(app, club, address).location == send(app, club, address).location
    assert len(site.services.sharing.shares(club.coach, address)) == 1


def test_the_list_of_hospitals_is_found_by_any_word_of_it(app, club, address):
    assert "North Hospital" in app.get(f"/field/report/{address}/share?q=mill+NORTH").text
    page = app.get(f"/field/report/{address}/share?q=%3Cb%3E")
    assert "Nothing has that name" in page.text
    assert "<b>" not in page.text.replace("<body>", "")


def test_an_organisation_that_nobody_joined_is_shown_as_such(site, app, address):
    site.services.organisations.add("Empty Clinic", "Low Road")
    text = text_of(app.get(f"/field/report/{address}/share"))
    assert "Low Road, Nobody there has joined yet" in text
    assert text.count("Nobody there has joined yet") == 1


def test_a_refusal_to_send_stands_at_the_organisation(site, club, app, address, monkeypatch):
    def refuse(*_):
        raise InvalidInput("Nobody there has joined yet", field="organisation")

    monkeypatch.setattr(type(site.services.sharing), "grant", refuse)
    page = send(app, club, address, 422)
    assert soup(page).select_one("#errors a")["href"] == "#f-organisation"
    assert "Nobody there has joined yet" in text_of(page)


def test_more_than_one_opening_is_counted_in_the_plural(site, club, app, address):
    code = site.services.codes.make(club.coach, address)
    for _ in range(2):
        site.services.codes.open_qr(code.qr_secret, "")
    assert "Opened 2 times, first at" in text_of(app.get(f"/field/report/{address}"))


def test_stopping_a_share_is_asked_first_and_ends_it(site, club, app, address):
    share = club.share(address)
    asked = app.get(f"/field/report/{address}/stop/{share}")
    assert "They cannot open it again. They may have kept what they saw: what they copied" in text_of(asked)
    stopped = press(app, asked, "Stop sharing", 302).follow()
    assert "Stopped sharing" in heading(stopped)
    assert not site.services.sharing.shares(club.coach, address)[0].active
    assert "has ended" in app.get(f"/field/report/{address}/stop/{share}").text


def test_an_unknown_share_cannot_be_stopped(app, address):
    page = app.get(f"/field/report/{address}/share")
    token = dict(sent_by(page, "Send the report")[1])["_csrf"]
    for share in ("00" * 32, "zz", ""):
        app.post(f"/field/report/{address}/stop/{share}", {"_csrf": token}, status=404)


def test_a_withheld_report_reaches_the_family_when_the_coach_sends_it(site, club, app):
    address = club.report(withheld=True)
    signed_in(site, "maria").get(f"/field/report/{address}", status=404)
    assert "Not sent to the family" in app.get(f"/field/report/{address}").text
    asked = app.get(f"/field/report/{address}/release")
    assert "Not sent" not in press(app, asked, "Send it to the family", 302).follow().text
    assert signed_in(site, "maria").get(f"/field/report/{address}").status_int == 200
    app.get(f"/field/report/{address}/release", status=302)


def test_the_list_is_newest_first_and_twenty_a_page(club, app):
    addresses = [club.report() for _ in range(21)]
    page = app.get("/field/reports")
    listed = [link["href"].rpartition("/")[2] for link in soup(page).select(".tasks a")]
    assert listed == addresses[:0:-1]
    older = app.get(soup(page).find("a", rel="next")["href"])
    assert addresses[0] in older.text


@pytest.mark.parametrize(
    "before", ["x", "-1", "1", "1&before=2", "9" * 40, f"{10**20}-0-{'0' * 32}", "1-1-" + "g" * 32]
)
def test_a_page_number_that_is_none_finds_nothing(app, before):
    app.get(f"/field/reports?before={before}", status=404)
