"""What the scripts share with the server is said once: in the server's modules, from which base.js has it."""

import json
import re

import pytest

from blockmrs.controllers.report.forms import SEVERAL, SINGLE
from tests.support.access_table import TABLE
from tools.shared import BEGIN, END, SCRIPT, shared, with_shared

SCRIPTS = SCRIPT.parents[1]
SOURCES = {path.relative_to(SCRIPTS).as_posix(): path.read_text(encoding="utf-8") for path in SCRIPTS.rglob("*.js")}
OF_SCRIPTS_ALONE = {
    "field/ask.js": {"AGAIN_MS", "LOAD_MS"},
    "field/field.js": {"EARLY_MS", "IDLE_MS", "WHERE_MS", "OLD_DAYS", "FRESH_S"},
    "page/base.js": {"THEME", "SIGNED_IN"},
    "phone/keep.js": {"PROBE_MS"},
    "phone/outbox.js": {
        *("DATABASE", "STEP_MS", "ASK_MS", "SAVE_MS", "TURN_MS", "CLOCKS_DIFFER_MS", "TOKEN_PAGE"),
        *("ROSTER", "TEAM", "TEAM_FRESH_MS"),
    },
    "phone/writing.js": {"DAY_MS"},
    "phone/waiting.js": {"SESSION_MS"},
    "phone/sw.js": {"OWN_PREFIX", "SOON_MS", "ASK_MS"},
}
"""Constants that nothing on the server goes by."""


def hand_written(name: str) -> str:
    """A script without what the tool writes into it."""
    before, _, rest = SOURCES[name].partition(BEGIN)
    return before + rest.partition(END)[2]


def test_the_scripts_have_what_the_server_goes_by() -> None:
    assert SOURCES["page/base.js"] == with_shared(SOURCES["page/base.js"]), "run tools/shared.py"


@pytest.mark.parametrize(("room", "name"), [(room, name) for room, values in shared().items() for name in values])
def test_another_value_on_the_server_is_another_script(room: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = {key: dict(values) for key, values in shared().items()}
    changed[room][name] = "another"
    monkeypatch.setattr("tools.shared.shared", lambda: changed)
    assert SOURCES["page/base.js"] != with_shared(SOURCES["page/base.js"])


@pytest.mark.parametrize(("room", "name"), [(room, name) for room, values in shared().items() for name in values])
def test_whatever_is_shared_is_used_by_a_script(room: str, name: str) -> None:
    used = rf"shared\.{room}\.{name}\b|\{{[^{{}}]*\b{name}\b[^{{}}]*\}} = shared\.{room}\b"
    assert any(re.search(used, hand_written(script)) for script in SOURCES)


@pytest.mark.parametrize("script", SOURCES)
def test_a_constant_of_a_script_is_shared_or_of_scripts_alone(script: str) -> None:
    written = set(
        re.findall(
            r"\b([A-Z][A-Z_]+) = (?:[0-9][0-9 *]*|\"[^\"]*\"|\[(?:[0-9, ]|\"[^\"]*\")+\])[,;]", hand_written(script)
        )
    )
    assert written == OF_SCRIPTS_ALONE.get(script, set())


@pytest.mark.parametrize("script", SOURCES)
def test_a_script_names_no_field_of_the_report_that_the_server_does_not_know(script: str) -> None:
    named = set(re.findall(r"[\"'=]f?-?(r-[a-z]+(?:-[a-z]+)*)\b", hand_written(script)))
    assert named <= {*SINGLE, *SEVERAL}


@pytest.mark.parametrize("script", SOURCES)
def test_a_script_asks_for_no_address_that_the_server_does_not_have(script: str) -> None:
    addresses = {row.address.partition("?")[0] for row in TABLE}
    for named in re.findall(r"[\"'`](/[a-z][a-z/.]*[a-z])[\"'`?#]", hand_written(script)):
        assert named in addresses, named


def test_what_is_shared_is_what_json_can_say() -> None:
    values = {name: value for room in shared().values() for name, value in room.items()}
    assert len(values) == sum(map(len, shared().values())), "a name stands in one room alone"
    assert json.loads(json.dumps(values)).keys() == values.keys()
