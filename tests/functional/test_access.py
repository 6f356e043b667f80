"""Every action of the site, tried by everybody, by every method: exactly who gets what.

A route that the table does not list fails the first test. The answers are those of the errors' table: 401 signed out,
403 for who may know of a report but not do this, 404 for strangers, 410 for a share that has ended, 405 with `Allow`
for another method. Nothing that was refused, and nothing asked for by a safe method, leaves a row or a transaction.
"""

import re
import secrets
from dataclasses import dataclass, field
from typing import Any

import pytest
from webtest import TestApp, TestResponse

from tests.functional.cast import (
    EVERYBODY,
    NOBODY,
    PERSONS,
    PLAYER,
    UNTOLD,
    Cast,
    csrf,
    play,
    state_of,
    without_own_marks,
)
from tests.functional.heads import form_fields
from tests.functional.routes import Route, site_routes
from tests.functional.site import TestSite

Answers = dict[str, int]
PAGE = ("GET", "HEAD")
UNHEARD_OF = ("OPTIONS", "PUT", "DELETE")
ABSENT = "0123456789abcdef" * 2


def everybody(status: int, **others: int) -> Answers:
    return dict.fromkeys(EVERYBODY, status) | others


def signed_in(status: int, **others: int) -> Answers:
    return everybody(status, nobody=401, **others)


def of_report(*, author: int, family: int = 403, recipient: int = 403) -> Answers:
    """A page below `/field/report/<id>`: strangers find nothing, and shares that have ended say so."""
    return signed_in(404, author=author, family=family, recipient=recipient, former=410, expired=410)


def of_inbox(recipient: int) -> Answers:
    """A page below `/inbox/<id>`: for members of an organisation to which it was sent."""
    return signed_in(404, recipient=recipient, former=410, expired=410)


def of_clearance(recipient: int) -> Answers:
    """A page below `/inbox/<id>/clearance`: who wrote the report or acts for the player may never write there."""
    return signed_in(404, recipient=recipient, author=403, family=403, former=410, expired=410)


@dataclass(frozen=True)
class Row:
    """What one action answers. An answer that is missing is 405. `address` takes the report's id and the share's.

    `form` is what is sent, besides the token.
    """

    route: str
    address: str
    get: Answers | None = None
    post: Answers | None = None
    form: dict[str, str] = field(default_factory=dict)

    def answers(self, method: str) -> Answers | None:
        return {"GET": self.get, "HEAD": self.get, "POST": self.post}.get(method)

    def __str__(self) -> str:
        return self.address


