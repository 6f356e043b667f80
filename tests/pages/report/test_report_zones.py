"""The time zone in which a report is written: the phone's, which it carries along."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.coach import newest, press, signed_in, to_check_page
from tests.support.html import soup


@pytest.fixture
def in_madrid(site, coach):
    """A browser whose script has said where it is."""
    app = signed_in(site, "carol")
    app.set_cookie("blockmrs-zone", "Europe.Madrid")
    return app


def test_a_phone_reckons_in_its_own_zone_and_the_report_keeps_the_offset(site, coach, in_madrid):
    check = to_check_page(in_madrid, "7 Sam Rivers")
    assert re.search(r"Time \(CES?T\)", soup(check).get_text(" "))
    yesterday = soup(check).select("#f-r-day option")[1]["value"]
    saved = press(in_madrid, check, "Save report", 302, r_when="other", r_day=yesterday, r_time="14:02").follow()
    report = newest(site, coach).report
    assert report.injured_at.astimezone(ZoneInfo("Europe/Madrid")).strftime("%Y-%m-%d %H:%M") == f"{yesterday} 14:02"
    offset = report.injured_at.astimezone(ZoneInfo("Europe/Madrid")).utcoffset()
    moments = [report.injured_at, report.written_at, *(sign.at for sign in report.findings)]
    assert [moment.utcoffset() for moment in moments] == [offset] * 3
    assert re.search(r"14:02 CES?T", soup(saved).get_text(" "))


def test_a_report_that_waited_is_read_in_the_zone_in_which_it_was_written(site, coach, in_madrid):
    check = to_check_page(in_madrid, "7 Sam Rivers")
    yesterday = soup(check).select("#f-r-day option")[1]["value"]
    in_madrid.set_cookie("blockmrs-zone", "Asia.Kathmandu")
    press(in_madrid, check, "Save report", 302, r_when="other", r_day=yesterday, r_time="14:02")
    injured_at = newest(site, coach).report.injured_at
    assert injured_at.astimezone(ZoneInfo("Europe/Madrid")).strftime("%H:%M") == "14:02"


@pytest.mark.parametrize("name", ["", "Factory", "Mars.Base", "..-..-etc-passwd", "x" * 200])
def test_a_zone_that_nobody_knows_is_the_sites(site, app, name):
    app.set_cookie("blockmrs-zone", name)
    page = soup(to_check_page(app, "7 Sam Rivers"))
    assert f"Time ({datetime.now().astimezone():%Z}" in page.get_text(" ")
