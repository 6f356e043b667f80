"""`blockmrs demo`: what it makes can be used at once, beside a server, by everybody whom it names."""

import json
from pathlib import Path

from click.testing import CliRunner

from blockmrs.cli import main
from blockmrs.services.demo import make_demo
from tests.support.people import sign_in
from tests.support.site import CHEAP, build_site


def demo(folder: Path, *options: str) -> str:
    """What the command prints about a fresh installation in `folder`."""
    lines = ["[app:main]", "use = egg:blockmrs", f"blockmrs.data.folder = {folder}"]
    lines += [f"{name} = {value}" for name, value in CHEAP.items()]
    config = folder.parent / "settings.ini"
    config.write_text("\n".join(lines))
    result = CliRunner().invoke(main, ["demo", "-c", str(config), *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_running_server_knows_everybody_of_the_demonstration_at_once_and_its_administrator(tmp_path: Path) -> None:
    site = build_site(tmp_path / "data")
    accounts = {account["role"]: account for account in json.loads(demo(tmp_path / "data", "--json"))["accounts"]}
    for role, page, status in (("administrator", "/admin", 200), ("coach", "/admin", 404), ("coach", "/team", 200)):
        browser = site.browser()
        sign_in(browser, accounts[role]["user_name"], accounts[role]["password"])
        browser.get(page, status=status)
    site.browser().get("/setup", status=410)


def test_the_demonstration_says_where_each_of_its_pages_is(tmp_path: Path) -> None:
    printed = demo(tmp_path / "data")
    rows = [line.split() for line in printed.splitlines() if line.startswith("  /")]
    assert [row[0].partition("/report/")[0] for row in rows] == [
        "/field", "/login", "/field", "/inbox", "/people", "/admin", "/r",
    ]  # fmt: skip


def test_an_installation_that_has_an_administrator_gets_no_second_one(tmp_path: Path) -> None:
    site = build_site(tmp_path / "data")
    site.services.identity.set_up(
        site.services.identity.make_setup_token(), "kim", "Kim", "amber-anchor-apron-2", "test"
    )
    assert "administrator" not in {account.role for account in make_demo(site.services).accounts}
