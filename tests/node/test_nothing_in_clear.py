"""After the whole story: what a thief of the disk, the log or a backup could read."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from webtest import TestApp

from blockmrs.config.assembly import build_backup
from blockmrs.crypto.keys import Keyring
from blockmrs.domain.triage.loader import load_rules
from blockmrs.services.demo import Demo, make_demo
from blockmrs.services.lines import contents
from tests.support.at_least import at_least
from tests.support.coach import advice, press
from tests.support.heads import form_fields
from tests.support.people import send
from tests.support.site import TestSite, build_site

PASSPHRASE = "six candles under the stairs"
PEOPLE = ("Ana Torres", "Maria Rivers", "Joy Okafor", "Sam Rivers", "Jonah Okafor", "Ada Lind", "Noor Haddad")
SURNAMES = ("Torres", "Rivers", "Okafor", "Haddad")
NOTE = "Slid under the goalpost, left ankle looks bent"
PLAN_WORDS = ("School Lane", "off Mill Road", "Clubhouse", "Pat Ferri", "Over the bridge", "River Walk", "boat house")
TOLD = ("Penicillin", "Bee stings", "2012-05-17", "2011-09-02", "sickle-cell", "Brazil nuts", "1984-02-29", "the soup")
NOTE_WORDS = ("goalpost", "left ankle", "looks bent")
IN_THE_BOX = "Fell off the swing at Brook Meadow"
BOX_WORDS = ("Brook Meadow", "off the swing")
CONDITION = "Only with a padded helmet, and Ferri watching"
REPLY, NUMBER = "Ask for Sister Okonkwo", "+1 202 555 0147"
AFTER_WORDS = (
    "Okonkwo",
    "555 0147",
    "5550147",
    "please-call",
    "padded helmet",
    "Ferri watching",
    "check-dizzy",
    "symptom-check",
    "full play",
)
WORDS = ("Clash of heads", "outstretched hand", "Threw up", "head-vomits", "ambulance", "North Field")


@dataclass
class Story:
    """A site on which the story was played, what was logged meanwhile, and every secret that came up."""

    site: TestSite
    demo: Demo
    logged: str
    secrets: dict[str, bytes] = field(default_factory=dict)


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    listener, root = _Listener(), logging.getLogger()
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        with pytest.MonkeyPatch.context() as patch:
            # So that what stands on a line is remembered at once, as it is after twenty entries.
            patch.setattr(contents, "_WORTH_KEEPING", 1)
            site = build_site(tmp_path_factory.mktemp("story"))
            demo = make_demo(site.services)
            secrets = _play(site, demo)
    finally:
        root.removeHandler(listener)
        root.setLevel(level)
    yield Story(site, demo, "\n".join(listener.lines), secrets)
    site.foundation.database.engine.dispose()


def _play(site: TestSite, demo: Demo) -> dict[str, bytes]:
    """Every part of the story over HTTP, failures too; returns all the secrets that it met."""
    secrets: dict[str, bytes] = {}
    for account in demo.accounts:
        secrets[f"password of {account.user_name}"] = account.password.encode()
        secrets[f"recovery code of {account.user_name}"] = account.recovery_code.encode()
        secrets[f"user name {account.user_name}"] = account.user_name.encode()
        token = site.services.identity.sign_in(account.user_name, account.password, "test")
        actor = site.services.identity.actor_for(token)
        assert actor is not None
        secrets[f"cookie of {account.user_name}"] = token.encode()
        secrets |= _keys(account.user_name, actor.keyring)
        held = [*site.services.teams.acting_for(actor), *site.services.organisations.memberships(actor)]
        if account.role == "coach":
            held += [site.services.teams.holding(player) for player in site.services.teams.team(actor).players]
        for other in held:
            secrets |= _keys(other.label, other.keyring) | {f"seed of {other.label}": other.seed}
        browser = site.browser()
        browser.set_cookie("blockmrs", token)
        for path in (
            "/",
            "/record",
            "/record/facts",
            "/log",
            "/inbox",
            f"/inbox/{demo.report}",
            f"/field/report/{demo.report}",
        ):
            browser.get(path, expect_errors=True)
        if account.role == "coach":
            _write_report(browser)
            _tell_facts(browser)
            _check_symptoms(browser, demo.report)
        if account.role == "clinician":
            form = browser.get(f"/inbox/{demo.report}").forms
            opening = next((entry for entry in form.values() if entry.action.endswith("/open")), None)
            if opening is not None:
                assert "Clash of heads" in opening.submit().follow().text
                _clear(browser, demo.report)
                _reply(browser, demo.report)
    no_sign = [(f"a.{sign.id}", "no") for sign in load_rules().signs]
    for told in (IN_THE_BOX, IN_THE_BOX + "\x00", IN_THE_BOX * 20):
        site.browser().post("/field/words", [*no_sign, ("words", told)], status="*")
    secrets["typed code"] = demo.typed_code.encode()
    secrets["typed code without dashes"] = demo.typed_code.replace("-", "").encode()
    crew = site.browser().get("/r").forms[1]
    crew["code"] = demo.typed_code
    assert "Clash of heads" in crew.submit().text
    wrong = site.browser().get("/r").forms[1]
    wrong["code"] = demo.typed_code[:-1] + "2"
    wrong.submit(expect_errors=True)
    return secrets


def _keys(whose: str, keyring: Keyring) -> dict[str, bytes]:
    names = ("signing_seed", "sealing_seed", "own_line", "doorbell_line", "lines_secret", "rows_secret")
    return {f"{name} of {whose}": getattr(keyring, name) for name in names}


def _write_report(browser: TestApp) -> None:
    """A whole report as a coach's phone sends it: a danger sign, who is hurt, a note, and Save."""
    who = press(browser, advice(browser), "Who is hurt?")
    saved = press(browser, press(browser, who, "7 Sam Rivers"), "Save report", 302, r_note=NOTE).follow()
    assert NOTE in saved.text


