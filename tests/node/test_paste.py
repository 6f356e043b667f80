"""The application as other servers load it: from the .ini file, through PasteDeploy."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from paste.deploy import loadapp
from webtest import TestApp

from blockmrs.cli import main
from blockmrs.errors import Unavailable

ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    """development.ini, with `%(here)s` somewhere else."""
    copy = tmp_path / "development.ini"
    copy.write_text((ROOT / "development.ini").read_text(encoding="utf-8"), encoding="utf-8")
    return copy


def test_the_ini_file_as_it_is_makes_the_application(settings_file: Path) -> None:
    result = CliRunner().invoke(main, ["migrate", "-c", str(settings_file)])
    assert result.exit_code == 0, result.output
    app = TestApp(loadapp(f"config:{settings_file}"), extra_environ={"HTTP_HOST": "localhost"})
    assert app.get("/healthz").json == {"status": "ok"}


def test_a_database_that_is_not_up_to_date_stops_the_start(settings_file: Path) -> None:
    with pytest.raises(Unavailable, match="blockmrs migrate"):
        loadapp(f"config:{settings_file}")


def test_a_name_that_is_not_known_stops_a_command_with_its_name(settings_file: Path) -> None:
    text = settings_file.read_text(encoding="utf-8").replace("kubo_address", "kubo_adress")
    settings_file.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(main, ["migrate", "-c", str(settings_file)])
    assert result.exit_code == 1
    assert "blockmrs.storage.kubo_adress" in result.output


def test_migrating_twice_says_so(settings_file: Path) -> None:
    CliRunner().invoke(main, ["migrate", "-c", str(settings_file)])
    assert "up to date" in CliRunner().invoke(main, ["migrate", "-c", str(settings_file)]).output


def test_the_secrets_are_for_their_owner_alone(settings_file: Path) -> None:
    CliRunner().invoke(main, ["migrate", "-c", str(settings_file)])
    data = settings_file.parent / "data"
    assert (data.stat().st_mode & 0o077, (data / "secrets" / "pepper").stat().st_mode & 0o077) == (0, 0)


def test_a_missing_file_is_named_and_not_traced(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["migrate", "-c", str(tmp_path / "none.ini")])
    assert result.exit_code == 1
    assert "none.ini" in result.output
    assert "Traceback" not in result.output
