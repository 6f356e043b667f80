"""Moments as the protocol and the database write them: whole milliseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta

from blockmrs.errors import InvalidInput

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FIRST_MS = (datetime.min.replace(tzinfo=UTC) - EPOCH) // _MILLISECOND
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
