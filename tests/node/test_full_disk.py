"""A disk that is full when Save is pressed: the page says what to do, nothing is lost, and nothing is half written."""

import errno
import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from webtest import TestResponse

from tests.support.cast import PLAYER, Cast, csrf, play_in, state_of
from tests.support.quick import quick_folder

NOTE = "Fell <backwards> & lay still"
ANSWERS = {"complaints": "head", "age": "13-15-years", "a.head-vomits": "2"}
CHUNK = 4096


class FileSystem:
    """A file system of its own, of 16 MB, on which a file takes all that is left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> "FileSystem":
        _run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(self.folder))
        return self

    def __exit__(self, *_: object) -> None:
        _run("umount", "--lazy", str(self.folder))

    @contextmanager
    def full(self, left: int) -> Iterator[None]:
        ballast = self.folder / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
                while True:
                    file.write(bytes(CHUNK))
            size = ballast.stat().st_size
            os.truncate(ballast, size - min(size, left))
            yield
        finally:
            ballast.unlink()


class FileSizeLimit:
    """No file of this process grows beyond a few bytes: what a machine offers on which nothing may be mounted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> "FileSizeLimit":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    @contextmanager
    def full(self, left: int) -> Iterator[None]:
        usual = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (left, usual[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=30)


def kinds_of_disk() -> list[type[FileSystem] | type[FileSizeLimit]]:
    try:
        with quick_folder() as folder, FileSystem(folder):
            return [FileSystem, FileSizeLimit]
    except (OSError, subprocess.SubprocessError):
        return [FileSizeLimit]


@pytest.fixture(scope="module", params=kinds_of_disk(), ids=lambda kind: kind.__name__)
def disk(request: pytest.FixtureRequest) -> Iterator[FileSystem | FileSizeLimit]:
    with quick_folder() as folder, request.param(folder) as made:
        yield made


@pytest.fixture(scope="module")
def cast(disk: FileSystem | FileSizeLimit) -> Iterator[Cast]:
    cast = play_in(disk.folder)
    yield cast
    cast.site.foundation.database.engine.dispose()
    cast.site.foundation.in_use.close()


def filled_form(cast: Cast) -> tuple[TestResponse, str]:
    """The page on which the coach checks a report about their player, and the player's number on the roster."""
    browser = cast.usual_browser("author")
    players = cast.site.services.teams.team(cast.actor("author")).players
    chosen = next(entry.player_id for entry in players if entry.name == PLAYER)
    page = browser.post("/field/report/new", {"_csrf": csrf(browser), **ANSWERS, "r-player": chosen})
    return page, chosen


def save_form(page: TestResponse):
    return next(form for form in page.forms.values() if form.action == "/field/report/save")


def everybodys_reports(cast: Cast) -> tuple[list[str], list[str]]:
    reports = cast.site.services.reports
    of_family = reports.page_about(cast.site.services.people.of(cast.actor("family"))[-1])[0]
    return [saved.address for saved in reports.mine(cast.actor("author"))[0]], [saved.address for saved in of_family]


def test_with_no_room_at_all_a_save_is_refused_keeps_the_form_and_succeeds_later(disk, cast) -> None:
    form = save_form(filled_form(cast)[0])
    form["r-note"] = NOTE
    state, before = state_of(cast.site), everybodys_reports(cast)
    with disk.full(left=0):
        page = form.submit(status=503)
    assert "is not saved yet" in page.text
    assert "press Save again" in page.text
    assert int(page.headers["Retry-After"]) > 0
    again = save_form(page)
    assert again["r-note"].value == NOTE
    assert [name for name in form.fields if name != "_csrf" and name not in again.fields] == []
    assert state_of(cast.site) == state
    cast.site.services.evidence.check_everything(lambda *_: None)
    saved = again.submit(status=302).follow()
    assert "Fell &lt;backwards&gt; &amp; lay still" in saved.text
    coachs, familys = everybodys_reports(cast)
    assert (len(coachs), len(familys)) == (len(before[0]) + 1, len(before[1]) + 1)
    cast.site.services.evidence.check_everything(lambda *_: None)


@pytest.mark.parametrize("left", [1, 2, 4, 8, 12, 16, 24, 32])
def test_however_little_room_there_is_a_save_is_done_whole_or_can_be_done_again(disk, cast, left: int) -> None:
    form = save_form(filled_form(cast)[0])
    before = everybodys_reports(cast)
    with disk.full(left=left * CHUNK):
        page = form.submit(expect_errors=True)
    assert page.status_int in (302, 503)
    cast.site.services.evidence.check_everything(lambda *_: None)
    if page.status_int == 503:
        page = save_form(page).submit(status=302)
    assert page.follow().status_int == 200
    coachs, familys = everybodys_reports(cast)
    assert (len(coachs), len(familys)) == (len(before[0]) + 1, len(before[1]) + 1)
    assert coachs[0] == familys[0]
    cast.site.services.evidence.check_everything(lambda *_: None)


def test_with_no_room_advice_and_saved_reports_are_still_there(disk, cast) -> None:
    browser = cast.usual_browser("author")
    with disk.full(left=0):
        assert "Call" in browser.post("/field/check", {"sign": "life-no-breathing"}, expect_errors=True).text
        assert browser.get(f"/field/report/{cast.address}").status_int == 200