REPORT = {
    "complaints": "head",
    "age": "13-15-years",
    "a.head-vomits": "2",
    "r-player": "other",
    "r-name": "Ann Example",
}
VENUE = {"name": "East Park", "address": "1 Park Lane"}
FACTS = {"allergies": "Penicillin", "diabetes": "none"}
CLEARANCE = {"stage": "light exercise", "seen": "{today}", "clearance-draft": "cd" * 16}
SHARE = {"purpose": "care", "how_long": "30"}
TABLE = (
    Row("/", "/", everybody(200)),
    Row("/about/advice", "/about/advice", everybody(200)),
    Row("/about/advice/all", "/about/advice/all", everybody(200)),
    Row("/about/advice/*", "/about/advice/head", everybody(200)),
    Row("/about/advice/*", "/about/advice/tail", everybody(404)),
    Row("/healthz", "/healthz", everybody(200)),
    Row("/readyz", "/readyz", everybody(200)),
    Row("/field", "/field", everybody(200)),
    Row("/field/check", "/field/check", everybody(302), everybody(200), {"sign": "none"}),
    Row("/field/ask", "/field/ask", everybody(302), everybody(200), {"complaints": "head"}),
    Row("/field/ask", "/field/ask/2", everybody(302), everybody(200), {"complaints": "head"}),
    Row("/field/words", "/field/words", everybody(302), everybody(200), {"words": "hit head"}),
    Row("/field/show", "/field/show", everybody(302), everybody(200), REPORT),
    Row("/field/where", "/field/where", everybody(204, author=200)),
    Row("/field/phone", "/field/phone", everybody(200)),
    Row("/field/kept/addresses", "/field/kept/addresses/en", everybody(200)),
    Row("/field/kept/rules", "/field/kept/rules/en", everybody(404)),
    Row("/field/kept/words", "/field/kept/words", everybody(404)),
    Row("/field/kept/pages", "/field/kept/pages/es", everybody(404)),
    Row("/field/kept/away", "/field/kept/away/es", everybody(200)),
    Row("/sw_js", "/sw.js", everybody(200)),
    Row("/field/report", "/field/report", everybody(302)),
    Row("/field/report/new", "/field/report/new", None, signed_in(200), REPORT),
    Row("/field/report/save", "/field/report/save", None, signed_in(302), REPORT),
    Row("/field/reports", "/field/reports", signed_in(200)),
    Row("/field/report/*", "/field/report/{report}", of_report(author=200, family=200, recipient=302)),
    Row("/field/report/*/code", "/field/report/{report}/code", None, of_report(author=302)),
    Row("/field/report/*/show", "/field/report/{report}/show", of_report(author=200)),
    Row(
        "/field/report/*/stop_code",
        "/field/report/{report}/stop-code",
        of_report(author=200, family=200),
        of_report(author=302, family=302),
    ),
    Row(
        "/field/report/*/share",
        "/field/report/{report}/share",
        of_report(author=200),
        of_report(author=302),
        SHARE,
    ),
    Row("/field/report/*/share", "/field/report/{report}/share", None, of_report(author=422), {}),
    Row(
        "/field/report/*/share",
        "/field/report/{report}/share/{share}",
        of_report(author=200, family=404),
        of_report(author=200, family=404),
    ),
    Row(
        "/field/report/*/stop",
        "/field/report/{report}/stop/{share}",
        of_report(author=200, family=404),
        of_report(author=302, family=404),
    ),
    # The family knows the same share by another id, that of their own copy.
    Row(
        "/field/report/*/stop",
        "/field/report/{report}/stop/{family_share}",
        of_report(author=404, family=200),
        of_report(author=404, family=302),
    ),
    Row("/field/report/*/release", "/field/report/{report}/release", of_report(author=302), of_report(author=302)),
    Row("/language", "/language", None, everybody(302), {"back": "/field"}),
    Row(
        "/field/report/*/check",
        "/field/report/{report}/check",
        of_report(author=200, family=200),
        of_report(author=302, family=302),
        form_fields(),
    ),
    Row("/field/report/*/check", "/field/report/{report}/check", None, of_report(author=422, family=422), {}),
    Row("/field/report/*/check/*", "/field/report/{report}/check/{check}", of_report(author=200, family=200)),
    Row("/inbox", "/inbox", signed_in(200)),
    Row("/inbox/unknown", "/inbox/unknown", signed_in(200)),
    Row("/inbox/ended", "/inbox/ended", signed_in(200)),
    Row("/inbox/blocked", "/inbox/blocked", signed_in(200)),
    Row("/inbox/sender/*", "/inbox/sender/{sender}", signed_in(404, recipient=200)),
    Row(
        "/inbox/sender/*/block",
        "/inbox/sender/{sender}/block",
        signed_in(404, recipient=200),
        signed_in(404, recipient=302),
    ),
    Row("/inbox/sender/*/unblock", "/inbox/sender/{sender}/unblock", None, signed_in(404, recipient=302)),
    Row("/inbox/sender/*/know", "/inbox/sender/{sender}/know", None, signed_in(404, recipient=302)),
    Row("/inbox/*", "/inbox/{report}", of_inbox(200)),
    Row("/inbox/*/open", "/inbox/{report}/open", None, of_inbox(302)),
    Row("/inbox/*/clearance", "/inbox/{opened}/clearance", of_clearance(200), of_clearance(200), CLEARANCE),
    Row("/inbox/*/clearance", "/inbox/{opened}/clearance", None, of_clearance(302), CLEARANCE | {"sign": "yes"}),
    Row("/inbox/*/clearance", "/inbox/{opened}/clearance", None, of_clearance(422), {"sign": "yes"}),
    Row(
        "/inbox/*/clearance/withdraw",
        "/inbox/{opened}/clearance/withdraw/{statement}",
        of_clearance(200),
        of_clearance(302),
        {"clearance-draft": "ab" * 16},
    ),
    Row("/organisation", "/organisation", signed_in(200)),
    Row("/organisation/*", "/organisation/{organisation}", signed_in(404, recipient=200)),
    Row(
        "/organisation/*/end",
        "/organisation/{organisation}/end/{member}",
        signed_in(404, recipient=200),
        signed_in(404, recipient=302),
    ),
    Row("/organisation/*/end", "/organisation/{organisation}/end/{nobody}", signed_in(404), signed_in(404)),
    Row(
        "/organisation/*/role",
        "/organisation/{organisation}/role/{member}",
        None,
        signed_in(404, recipient=302),
        {"manages": "yes"},
    ),
    Row(
        "/organisation/*/invite",
        "/organisation/{organisation}/invite",
        None,
        signed_in(404, recipient=200),
    ),
    Row("/record", "/record", signed_in(200)),
    Row("/record/trends", "/record/trends", signed_in(302)),
    Row("/record/trends/*", "/record/trends/head-symptoms", signed_in(200)),
    Row("/record/trends/*", "/record/trends/hair-colour", signed_in(404)),
    Row(
        "/record/trends/*/*",
        "/record/trends/head-symptoms/{opened}",
        of_report(author=200, family=200, recipient=200),
    ),
    Row(
        "/record/trends/*/*",
        "/record/trends/head-symptoms/{report}",
        of_report(author=200, family=200, recipient=302),
    ),
    Row("/record/trends/*/*", "/record/trends/hair-colour/{opened}", signed_in(404)),
    Row("/record/facts", "/record/facts", signed_in(200), signed_in(302), FACTS),
    Row("/record/facts", "/record/facts", None, signed_in(422), FACTS | {"birth": "31", "birth_month": "2"}),
    Row("/record/facts/history", "/record/facts/history", signed_in(200)),
    Row(
        "/record/facts/*",
        "/record/facts/{person}",
        signed_in(404, family=200),
        signed_in(404, family=302),
        FACTS,
    ),
    Row("/record/facts/*/history", "/record/facts/{person}/history", signed_in(404, family=200)),
    Row("/record/reports", "/record/reports", signed_in(200)),
    Row("/record/reports/*", "/record/reports/{person}", signed_in(404, family=200)),
    Row("/record/ill", "/record/ill", signed_in(200), signed_in(200)),
    Row("/record/ill", "/record/ill", None, signed_in(422), {"use": "shoe-size"}),
    Row("/record/ill/*", "/record/ill/{person}", signed_in(404, family=200), signed_in(404, family=200)),
    Row("/field/report/save", "/field/report/save", None, signed_in(302), REPORT | {"r-for": "me"}),
    Row("/people", "/people", signed_in(200)),
    Row("/people/*", "/people/me", signed_in(200)),
    Row("/people/*", "/people/{person}", signed_in(404, family=200)),
    # The coach calls the same player by another name, which means nothing to the family.
    Row("/people/*", "/people/{player_of_coach}", signed_in(404, author=200)),
    Row("/people/*/seen", "/people/{person}/seen", None, signed_in(404, family=302)),
    Row("/people/*/seen", "/people/{player_of_coach}/seen", None, signed_in(404, author=302)),
    Row(
        "/people/*/confirm",
        "/people/{person}/confirm/{right}",
        signed_in(404, family=200),
        signed_in(404, family=302),
    ),
    Row("/people/*/end", "/people/{person}/end/{right}", signed_in(404, family=200), signed_in(404, family=302)),
    Row("/people/*/end", "/people/{player_of_coach}/end/{right}", signed_in(404), signed_in(404)),
    Row("/log", "/log", signed_in(200)),
    Row("/r", "/r", everybody(200)),
    Row("/r/code", "/r/code", None, everybody(404), {"code": "2222-2222-2222"}),
    Row("/r/scan", "/r/scan", None, everybody(404), {"secret": "A" * 22}),
    Row("/team", "/team", signed_in(200)),
    Row("/team/name", "/team/name", None, signed_in(302), {"team_name": "New Name", "version": "{version}"}),
    Row("/team/name", "/team/name", None, signed_in(409), {"team_name": "New Name", "version": "00"}),
    Row("/team/add", "/team/add", None, signed_in(302), {"player_name": "Ben Blue", "version": "{version}"}),
    Row("/team/add_several", "/team/add-several", None, signed_in(302), {"players": "Al\nBo", "version": "{version}"}),
    Row(
        "/team/remove",
        "/team/remove/{player}",
        signed_in(404, author=200),
        signed_in(404, author=302),
        {"version": "{version}"},
    ),
    Row("/team/invite", "/team/invite/{player}", None, signed_in(404, author=200)),
    Row("/team/plan", "/team/plan", signed_in(200)),
    Row("/team/plan/add", "/team/plan/add", signed_in(200), signed_in(302), VENUE),
    Row(
        "/team/plan/edit",
        "/team/plan/edit/{venue}",
        signed_in(404, author=200),
        signed_in(409, author=302),
        VENUE | {"version": "{venue_version}"},
    ),
    Row("/team/plan/edit", "/team/plan/edit/{venue}", None, signed_in(404), VENUE),
    Row("/team/plan/today", "/team/plan/today/{venue}", None, signed_in(404, author=302)),
    Row(
        "/team/plan/remove",
        "/team/plan/remove/{venue}",
        signed_in(404, author=200),
        signed_in(404, author=302),
        {"version": "{venue_version}"},
    ),
    Row("/signup", "/signup", everybody(302, nobody=200), everybody(422)),
    Row("/signup/start", "/signup/start", None, everybody(200)),
    Row("/login", "/login", everybody(302, nobody=200), everybody(422)),
    Row("/login/start", "/login/start", None, everybody(200)),
    Row("/logout", "/logout", None, everybody(302)),
    Row("/recover", "/recover", everybody(200), everybody(422)),
    Row("/recover/start", "/recover/start", None, everybody(200)),
    Row("/settings", "/settings", signed_in(200)),
    Row("/settings/password", "/settings/password", signed_in(200), signed_in(422)),
    Row("/settings/recovery", "/settings/recovery", signed_in(200), signed_in(422)),
    Row("/settings/check_recovery", "/settings/check_recovery", None, signed_in(422)),
    Row("/settings/sign_out_everywhere", "/settings/sign_out_everywhere", None, signed_in(302)),
    Row("/setup", "/setup", everybody(410), everybody(410)),
    Row("/admin", "/admin", signed_in(404, admin=200)),
    Row("/admin/add_organisation", "/admin/add_organisation", None, signed_in(404, admin=422)),
    Row(
        "/admin/add_organisation",
        "/admin/add_organisation",
        None,
        signed_in(404, admin=200),
        {"name": "New Hospital", "place": "1 Road"},
    ),
    Row("/admin/organisation/*", "/admin/organisation/{organisation}", signed_in(404, admin=200)),
    Row(
        "/admin/organisation/*/end",
        "/admin/organisation/{organisation}/end/{member}",
        signed_in(404, admin=200),
        signed_in(404, admin=302),
    ),
    Row(
        "/admin/organisation/*/role",
        "/admin/organisation/{organisation}/role/{member}",
        None,
        signed_in(404, admin=302),
        {"manages": "no"},
    ),
    Row("/join", "/join", everybody(200), signed_in(422), {"invitation": "2222-2222-2222-2222"}),
    Row("/join/family", "/join/family", None, signed_in(422), {"invitation": "2222-2222-2222-2222"}),
    Row("/join/staff", "/join/staff", None, signed_in(422), {"invitation": "2222-2222-2222-2222"}),
)
# An administrator sees of every organisation that it is there.
ABOUT_SOMETHING = [row for row in TABLE if "{" in row.address and not row.route.startswith("/admin")]


