"""Every action of the site, tried by everybody, by every method: exactly who gets what.

A route that the table does not list fails the first test. The answers are those of the errors' table: 401 signed out,
403 for who may know of a report but not do this, 404 for strangers, 410 for a share that has ended, 405 with `Allow`
for another method. Nothing that was refused, and nothing asked for by a safe method, leaves a row or a transaction.
What is allowed changes something, and that is undone: everybody finds the same site.
"""

import re
import secrets
from collections.abc import Iterator

import pytest
from webtest import TestApp, TestResponse

from tests.support.access_names import Known, Names
from tests.support.access_table import ABOUT_SOMETHING, ABSENT, PAGE, TABLE, UNHEARD_OF, Row
from tests.support.at_least import at_least
from tests.support.cast import (
    EVERYBODY,
    NOBODY,
    PERSONS,
    PLAYER,
    UNTOLD,
    Cast,
    csrf,
    play_in,
    state_of,
    without_own_marks,
)
from tests.support.routes import Route, site_routes
from tests.support.snapshot import Snapshot


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    cast = play_in(tmp_path_factory.mktemp("cast"))
    for persona in EVERYBODY:
        cast.usual_browser(persona)
    cast.venue()
    cast.colleague()
    cast.from_now_on()
    cast.waiting_update()
    cast.given_record()
    yield cast
    cast.site.foundation.database.engine.dispose()


@pytest.fixture(scope="module")
def snapshot(cast: Cast) -> Snapshot:
    return Snapshot(cast.site)


@pytest.fixture(scope="module")
def known() -> Known:
    """What stands in addresses, as long as nothing has changed."""
    return {}


@pytest.fixture(scope="module")
def routes(cast: Cast) -> dict[str, Route]:
    return site_routes(cast.site)


def test_every_route_of_the_site_is_in_the_table_and_no_other(routes: dict[str, Route]) -> None:
    assert {row.route for row in TABLE} == set(routes)


def test_every_route_says_which_methods_it_takes(routes: dict[str, Route]) -> None:
    assert [route.address for route in routes.values() if not route.methods] == []


def test_every_row_names_exactly_the_methods_that_its_route_takes(routes: dict[str, Route]) -> None:
    with at_least(100) as case:
        for address, route in routes.items():
            with case(address):
                rows = [row for row in TABLE if row.route == address]
                told = {method for row in rows for method in (*PAGE, "POST") if row.answers(method) is not None}
                assert told == route.methods


def test_only_what_changes_nothing_goes_without_a_form_token(routes: dict[str, Route]) -> None:
    assert {route.address for route in routes.values() if route.stateless} == {
        "/field/check",
        "/field/ask",
        "/field/show",
        "/field/words",
        "/field/report/new",
        "/language",
        "/left/check",
    }


@pytest.mark.parametrize("persona", EVERYBODY)
@pytest.mark.parametrize("row", TABLE, ids=str)
def test_everybody_gets_exactly_the_answer_of_the_table(
    cast: Cast, snapshot: Snapshot, known: Known, routes: dict[str, Route], row: Row, persona: str
) -> None:
    browser = cast.usual_browser(persona)
    allowed = routes[row.route].methods
    expected = 405 if "POST" not in allowed else None if row.post is None else row.post[persona]
    names = Names(cast, persona, known=known)
    before = state_of(cast.site)
    for method in [*PAGE, *UNHEARD_OF] if persona in ("author", "stranger", NOBODY) else ["GET"]:
        check(row, persona, method, ask(cast, browser, row, method, persona, names), allowed)
    if expected is not None and expected >= 400:
        check(row, persona, "POST", ask(cast, browser, row, "POST", persona, names), allowed)
    assert state_of(cast.site) == before, "a refused request, or a safe method, left something"
    if expected is not None and expected < 400:
        with snapshot.undone():
            change(cast, browser, row, persona, allowed)


