"""Write what the scripts share with the server into the beginning of `public/js/page/base.js`.

    python tools/shared.py           writes it
    python tools/shared.py --check   only says whether it is right; ends with 1 where it is not

These are the limits, names and words that both sides have to say alike. Each is said once, in the module of the server
that goes by it, and is written into the script that every page loads first.
"""

import json
import sys
import textwrap
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from blockmrs.controllers.field import wire
from blockmrs.controllers.field.journey import (
    LAY_OPEN,
    MINUTES_AGO,
    MOST_KEPT,
    MOST_STEPS,
    OLDEST,
    OWN_FIELDS,
    WAITS_ON_PHONE,
)
from blockmrs.controllers.field.offline import FIRST_SCREEN, LISTS, REPORTS
from blockmrs.controllers.field.own_words import OFFERED, WORDS
from blockmrs.controllers.report.forms import BEGAN, CHIPS, DAYS_BACK, MINUTES, NOT_CALLED, OTHER, UNLISTED, ZONE
from blockmrs.controllers.report.phone import ZONE_PLACE
from blockmrs.controllers.report.report import NEW, SAVE
from blockmrs.controllers.web.drafts import OWN_FIELDS as FORM_FIELDS
from blockmrs.controllers.web.switch import ADDRESS
from blockmrs.controllers.web.wrappers.csrf import FIELD
from blockmrs.domain.triage import answers, conditions, course, engine, pages, portable, routing, rules, umbrellas
from blockmrs.domain.triage.telling import MENTAL_HEALTH
from blockmrs.services.accounts import invitations
from blockmrs.services.lines import saving
from blockmrs.services.sharing import crew_codes

SCRIPT = Path(__file__).parents[1] / "blockmrs" / "public" / "js" / "page" / "base.js"
BEGIN = "// Written by tools/shared.py from the server's own modules: change it there, not here.\n"
END = "// Until here.\n"


def shared() -> dict[str, Mapping[str, Any]]:
    """By room of the scripts, each name with its value, as JSON has it. A name that ends with `_S` is in seconds."""
    return {"engine": _engine(), "routing": _routing(), "field": _field(), "phone": _phone()}


def _engine() -> Mapping[str, Any]:
    return {
        "RULES_FORMAT": portable.FORMAT,
        "SURE": conditions.SURE,
        "NOT_MET": conditions.NOT_MET,
        "AMBULANCE": int(rules.Level.AMBULANCE),
        "HOSPITAL": int(rules.Level.HOSPITAL),
        "LEVELS": [int(level) for level in rules.Level],
        "ALWAYS": rules.ALWAYS,
        "UNKNOWN_AGE": rules.UNKNOWN_AGE,
        "LOOK_AGAIN_FROM": engine.LOOK_AGAIN_FROM,
        "ASKED": course.ASKED,
        "PAIN": course.PAIN,
        "FOUND": course.REASSURING,
        "WORSE": course.WORSE,
        "MOST_PAIN": course.MOST_PAIN,
        "MOST_LOOKS": course.MOST_LOOKS,
        "SIGNS": pages.SIGNS,
        "SIGNS_AGAIN": pages.SIGNS_AGAIN,
        "WHERE": pages.WHERE,
        "WHERE_INNER": pages.WHERE_INNER,
        "SETTLE": pages.SETTLE,
        "AGE": pages.AGE,
        "AGAIN": pages.AGAIN,
        "CHECKS": pages.CHECKS,
        "LOOKED_AGAIN": pages.LOOKED_AGAIN,
        "SAFEGUARDING": pages.SAFEGUARDING,
        "MENTAL_HEALTH": MENTAL_HEALTH,
        "ANSWERS": answers.ANSWERS,
        "UNSURE": answers.UNSURE,
        "SINGLE": wire.SINGLE,
        "PICK": wire.PICK,
        "ANSWER_PREFIX": wire.PREFIX,
        "LOOK_PREFIX": wire.LOOK_PREFIX,
        "WHICH_PREFIX": wire.WHICH_PREFIX,
        "ONE_OR_MORE": umbrellas.ONE_OR_MORE,
        "BETWEEN": umbrellas.BETWEEN,
    }