@pytest.fixture(scope="module")
def cast(site: TestSite) -> Cast:
    return play(site)


@pytest.fixture(scope="module")
def routes(site: TestSite) -> dict[str, Route]:
    return site_routes(site)


def test_every_route_of_the_site_is_in_the_table_and_no_other(routes: dict[str, Route]) -> None:
    assert {row.route for row in TABLE} == set(routes)


def test_every_route_says_which_methods_it_takes(routes: dict[str, Route]) -> None:
    assert [route.address for route in routes.values() if not route.methods] == []


def test_every_row_names_exactly_the_methods_that_its_route_takes(routes: dict[str, Route]) -> None:
    for address, route in routes.items():
        rows = [row for row in TABLE if row.route == address]
        told = {method for row in rows for method in (*PAGE, "POST") if row.answers(method) is not None}
        assert told == route.methods, address


def test_only_what_changes_nothing_goes_without_a_form_token(routes: dict[str, Route]) -> None:
    assert {route.address for route in routes.values() if route.stateless} == {
        "/field/check",
        "/field/ask",
        "/field/show",
        "/field/words",
        "/field/report/new",
        "/language",
    }


@pytest.mark.parametrize("persona", EVERYBODY)
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_everybody_gets_exactly_the_answer_of_the_table(
    cast: Cast, routes: dict[str, Route], row: Row, persona: str
) -> None:
    # Two actions end sessions: they get one that nobody else uses.
    ends_sessions = row.route in ("/logout", "/settings/sign_out_everywhere")
    browser = cast.browser(persona) if ends_sessions else cast.usual_browser(persona)
    allowed = routes[row.route].methods
    expected = 405 if "POST" not in allowed else None if row.post is None else row.post[persona]
    cast.venue()  # An earlier row may have removed it, or ended the colleague's membership.
    cast.colleague()
    before = state_of(cast.site)
    for method in [*PAGE, *UNHEARD_OF] if persona in ("author", "stranger", NOBODY) else ["GET"]:
        check(row, persona, method, ask(cast, browser, row, method, persona), allowed)
    if expected is not None and expected >= 400:
        check(row, persona, "POST", ask(cast, browser, row, "POST", persona), allowed)
    assert state_of(cast.site) == before, "a refused request, or a safe method, left something"
    if expected is not None and expected < 400:
        change(cast, browser, row, persona, allowed)
    if row.route == "/settings/sign_out_everywhere":
        cast.forget_sessions(persona)


