"""`blockmrs admin`: the operator's first steps in a terminal."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from blockmrs.cli import main
from tests.support.people import PASSWORD
from tests.support.site import CHEAP, build_site


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    file = tmp_path / "test.ini"
    settings = {**CHEAP, "blockmrs.data.folder": str(tmp_path / "data")}
    file.write_text("[app:main]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items()))
    return file


def run(ini: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["admin", arguments[0], "-c", str(ini), *arguments[1:]])


def test_adding_an_organisation_prints_a_code_that_invites(ini: Path, tmp_path: Path) -> None:
    result = run(ini, "add-organisation", "North Hospital", "--place", "North Town", "--json")
    assert result.exit_code == 0
    made = json.loads(result.output)
    site = build_site(tmp_path / "data")
    assert site.services.joining.read(made["invitation"], "").organisation == "North Hospital"
    assert [o.place for o in site.services.organisations.directory()] == ["North Town"]


def test_the_code_is_printed_for_people_too(ini: Path) -> None:
    output = run(ini, "add-organisation", "North Hospital").output
    assert "North Hospital is in the directory" in output
    assert any(len(line.strip()) == 19 and line.count("-") == 3 for line in output.splitlines())


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "a\nb"])
def test_a_bad_name_ends_with_its_reason_and_adds_nothing(ini: Path, name: str) -> None:
    result = run(ini, "add-organisation", name)
    assert result.exit_code == 1
    assert "Enter a name of 1 to 80 characters" in result.output
    assert json.loads(run(ini, "list-organisations", "--json").output) == []


def test_an_organisation_that_somebody_joined_is_not_added_again(ini: Path, tmp_path: Path) -> None:
    code = json.loads(run(ini, "add-organisation", "North Hospital", "--json").output)["invitation"]
    site = build_site(tmp_path / "data")
    actor = site.services.identity.actor_for(site.services.identity.sign_up("lee", "Dr Lee", PASSWORD).token)
    assert actor is not None
    site.services.organisations.accept(actor, code, "")
    result = run(ini, "add-organisation", "North Hospital")
    assert result.exit_code == 1
    assert "There is an organisation with this name already" in result.output
    assert run(ini, "list-organisations").output == "North Hospital: Dr Lee\n"


def test_an_empty_directory_says_how_to_fill_it(ini: Path) -> None:
    assert "add-organisation" in run(ini, "list-organisations").output


def test_a_set_up_token_makes_the_first_administrator_and_then_there_is_none(ini: Path, tmp_path: Path) -> None:
    token = json.loads(run(ini, "setup-token", "--json").output)["token"]
    site = build_site(tmp_path / "data")
    site.services.identity.set_up(token, "olga", "Olga Operator", PASSWORD, "")
    result = run(ini, "setup-token")
    assert result.exit_code == 1
    assert "set-up is closed" in result.output


def test_a_settings_file_that_is_missing_ends_with_its_reason(tmp_path: Path) -> None:
    result = run(tmp_path / "none.ini", "list-organisations")
    assert result.exit_code == 1
    assert "settings file" in result.output


@pytest.fixture
def staffed(ini: Path, tmp_path: Path):
    """A hospital with two members; returns its services and them."""
    code = json.loads(run(ini, "add-organisation", "North Hospital", "--json").output)["invitation"]
    site = build_site(tmp_path / "data")
    chief, lee = (
        site.services.identity.actor_for(site.services.identity.sign_up(name, shown, PASSWORD).token)
        for name, shown in (("chief", "Dr Chief"), ("lee", "Dr Lee"))
    )
    hospital = site.services.organisations.accept(chief, code, "")
    site.services.organisations.accept(lee, site.services.organisations.invite(chief, hospital.card_id), "")
    yield site, hospital, chief, lee
    site.foundation.database.engine.dispose()


def test_the_operator_lists_members_and_ends_even_the_last_membership(ini: Path, staffed) -> None:
    site, _, chief, lee = staffed
    listed = run(ini, "list-members", "North Hospital").output.splitlines()
    assert listed[0].endswith(", manages members")
    refused = CliRunner().invoke(
        main, ["admin", "end-membership", "-c", str(ini), "North Hospital", "Dr Lee"], input="n\n"
    )
    assert refused.exit_code == 1
    assert site.services.organisations.memberships(lee)
    for actor, name in ((lee, "Dr Lee"), (chief, listed[0].split()[0])):
        result = run(ini, "end-membership", "North Hospital", name, "--yes")
        assert (result.exit_code, "still counts" in result.output) == (0, True)
        assert site.services.organisations.memberships(actor) == []
    members = json.loads(run(ini, "list-members", "North Hospital", "--json").output)
    assert [member["until"] is None for member in members] == [False, False]


def test_the_operator_says_who_manages_members(ini: Path, staffed) -> None:
    site, hospital, _, lee = staffed
    for more, manages in (([], True), (["--no-longer"], False)):
        assert run(ini, "set-manager", "North Hospital", "Dr Lee", *more).exit_code == 0
        assert site.services.organisations.staff.manages(lee, hospital.card_id) is manages


@pytest.mark.parametrize(
    "arguments", [("South Hospital", "Dr Lee"), ("North Hospital", "Dr Who"), ("North Hospital", "")]
)
def test_who_is_not_found_ends_with_a_sentence(ini: Path, staffed, arguments) -> None:
    result = run(ini, "end-membership", *arguments, "--yes")
    assert result.exit_code == 1
    assert "see list-" in result.output
