"""Error becomes status: the only such table, and the words that a page says for each status.

The words say what happened and what to do; they never name what was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from blockmrs.errors import (
    N_,
    NOT_HERE,
    AccountCloses,
    BlockMRSError,
    Busy,
    Conflict,
    Ended,
    InvalidInput,
    NotAuthenticated,
    NotAuthorized,
    NotFound,
    ObjectDamaged,
    ObjectMissing,
    TooManyAttempts,
    Unavailable,
    VerificationFailed,
)


class StaleForm(BlockMRSError):
    """A form came with a token that is not this browser's: from an old page, another site, or after a sign-out."""


STATUS_OF: dict[type[BlockMRSError], int] = {
    InvalidInput: 422,
    NotAuthenticated: 401,
    NotAuthorized: 403,
    StaleForm: 403,
    NotFound: 404,
    Ended: 410,
    Conflict: 409,
    TooManyAttempts: 429,
    VerificationFailed: 500,
    Unavailable: 503,
    ObjectMissing: 503,
    ObjectDamaged: 503,
    BlockMRSError: 500,
}
RETRY_AFTER_S = 30
BUSY_RETRY_AFTER_S = 5


@dataclass(frozen=True, slots=True)
class Words:
    """What a page says: what happened, and what to do."""

    happened: str
    do: str


WORDS: dict[int, Words] = {
    400: Words(N_("We could not read that"), N_("Go back, and try again.")),
    401: Words(N_("Sign in to go on"), N_("You were signed out, or you have not signed in yet.")),
    403: Words(N_("You cannot do this"), N_("It is not yours to change. Go back to where you were.")),
    404: Words(N_("There is nothing here"), N_("Check the address, or go to the home page.")),
    405: Words(N_("This page works another way"), N_("Go back, and use the button on the page.")),
    409: Words(N_("Something changed meanwhile"), N_("Go back, load the page again, and try once more.")),
    410: Words(N_("This share has ended"), N_("Ask the person who shared it for a new one.")),
    411: Words(N_("We could not tell how big that was"), N_("Go back, and send it again from the page.")),
    413: Words(N_("That is too big"), N_("Go back, and send less text.")),
    422: Words(N_("Check what you entered"), N_("Go back, and change it.")),
    429: Words(N_("Too many tries"), N_("Wait a little, then try again.")),
    500: Words(N_("Something went wrong here"), N_("Try again. If it happens again, tell us the number below.")),
    503: Words(N_("We cannot do this right now"), N_("Wait a minute, then try again.")),
}
CLOSES = Words(
    N_("Your account is closing"),
    N_("Until then you can read everything. To write, share or stop something, keep the account first, in Settings."),
)
BUSY = Words(N_("Many people are doing this right now"), N_("Wait a few seconds, then try again."))

LOST = Words(
    N_("A part of this is not on this machine"),
    N_("Nobody deleted it for you. Tell whoever runs this site: its storage lacks something that it should hold."),
)
"""What a page says instead if an object should be here and is not: waiting will not bring it back."""


def status_of(error: BlockMRSError) -> int:
    """The HTTP status of `error`: that of the nearest class above it in the table."""
    for error_class in type(error).__mro__:
        if error_class in STATUS_OF:
            return STATUS_OF[error_class]
    return 500


def headers_of(error: BlockMRSError) -> dict[str, str]:
    """Further headers that the answer needs."""
    if isinstance(error, TooManyAttempts):
        return {"Retry-After": str(max(1, error.retry_after_s))}
    if isinstance(error, Busy):
        return {"Retry-After": str(BUSY_RETRY_AFTER_S)}
    if isinstance(error, Unavailable) and not isinstance(error, NOT_HERE):
        return {"Retry-After": str(RETRY_AFTER_S)}
    return {}


def words_for(status: int, error: BlockMRSError | None = None) -> Words:
    """The words for `status`, or for its family, or for a kind of `error` that has its own."""
    if isinstance(error, Busy):
        return BUSY
    if isinstance(error, AccountCloses):
        return CLOSES
    if isinstance(error, NOT_HERE):
        return LOST
    return WORDS.get(status) or WORDS[500 if status >= 500 else 400]
