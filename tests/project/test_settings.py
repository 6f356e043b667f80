"""Every setting is documented with its default, and nothing unknown passes."""

import re
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import pytest

from blockmrs.config.settings import Settings, load_settings, read_settings
from blockmrs.errors import InvalidInput

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "development.ini").read_text(encoding="utf-8").splitlines()


def documented() -> dict[str, str]:
    pairs = (re.fullmatch(r"(blockmrs\.[a-z_.]+) =\s?(.*)", line) for line in LINES)
    return {pair[1]: pair[2].replace("%(here)s/", "") for pair in pairs if pair}


def defaults() -> dict[str, str]:
    """Every setting's full name and its default, as text."""
    groups = {group.name: getattr(Settings(), group.name) for group in fields(Settings)}
    return {
        f"blockmrs.{name}.{setting.name}": as_text(getattr(group, setting.name))
        for name, group in groups.items()
        for setting in fields(group)
    }


def as_text(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_every_setting_stands_in_development_ini_with_its_default() -> None:
    assert documented() == defaults()


def test_every_setting_is_explained_in_the_line_above_it() -> None:
    unexplained = [line for above, line in pairwise(LINES) if line.startswith("blockmrs.") and above[:2] != "; "]
    assert unexplained == []


def test_development_ini_is_all_defaults_but_for_the_folder() -> None:
    settings = load_settings(ROOT / "development.ini")
    assert settings.data.folder == ROOT / "data"
    assert settings.site == Settings().site


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "/etc/localtime", "x" * 400])
def test_a_time_zone_that_this_machine_does_not_know_stops_the_start(name: str) -> None:
    with pytest.raises(InvalidInput):
        read_settings({"blockmrs.site.time_zone": name})


@pytest.mark.parametrize("name", ["localtime", "Factory", "posixrules", "posix/Europe/Berlin", "right/UTC", "utc/"])
def test_a_time_zone_that_no_browser_knows_stops_the_start(name: str) -> None:
    with pytest.raises(InvalidInput):
        read_settings({"blockmrs.site.time_zone": name})


@pytest.mark.parametrize("name", ["", "UTC", "Europe/Kyiv", "America/Argentina/Buenos_Aires"])
def test_a_time_zone_of_the_iana_database_is_taken(name: str) -> None:
    assert read_settings({"blockmrs.site.time_zone": name}).site.time_zone == name


def test_an_unknown_name_stops_the_start() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_settings({"blockmrs.storage.kubo_adress": "/ip4/127.0.0.1/tcp/5001"})
    assert caught.value.context["name"] == "blockmrs.storage.kubo_adress"


def test_names_of_others_are_passed_over() -> None:
    assert read_settings({"debug": "false", "use": "egg:blockmrs"}) == Settings()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("blockmrs.passwords.at_once", "two"),
        ("blockmrs.passwords.memory_kib", "1"),
        ("blockmrs.site.secure_cookies", "yes"),
        ("blockmrs.site.hosts", ""),
        ("blockmrs.site.crisis_lines", "988"),
        ("blockmrs.policy.safeguarding", "Withhold"),
        ("blockmrs.policy.mental_health", "yes"),
        ("blockmrs.policy.pregnancy", ""),
        ("blockmrs.storage.kind", "s3"),
        ("blockmrs.chain.interval_s", "60"),
        ("blockmrs.sessions.idle_s", "999999"),
    ],
)
def test_a_text_that_is_no_value_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_settings({name: text})
    assert caught.value.context["name"] == name


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"missing\.ini"):
        load_settings(tmp_path / "missing.ini")
