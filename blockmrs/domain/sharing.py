"""What the parties say to each other: grants, revocations, introductions, appointments and receipts.

Each value knows the integer keys of its fields inside a transaction (docs/protocol.md "Payloads"). Keys 0 to 5 belong
to the chain. Times are aware UTC, carried as milliseconds since 1970.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from blockmrs.cid import Cid
from blockmrs.domain.kinds import APPOINTED, Relation, Scope
from blockmrs.encoding import Value
from blockmrs.errors import InvalidInput, Malformed, NotFound
from blockmrs.moments import from_ms, to_ms

Fields = Mapping[int, Value]

TITLE_LIMIT = 64
"""The longest name in a transaction: in bytes when written, in characters when read."""
_CUT = "…"
_JOINS = "\u200d"
_JOINERS = frozenset({_JOINS, "\u200c", "\ufe0f"})


def _bytes(fields: Fields, key: int, size: int = 32) -> bytes:
    value = fields.get(key)
    if not isinstance(value, bytes) or len(value) != size:
        raise InvalidInput("a field does not have the size that the protocol gives", key=key)
    return value


def _optional_bytes(fields: Fields, key: int, size: int = 32) -> bytes | None:
    return None if fields.get(key) is None else _bytes(fields, key, size)


def _text(fields: Fields, key: int, limit: int = TITLE_LIMIT) -> str:
    value = fields.get(key, "")
    if not isinstance(value, str) or len(value) > limit:
        raise InvalidInput("a text field is missing or too long", key=key)
    return value


def _number(fields: Fields, key: int) -> int | None:
    value = fields.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput("a number field is not a number", key=key)
    return value


def _optional_bool(fields: Fields, key: int) -> bool | None:
    value = fields.get(key)
    return value if isinstance(value, bool) else None


def _present(fields: dict[int, Value]) -> dict[int, Value]:
    return {key: value for key, value in fields.items() if value not in (None, "")}


def clip(text: str, limit_bytes: int = TITLE_LIMIT) -> str:
    """`text` cut to `limit_bytes` of UTF-8, for names that travel inside a transaction of constant size.

    A name in Thai, Hindi or Chinese takes three bytes for each character. No character is separated from its marks.
    """
    if len(text.encode()) <= limit_bytes:
        return text
    longest = end = len(text.encode()[: limit_bytes - len(_CUT.encode())].decode(errors="ignore"))
    while end and (unicodedata.category(text[end]).startswith("M") or text[end] in _JOINERS or text[end - 1] == _JOINS):
        end -= 1
    return text[: end or longest].rstrip() + _CUT


@dataclass(frozen=True, slots=True)
class Now:
    """What time it is: by this machine's clock, and by the newest block, whose time is signed and never runs backwards.

    A clock that is set back must not end what has begun, nor date a block's contents before the block.
    """

    clock: datetime
    newest_block: datetime

    @property
    def latest(self) -> datetime:
        """The later of the two: nothing is dated before it any more, and what was dated before it has begun."""
        return max(self.clock, self.newest_block)


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where an object is and the granted key (32 bytes) that opens it."""

    cid: Cid
    seed: bytes

    def __repr__(self) -> str:
        return f"Pointer({self.cid})"


@dataclass(frozen=True, slots=True)
class UpdatePointer:
    """Where an update is, and what must be found there: its id and the card id of whom it is about."""

    object: Pointer
    update_id: bytes
    subject: bytes