def change(cast: Cast, browser: TestApp, row: Row, persona: str, allowed: frozenset[str]) -> None:
    """What is allowed changes something: it is done to a report that no other test looks at."""
    report, share = cast.address, cast.share_id
    ends_a_share = row.address.endswith(("{share}", "{family_share}"))
    if "{report}" in row.address and (persona in ("author", "recipient") or ends_a_share):
        report = cast.save(withheld="release" in row.address).address
        if ends_a_share or persona == "recipient":
            share = cast.share(report, "recipient")
    right = cast.right_of(cast.newcomer()) if "{right}" in row.address else ""
    answered = ask(cast, browser, row, "POST", persona, report=report, share=share, right=right)
    check(row, persona, "POST", answered, allowed)


def check(row: Row, persona: str, method: str, response: TestResponse, allowed: frozenset[str]) -> None:
    expected = row.answers(method)
    if method not in allowed:
        assert response.status_int == 405, method
        assert set(response.headers["Allow"].split(", ")) == allowed
    elif expected is not None:
        assert response.status_int == expected[persona], method
    if persona in (*UNTOLD, NOBODY):
        assert PLAYER not in response.text


def ask(
    cast: Cast,
    browser: TestApp,
    row: Row,
    method: str,
    persona: str,
    *,
    report: str = "",
    share: str = "",
    right: str = "",
) -> TestResponse:
    services = cast.site.services
    names = {
        "report": report or cast.address,
        "share": share or cast.share_id,
        "check": cast.check_id,
        "opened": cast.opened,
        "statement": cast.statement_id,
        "today": cast.site.clock().date().isoformat(),
        "organisation": cast.organisations["recipient"].card_id.hex(),
        "member": cast.colleague(),
        "nobody": ABSENT * 2,
        "sender": cast.sender_id,
        "player": player_to_remove(cast),
        "version": "" if persona == NOBODY else services.teams.team(cast.actor(persona)).version,
        "venue": cast.venue().venue_id,
        "venue_version": cast.venue().version,
        "person": handle_of_the_player(cast),
    }
    if "{player_of_coach}" in row.address:
        names["player_of_coach"] = handle_of_the_coachs_player(cast)
    if "{right}" in row.address:
        names["right"] = right or cast.right_of(PERSONS["waiting"])
    if "{family_share}" in row.address:
        names["family_share"] = family_share(cast, names["report"])
    address = row.address.format(**names)
    if method != "POST":
        return browser.request(address, method=method, expect_errors=True)
    form = {name: value.format(**names) for name, value in row.form.items()}
    if form and row.route.endswith("/share"):
        form["organisation"] = names["organisation"]
    if row.route.endswith("/save"):
        form["r-draft"] = secrets.token_hex(16)
    if "/facts" in row.route:
        form |= {"draft_id": secrets.token_hex(16), "version": facts_version(cast, persona, row)}
    return browser.post(address, {"_csrf": csrf(browser), **form}, expect_errors=True)


