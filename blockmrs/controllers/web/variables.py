"""The names that every template may use."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import tg
from kajiki.util import literal
from tg.i18n import ugettext, ungettext

from blockmrs.controllers.site import times
from blockmrs.controllers.site.language import current_language
from blockmrs.controllers.web.context import csrf_token, current_actor, phone_account, rule_text, site
from blockmrs.controllers.web.invitation import hand_out
from blockmrs.controllers.web.switch import language_switch
from blockmrs.domain.concerns import concern_titles
from blockmrs.domain.triage.loader import RulesUnreadable, load_rules
from blockmrs.errors import N_, BlockMRSError

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor

SECRET_WORDS = {
    "password": N_("Password"),
    "new_password": N_("New password"),
    "recovery_code": N_("Recovery code"),
    "setup_token": N_("Set-up token"),
    "invitation_code": N_("Invitation code"),
    "code": N_("Code"),
}
"""What a form's secret field is called if it has to be typed again."""


def secret_word(name: str) -> str:
    """The label of a secret field, in the reader's language."""
    return str(ugettext(SECRET_WORDS.get(name, name)))


def titled(title: str) -> str:
    """A report's title in the reader's language: the name unchanged, and the age as the rules call it."""
    name, comma, age = title.rpartition(", ")
    # A name may contain a comma too; only the rules' ages begin like this.
    if not (age[:1].isdigit() or age.startswith("Under ")):
        return title
    words = ugettext(age)
    return f"{name}{comma}{words[:1].lower()}{words[1:]}"


def concerning(concerns: tuple[str, ...]) -> str:
    """What a report is about, in the reader's language, in one line; empty if that is not known."""
    try:
        titles = [str(ugettext(title)) for title in concern_titles(concerns, load_rules())]
    except RulesUnreadable:
        return ""
    return "; ".join([*titles[:1], *(title[:1].lower() + title[1:] for title in titles[1:])])


def with_leaving(name: str, left: datetime | None) -> str:
    """A member's name; for one who has since left the organisation, with the day."""
    if left is None:
        return name
    return str(ugettext("%(name)s (left on %(day)s)") % {"name": name, "day": times.day(left)})


def intended_use() -> str:
    """What the advice is for, in the reader's language; empty while the rules cannot be read."""
    try:
        return str(ugettext(load_rules().intended_use))
    except RulesUnreadable:
        return ""


def _family_news(actor: Actor | None) -> dict[str, str]:
    """Those about whom there is news of who can see what, by handle; none if that cannot be told now."""
    try:
        return {item.handle: item.label for item in site().family_news(actor)} if actor is not None else {}
    except BlockMRSError:
        return {}


def about_links() -> list[tuple[str, str]]:
    """The pages at the foot of each: address and name. The operator's are there if they wrote them."""
    links = [("/help", N_("Help")), ("/about/privacy", N_("Privacy"))]
    if site().operator.terms:
        links.append(("/about/terms", N_("Terms")))
    if site().operator.is_reachable:
        links.append(("/about/contact", N_("Contact")))
    return [(address, str(ugettext(name))) for address, name in links]


def page_variables() -> dict[str, Any]:
    """The names that every template may use."""
    try:
        actor = current_actor()
    except BlockMRSError:
        # Advice has to be shown while the database is away; whoever needs to know calls `require_actor`, which fails.
        actor = None
    return {
        "actor": actor,
        "csrf_token": csrf_token,
        "phone_account": phone_account,
        "asset": site().assets.address,
        "drawing": lambda name: literal(site().assets.drawing(name)),
        "style": literal(site().assets.style),
        "family_news": lambda: _family_news(actor),
        "emergency_number": site().emergency_number,
        "crisis_lines": site().crisis_lines,
        "rule_text": rule_text,
        "secret_word": secret_word,
        "intended_use": intended_use,
        "about_links": about_links,
        "operator": site().operator,
        "lang": current_language(),
        "language_switch": language_switch,
        "hand_out": hand_out,
        "request_path": tg.request.path_info,
        "times": times,
        "concerning": concerning,
        "titled": titled,
        "with_leaving": with_leaving,
        "ungettext": ungettext,
    }
