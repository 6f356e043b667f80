"""The pages whose forms are tried with wrong input: who opens each, where, and after sending what."""

from blockmrs.domain.triage.loader import load_rules
from tests.support.cast import NOBODY
from tests.support.world import PASSWORD

ANSWERS = {"complaints": "head", "age": "13-15-years", "a.head-vomits": "2"}
NO_SIGN = {f"a.{sign.id}": "no" for sign in load_rules().signs}
TO_THE_FAMILY = ANSWERS | {"a.story-does-not-fit": "yes", "r-player": "other", "r-name": "Ann Example",
                           "r-policies": "safeguarding"}  # fmt: skip
RECORD = {"organisation": "{organisation}", "what": "everything", "purpose": "care", "how_long": "30"}
PAGES: dict[str, tuple[str, str, dict[str, str] | None]] = {
    "signs": (NOBODY, "/field", None),
    "what is new at home": ("family", "/", None),
    "home after a stop": ("family", "/?after={stopped}", None),
    "a question": (NOBODY, "/field/check", {"sign": "none"}),
    "advice": (NOBODY, "/field/ask", ANSWERS),
    "their words": (NOBODY, "/field/words", NO_SIGN | {"words": "hit head"}),
    "the crew's page": (NOBODY, "/field/show", ANSWERS),
    "who is hurt": ("author", "/field/report/new", ANSWERS),
    "check the report": ("author", "/field/report/new", ANSWERS | {"r-player": "other", "r-name": "Ann Example"}),
    "to the family now": ("author", "/field/report/save", TO_THE_FAMILY),
    "report": ("author", "/field/report/{report}", None),
    "share": ("author", "/field/report/{report}/share", None),
    "stop the share": ("author", "/field/report/{stop}", None),
    "stop the code": ("author", "/field/report/{report}/stop-code", None),
    "release": ("author", "/field/report/{withheld}/release", None),
    "symptom check": ("author", "/field/report/{report}/check", None),
    "clearance": ("recipient", "/inbox/{opened}/clearance", None),
    "sign the clearance": ("recipient", "/inbox/{opened}/clearance", {"stage": "full play", "seen": "{today}"}),
    "withdraw the clearance": ("recipient", "/inbox/{opened}/clearance/withdraw/{statement}", None),
    "reply": ("recipient", "/inbox/{opened}/reply", None),
    "take back the reply": ("recipient", "/inbox/{opened}/reply/withdraw/{reply}", None),
    "team": ("author", "/team", None),
    "a player": ("author", "/team/edit/{player}", None),
    "remove": ("author", "/team/remove/{player}", None),
    "plan": ("author", "/team/plan/edit/{venue}", None),
    "place": ("author", "/team/plan/add", None),
    "places": ("author", "/team/plan", None),
    "remove the place": ("author", "/team/plan/remove/{venue}", None),
    "facts": ("author", "/record/facts", None),
    "ill": ("family", "/record/ill/{told}", None),
    "check at home": ("author", "/field/report/new", ANSWERS | {"r-for": "me", "r-said": "allergies"}),
    "facts of a child": ("family", "/record/facts/{person}", None),
    "what goes along": ("family", "/record/facts/crew/{person}", None),
    "from now on": ("family", "/record/from-now-on/{person}", None),
    "from now on, asked again": (
        "family",
        "/record/from-now-on/{person}",
        {"organisation": "{other}", "choices": "facts", "purpose": "care", "how_long": "30"},
    ),
    "see from now on": ("family", "/record/from-now-on/{person}/see/{waits}", None),
    "end from now on": ("family", "/record/from-now-on/{person}/end/{standing}", None),
    "facts from now on": ("recipient", "/inbox/record/{record}/facts/{given_facts}", None),
    "settings": ("author", "/settings", None),
    "password": ("author", "/settings/password", None),
    "recovery": ("author", "/settings/recovery", None),
    "leaving": ("stranger", "/settings/leave", None),
    "a receipt": (NOBODY, "/left", None),
    "recovery code": ("other_coach", "/settings/recovery", {"password": PASSWORD}),
    "inbox": ("recipient", "/inbox/{report}", None),
    "organisation": ("recipient", "/organisation", None),
    "members": ("recipient", "/organisation/{organisation}", None),
    "end a membership": ("recipient", "/organisation/{organisation}/end/{member}", None),
    "a sender": ("recipient", "/inbox/sender/{sender}", None),
    "an unknown sender": ("recipient", "/inbox/sender/{unknown}", None),
    "block a sender": ("recipient", "/inbox/sender/{sender}/block", None),
    "blocked senders": ("recipient", "/inbox/sender/{blocked}", None),
    "who may see": ("family", "/people/{waiting_for}", None),
    "what is new there": ("author", "/people/{news}", None),
    "say yes": ("family", "/people/{person}/confirm/{right}", None),
    "end a part": ("family", "/people/{person}/end/{right}", None),
    "share a record": ("family", "/share/{person}", None),
    "kinds of a record": ("family", "/share/{person}", RECORD | {"what": "kinds"}),
    "entries of a record": ("family", "/share/{person}", RECORD | {"what": "chosen"}),
    "what they will see": ("family", "/share/{person}", RECORD),
    "stop sharing a record": ("family", "/share/{person}/stop/{record_share}", None),
    "a shared record": ("recipient", "/shared/{unopened}", None),
    "join": ("stranger", "/join", None),
    "join staff": ("stranger", "/join", {"invitation": "{staff}"}),
    "join family": ("stranger", "/join", {"invitation": "{family}"}),
    "login": (NOBODY, "/login", None),
    "signup": (NOBODY, "/signup", None),
    "recover": (NOBODY, "/recover", None),
    "crew": (NOBODY, "/r", None),
    "is this right": ("family", "/log/ask/{log_entry}", None),
    "admin": ("admin", "/admin", None),
    "members, for the operator": ("admin", "/admin/organisation/{organisation}", None),
    "end a membership, for the operator": ("admin", "/admin/organisation/{organisation}/end/{member}", None),
}
# What there is to try on a page: on these, nothing of a kind. A page that gains some, or loses it, is noticed.
WITHOUT_FIELDS = frozenset(
    {"what is new at home", "home after a stop", "report", "stop the share", "stop the code", "release", "places",
     "settings", "inbox",
     "organisation", "end a membership", "a sender", "an unknown sender", "block a sender", "blocked senders",
     "see from now on", "end from now on", "stop sharing a record", "a shared record",
     "facts from now on", "who may see", "what is new there", "say yes", "end a part", "is this right",
     "end a membership, for the operator"}
)  # fmt: skip
WITHOUT_TOKEN = frozenset(
    {"a receipt", "signs", "a question", "advice", "their words", "the crew's page", "who is hurt"}
)
ONLY_ENDS_THE_SESSION = frozenset({"settings", "a sender"})
