"""Every form of the site with each of its fields wrong in every way: a clear answer, nothing written, nothing lost.

The forms are found by reading the pages. A page that gains a form or a field is tried without a word here.
"""

import io
import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

import pytest
from webob import Request
from webtest import TestApp, TestResponse

from blockmrs.controllers.web.drafts import SECRET_FIELDS
from blockmrs.controllers.web.forms import LARGEST_FORM_BYTES
from blockmrs.domain.facts import HealthFacts
from blockmrs.domain.senders import Standing
from blockmrs.domain.triage.loader import load_check_rules, load_rules
from blockmrs.services.sharing.who_looked import LogFilter, entry_name
from tests.support.at_least import at_least
from tests.support.cast import PLAYER, Cast, csrf, play_in, state_of
from tests.support.extent import one_of_each
from tests.support.form_pages import ONLY_ENDS_THE_SESSION, PAGES, WITHOUT_FIELDS, WITHOUT_TOKEN
from tests.support.html import soup
from tests.support.quick import quick_folder
from tests.support.routes import ANY, site_routes
from tests.support.site import build_site
from tests.support.snapshot import Snapshot
from tests.support.world import PASSWORD
from tests.support.wrong_values import MARKUP, WRONG, Pairs, encoded, with_value

FINDINGS = {**load_rules().findings, **load_check_rules().findings}
TYPED = {
    "display_name": "Ann Example",
    "user_name": "ann.example",
    "password": "not the password",
    "new_password": "granite teapot violin heron",
    "invitation": "2222-2222-2222-2222",
    "recovery_code": "2222-2222-2222-2222-2222-2222-2222",
    "team_name": "North",
    "player_name": "Ben Blue",
    "number": "7",
    "players": "7 Al\nBo, 8",
    "name": "New Hospital",
    "place": "1 Road",
    "group": "2222",
    "code": "2222-2222-2222",
    "secret": "A" * 22,
    "r-name": "Ann Example",
    "r-place": "North Field",
    "r-note": "Fell",
    "words": "hit head",
    "setup_token": "A" * 43,
    "until_day": "",
    "address": "1 Road, Springfield",
    "gate": "B",
    "coordinates": "40.71, -74.01",
    "hospital_phone": "+1 555 0100",
    "birth": "27",
    "birth_month": "3",
    "birth_year": "2012",
    "allergies": "Penicillin\nBee stings",
}
TEXTS = {"display_name", "user_name", "team_name", "player_name", "number", "born",
         "contact_1", "contact_2", "contact_3", "phone_1", "phone_2", "phone_3", "players", "name", "place", "r-name",
         "allergies", "address", "gate", "defibrillator", "caller", "greeter", "hospital", "hospital_phone",
         "directions", "coordinates", "r-place", "r-note"}  # fmt: skip
NEVER_A_TEXT = {"of 50 kB", "not UTF-8", "a surrogate", "repeated", "control characters", "a file"}


class Form:
    """One form of a page as a browser would send it, filled in."""

    def __init__(self, browser: TestApp, page: TestResponse, form: Any, action: str | None = None) -> None:
        self.browser = browser
        self.action = action or form["action"]
        self.pairs: Pairs = []
        boxes = {box.get("name"): box for box in form.find_all(["input", "select", "textarea", "button"])}
        for name, box in boxes.items():
            if name is None:
                continue
            value = box.get("value") or ""
            if box.name == "select":
                chosen = box.find("option", selected=True) or box.find("option")
                value = chosen["value"]
            self.pairs.append((name, value or TYPED.get(name, "")))
        assert page.status_int in (200, 422)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.pairs if name != "_csrf"]

    def fresh(self) -> Pairs:
        """The same once more, under a token of now."""
        return [(name, csrf(self.browser) if name == "_csrf" else value) for name, value in self.pairs]

    def send(self, body: bytes, kind: str = "application/x-www-form-urlencoded") -> TestResponse:
        # Whether it is right matters here, not how often it was tried.
        return self.browser.post(self.action, body, headers={"Content-Type": kind}, expect_errors=True)


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    cast = play_in(tmp_path_factory.mktemp("cast"))
    cast.usual_browser("author")
    # Some forms are there only beside something else: the place of today, of two; a player without family; news.
    for name in ("venue", "player", "family"):
        Names(cast)[name]
    # Somebody asked the operator whether something is right.
    mother, services = cast.actor("family"), cast.site.services
    services.identity.questions.ask(
        mother, services.who_looked.entries(mother, services.people.of(mother), LogFilter())[0]
    )
    yield cast
    cast.site.foundation.database.engine.dispose()


