"""The operator's page: counts, health and organisations, for administrators alone."""

import re

import pytest
from webtest import TestApp, Upload

from tests.support.html import soup
from tests.support.people import (
    admin_page,
    cookie_of,
    errors,
    fill,
    form_to,
    heading,
    member_page,
    send,
    sign_in,
)
from tests.support.site import TestSite

ADDRESSES = [("GET", "/admin"), ("GET", "/admin/"), ("POST", "/admin/add_organisation")]
HOSTILE = '"><script>alert(1)</script>${7*7}'


@pytest.fixture(scope="module")
def operator(site: TestSite) -> TestApp:
    return admin_page(site)


def add(operator: TestApp, name: str, place: str = "") -> object:
    return fill(operator.get("/admin"), "/admin/add_organisation", name=name, place=place)


def code_on(page: object) -> str:
    return soup(page).find(id="c-invitation").get_text(strip=True)


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_a_stranger_finds_nothing(site: TestSite, operator: TestApp, method: str, path: str) -> None:
    stranger = member_page(site, f"stranger{len(path)}{method}{path[-1]}")
    before = len(site.services.organisations.directory())
    if method == "GET":
        answer = stranger.get(path, expect_errors=True)
    else:
        answer = send(stranger, "/settings", [("name", "Evil Hospital")], path)
    assert answer.status_int == 404
    assert len(site.services.organisations.directory()) == before


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_nobody_signed_out_is_let_in(app: TestApp, method: str, path: str) -> None:
    answer = app.get(path, expect_errors=True) if method == "GET" else send(app, "/login", [("name", "X")], path)
    assert answer.status_int == 401


def test_adding_is_not_reached_by_get(operator: TestApp) -> None:
    assert operator.get("/admin/add_organisation?name=X", expect_errors=True).status_int == 405


def test_the_page_shows_counts_and_health(operator: TestApp, site: TestSite) -> None:
    page = soup(operator.get("/admin"))
    rows = {row.dt.get_text(): row.dd.get_text(strip=True) for row in page.select("dl.rows > div")}
    assert rows["Database"] == rows["Chain"] == rows["Object store"] == "Works"
    assert rows["Objects that wait for the store"] == "0"
    assert int(rows["Transactions"]) == site.foundation.ledger.size
    assert int(rows["Blocks"]) == site.foundation.ledger.head().height + 1
    assert int(rows["Accounts"]) >= 1
    assert re.fullmatch(r"\d+\.\d+.*", rows["Version"])
    assert rows["Last migration"]


def test_an_added_organisation_stands_in_the_list_and_its_code_invites(operator: TestApp, site: TestSite) -> None:
    page = add(operator, " North Hospital ", "North Town")
    assert heading(page) == "Added"
    assert page.headers["Cache-Control"] == "no-store"
    assert site.services.joining.read(code_on(page), "").organisation == "North Hospital"
    listed = operator.get("/admin").text
    assert "North Hospital" in listed
    assert "North Town" in listed
    assert "Nobody yet" in listed
    assert code_on(page) not in listed


def test_the_list_shows_who_joined(operator: TestApp, site: TestSite) -> None:
    code = code_on(add(operator, "East Hospital"))
    doctor = member_page(site, "dr-east", "Dr East")
    fill(fill(doctor.get("/join"), "/join", invitation=code), "/join/staff")
    assert "Dr East" in operator.get("/admin").text


def test_an_organisation_that_somebody_joined_is_not_added_again(operator: TestApp, site: TestSite) -> None:
    code = code_on(add(operator, "West Hospital"))
    site.services.organisations.accept(_actor(site, "dr-west"), code, "")
    page = add(operator, "West Hospital", "Elsewhere")
    assert errors(page) == {"name": "There is an organisation with this name already"}
    assert form_to(page, "/admin/add_organisation")["place"].value == "Elsewhere"


def test_an_organisation_whose_code_was_lost_gets_a_new_one_and_the_old_one_is_dead(
    operator: TestApp, site: TestSite
) -> None:
    lost, fresh = code_on(add(operator, "South Hospital")), code_on(add(operator, "South Hospital"))
    names = [organisation.name for organisation in site.services.organisations.directory()]
    assert names.count("South Hospital") == 1
    for code, status in ((lost, 422), (fresh, 200)):
        doctor = member_page(site, f"dr-south{status}", "Dr South")
        assert send(doctor, "/join", [("invitation", code)], "/join/staff").status_int == status


@pytest.mark.parametrize("field", ["name", "place"])
@pytest.mark.parametrize("value", ["x" * 81, "x" * 50_000, "a\x00b", "a\nb", "\u202eevil"])
def test_a_strange_field_adds_nothing(operator: TestApp, site: TestSite, field: str, value: str) -> None:
    before = len(site.services.organisations.directory())
    page = send(operator, "/admin", list({"name": "Odd", field: value}.items()), "/admin/add_organisation")
    assert page.status_int == 422
    assert set(errors(page)) == {field}
    assert len(site.services.organisations.directory()) == before


@pytest.mark.parametrize("fields", [[], [("name", " ")], [("name", "a"), ("name", "b")]])
def test_a_missing_repeated_or_wrong_name_adds_nothing(operator: TestApp, site: TestSite, fields: list) -> None:
    before = len(site.services.organisations.directory())
    assert set(errors(send(operator, "/admin", fields, "/admin/add_organisation"))) == {"name"}
    assert len(site.services.organisations.directory()) == before


def test_a_file_for_a_name_adds_nothing(operator: TestApp, site: TestSite) -> None:
    before = len(site.services.organisations.directory())
    page = send(operator, "/admin", [("name", Upload("a", b"b"))], "/admin/add_organisation")
    assert page.status_int == 422
    assert len(site.services.organisations.directory()) == before


def test_markup_in_a_name_is_shown_as_text(operator: TestApp) -> None:
    add(operator, HOSTILE, HOSTILE)
    page = operator.get("/admin")
    assert "<script>alert" not in page.text
    assert HOSTILE in soup(page).get_text()


def test_a_stale_form_keeps_what_was_entered(operator: TestApp, site: TestSite) -> None:
    fields = {"_csrf": "old", "name": "Later Hospital", "place": "There"}
    answer = operator.post("/admin/add_organisation", fields, expect_errors=True)
    assert answer.status_int == 403
    assert form_to(answer, "/admin/add_organisation")["name"].value == "Later Hospital"
    assert heading(fill(answer, "/admin/add_organisation")) == "Added"


def test_a_session_that_ended_while_typing_keeps_what_was_entered(site: TestSite, operator: TestApp) -> None:
    app = site.browser()
    sign_in(app, "root-admin")
    form = form_to(app.get("/admin"), "/admin/add_organisation")
    site.services.identity.sign_out(cookie_of(app))
    form["name"] = "Typed Hospital"
    refused = form.submit(expect_errors=True)
    assert refused.status_int == 401
    go_on = fill(refused, "/login", user_name="root-admin", password="marble kettle sunrise otter")
    assert form_to(go_on, "/admin/add_organisation")["name"].value == "Typed Hospital"


def test_only_administrators_see_the_way_to_the_operator_page(operator: TestApp, site: TestSite) -> None:
    assert "/admin" in operator.get("/").text
    assert "/admin" not in member_page(site, "no-way").get("/").text


def _actor(site: TestSite, user_name: str):
    member_page(site, user_name, "Dr West")
    actor = site.services.identity.actor_for(
        site.services.identity.sign_in(user_name, "marble kettle sunrise otter", "")
    )
    assert actor is not None
    return actor
