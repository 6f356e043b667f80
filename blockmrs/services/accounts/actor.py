"""Who acts now, as every service method receives it."""

from dataclasses import dataclass

from blockmrs.crypto.keys import Keyring


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person: the keys derived from their seed, never the seed itself."""

    account_id: bytes
    keyring: Keyring
    display_name: str
    is_admin: bool = False
    recovery_confirmed: bool = True

    def __repr__(self) -> str:
        return "Actor()"