def handle_of_the_player(cast: Cast) -> str:
    """What the player's mother calls the player in addresses."""
    return cast.site.services.people.of(cast.actor("family"))[-1].handle


def player_to_remove(cast: Cast) -> str:
    """A player of the coach's roster whom no other row needs."""
    players = cast.site.services.teams.team(cast.actor("author")).players
    return next(player.player_id for player in players if player.name != PLAYER)


def handle_of_the_coachs_player(cast: Cast) -> str:
    """What the coach calls the player in addresses."""
    people = cast.site.services.rights.people(cast.actor("author"))
    return next(handle for handle, name in people if name == PLAYER)


def family_share(cast: Cast, report: str) -> str:
    """What the player's mother calls the share with the recipient's hospital in addresses."""
    shares = cast.site.services.sharing.shares(cast.actor("family"), report)
    return next(share.share_id for share in shares if share.party == cast.organisations["recipient"].name)


def facts_version(cast: Cast, persona: str, row: Row) -> str:
    """The version that a form of facts, read now, would be filled from."""
    if persona == NOBODY:
        return ""
    services, person = cast.site.services, -1 if "*" in row.route else 0
    return services.facts.current(services.people.of(cast.actor(persona))[person]).version


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("persona", UNTOLD)
@pytest.mark.parametrize("row", ABOUT_SOMETHING, ids=str)
def test_strangers_cannot_tell_what_they_were_not_granted_from_what_does_not_exist(
    cast: Cast, row: Row, persona: str, method: str
) -> None:
    browser = cast.usual_browser(persona)
    there: dict[str, Any] = {
        "report": cast.address,
        "share": cast.share_id,
        "family_share": family_share(cast, cast.address),
        "check": cast.check_id,
        "opened": cast.opened,
        "statement": cast.statement_id,
        "today": cast.site.clock().date().isoformat(),
        "organisation": cast.organisations["recipient"].card_id.hex(),
        "member": cast.colleague(),
        "nobody": ABSENT * 2,
        "sender": cast.sender_id,
        "player": player_to_remove(cast),
        "venue": cast.venue().venue_id,
        "person": handle_of_the_player(cast),
        "player_of_coach": handle_of_the_coachs_player(cast),
        "right": cast.right_of(PERSONS["waiting"]),
    }
    absent = {
        "venue": ABSENT[:16],
        "report": ABSENT,
        "share": ABSENT * 2,
        "family_share": ABSENT * 2,
        "check": ABSENT,
        "opened": ABSENT,
        "statement": ABSENT,
        "today": cast.site.clock().date().isoformat(),
        "organisation": ABSENT * 2,
        "member": ABSENT * 2,
        "nobody": ABSENT * 2,
        "sender": ABSENT,
        "player": ABSENT[:16],
        "person": ABSENT,
        "player_of_coach": ABSENT,
        "right": ABSENT,
    }
    answers = [answer(browser, row, method, there), answer(browser, row, method, absent)]
    assert answers[0] == answers[1]