class Names(dict[str, str]):
    """What stands in addresses. What a form uses up is made anew each time that it is asked for."""

    def __init__(self, cast: Cast) -> None:
        super().__init__(report=cast.address, opened=cast.opened, statement=cast.statement_id, reply=cast.reply_id)
        self.update(share=cast.share_id, today=cast.site.clock().date().isoformat())
        self._cast = cast

    def __missing__(self, name: str) -> str:  # noqa: C901 - a table: each name with how it is made
        cast, services, coach = self._cast, self._cast.site.services, self._cast.actor("author")
        match name:
            case "withheld":
                return cast.save(withheld=True).address
            case "stop":
                address = cast.save().address
                return f"{address}/stop/{cast.share(address, 'recipient')}"
            case "staff":
                organisation = cast.organisations["recipient"].card_id
                cast.colleague()
                return services.organisations.invite(cast.actor("recipient"), organisation)
            case "family":
                return services.teams.invite_family(coach, services.teams.team(coach).players[0].player_id)
            case "person":
                return services.people.of(cast.actor("family"))[-1].handle
            case "waiting_for":
                cast.waiting()
                return self["person"]
            case "news":
                services.rights.end(cast.actor("family"), self["person"], self["right"])
                coach = cast.actor("author")
                return next(handle for handle, called in services.rights.people(coach) if called == PLAYER)
            case "log_entry":
                mother = cast.actor("family")
                entries = services.who_looked.entries(mother, services.people.of(mother), LogFilter())
                return entry_name(mother, next(entry for entry in entries if entry.proven))
            case "right":
                return cast.right_of(cast.waiting())
            case "organisation":
                cast.colleague()
                return cast.organisations["recipient"].card_id.hex()
            case "other":
                return cast.organisations["other_member"].card_id.hex()
            case "standing" | "record" | "given_facts":
                return cast.from_now_on()[("standing", "record", "given_facts").index(name)]
            case "waits":
                standing = cast.from_now_on()[0]
                cast.save()
                return standing
            case "stopped":
                mother, hospital = cast.actor("family"), cast.organisations["other_member"].card_id
                until = cast.site.clock() + timedelta(days=30)
                share = services.sharing.grant(mother, cast.address, hospital, "care", until)
                services.sharing.stop(mother, cast.address, share.share_id)
                # The clock of these tests has jumped, and nothing is locked anew by one that is not believed.
                cast.site.foundation.clock_watch.state()
                cast.site.foundation.clock_watch._jumped = timedelta()
                return name
            case "member":
                return cast.colleague()
            case "record_share":
                return cast.given_record()[0]
            case "unopened":
                return cast.give_record()[1]
            case "sender" | "unknown" | "blocked":
                standing = Standing.KNOWN if name == "sender" else Standing[name.upper()]
                services.inbox.decide(cast.actor("recipient"), cast.sender_id, standing)
                return cast.sender_id
            case "told":
                mother = cast.actor("family")
                person, facts = services.people.of(mother)[-1], HealthFacts(allergies=("Nuts",))
                version, today = services.facts.current(person).version, cast.site.clock().date()
                services.facts.save(mother, person, secrets.token_hex(16), facts, version, today)
                return person.handle
            case "player":
                team = services.teams.team(coach)
                return services.teams.add_player(coach, "One More", "", team.version).players[-1].player_id
            case "venue":
                cast.venue()
                fields = {"name": "One More", "address": "1 Road"}
                plans, spare = services.plans, "0123456789abcdef"
                if plans.plan(coach).find(spare) is None:
                    return plans.put(coach, spare, fields, "").venue_id
                return spare
        raise KeyError(name)


