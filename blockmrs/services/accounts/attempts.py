"""Who may still try a password or a recovery code.

Three counts, each of failures and of tries under way:

- one client (an address, or an IPv6 /64) together with one account: ten in a quarter of an hour;
- one client: a hundred in a quarter of an hour, whichever account they were for;
- one account's password: a hundred in an hour, whoever tried, against guessing from many places. A recovery code has
  128 random bits, which nobody can guess; it has no such limit, and so remains a way in.

A browser in which the account signed in before has its own ten, and none of the other limits: no stranger can lock it
out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from blockmrs.errors import InvalidInput, NotAuthenticated, TooManyAttempts

if TYPE_CHECKING:
    from blockmrs.services.accounts.throttle import Throttle

WINDOW = timedelta(minutes=15)
TRIES = 10
CLIENT_TRIES = 100
BRAKE_WINDOW = timedelta(hours=1)
BRAKE_TRIES = 100
# What might be guessed, and so has that limit.
BRAKED = frozenset({"password", "reopen"})


class Attempts:
    """Allows a try, and counts it."""

    def __init__(self, throttle: Throttle) -> None:
        self._throttle = throttle

    @contextmanager
    def one(self, which: str, account: str, *, address: str, known: str = "") -> Iterator[None]:
        """Around one try of `which` ("password", "recovery", "reopen") for `account`.

        NotAuthenticated and InvalidInput from within mean that the try failed; any other error, that nothing was tried.

        Args:
            account: what names the account, however it was typed.
            known: the name of a browser that this account signed in with, from `KnownBrowsers.find`.

        Raises:
            TooManyAttempts: wrong too often.
        """
        if known:
            what, who, place = f"{which} at a known browser", known, ""
        else:
            what, who, place = which, account, address
            self._throttle.check("client", address=address, limit=CLIENT_TRIES, window=WINDOW)
            if which in BRAKED:
                self._throttle.check(f"{which} brake", account, limit=BRAKE_TRIES, window=BRAKE_WINDOW)
        self._throttle.count(what, who, address=place, limit=TRIES, window=WINDOW)
        try:
            yield
        except (NotAuthenticated, InvalidInput):
            if not known:
                self._throttle.note("client", address=address, window=WINDOW)
                if which in BRAKED:
                    self._throttle.note(f"{which} brake", account, window=BRAKE_WINDOW)
            raise
        except BaseException as error:
            if not isinstance(error, TooManyAttempts):
                self._throttle.give_back(what, who, address=place)
            raise
        self._throttle.forget(what, who, address=place)
