"""Moments as the protocol and the database write them, whole milliseconds since 1970, UTC; and zones by their names."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from blockmrs.errors import InvalidInput

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FIRST_MS = (datetime.min.replace(tzinfo=UTC) - EPOCH) // _MILLISECOND
# Machines also have zone files that no browser knows.
_NO_ZONES = frozenset({"Factory", "localtime"})
_LAST_MS = (datetime.max.replace(tzinfo=UTC) - EPOCH) // _MILLISECOND


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware time, rounded down; InvalidInput for a time without a zone."""
    if moment.tzinfo is None:
        raise InvalidInput("a time without a zone")
    return (moment - EPOCH) // _MILLISECOND


def from_ms(value: object) -> datetime:
    """The UTC time of `value` milliseconds since 1970; InvalidInput for what is no time of the years 1 to 9999."""
    if isinstance(value, bool) or not isinstance(value, int) or not _FIRST_MS <= value <= _LAST_MS:
        raise InvalidInput("not a time")
    return EPOCH + value * _MILLISECOND


def zone_named(name: str) -> ZoneInfo | None:
    """The zone that the IANA database calls so, as far as this machine and a browser know it; None for other names."""
    try:
        return ZoneInfo(name) if name in _zones() else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_ZONES)