def _check_symptoms(browser: TestApp, report: str) -> None:
    """A symptom check, with one try that is refused."""
    page = f"/field/report/{report}/check"
    assert send(browser, page, list(form_fields(check_dizzy="").items())).status_int == 422
    assert "Saved" in send(browser, page, list(form_fields(check_dizzy="a-lot").items())).follow().text


def _clear(browser: TestApp, report: str) -> None:
    """A clearance with a condition, with one try that is refused."""
    page = f"/inbox/{report}/clearance"
    today = browser.get(page).html.find("input", {"name": "seen"})["value"]
    fields = {"stage": "full play", "seen": today, "conditions": CONDITION, "clearance-draft": "ab" * 16, "sign": "yes"}
    assert send(browser, page, list((fields | {"stage": ""}).items())).status_int == 422
    assert CONDITION in send(browser, page, list(fields.items())).follow().text


def _reply(browser: TestApp, report: str) -> None:
    """A reply with a number, with one try that is refused."""
    page = f"/inbox/{report}/reply"
    fields = {"wish": "please-call", "phone": NUMBER, "line": REPLY, "reply-draft": "ad" * 16}
    assert send(browser, page, list((fields | {"phone": f"{NUMBER} or so"}).items())).status_int == 422
    assert REPLY in send(browser, page, list(fields.items())).follow().text


def _tell_facts(browser: TestApp) -> None:
    """Facts of one's own, with one try that is refused."""
    page = browser.get("/record/facts")
    page = press(browser, page, "Save", 422, allergies="Brazil nuts", birth="30", birth_month="2", birth_year="1984")
    saved = press(browser, page, "Save", 302, birth="29").follow()
    assert "Brazil nuts" in saved.text
    signs = press(browser, browser.get("/record/ill"), "Go on", 200)
    check = press(browser, press(browser, signs, "Choking", 200), "Save to my record", 200)
    report = press(browser, check, "Save to my record", 302, r_note="Shaky since the soup", r_when="60").follow()
    assert "Shaky since the soup" in report.text
    assert "Brazil nuts" in report.text