def answer(browser: TestApp, row: Row, method: str, names: dict[str, str]) -> tuple[int, str, list[str]]:
    """Status, page and headers, without what differs between any two answers."""
    address = row.address.format(**names)
    form = {name: value.format(**names, version="", venue_version="") for name, value in row.form.items()}
    if method == "POST":
        response = browser.post(address, {"_csrf": csrf(browser), **form}, expect_errors=True)
    else:
        response = browser.request(address, method=method, expect_errors=True)
    headers = sorted(f"{name}: {value}" for name, value in response.headers.items())
    return response.status_int, without_own_marks(response.text, *names.values()), headers


@pytest.mark.parametrize("persona", [persona for persona in PERSONS if persona not in ("author", "family")])
def test_no_list_shows_a_report_to_who_has_no_part_in_it(cast: Cast, persona: str) -> None:
    browser = cast.usual_browser(persona)
    pages = [
        browser.get(path).text
        for path in ("/", "/record", "/record/trends/head-symptoms", "/log", "/field/reports", "/team")
    ]
    assert not any(PLAYER in page or cast.address in page for page in pages)


@pytest.mark.parametrize(
    "text", ["x", "..", "%2e%2e%2fetc", ABSENT.upper(), ABSENT[:-1], ABSENT + "0", "{} ' --", "constructor"]
)
@pytest.mark.parametrize(
    "path",
    [
        "/field/report/{}",
        "/field/report/{}/share",
        "/inbox/{}",
        "/team/remove/{}",
        "/record/facts/{}",
        "/record/ill/{}",
        "/record/trends/{}",
        "/record/trends/head-symptoms/{}",
        "/record/reports/{}",
        "/people/{}",
    ],
)
def test_what_is_no_address_of_ours_is_absent(cast: Cast, path: str, text: str) -> None:
    response = cast.usual_browser("author").get(path.format(text), expect_errors=True)
    assert response.status_int == 404


def test_the_first_screen_is_the_same_for_everybody_so_that_a_phone_may_keep_it(cast: Cast) -> None:
    texts = {cast.usual_browser(persona).get("/field").text for persona in EVERYBODY}
    assert len({re.sub(r'(name="started" type="hidden" value=")\d+', r"\1", text) for text in texts}) == 1
