"""What tests of the account pages do again and again, as a browser would."""

import re

from webtest import TestApp, TestResponse

from tests.support.html import soup
from tests.support.site import TestSite

PASSWORD = "marble kettle sunrise otter"
OTHER_PASSWORD = "granite teapot violin heron"


def form_to(response: TestResponse, action: str) -> object:
    """The form of a page that posts to `action`."""
    return next(form for form in response.forms.values() if form.action == action)


def fill(response: TestResponse, action: str, **values: str) -> TestResponse:
    """Fill in and send the form that posts to `action`, whatever the answer's status."""
    form = form_to(response, action)
    for name, value in values.items():
        form[name] = value
    return form.submit(expect_errors=True)


def send(app: TestApp, page: str, fields: list[tuple[str, str]], action: str = "") -> TestResponse:
    """Send arbitrary fields with a good form token, taken from `page`."""
    token = next(form["_csrf"].value for form in app.get(page).forms.values() if "_csrf" in form.fields)
    return app.post(action or page, [("_csrf", token), *fields], expect_errors=True)


def heading(response: TestResponse) -> str:
    return soup(response).h1.get_text(strip=True)


def errors(response: TestResponse) -> dict[str, str]:
    """What the summary on top says, by field."""
    return {
        (link.get("href") or "#f-").removeprefix("#f-"): link.get_text(strip=True)
        for link in soup(response).select("#errors li > *")
    }


def shown_code(response: TestResponse) -> list[str]:
    """The seven groups of the recovery code that the page shows."""
    groups = [item.get_text(strip=True) for item in soup(response).select("#c-recovery li")]
    assert len(groups) == 7
    return groups


def sign_up(app: TestApp, user_name: str, display_name: str = "Ana Cruz") -> TestResponse:
    """Make an account in the browser; the answer is the recovery code's page."""
    return fill(app.get("/signup"), "/signup", display_name=display_name, user_name=user_name, password=PASSWORD)


def confirm(response: TestResponse) -> TestResponse:
    """Type the third group of the shown code back."""
    return fill(response, "/settings/check_recovery", group=shown_code(response)[2])


def sign_in(app: TestApp, user_name: str, password: str = PASSWORD) -> TestResponse:
    return fill(app.get("/login"), "/login", user_name=user_name, password=password)


def is_signed_in(app: TestApp) -> bool:
    return app.get("/settings", expect_errors=True).status_int == 200


def member_page(site: TestSite, user_name: str, display_name: str = "Ana Cruz") -> TestApp:
    """A browser with a new, confirmed, signed-in account."""
    app = site.browser()
    signed_up = site.services.identity.sign_up(user_name, display_name, PASSWORD)
    actor = site.services.identity.actor_for(signed_up.token)
    assert actor is not None
    site.services.identity.confirm_recovery(actor)
    app.set_cookie("blockmrs", signed_up.token)
    return app


def admin_page(site: TestSite, user_name: str = "root-admin") -> TestApp:
    """A browser that is signed in as the first administrator."""
    identity = site.services.identity
    app = site.browser()
    signed_up = identity.set_up(identity.make_setup_token(), user_name, "Olga Operator", PASSWORD, "")
    actor = identity.actor_for(signed_up.token)
    assert actor is not None
    identity.confirm_recovery(actor)
    app.set_cookie("blockmrs", signed_up.token)
    return app


def cookie_of(app: TestApp) -> str:
    return str(app.cookies["blockmrs"]).strip('"')


def addresses_in(response: TestResponse) -> list[str]:
    return re.findall(r'(?:href|action)="([^"]*)"', response.text)
