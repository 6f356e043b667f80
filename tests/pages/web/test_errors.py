"""What a person sees, and what the log says, when something is refused or breaks."""

import logging
import re

import pytest
from webtest import TestApp

from blockmrs.errors import StorageUnavailable
from tests.support.html import soup
from tests.support.site import TestSite

STATUSES = {
    "InvalidInput": 422,
    "NotAuthenticated": 401,
    "NotAuthorized": 403,
    "StaleForm": 403,
    "NotFound": 404,
    "Ended": 410,
    "Conflict": 409,
    "TooManyAttempts": 429,
    "VerificationFailed": 500,
    "CannotOpen": 500,
    "Unavailable": 503,
    "StorageUnavailable": 503,
}


@pytest.mark.parametrize(("name", "status"), STATUSES.items())
def test_each_error_has_its_status_and_a_page_with_help(app: TestApp, name: str, status: int) -> None:
    response = app.get(f"/probe/fail/{name}", status=status)
    page = soup(response)
    assert page.find("a", href="/field", string="Someone is hurt")
    assert page.find("a", href="tel:911")
    assert len(page.find_all("h1")) == 1
    assert "bafy" not in response.text


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 429, 500, 503])
def test_a_bare_status_gets_a_page_too_and_no_detail(app: TestApp, status: int) -> None:
    response = app.get(f"/probe/abort/{status}", status=status)
    assert "Someone is hurt" in response.text
    assert "detail" not in response.text


def test_an_address_without_a_page_is_404(app: TestApp) -> None:
    assert "There is nothing here" in app.get("/no/such/page", status=404).text


@pytest.mark.parametrize("path", ["/probe/save", "/probe/anybody", "/probe/logout"])
def test_a_change_by_get_is_405_and_says_what_is_allowed(app: TestApp, path: str) -> None:
    response = app.get(path, status=405)
    assert response.headers["Allow"] == "POST"
    assert "Someone is hurt" in response.text


def test_a_page_by_post_is_405(app: TestApp) -> None:
    assert app.post("/probe/plain", status=405).headers["Allow"] == "GET, HEAD"


def test_too_many_tries_says_when_to_try_again(app: TestApp) -> None:
    response = app.get("/probe/fail/TooManyAttempts", status=429)
    assert response.headers["Retry-After"] == "90"
    assert "in 2 minutes" in response.text


def test_what_is_away_says_when_to_try_again(app: TestApp) -> None:
    assert int(app.get("/probe/fail/Unavailable", status=503).headers["Retry-After"]) > 0


def test_a_form_that_met_an_absent_node_can_be_sent_again_from_the_page(app: TestApp) -> None:
    response = app.post("/probe/fail/StorageUnavailable", {"what": "knee", "password": "x"}, status=503)
    form = response.forms[0]
    assert form["what"].value == "knee"
    assert form["password"].value == ""


def test_an_own_page_with_an_error_status_is_left_as_it_is(app: TestApp) -> None:
    assert "my own page" in app.get("/probe/own", status=422).text


def test_a_program_gets_json(app: TestApp) -> None:
    response = app.get("/probe/fail/NotFound", headers={"Accept": "application/json"}, status=404)
    assert response.json["status"] == 404
    assert app.get("/api/v1/nothing", status=404).json["status"] == 404


def test_what_nobody_foresaw_is_a_page_with_a_number_and_a_log_line_with_the_same(
    app: TestApp, caplog: pytest.LogCaptureFixture
) -> None:
    response = app.get("/probe/boom?name=Sam+Rivers", status=500)
    number = soup(response).find(id="c-error").text
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert number in record.getMessage()
    assert "ProbeController.boom" in record.getMessage()
    assert "RuntimeError" in record.getMessage()


def test_neither_page_nor_log_of_an_unforeseen_error_names_a_value(
    app: TestApp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    response = app.get("/probe/boom?name=Sam+Rivers", status=500)
    assert "Sam" not in response.text
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("blockmrs")]
    assert ours
    assert not any("Sam" in message for message in ours)
    assert all(record.exc_info is None for record in caplog.records if record.name.startswith("blockmrs"))


def test_an_unforeseen_error_says_where_but_not_what(app: TestApp, caplog: pytest.LogCaptureFixture) -> None:
    app.get("/probe/boom", status=500)
    assert re.search(r"probe\.py:\d+:boom", caplog.text)
    assert "cannot save" not in caplog.text


def test_a_refusal_logs_no_address(app: TestApp, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    app.get("/probe/fail/NotFound?who=Sam", status=404)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("blockmrs")]
    assert ours
    assert not any("Sam" in message or "/probe" in message for message in ours)


def test_advice_shows_while_the_database_is_away(site: TestSite, app: TestApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_token: str) -> None:
        raise StorageUnavailable("the database did not answer")

    app.get("/probe/form")
    monkeypatch.setattr(site.services.identity, "actor_for", away)
    assert app.get("/field").status_int == 200


def test_alive_and_ready_are_told_in_json(app: TestApp) -> None:
    assert app.get("/healthz").json == {"status": "ok"}
    assert app.get("/readyz").json["status"] == "ok"
