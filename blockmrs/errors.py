"""Every error raised on purpose, as one tree; `controllers/web/http_errors.py` maps it to HTTP statuses.

Messages and context carry identifiers only: never a name, a symptom, a password or a key.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self


def N_(text: str) -> str:
    """Mark text for translation; whoever shows it translates it."""
    return text


class Message(str):
    """A sentence for people with numbers or words in it: the English text, and what a translation starts from.

    `pattern` is the message to translate, with `%(name)s` places; `values` fill them. A value that is a Message is
    translated too.
    """

    __slots__ = ("pattern", "values")
    pattern: str
    values: Mapping[str, object]

    def __new__(cls, pattern: str, **values: object) -> Self:
        """The English sentence."""
        message = super().__new__(cls, pattern % values)
        message.pattern = pattern
        message.values = values
        return message


class BlockMRSError(Exception):
    """The root of the tree. `context` holds identifiers for the log, such as `cid=` or `height=`."""

    def __init__(self, message: str, **context: object) -> None:
        super().__init__(message)
        self.message = message
        self.context = context

    def __str__(self) -> str:
        if not self.context:
            return self.message
        details = ", ".join(f"{name}={value}" for name, value in self.context.items())
        return f"{self.message} ({details})"


class InvalidInput(BlockMRSError):
    """The caller's text or bytes are not a value. `field` names the form field, where there is one."""

    def __init__(self, message: str, *, field: str | None = None, **context: object) -> None:
        super().__init__(message, **context)
        self.field = field


class Slip(StrEnum):
    """What is wrong with a code that a person typed, as far as the code itself shows."""

    CHARACTER = "character"
    """It has a character that no code contains; `place` counts from 1."""
    LENGTH = "length"
    """It is too short or too long: `typed` characters where there are `whole`."""
    COPIED = "copied"
    """Its check fails: one character was copied wrongly."""


class Malformed(InvalidInput):
    """Bytes or text are not a value of the protocol. The words are a program's, and no page shows them.

    `slip` says what a person did who typed it; pages have words for that (`controllers/web/forms.py`), with numbers
    from the `context`.
    """

    def __init__(self, message: str, *, slip: Slip | None = None, field: str | None = None, **context: object) -> None:
        super().__init__(message, field=field, **context)
        self.slip = slip


class NotAuthenticated(BlockMRSError):
    """We do not know who is asking."""


class NotAuthorized(BlockMRSError):
    """They may know about it, but may not do this."""


class AccountCloses(NotAuthorized):
    """Their account is closing: until then they may read, and undo it."""


class NotFound(BlockMRSError):
    """It does not exist, or they were never granted it: strangers cannot tell which."""


class Ended(BlockMRSError):
    """They could once, and no longer can: a share that was stopped or has run out."""


class Conflict(BlockMRSError):
    """Something changed first, so this no longer applies."""


class TooManyAttempts(BlockMRSError):
    """Too many tries in too short a time; `retry_after_s` says when to try again."""

    def __init__(self, message: str, *, retry_after_s: int, **context: object) -> None:
        super().__init__(message, **context)
        self.retry_after_s = retry_after_s


class VerificationFailed(BlockMRSError):
    """Our own data failed a check: alert, and show nothing of it."""


class InvalidSignature(VerificationFailed):
    """A signature does not verify, or its key is not acceptable."""


class InvalidProof(VerificationFailed):
    """A Merkle proof does not lead to the root."""


class ObjectMismatch(VerificationFailed):
    """The bytes do not match their name or commitment."""


class ObjectDamaged(ObjectMismatch):
    """The object store holds bytes that do not match the name they are kept under."""


class CannotOpen(VerificationFailed):
    """Sealed bytes do not open with this key; deliberately says no more."""


class Unavailable(BlockMRSError):
    """A node or disk did not answer."""


class Busy(Unavailable):
    """Too many are doing this at once; a retry in a few seconds will get through."""


class StorageUnavailable(Unavailable):
    """The object store did not answer, or could not keep the bytes."""


class ObjectMissing(Unavailable):
    """The object store answers, but does not hold an object that it should: which never means "there is none"."""


NOT_HERE = (ObjectMissing, ObjectDamaged)
"""An object that should be here is missing or damaged, and nothing here can tell what it said."""

UNKNOWN = (Unavailable, ObjectDamaged)
"""What was asked for may exist all the same: never carry on as if it did not."""