def _readable(story: Story) -> dict[str, bytes]:
    """Every file of the installation but the secrets' own folder, and the log."""
    folder = story.site.settings.data.folder
    found = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and story.site.settings.data.secrets not in path.parents
    }
    assert any(name.startswith("objects") for name in found)
    assert any(name.endswith(".db") for name in found)
    return found | {"the log": story.logged.encode()}


def _needles(story: Story) -> dict[str, bytes]:
    plain = {f"name {name}": name.encode() for name in PEOPLE}
    plain |= {f"surname {name}": name.encode() for name in SURNAMES}
    said = (*WORDS, *NOTE_WORDS, *PLAN_WORDS, *TOLD, *BOX_WORDS, *AFTER_WORDS)
    plain |= {f"words {words}": words.encode() for words in said}
    for name, secret in story.secrets.items():
        plain[name] = secret
        plain[f"{name} in hexadecimal"] = secret.hex().encode()
    return plain


def test_no_name_symptom_password_key_or_code_lies_in_clear(story: Story) -> None:
    with at_least(10000) as case:
        for place, content in _readable(story).items():
            for what, needle in _needles(story).items():
                with case(f"{what} in {place}"):
                    assert needle not in content, f"{what} stands in {place}"


def test_the_search_finds_what_is_there(story: Story) -> None:
    readable = _readable(story)
    assert any(b"North Hospital" in content for content in readable.values())


def test_a_backup_holds_no_key_name_symptom_password_or_code(story: Story, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    build_backup(story.site.settings, story.site.foundation).write(target, PASSPHRASE, lambda *_: None)
    content = target.read_bytes()
    for what, needle in (_needles(story) | _keys_of_the_node(story)).items():
        assert needle not in content, f"{what} stands in a backup"


def test_the_search_finds_the_keys_of_the_node_in_a_backup_that_is_not_sealed(story: Story, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    build_backup(story.site.settings, story.site.foundation).write(target, None, lambda *_: None)
    content = target.read_bytes()
    assert {what for what, needle in _keys_of_the_node(story).items() if needle in content} == {"pepper", "sealer.key"}


def _keys_of_the_node(story: Story) -> dict[str, bytes]:
    """The secret files that a backup carries, as they are and in hexadecimal."""
    keys = {name: (story.site.settings.data.secrets / name).read_bytes() for name in ("pepper", "sealer.key")}
    assert all(len(key) == 32 for key in keys.values())
    return keys | {f"{name} in hexadecimal": key.hex().encode() for name, key in keys.items()}


def test_no_row_joins_a_patient_with_a_recipient(story: Story) -> None:
    services, engine = story.site.services, story.site.foundation.database.engine
    patients: dict[str, set[bytes]] = {"patient": set(), "recipient": set()}
    for account in story.demo.accounts:
        actor = services.identity.actor_for(services.identity.sign_in(account.user_name, account.password, "test"))
        assert actor is not None
        ids = {actor.account_id, actor.keyring.card.id}
        if account.role == "clinician":
            patients["recipient"] |= ids
            patients["recipient"] |= {held.keyring.card.id for held in services.organisations.memberships(actor)}
        else:
            patients["patient"] |= ids
            patients["patient"] |= {held.keyring.card.id for held in services.teams.acting_for(actor)}
            patients["patient"] |= {player.card_id for player in services.teams.team(actor).players}
    rows = 0
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                rows += 1
                content = b"\x00".join(_bytes(value) for value in row)
                named = {who for who, ids in patients.items() if any(_stands(entry, content) for entry in ids)}
                assert len(named) < 2, f"a row of {table} joins a patient with a recipient"
    assert rows > 50


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _stands(entry: bytes, content: bytes) -> bool:
    return entry in content or entry.hex().encode() in content