def is_running(not_before: datetime, not_after: datetime | None, now: Now) -> bool:
    """Whether leave to read has begun, by the later of clock and newest block, and the clock has not ended it."""
    return not_before <= now.latest and (not_after is None or now.clock < not_after)


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave for the transaction's recipient to read one update.

    `not_after` None means until revoked. `return_to_author` and `return_to_subject` are line keys on which a receipt
    is returned. `number` and `previous` occur only in the grant to the owner. A copy for somebody's own book-keeping
    names the `grantee` it was given to and the `copy_of` payload id. `level` is the disposition's level, 1 (most
    urgent) to 4. `about` is the update id of the report that this update follows, a check or a clearance. `head` says
    whether a report may be of a head injury; None in those written before this was recorded. `concerns` are the ids of
    what a report is about (domain/concerns.py), for lists. `given_size`, in the grant to the owner: whoever wrote it
    has given the update to every standing reader of whom the log told at that size (domain/standing.py). `private`, in
    the grant to the owner of a report: whether the rules mark what it says as what not everybody should see; None in
    those written before this was recorded.
    """

    update_id: bytes
    subject: bytes
    purpose: str
    not_before: datetime
    not_after: datetime | None = None
    object: Pointer | None = None
    return_to_author: bytes | None = None
    return_to_subject: bytes | None = None
    number: int | None = None
    previous: bytes | None = None
    grantee: bytes | None = None
    copy_of: bytes | None = None
    draft_mark: bytes | None = None
    level: int | None = None
    withheld: bool = False
    title: str = ""
    party: str = ""
    about: bytes | None = None
    head: bool | None = None
    concerns: tuple[str, ...] = ()
    given_size: int | None = None
    private: bool | None = None

    @property
    def gives(self) -> UpdatePointer:
        """The update that this gives, where it is; NotFound for a grant that carries no object."""
        if self.object is None:
            raise NotFound("this grant carries no object")
        return UpdatePointer(self.object, self.update_id, self.subject)

    def covers(self, now: Now) -> bool:
        """Whether this grant is running, as far as its own times say."""
        return is_running(self.not_before, self.not_after, now)

    def to_fields(self) -> dict[int, Value]:
        """The fields of a `grant` transaction."""
        return _present(
            {
                6: int(Scope.UPDATE),
                7: self.object.cid.digest if self.object else None,
                8: self.object.seed if self.object else None,
                9: self.update_id,
                10: str(self.purpose),
                11: to_ms(self.not_before),
                12: to_ms(self.not_after) if self.not_after else None,
                13: self.subject,
                14: self.return_to_author,
                15: self.return_to_subject,
                16: self.number,
                17: self.previous,
                18: self.grantee,
                19: self.copy_of,
                20: self.draft_mark,
                21: self.level,
                22: _present(
                    {
                        0: clip(self.title),
                        1: clip(self.party),
                        2: self.withheld or None,
                        3: self.about,
                        4: self.head,
                        5: " ".join(self.concerns) or None,
                        6: self.given_size,
                        7: self.private,
                    }
                )
                or None,
            }
        )

    @classmethod
    def from_fields(cls, fields: Fields) -> "Grant":
        """The grant in `fields`, else InvalidInput."""
        if scope_of(fields) is not Scope.UPDATE:
            raise InvalidInput("a grant with a scope of a later version")
        digest, seed = _optional_bytes(fields, 7), _optional_bytes(fields, 8)
        labels = fields.get(22, {})
        if not isinstance(labels, Mapping):
            raise InvalidInput("a grant's labels are not a map")
        until = fields.get(12)
        return cls(
            update_id=_bytes(fields, 9),
            subject=_bytes(fields, 13),
            purpose=_text(fields, 10),
            not_before=from_ms(fields.get(11)),
            not_after=None if until is None else from_ms(until),
            object=Pointer(Cid(digest), seed) if digest and seed else None,
            return_to_author=_optional_bytes(fields, 14),
            return_to_subject=_optional_bytes(fields, 15),
            number=_number(fields, 16),
            previous=_optional_bytes(fields, 17),
            grantee=_optional_bytes(fields, 18),
            copy_of=_optional_bytes(fields, 19),
            draft_mark=_optional_bytes(fields, 20, 16),
            level=_number(fields, 21),
            withheld=labels.get(2) is True,
            title=_text(labels, 0),
            party=_text(labels, 1),
            about=_optional_bytes(labels, 3),
            head=_optional_bool(labels, 4),
            concerns=tuple(_text(labels, 5).split()),
            given_size=_number(labels, 6),
            private=_optional_bool(labels, 7),
        )


def scope_of(fields: Fields) -> Scope | None:
    """How much the grant in `fields` gives; None for a scope of a later version."""
    scope = fields.get(6)
    return Scope(scope) if type(scope) is int and scope in tuple(Scope) else None


@dataclass(frozen=True, slots=True)
class BundleGrant:
    """Leave to read what a bundle lists, or, with the scope STANDING, what a record gets from now on as its terms say.

    `object` is the bundle's, and `bundle_id` proves its text. `return_to_subject` is the line key on which a receipt
    is returned. A copy names the `grantee` it was given to and the `copy_of` payload id, and opens the same: its reader
    sees what was given. A CHECKPOINT is given to oneself, and `read_size` says at which size of the log its writer read
    the line.
    """

    scope: Scope
    object: Pointer
    bundle_id: bytes
    subject: bytes
    purpose: str
    not_before: datetime
    not_after: datetime | None = None
    return_to_subject: bytes | None = None
    grantee: bytes | None = None
    copy_of: bytes | None = None
    draft_mark: bytes | None = None
    title: str = ""
    party: str = ""
    read_size: int | None = None

    def covers(self, now: Now) -> bool:
        """Whether this grant is running, as far as its own times say."""
        return is_running(self.not_before, self.not_after, now)

    def to_fields(self) -> dict[int, Value]:
        """The fields of a `grant` transaction."""
        return _present(
            {
                6: int(self.scope),
                7: self.object.cid.digest,
                8: self.object.seed,
                9: self.bundle_id,
                10: str(self.purpose),
                11: to_ms(self.not_before),
                12: to_ms(self.not_after) if self.not_after else None,
                13: self.subject,
                15: self.return_to_subject,
                18: self.grantee,
                19: self.copy_of,
                20: self.draft_mark,
                22: _present({0: clip(self.title), 1: clip(self.party), 6: self.read_size}) or None,
            }
        )

    @classmethod
    def from_fields(cls, fields: Fields) -> "BundleGrant":
        """The grant in `fields`, else InvalidInput."""
        scope, until, labels = scope_of(fields), fields.get(12), fields.get(22, {})
        if scope in (None, Scope.UPDATE, Scope.RENEWAL) or not isinstance(labels, Mapping):
            raise Malformed("not a grant of a bundle, or with a scope of a later version")
        return cls(
            scope=scope,
            object=Pointer(Cid(_bytes(fields, 7)), _bytes(fields, 8)),
            bundle_id=_bytes(fields, 9),
            subject=_bytes(fields, 13),
            purpose=_text(fields, 10),
            not_before=from_ms(fields.get(11)),
            not_after=None if until is None else from_ms(until),
            return_to_subject=_optional_bytes(fields, 15),
            grantee=_optional_bytes(fields, 18),
            copy_of=_optional_bytes(fields, 19),
            draft_mark=_optional_bytes(fields, 20, 16),
            title=_text(labels, 0),
            party=_text(labels, 1),
            read_size=_number(labels, 6),
        )


@dataclass(frozen=True, slots=True)
class Revocation:
    """Ends the grant whose payload id is `grant_id`, from `at` on."""

    grant_id: bytes
    at: datetime

    def to_fields(self) -> dict[int, Value]:
        """The fields of a `revoke` transaction."""
        return {6: self.grant_id, 7: to_ms(self.at)}

    @classmethod
    def from_fields(cls, fields: Fields) -> "Revocation":
        """The revocation in `fields`, else InvalidInput."""
        return cls(_bytes(fields, 6), from_ms(fields.get(7)))


@dataclass(frozen=True, slots=True)
class Introduction:
    """Opens a line: its key, and the object holding the author's card. `peer` occurs in the author's own copy."""

    card: Pointer
    line_key: bytes | None = None
    peer: bytes | None = None
    party: str = ""

    def to_fields(self) -> dict[int, Value]:
        """The fields of an `introduce` transaction."""
        return _present(
            {6: self.line_key, 7: self.card.cid.digest, 8: self.card.seed, 9: self.peer, 10: clip(self.party)}
        )

    @classmethod
    def from_fields(cls, fields: Fields) -> "Introduction":
        """The introduction in `fields`, else InvalidInput."""
        return cls(
            Pointer(Cid(_bytes(fields, 7)), _bytes(fields, 8)),
            _optional_bytes(fields, 6),
            _optional_bytes(fields, 9),
            _text(fields, 10),
        )


@dataclass(frozen=True, slots=True)
class Appointment:
    """Lets a card act for `dependent`: the object holds the dependent's sealed seed.

    `relation` is one of `holder` (the author of a provisional card, to themselves), `self` (the real person),
    `guardian`, `member` (of an organisation).
    """

    dependent: bytes
    secret: Pointer
    relation: Relation
    not_before: datetime
    not_after: datetime | None = None

    def to_fields(self) -> dict[int, Value]:
        """The fields of an `appoint` transaction."""
        return _present(
            {
                6: self.dependent,
                7: self.secret.cid.digest,
                8: self.secret.seed,
                9: str(self.relation),
                10: to_ms(self.not_before),
                11: to_ms(self.not_after) if self.not_after else None,
            }
        )

    @classmethod
    def from_fields(cls, fields: Fields) -> "Appointment":
        """The appointment in `fields`, else InvalidInput."""
        relation, until = _text(fields, 9), fields.get(11)
        if relation not in APPOINTED:
            raise InvalidInput("an appointment of an unknown kind")
        return cls(
            _bytes(fields, 6),
            Pointer(Cid(_bytes(fields, 7)), _bytes(fields, 8)),
            Relation(relation),
            from_ms(fields.get(10)),
            None if until is None else from_ms(until),
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """The claim "I opened this update at this time", made by the reader's application and signed by the reader."""

    update_id: bytes
    at: datetime
    purpose: str
    reader: str
    organisation: str = ""
    grant_id: bytes | None = None

    def to_fields(self) -> dict[int, Value]:
        """The fields of a `receipt` transaction."""
        return _present(
            {
                6: self.update_id,
                7: to_ms(self.at),
                8: str(self.purpose),
                9: clip(self.reader),
                10: clip(self.organisation),
                11: self.grant_id,
            }
        )

    @classmethod
    def from_fields(cls, fields: Fields) -> "Receipt":
        """The receipt in `fields`, else InvalidInput."""
        return cls(
            _bytes(fields, 6),
            from_ms(fields.get(7)),
            _text(fields, 8),
            _text(fields, 9),
            _text(fields, 10),
            _optional_bytes(fields, 11),
        )