def _routing() -> Mapping[str, Any]:
    return {
        "WORDS_FORMAT": routing.FORMAT,
        "LONGEST_TEXT": routing.LONGEST_TEXT,
        "MOST_PROPOSED": routing.MOST_PROPOSED,
        "MOST_TOKENS": routing.MOST_TOKENS,
        "LONGEST_TOKEN": routing.LONGEST_TOKEN,
        "SAME": routing.SAME,
        "NEAR": routing.NEAR,
        "PARTICLE_WEIGHT": routing.PARTICLE_WEIGHT,
        "LESS_PER_EDIT": routing.LESS_PER_EDIT,
        "LEAST_SHARE": routing.LEAST_SHARE,
        "EDITS": routing.EDITS,
    }


def _field() -> Mapping[str, Any]:
    return {
        "FIRST_SCREEN": FIRST_SCREEN,
        "LISTS": LISTS,
        "LANGUAGE": ADDRESS,
        "OLDEST_S": _seconds(OLDEST),
        "LAY_OPEN_S": _seconds(LAY_OPEN),
        "MOST_STEPS": MOST_STEPS,
        "MOST_KEPT": MOST_KEPT,
        "MINUTES_AGO": MINUTES_AGO,
        "JOURNEY_FIELDS": sorted(OWN_FIELDS),
        "WORDS_FIELD": WORDS,
        "OFFERED_FIELD": OFFERED,
        "REPORT_PREFIX": wire.REPORT_PREFIX,
        "FOR_RECORD": wire.FOR_RECORD,
        "SCAN_LETTERS": crew_codes.QR_LETTERS,
        "CODE_LETTERS": invitations.CODE_LENGTH,
    }


def _phone() -> Mapping[str, Any]:
    return {
        "REPORTS": REPORTS,
        "NEW": NEW,
        "SAVE": SAVE,
        "WAITS_S": _seconds(WAITS_ON_PHONE),
        "DAYS_BACK": DAYS_BACK,
        "MINUTES": MINUTES,
        "BEGAN": list(BEGAN),
        "NOT_CALLED": NOT_CALLED,
        "ZONE": ZONE,
        "UNLISTED": UNLISTED,
        "ZONE_PLACE": ZONE_PLACE,
        "OTHER": OTHER,
        "SEVERAL": list(CHIPS),
        "DRAFT_BYTES": saving.DRAFT_BYTES,
        "TOKEN_FIELD": FIELD,
        "FORM_FIELDS": sorted(FORM_FIELDS),
    }


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def written() -> str:
    """The beginning of the script, from its first mark to its last."""
    rooms = []
    for room, values in shared().items():
        parts = [f"{name}: {json.dumps(value)}" for name, value in values.items()]
        # No line is broken inside a value.
        joined = ", ".join(part.replace(" ", "\0") for part in parts)
        lines = textwrap.wrap(joined, 116, break_long_words=False, break_on_hyphens=False)
        rooms.append(f"  {room}: {{\n" + "".join(f"    {line}\n" for line in lines).replace("\0", " ") + "  },\n")
    return BEGIN + "var shared = {\n" + "".join(rooms) + "};\n" + END


def with_shared(script: str) -> str:
    """The whole script with what is shared as it has to be."""
    before, _, rest = script.partition(BEGIN)
    return before + written() + rest.partition(END)[2]


def main() -> int:
    there = SCRIPT.read_text(encoding="utf-8")
    wanted = with_shared(there)
    if "--check" in sys.argv:
        if there != wanted:
            print(f"{SCRIPT.name}: what it shares with the server is not up to date; run tools/shared.py")
        return int(there != wanted)
    SCRIPT.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