def read_forms(cast: Cast, names: Names, what: str) -> list[Form]:
    """The forms of a page that change something; ending a session is tried elsewhere."""
    persona, path, posted = PAGES[what]
    forget_tries(cast)
    browser = cast.browser(persona)
    if posted is None:
        page = browser.get(path.format_map(names))
    else:
        values = {name: value.format_map(names) for name, value in posted.items()}
        page = browser.post(path.format_map(names), {"_csrf": csrf(browser), **values})
    forms = [Form(browser, page, form) for form in page.html.find_all("form", method="post")]
    # A button may send the same form elsewhere; what leads back to questions is tried on their own pages.
    elsewhere = ("/field/ask/1", "/field/report/new")
    buttons = [button for button in page.html("button", formaction=True) if button["formaction"] not in elsewhere]
    forms += [Form(browser, page, button.find_parent("form"), button["formaction"]) for button in buttons]
    # Every page has the button of the other language; it is tried on one (tests/pages/web/test_languages.py has more).
    forms = [form for form in forms if what == "login" or "_language" not in form.names]
    return list({form.action: form for form in forms}.values())


class FormsOf:
    """The forms of each page, read once. Whoever asks for them finds the site as it was when they had been read."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self._before = Snapshot(cast.site)
        self._read: dict[str, tuple[list[Form], Snapshot]] = {}

    def begin_anew(self) -> None:
        """The site is as it was before any form was read."""
        self._before.bring_back()

    def __call__(self, what: str) -> list[Form]:
        if what not in self._read:
            self.begin_anew()
            forms = read_forms(self.cast, Names(self.cast), what)
            self._read[what] = forms, Snapshot(self.cast.site)
        forms, then = self._read[what]
        then.bring_back()
        return forms


@pytest.fixture(scope="module")
def forms_of(cast: Cast) -> FormsOf:
    return FormsOf(cast)


def forget_tries(cast: Cast) -> None:
    with cast.site.foundation.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM throttle")


def kind_of(name: str) -> str:
    """Answers to questions of one kind are read alike (advice/interviews.py): one stands for all that a form has."""
    asked = FINDINGS.get(name.removeprefix("a."))
    return name if asked is None else asked.kind.value


def ends_the_session(form: Form) -> bool:
    return form.action in ("/logout", "/settings/sign_out_everywhere")


def test_every_action_that_takes_a_form_is_reached_from_a_page_read_here(cast, forms_of) -> None:
    forms = [form for what in PAGES for form in forms_of(what)]
    reached = {re.sub("/[0-9a-f]{16,64}", f"/{ANY}", form.action.replace("-", "_")) for form in forms}
    unreached = [
        route.address
        for route in site_routes(cast.site).values()
        if "POST" in route.methods
        and route.address != "/setup"
        and not any(address.startswith(route.address) for address in reached)
    ]
    assert unreached == []


@pytest.mark.parametrize("what", PAGES)
def test_no_wrong_field_breaks_a_form_or_is_written_or_comes_back_as_markup(cast, forms_of, what: str) -> None:
    forms = [form for form in forms_of(what) if not ends_the_session(form)]
    fields = [(form, name) for form in forms for name in one_of_each(form.names, kind_of)]
    assert bool(fields) is (what not in WITHOUT_FIELDS)
    if not fields:
        return
    with at_least(len(WRONG)) as case:
        for form, name in fields:
            now = state_of(cast.site)
            for wrong, change in WRONG.items():
                with case(f"{form.action} {name} {wrong}"):
                    forget_tries(cast)
                    response = form.send(*change(form.fresh(), name))
                    before, now = now, state_of(cast.site)
                    assert now == before or response.status_int < 400
                    check_refusal(response, name, wrong)


def check_refusal(response: TestResponse, name: str, wrong: str) -> None:
    assert response.status_int < 500
    if name in TEXTS and wrong in NEVER_A_TEXT:
        assert response.status_int in (403, 422, 429)
    if wrong == "of 300 kB":
        assert response.status_int == 413
    if response.status_int in (302, 303):
        response = response.follow(expect_errors=True)
        assert response.status_int < 500
    assert "<script>alert" not in response.text
    if wrong in ("not UTF-8", "a file", "cut in the middle of a character", "a surrogate"):
        assert "\ufffd" not in response.text


@pytest.mark.parametrize("what", PAGES)
def test_an_old_or_foreign_form_token_is_refused_and_the_values_are_kept(cast, forms_of, what: str) -> None:
    forms = [form for form in forms_of(what) if "_csrf" in dict(form.pairs)]
    assert bool(forms) is (what not in WITHOUT_TOKEN)
    if not forms:
        return
    other = cast.browser("stranger")
    with at_least(4) as case:
        for form in forms:
            for token in (None, "", "A" * 86, csrf(other)):
                with case(f"{form.action} {token}"):
                    check_token(cast, form, [] if token is None else [("_csrf", token)])


def check_token(cast: Cast, form: Form, token: list[tuple[str, str]]) -> None:
    """The form is refused with this token, and its values come back."""
    pairs = [pair for pair in form.pairs if pair[0] != "_csrf"] + token
    before = state_of(cast.site)
    response = form.send(encoded(pairs))
    assert response.status_int == 403
    assert state_of(cast.site) == before
    again = soup(response).find("form", action=form.action)
    kept = {box["name"]: box.get("value") for box in again.find_all("input")}
    for name, value in pairs:
        if name in SECRET_FIELDS:
            assert kept[name] is None, name
        elif name != "_csrf":
            assert kept[name] == value.replace("\n", "\r\n") or kept[name] == value, name


@pytest.mark.parametrize("what", PAGES)
def test_what_a_form_would_send_changes_nothing_by_get(cast, forms_of, what: str) -> None:
    with at_least(1) as case:
        for form in forms_of(what):
            with case(form.action):
                before = state_of(cast.site)
                response = form.browser.get(f"{form.action}?{urlencode(form.fresh())}", expect_errors=True)
                assert response.status_int < 500
                assert state_of(cast.site) == before


@pytest.mark.parametrize("what", PAGES)
def test_ten_megabytes_are_refused_unread(cast, forms_of, what: str) -> None:
    environ = {"HTTP_HOST": "localhost", "CONTENT_LENGTH": str(10 * 1024 * 1024)}
    with at_least(1) as case:
        for form in forms_of(what):
            with case(form.action):
                sent = {**environ, "wsgi.input": io.BytesIO(b"a=b")}
                response = Request.blank(form.action, method="POST", environ=sent).get_response(cast.site.wsgi)
                assert response.status_int == 413
                assert "too big" in response.text


@pytest.mark.parametrize("what", PAGES)
def test_more_fields_than_any_form_has_are_refused(cast, forms_of, what: str) -> None:
    forms = [form for form in forms_of(what) if not ends_the_session(form)]
    assert bool(forms) is (what not in ONLY_ENDS_THE_SESSION)
    if not forms:
        return
    with at_least(1) as case:
        for form in forms:
            with case(form.action):
                many = form.fresh() + [(f"x{number}", "y") for number in range(5000)]
                assert form.send(encoded(many)).status_int < 500


@pytest.mark.parametrize("what", PAGES)
@pytest.mark.parametrize("token", ["a good token", "an old token"])
def test_no_answer_repeats_more_than_64_kib_of_what_was_sent(cast, forms_of, what: str, token: str) -> None:
    mark = "<Qz>"
    for form in forms_of(what):
        if ends_the_session(form):
            continue
        pairs = form.fresh() if token == "a good token" else form.pairs
        room = LARGEST_FORM_BYTES - len(unquote_to_bytes(encoded(pairs))) - 2_000
        of_each = min(room // max(1, len(form.names)), 2_000 if "report" in form.action else room)
        filled = [(name, value if name == "_csrf" else mark * (of_each // 4)) for name, value in pairs]
        spare = [(f"a.x{number}", mark * 20) for number in range(min(280, room // 100))]
        for sent in (filled, [*pairs, *spare], [*pairs, *(("pick", mark * 20) for _ in spare)]):
            forget_tries(cast)
            response = form.send(encoded(sent))
            assert response.status_int < 500, form.action
            repeated = max(response.text.count("Qz"), response.text.count("&lt;Qz&gt;")) * len(mark)
            assert repeated <= 64 * 1024, (form.action, repeated)
            assert len(response.body) <= 512 * 1024, (form.action, len(response.body))


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/json", "multipart/form-data", "x", "multipart/form-data; boundary="]
)
def test_a_body_of_another_kind_is_no_form(cast, forms_of, kind: str) -> None:
    with at_least(1) as case:
        for form in forms_of("team"):
            if not ends_the_session(form):
                with case(form.action):
                    before = state_of(cast.site)
                    assert 400 <= form.send(encoded(form.fresh()), kind).status_int < 500
                    assert state_of(cast.site) == before


@pytest.mark.parametrize("query", ["a=%ff", "%ff=1", "before=%00", "before=-1", "before=9e9", "before=" + "9" * 5000,
                                   "q=%f0%28", "q=a&q=b", "&&&=&", "self=1", "saved[]=1"])  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/field/reports", "/field/report/{report}/share", "/field/report/{report}",
                                  "/record/reports", "/record/facts/history", "/log"])  # fmt: skip
def test_a_bad_query_is_a_refusal_or_passed_over(cast, forms_of, path: str, query: str) -> None:
    forms_of.begin_anew()
    browser = cast.usual_browser("author")
    response = browser.get(f"{path.format_map(Names(cast))}?{query}", expect_errors=True)
    assert response.status_int in (200, 400, 404)


@pytest.mark.parametrize("wrong", WRONG)
def test_no_wrong_field_of_the_set_up_makes_an_administrator(wrong: str) -> None:
    with quick_folder() as folder:
        site = build_site(folder)
        token = site.services.identity.make_setup_token()
        values = {"setup_token": token, "display_name": "Olga", "user_name": "olga", "password": PASSWORD}
        for name in values:
            browser = site.browser()
            browser.extra_environ["REMOTE_ADDR"] = name
            before = state_of(site)
            body, kind = WRONG[wrong]([("_csrf", csrf(browser)), *values.items()], name)
            allowed = (
                wrong in ("markup", "a path", "a name of a machine", "a number beyond all") and name != "setup_token"
            )
            response = browser.post("/setup", body, headers={"Content-Type": kind}, expect_errors=True)
            refused = 413 if wrong == "of 300 kB" else 422
            assert response.status_int == refused or allowed, name
            assert "<script>alert" not in response.text
            if response.status_int != refused:
                break
            assert state_of(site) == before
        site.foundation.database.engine.dispose()


def test_a_wrong_field_is_named_where_it_stands(forms_of) -> None:
    form = next(form for form in forms_of("team") if form.action == "/team/add")
    page = form.send(encoded(with_value(form.fresh(), "player_name", "")))
    assert re.search(r'href="#f-player_name"', page.text)
    assert page.html.find("title").text.startswith("Error: ")


def test_markup_in_a_name_is_shown_as_the_text_it_is(forms_of) -> None:
    form = next(form for form in forms_of("team") if form.action == "/team/name")
    page = form.send(encoded(with_value(form.fresh(), "team_name", MARKUP))).follow()
    assert page.html.find("h1").text == MARKUP
