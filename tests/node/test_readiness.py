"""What `/readyz` and the operator's page say of each part, and what is served while the data cannot be used."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from webtest import TestApp

from blockmrs.cli.starting import StartingSite
from blockmrs.errors import BlockMRSError, InvalidInput, StorageUnavailable
from tests.node.test_full_disk import FileSizeLimit, FileSystem, kinds_of_disk
from tests.support.cast import csrf
from tests.support.quick import quick_folder
from tests.support.site import TestSite, build_site
from tests.support.world import PASSWORD


@pytest.fixture
def site() -> Iterator[TestSite]:
    with quick_folder() as folder:
        made = build_site(folder)
        made.services.health.fresh_s = 0.0
        for number in range(12):
            made.services.identity.sign_up(f"somebody{number}", "Some Body", PASSWORD)
        yield made
        made.foundation.database.engine.dispose()


def ready(site: TestSite, status: int) -> dict:
    return site.browser().get("/readyz", status=status).json


def operators_page(site: TestSite) -> str:
    identity = site.services.identity
    browser = site.browser()
    token = identity.set_up(identity.make_setup_token(), "olga", "Olga Operator", PASSWORD, "").token
    browser.set_cookie("blockmrs", token)
    return browser.get("/admin").text


def test_a_node_that_is_well_says_so_of_each_part_and_nothing_else(site: TestSite) -> None:
    said = ready(site, 200)
    assert said == {
        "status": "ok", "database": True, "chain": True, "may_sign": True, "storage": True, "holds": "all",
        "outbox": True, "disk": True, "waiting": 0, "clock": "ok",
    }  # fmt: skip
    assert str(site.settings.data.folder) not in json.dumps(said)


def objects_of(site: TestSite) -> list[Path]:
    return sorted((site.settings.data.folder / "objects").rglob("bafkrei*"))


def test_a_store_that_has_nothing_of_what_it_should_hold_is_named(site: TestSite) -> None:
    page = operators_page(site)
    assert "A sample is there" in page
    for path in objects_of(site):
        path.unlink()
    said = ready(site, 503)
    assert (said["status"], said["storage"], said["holds"]) == ("away", True, "none")


def test_the_operators_page_says_what_readiness_says(site: TestSite, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in objects_of(site):
        path.unlink()
    (site.settings.data.secrets / "sealer.head").rename(site.settings.data.folder / "aside")
    monkeypatch.setattr("blockmrs.services.node.health.has_room", lambda _folder: False)
    said = site.services.health.readiness()
    assert (said.holds, said.may_sign, said.disk) == ("none", False, False)
    (site.settings.data.folder / "aside").rename(site.settings.data.secrets / "sealer.head")
    page = operators_page(site)
    assert "This store is empty, or another one." in page or "Some is missing" in page
    assert "Make room in the data folder." in page


def test_a_store_that_lacks_some_is_named_while_it_is_still_used(site: TestSite) -> None:
    for path in objects_of(site)[::2]:
        path.write_bytes(path.read_bytes()[:-1])
    # Of twelve, eight are looked at: of the six that are spoilt two at least, and of the others too.
    assert len(objects_of(site)) == 12
    said = ready(site, 200)
    assert (said["status"], said["holds"]) == ("degraded", "some")


@pytest.mark.parametrize("which", ["missing", "damaged", "older database"])
def test_a_node_that_may_not_sign_is_not_ready(site: TestSite, which: str) -> None:
    head = site.settings.data.secrets / "sealer.head"
    if which == "missing":
        head.unlink()
    elif which == "damaged":
        head.write_bytes(head.read_bytes()[:-1])
    else:
        _put_snapshot_back(site)
    said = ready(site, 503)
    assert (said["status"], said["may_sign"], said["database"]) == ("away", False, True)
    with pytest.raises(BlockMRSError):
        site.services.identity.sign_up("late", "Late", PASSWORD)


def test_an_outbox_that_does_not_answer_is_no_broken_page(site: TestSite, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> int:
        raise StorageUnavailable("the disk did not answer")

    monkeypatch.setattr(site.foundation.objects, "pending", fails)
    said = ready(site, 503)
    assert (said["outbox"], said["database"]) == (False, True)


def test_who_asks_often_costs_one_look(site: TestSite, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    site.services.health.fresh_s = 3600.0
    ask = site.foundation.objects.health
    monkeypatch.setattr(site.foundation.objects, "health", lambda: looks.append("look") or ask())
    for _ in range(100):
        site.services.health.readiness()
    assert looks == ["look"]


@pytest.fixture(scope="module", params=kinds_of_disk(), ids=lambda kind: kind.__name__)
def disk(request: pytest.FixtureRequest) -> Iterator[FileSystem | FileSizeLimit]:
    with quick_folder() as folder, request.param(folder) as made:
        site = build_site(made.folder)
        site.services.identity.sign_up("early", "Early", PASSWORD)
        site.foundation.close()
        yield made


def starting(disk: FileSystem | FileSizeLimit) -> StartingSite:
    from blockmrs.config.settings import read_settings
    from tests.support.site import CHEAP

    return StartingSite(read_settings({**CHEAP, "blockmrs.data.folder": str(disk.folder)}))


def test_a_full_disk_is_not_ready(disk: FileSystem | FileSizeLimit) -> None:
    site = build_site(disk.folder)
    site.services.health.fresh_s = 0.0
    assert ready(site, 200)["disk"]
    with disk.full(left=0):
        said = ready(site, 503)
        assert (said["status"], said["disk"]) == ("away", False)
    # So small a disk is soon full again, which the store says by itself.
    assert ready(site, 200)["status"] in ("ok", "degraded")
    site.foundation.close()


def test_on_a_full_disk_the_server_starts_with_the_advice_and_becomes_whole(disk: FileSystem | FileSizeLimit) -> None:
    starter = starting(disk)
    browser = TestApp(starter, extra_environ={"HTTP_HOST": "localhost"})
    with disk.full(left=0):
        starter.try_once()
        assert "911" in advice_for_a_sign(browser)
        assert browser.get("/healthz").json == {"status": "ok"}
        assert browser.get("/readyz", status=503).json["status"] == "away"
    assert starter.is_whole or starter.try_once()
    assert browser.get("/readyz").json["status"] in ("ok", "degraded")
    assert browser.get("/login").status_int == 200
    starter.close()


@pytest.fixture
def advice_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[StartingSite, TestApp]]:
    """A site whose data cannot be used, whatever the disk says."""

    def full(*_: object, **__: object) -> None:
        raise StorageUnavailable("the disk could not keep an object: No space left on device")

    monkeypatch.setattr("blockmrs.cli.starting.build_foundation", full)
    starter = StartingSite(build_settings(tmp_path))
    assert not starter.try_once()
    yield starter, TestApp(starter, extra_environ={"HTTP_HOST": "localhost"})
    starter.close()


def build_settings(folder: Path):
    from blockmrs.config.settings import read_settings
    from tests.support.site import CHEAP

    return read_settings({**CHEAP, "blockmrs.data.folder": str(folder / "data")})


@pytest.mark.parametrize("address", ["/", "/record", "/field/reports", "/field/phone", "/login", "/admin", "/nowhere"])
def test_while_the_data_cannot_be_used_each_other_page_says_later_and_leads_to_the_advice(
    advice_alone: tuple[StartingSite, TestApp], address: str
) -> None:
    page = advice_alone[1].get(address, status=503)
    assert "We cannot do this right now" in page.text
    assert 'href="/field"' in page.text
    assert page.headers["Retry-After"]
    assert page.headers["Content-Security-Policy"]


def test_while_the_data_cannot_be_used_a_report_that_is_sent_is_on_the_page_to_be_sent_again(
    advice_alone: tuple[StartingSite, TestApp],
) -> None:
    browser = advice_alone[1]
    page = browser.post("/field/report/save", {"_csrf": csrf_of(browser), "r-note": "Fell & lay still"}, status=503)
    assert "Fell &amp; lay still" in page.text


def test_a_whole_journey_to_advice_needs_no_data(advice_alone: tuple[StartingSite, TestApp]) -> None:
    browser = advice_alone[1]
    assert "/field/" in browser.post("/field/check", {"sign": "none"}).text
    assert "911" in advice_for_a_sign(browser)
    assert browser.get("/about/advice").status_int == 200
    assert browser.get("/sw.js").content_type == "text/javascript"


def test_a_reason_that_does_not_pass_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file stands where the folder should")
    with pytest.raises(InvalidInput, match="the data folder cannot be used"):
        StartingSite(build_settings(tmp_path)).start()


def advice_for_a_sign(browser: TestApp) -> str:
    """The page after a tap on the first danger sign."""
    sign = re.search(r'name="sign" value="([a-z-]+)"', browser.get("/field").text)
    assert sign is not None
    return browser.post("/field/check", {"sign": sign[1]}).text


def csrf_of(browser: TestApp) -> str:
    browser.app, starter = browser.app._app, browser.app
    try:
        return csrf(browser)
    finally:
        browser.app = starter


def _put_snapshot_back(site: TestSite) -> None:
    """The database of some blocks ago stands where the newest was."""
    file = site.settings.data.folder / "blockmrs.db"
    with site.foundation.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    site.foundation.database.engine.dispose()
    copy = file.with_name("snapshot")
    shutil.copy(file, copy)
    for number in range(2):
        site.services.identity.sign_up(f"later{number}", "Later", PASSWORD)
    site.foundation.database.engine.dispose()
    for name in ("blockmrs.db-wal", "blockmrs.db-shm"):
        file.with_name(name).unlink(missing_ok=True)
    copy.replace(file)
