"""Times as people read them: "14:02", "today", "3 May 2025"; with their zone if they are evidence.

A page speaks one zone and names it: that of the phone, which a script says in a cookie (public/js/page/app.js), or
else the setting's, or the machine's. The cookie holds the zone's name, with "." for "/", and nothing about anybody.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from typing import cast
from zoneinfo import ZoneInfo

import tg
from tg.i18n import ugettext

from blockmrs.controllers.site.dates import MONTHS, day_words
from blockmrs.controllers.site.site import Site
from blockmrs.errors import N_
from blockmrs.moments import zone_named

_ENVIRON_KEY = "blockmrs.zone"


def zone() -> tzinfo | None:
    """The zone of this request's answer; None is the machine's own."""
    environ = tg.request.environ
    if _ENVIRON_KEY not in environ:
        site = cast(Site, tg.config["blockmrs.site"])
        cookie = tg.request.cookies.get(site.zone_cookie_name, "")
        environ[_ENVIRON_KEY] = zone_named(cookie.replace(".", "/")) or site.zone
    return cast("tzinfo | None", environ[_ENVIRON_KEY])


def zone_key() -> str:
    """The name by which a form says in which zone its times are; empty for the machine's own."""
    here = zone()
    return here.key if isinstance(here, ZoneInfo) else ""


def reckon_in(key: str) -> None:
    """Let this request's times be those of the zone that `zone_key` called so; another text changes nothing."""
    named = zone_named(key)
    if named is not None:
        tg.request.environ[_ENVIRON_KEY] = named


def local(moment: datetime) -> datetime:
    """The same moment in the zone of this answer."""
    return moment.astimezone(zone())


def at_clock(day: date, clock: time) -> datetime:
    """That time of that day in this answer's zone, as UTC; the first of two if the clocks are put back."""
    return all_at_clock(day, clock)[0]


def all_at_clock(day: date, clock: time) -> list[datetime]:
    """When the clocks showed that time on that day, as UTC: once, or twice in the hour that comes twice."""
    here = zone()
    # If there is no zone, the machine's counts, which `astimezone` uses.
    first, second = (datetime.combine(day, clock.replace(fold=fold), here).astimezone(UTC) for fold in (0, 1))
    # In the hour that is skipped in spring, the second reading is the earlier one, and nobody means it.
    return [first, second] if first < second else [first]


def last_at_clock(day: date, clock: time, now: datetime) -> datetime:
    """When the clocks last showed that time on that day, up to `now`: in the hour that comes twice, the second too."""
    moments = all_at_clock(day, clock)
    return max((moment for moment in moments if moment <= now), default=moments[0])


def zone_name(moment: datetime) -> str:
    """The zone's short name at that moment, such as "UTC" or "EST"."""
    return local(moment).tzname() or "UTC"


def clock_time(moment: datetime) -> str:
    """Hours and minutes, such as "14:02"."""
    return f"{local(moment):%H:%M}"


def day(moment: datetime) -> str:
    """The day in words, such as "3 May 2025"."""
    here = local(moment)
    return day_words(here.date())


def day_of(iso: str) -> str:
    """The day given by `iso` (2012-03-27) in words; empty if there is none."""
    try:
        return day_words(date.fromisoformat(iso))
    except ValueError:
        return ""


def rules_version(text: str) -> str:
    """The version of the rules that a report keeps, such as "2 (2026-11-22)", with its day in words."""
    version, _bracket, day_iso = text.rstrip(")").partition(" (")
    words = day_of(day_iso)
    return f"{version}, {words}" if words else text


def near_day(day_of: date, today: date) -> str:
    """A day without its year, such as "3 May"; today and yesterday are called so, too."""
    words = str(ugettext("%(day)d %(month)s") % {"day": day_of.day, "month": ugettext(MONTHS[day_of.month - 1])})
    nearby = {0: N_("Today, %(day)s"), 1: N_("Yesterday, %(day)s")}
    days_ago = (today - day_of).days
    return str(ugettext(nearby[days_ago]) % {"day": words}) if days_ago in nearby else words


def calendar(day_of: date) -> str:
    """A day without a time, in words, such as "3 May 2025"."""
    return day_words(day_of)


def full(moment: datetime) -> str:
    """Day, time and zone: how a report says when."""
    return f"{day(moment)}, {clock_time(moment)} {zone_name(moment)}"


def brief(moment: datetime) -> str:
    """Day and time without the zone, for lists."""
    return f"{day(moment)}, {clock_time(moment)}"


def near(moment: datetime, now: datetime) -> str:
    """Only the time if it is today's, else with its day."""
    return clock_time(moment) if local(moment).date() == local(now).date() else brief(moment)