def change(cast: Cast, browser: TestApp, row: Row, persona: str, allowed: frozenset[str]) -> None:
    """What is allowed changes something: it is done to a report that no other test looks at."""
    given: dict[str, str] = {}
    ends_a_share = row.address.endswith(("{share}", "{family_share}"))
    if "{report}" in row.address and (persona in ("author", "recipient") or ends_a_share):
        given["report"] = cast.save(withheld="release" in row.address).address
        if ends_a_share or persona == "recipient":
            given["share"] = cast.share(given["report"], "recipient")
    if "{right}" in row.address:
        given["right"] = cast.right_of(cast.newcomer())
    answered = ask(cast, browser, row, "POST", persona, Names(cast, persona, given))
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


def ask(cast: Cast, browser: TestApp, row: Row, method: str, persona: str, names: Names) -> TestResponse:
    address = row.address.format_map(names)
    if method != "POST":
        return browser.request(address, method=method, expect_errors=True)
    form = {name: value.format_map(names) for name, value in row.form.items()}
    if form and row.route.endswith("/share"):
        form["organisation"] = names["organisation"]
    if row.route.endswith("/save"):
        form["r-draft"] = secrets.token_hex(16)
    if "/facts" in row.route:
        form |= {"draft_id": secrets.token_hex(16), "version": facts_version(cast, persona, row)}
    return browser.post(address, {"_csrf": csrf(browser), **form}, expect_errors=True)


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
    cast: Cast, known: Known, row: Row, persona: str, method: str
) -> None:
    browser = cast.usual_browser(persona)
    there = Names(cast, NOBODY, known=known)
    absent = {
        "venue": ABSENT[:16],
        "report": ABSENT,
        "share": ABSENT * 2,
        "family_share": ABSENT * 2,
        "check": ABSENT,
        "opened": ABSENT,
        "statement": ABSENT,
        "reply": ABSENT,
        "today": cast.site.clock().date().isoformat(),
        "organisation": ABSENT * 2,
        "other_organisation": ABSENT * 2,
        "standing": ABSENT * 2,
        "waiting_update": ABSENT,
        "record": ABSENT,
        "given_facts": ABSENT,
        "member": ABSENT * 2,
        "nobody": ABSENT * 2,
        "sender": ABSENT,
        "player": ABSENT[:16],
        "player_version": ABSENT,
        "person": ABSENT,
        "player_of_coach": ABSENT,
        "right": ABSENT,
    }
    # What neither page needs is not looked up; what one of them shows, the other may not.
    answers = [answer(browser, row, method, names) for names in (there, Names(cast, NOBODY, absent))]
    assert answers[0] == answers[1]


def answer(browser: TestApp, row: Row, method: str, names: Names) -> tuple[int, str, list[str]]:
    """Status, page and headers, without what differs between any two answers."""
    address = row.address.format_map(names)
    form = {name: value.format_map(names) for name, value in row.form.items()}
    if method == "POST":
        response = browser.post(address, {"_csrf": csrf(browser), **form}, expect_errors=True)
    else:
        response = browser.request(address, method=method, expect_errors=True)
    headers = sorted(f"{name}: {value}" for name, value in response.headers.items())
    return response.status_int, without_own_marks(response.text, *names.values()), headers


@pytest.mark.parametrize("persona", [persona for persona in PERSONS if persona not in ("author", "family")])
def test_no_list_shows_a_report_to_who_has_no_part_in_it(cast: Cast, persona: str) -> None:
    browser = cast.usual_browser(persona)
    lists = ("/record", "/record/trends/head-symptoms", "/log", "/field/reports", "/team")
    # What was shared with a recipient is news to them.
    pages = [browser.get(path).text for path in (lists if persona == "recipient" else ("/", *lists))]
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
        "/record/facts/crew/{}",
        "/record/ill/{}",
        "/record/trends/{}",
        "/record/trends/head-symptoms/{}",
        "/record/reports/{}",
        "/record/from-now-on/{}",
        "/inbox/record/{}",
        "/people/{}",
    ],
)
def test_what_is_no_address_of_ours_is_absent(cast: Cast, path: str, text: str) -> None:
    response = cast.usual_browser("author").get(path.format(text), expect_errors=True)
    assert response.status_int == 404


def test_the_first_screen_is_the_same_for_everybody_so_that_a_phone_may_keep_it(cast: Cast) -> None:
    texts = {cast.usual_browser(persona).get("/field").text for persona in EVERYBODY}
    assert len({re.sub(r'(name="started" type="hidden" value=")\d+', r"\1", text) for text in texts}) == 1
