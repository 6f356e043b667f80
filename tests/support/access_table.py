"""Who gets which answer at which address: the table of `test_access`, and the names that stand in its addresses."""

from dataclasses import dataclass, field

from tests.support.cast import EVERYBODY
from tests.support.heads import form_fields

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
    """A page below `/inbox/<id>/clearance`, or `/reply`: who wrote it or acts for the player may never write there."""
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
REPLY = {"wish": "please-call", "phone": "+1 202 555 0123", "reply-draft": "ce" * 16}
CLEARANCE = {"stage": "light exercise", "seen": "{today}", "clearance-draft": "cd" * 16}
RECORD = {
    "organisation": "{organisation}",
    "what": "everything",
    "purpose": "care",
    "how_long": "30",
    "step": "send",
    "share-draft": "dc" * 16,
    "listing": "{listing}",
}
SHARE = {"purpose": "care", "how_long": "30"}
FROM_NOW_ON = SHARE | {"organisation": "{organisation}", "choices": "facts"}
TABLE = (
    Row("/", "/", everybody(200)),
    Row("/about/advice", "/about/advice", everybody(200)),
    Row("/about/advice/all", "/about/advice/all", everybody(200)),
    Row("/about/advice/*", "/about/advice/head", everybody(200)),
    Row("/about/advice/*", "/about/advice/wnd", everybody(302)),
    Row("/about/advice/*", "/about/advice/tail", everybody(404)),
    Row("/about/privacy", "/about/privacy", everybody(200)),
    # Whoever runs this site wrote no terms, and names no contact.
    Row("/about/terms", "/about/terms", everybody(404)),
    Row("/about/contact", "/about/contact", everybody(404)),
    Row("/help", "/help", everybody(200)),
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
    Row("/field/reports/roster", "/field/reports/roster", signed_in(200)),
    Row("/field/report/*", "/field/report/{report}", of_report(author=200, family=200, recipient=302)),
    Row("/field/report/*/read", "/field/report/{report}/read", None, of_report(author=302, family=302, recipient=302)),
    Row("/field/report/*/code", "/field/report/{report}/code", None, of_report(author=302, family=302)),
    Row("/field/report/*/show", "/field/report/{report}/show", of_report(author=200, family=200)),
    Row(
        "/field/report/*/stop_code",
        "/field/report/{report}/stop-code",
        of_report(author=200, family=200),
        of_report(author=302, family=302),
    ),
    Row(
        "/field/report/*/share",
        "/field/report/{report}/share",
        of_report(author=200, family=200),
        of_report(author=302, family=302),
        SHARE,
    ),
    Row("/field/report/*/share", "/field/report/{report}/share", None, of_report(author=422, family=422), {}),
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
    Row(
        "/field/report/*/stopped",
        "/field/report/{report}/stopped",
        of_report(author=200, family=200),
        of_report(author=302, family=302),
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
    Row("/inbox/record/*", "/inbox/record/{record}", signed_in(404, recipient=200)),
    Row("/inbox/record/*/facts", "/inbox/record/{record}/facts/{given_facts}", signed_in(404, recipient=200)),
    Row("/inbox/record/*/open", "/inbox/record/{record}/open/{given_facts}", None, signed_in(404, recipient=302)),
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
    Row("/inbox/*/reply", "/inbox/{opened}/reply", of_clearance(200), of_clearance(302), REPLY),
    Row("/inbox/*/reply", "/inbox/{opened}/reply", None, of_clearance(422), REPLY | {"phone": ""}),
    Row("/inbox/*/reply", "/inbox/{opened}/reply", None, of_clearance(422), {"reply-draft": "cf" * 16}),
    Row(
        "/inbox/*/reply/withdraw",
        "/inbox/{opened}/reply/withdraw/{reply}",
        of_clearance(200),
        of_clearance(302),
        {"reply-draft": "ad" * 16},
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
    Row(
        "/record/facts/crew",
        "/record/facts/crew/{person}",
        signed_in(404, family=200),
        signed_in(404, family=302),
        {"say": "yes"},
    ),
    Row(
        "/record/facts/crew",
        "/record/facts/crew/{player_of_coach}",
        signed_in(404),
        signed_in(404),
        {"say": "yes"},
    ),
    Row("/record/facts/crew", "/record/facts/crew/me", signed_in(404), signed_in(404)),
    Row("/record/reports", "/record/reports", signed_in(200)),
    Row("/record/reports/*", "/record/reports/{person}", signed_in(404, family=200)),
    Row(
        "/record/from_now_on/*",
        "/record/from-now-on/{person}",
        signed_in(404, family=200),
        signed_in(404, family=200),
        FROM_NOW_ON,
    ),
    Row(
        "/record/from_now_on/*",
        "/record/from-now-on/{person}",
        None,
        signed_in(404, family=422),
        FROM_NOW_ON | {"choices": "everything"},
    ),
    Row(
        "/record/from_now_on/*",
        "/record/from-now-on/{person}",
        None,
        signed_in(404, family=302),
        FROM_NOW_ON | {"organisation": "{other_organisation}", "agreed": "yes"},
    ),
    Row("/record/from_now_on/*", "/record/from-now-on/{player_of_coach}", signed_in(404), signed_in(404), FROM_NOW_ON),
    Row("/record/from_now_on/*/see", "/record/from-now-on/{person}/see/{standing}", signed_in(404, family=200)),
    Row(
        "/record/from_now_on/*/end",
        "/record/from-now-on/{person}/end/{standing}",
        signed_in(404, family=200),
        signed_in(404, family=302),
    ),
    Row("/record/from_now_on/*/give", "/record/from-now-on/{person}/give", None, signed_in(404, family=302)),
    Row("/record/from_now_on/*/give", "/record/from-now-on/{player_of_coach}/give", None, signed_in(404)),
    Row(
        "/record/from_now_on/*/keep_out",
        "/record/from-now-on/{person}/keep-out/{waiting_update}",
        None,
        signed_in(404, family=302),
    ),
    Row("/record/from_now_on/*/passed_over", "/record/from-now-on/{person}/passed-over", signed_in(404, family=200)),
    Row("/record/ill", "/record/ill", signed_in(200), signed_in(200)),
    Row("/record/ill", "/record/ill", None, signed_in(422), {"use": "shoe-size"}),
    Row("/record/ill/*", "/record/ill/{person}", signed_in(404, family=200), signed_in(404, family=200)),
    Row("/field/report/save", "/field/report/save", None, signed_in(302), REPORT | {"r-for": "me", "r-when": "0"}),
    Row("/people", "/people", signed_in(200)),
    Row("/people/*", "/people/me", signed_in(200)),
    Row("/people/*", "/people/{person}", signed_in(404, family=200)),
    # The coach calls the same player by another name, which means nothing to the family.
    Row("/people/*", "/people/{player_of_coach}", signed_in(404, author=200)),
    Row("/people/*/seen", "/people/{person}/seen", None, signed_in(404, family=302)),
    Row("/people/*/seen", "/people/{player_of_coach}/seen", None, signed_in(404, author=302)),
    Row("/people/*/lock", "/people/{person}/lock", None, signed_in(404, family=302)),
    Row("/people/*/lock", "/people/me/lock", None, signed_in(302)),
    Row(
        "/people/*/confirm",
        "/people/{person}/confirm/{right}",
        signed_in(404, family=200),
        signed_in(404, family=302),
    ),
    Row("/people/*/end", "/people/{person}/end/{right}", signed_in(404, family=200), signed_in(404, family=302)),
    Row("/people/*/end", "/people/{player_of_coach}/end/{right}", signed_in(404), signed_in(404)),
    Row("/log", "/log", signed_in(200)),
    Row("/log/download", "/log/download", signed_in(200)),
    Row("/log", "/log?about={person}&who=all", signed_in(404, family=200)),
    Row("/log/ask", "/log/ask/{log_entry}", signed_in(404, family=200), signed_in(404, family=302)),
    Row("/share", "/share", signed_in(302, family=200, other_patient=200)),
    Row("/share/*", "/share/{person}", signed_in(404, family=200), signed_in(404, family=302), RECORD),
    Row("/share/*", "/share/{person}", None, signed_in(404, family=422), {}),
    # A coach knows the player, and hands on no more than the reports that they wrote.
    Row("/share/*", "/share/{player_of_coach}", signed_in(404, author=403), signed_in(404, author=403), RECORD),
    Row("/share/*/sent", "/share/{person}/sent/{record_share}", signed_in(404, family=200)),
    Row(
        "/share/*/stop",
        "/share/{person}/stop/{record_share}",
        signed_in(404, family=200),
        signed_in(404, family=302),
    ),
    Row("/inbox/records", "/inbox/records", signed_in(200)),
    Row("/shared/*", "/shared/{bundle}", signed_in(404, recipient=200)),
    Row("/shared/*/open", "/shared/{bundle}/open", None, signed_in(404, recipient=302)),
    Row("/shared/*/*", "/shared/{bundle}/{bundle_update}", signed_in(404, recipient=200)),
    Row("/r", "/r", everybody(200)),
    Row("/r/code", "/r/code", None, everybody(404), {"code": "2222-2222-2222"}),
    Row("/r/scan", "/r/scan", None, everybody(404), {"secret": "A" * 22}),
    Row("/team", "/team", signed_in(200)),
    Row("/team/name", "/team/name", None, signed_in(302), {"team_name": "New Name", "version": "{version}"}),
    Row("/team/name", "/team/name", None, signed_in(409), {"team_name": "New Name", "version": "00"}),
    Row("/team/add", "/team/add", None, signed_in(302), {"player_name": "Ben Blue", "version": "{version}"}),
    Row("/team/add_several", "/team/add-several", None, signed_in(302), {"players": "Al\nBo", "version": "{version}"}),
    Row(
        "/team/edit",
        "/team/edit/{player}",
        signed_in(404, author=200),
        signed_in(404, author=302),
        {"player_name": "Ben Blue", "phone_1": "+1 555 010 0199", "version": "{player_version}"},
    ),
    Row("/team/edit", "/team/edit/{player}", None, signed_in(404, author=409), {"player_name": "Ben Blue"}),
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
    # An organisation of their own, or a person whom nobody else has, come first.
    Row("/settings/leave", "/settings/leave", signed_in(200), signed_in(422)),
    Row("/settings/leave", "/settings/leave", None, signed_in(302), {"keep": "yes"}),
    Row("/left", "/left", everybody(200)),
    Row("/left/check", "/left/check", everybody(302), everybody(422), {}),
    Row("/left/*", f"/left/{ABSENT}", everybody(404)),
    Row("/left/*/file", f"/left/{ABSENT}/file", everybody(404)),
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
    Row("/admin/answered", f"/admin/answered/{ABSENT}", None, signed_in(404, admin=302)),
    Row("/join", "/join", everybody(200), signed_in(422), {"invitation": "2222-2222-2222-2222"}),
    Row("/join/family", "/join/family", None, signed_in(422), {"invitation": "2222-2222-2222-2222"}),
    Row("/join/staff", "/join/staff", None, signed_in(422), {"invitation": "2222-2222-2222-2222"}),
)
# An administrator sees of every organisation that it is there.
ABOUT_SOMETHING = [row for row in TABLE if "{" in row.address and not row.route.startswith("/admin")]
