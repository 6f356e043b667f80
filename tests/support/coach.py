"""What the tests of a coach's pages share: people with accounts, and pressing buttons as a browser does."""

from dataclasses import dataclass, field

from sqlalchemy import func, select
from webtest import TestApp, TestResponse

from blockmrs.model.base import Base
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.reports.reports import OpenedReport
from tests.support.heads import head_report
from tests.support.html import is_shown, soup
from tests.support.site import TestSite
from tests.support.world import PASSWORD, report_at

SIGN = "fit"


@dataclass
class Reporter:
    """A coach whose team has a player, and who writes reports about them."""

    site: TestSite
    coach: Actor
    drafts: int = field(default=0, kw_only=True)

    def draft(self) -> str:
        """The id of a draft that was not used before."""
        self.drafts += 1
        return f"{self.drafts:032x}"

    def report(self, *, withheld: bool = False, head: bool = False) -> str:
        """The address of a new report about the player."""
        services, now = self.site.services, self.site.clock()
        report = head_report(now) if head else report_at(now)
        player = services.teams.team(self.coach).players[0]
        return services.reports.save(self.coach, self.draft(), report, player=player, withheld=withheld).address


def person(site: TestSite, user_name: str, shown: str) -> Actor:
    """A new account that has confirmed its recovery code."""
    signed_up = site.services.identity.sign_up(user_name, shown, PASSWORD)
    actor = site.services.identity.actor_for(signed_up.token)
    assert actor is not None
    site.services.identity.confirm_recovery(actor)
    confirmed = site.services.identity.actor_for(signed_up.token)
    assert confirmed is not None
    return confirmed


def signed_in(site: TestSite, user_name: str) -> TestApp:
    """A browser in which that person is signed in."""
    browser = site.browser()
    browser.set_cookie("blockmrs", site.services.identity.sign_in(user_name, PASSWORD, "test"))
    return browser


def heading(response: TestResponse) -> str:
    return soup(response).h1.get_text(" ", strip=True)


def fields_of(form) -> list[tuple[str, str]]:
    """What a browser would send of this form, without a button."""
    fields: list[tuple[str, str]] = []
    for control in filter(is_shown, form.find_all(["input", "select", "textarea"])):
        kind = control.get("type", "text")
        if control.name == "select":
            chosen = control.find("option", selected=True) or control.find("option")
            fields.append((control["name"], chosen["value"]))
        elif control.name == "textarea":
            fields.append((control["name"], control.get_text()))
        elif kind not in ("checkbox", "radio") or control.has_attr("checked"):
            fields.append((control["name"], control.get("value", "")))
    return fields


def form_with(response: TestResponse, label: str):
    """The form and the button whose words begin with `label`."""
    for button in filter(is_shown, soup(response)("button")):
        if button.get_text(" ", strip=True).startswith(label) and button.find_parent("form") is not None:
            return button.find_parent("form"), button
    raise AssertionError(f"no button {label!r} on {heading(response)!r}")


def sent_by(response: TestResponse, label: str, **changed: str | list[str]) -> tuple[str, list[tuple[str, str]]]:
    """Where pressing `label` goes, and what it sends; `changed` names have _ for - ("r_place")."""
    form, button = form_with(response, label)
    fields = fields_of(form)
    for key, value in changed.items():
        name = key.replace("_", "-") if key.startswith("r_") else key
        fields = [(field, text) for field, text in fields if field != name]
        fields += [(name, text) for text in ([value] if isinstance(value, str) else value)]
    if button.get("name"):
        fields.append((button["name"], button.get("value", "")))
    return button.get("formaction") or form["action"], fields


def press(app: TestApp, response: TestResponse, label: str, status: int | None = None, **changed) -> TestResponse:
    """The answer to pressing the button `label`."""
    action, fields = sent_by(response, label, **changed)
    return app.post(action, fields, status=status or "*")


def advice(app: TestApp, sign: str = SIGN) -> TestResponse:
    """The page with the advice for a danger sign."""
    return app.post("/field/check", {"sign": sign})


def to_check_page(app: TestApp, who: str) -> TestResponse:
    """From the advice to the report to check: two taps."""
    return press(app, press(app, advice(app), "Who is hurt?"), who)


def newest(site: TestSite, coach: Actor) -> OpenedReport:
    """The coach's newest report, opened."""
    reports, _ = site.services.reports.mine(coach)
    return site.services.reports.open(coach, reports[0].address)


def footprint(site: TestSite) -> dict[str, int]:
    """How much is stored: rows by table, transactions, objects. Sessions come and go with signing in.

    What reading one's own line remembers of it, in rows of 1 KiB and more, is no trace either; nor is a note for the
    family that somebody looked.
    """
    with site.foundation.database.read() as rows:
        counts = {}
        for name, table in Base.metadata.tables.items():
            if not any(word in name for word in ("session", "throttle", "attempt", "visit")):
                count = select(func.count()).select_from(table)
                if name == "saved_report":
                    count = count.where(func.length(table.c.sealed) < 1024)
                counts[name] = rows.scalar(count) or 0
    return {**counts, "ledger": site.foundation.ledger.size, "objects": len(list(site.foundation.stored_cids()))}
