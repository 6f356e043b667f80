"""A real installation in a folder, opened and closed as a server does it, with cheap password hashing."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Self

from blockmrs.cid import Cid
from blockmrs.config.assembly import build_backup, build_foundation, build_restore, build_services
from blockmrs.config.settings import DataSettings, PasswordSettings, Settings, StorageSettings
from blockmrs.domain.facts import HealthFacts
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.node.backup import BackupResult
from blockmrs.services.node.restore import RestoreResult
from blockmrs.services.people.persons import ME
from blockmrs.services.record.facts import SavedFacts
from blockmrs.storage.kubo import KuboStore
from tests.support.migrated import make_installation
from tests.unit.chain.support import WRITER

PASSWORD = "marble kettle sunrise otter"


def no_progress(what: str, done: int, of: int) -> None:
    """Show nothing."""


class Installation:
    """Runs while it is used as a context; backup and restore go through the same assembly as the commands do.

    Args:
        migrates: a new folder gets its tables from the migrations, as on a first start, and not by copying them.
    """

    def __init__(self, folder: Path, storage: StorageSettings | None = None, *, migrates: bool = False) -> None:
        self.folder = folder
        self._migrates = migrates
        passwords = PasswordSettings(memory_kib=64, iterations=1, lanes=1)
        self.settings = Settings(
            data=DataSettings(folder=folder), passwords=passwords, storage=storage or StorageSettings()
        )

    def __enter__(self) -> Self:
        if not self._migrates:
            make_installation(self.settings)
        self.foundation = build_foundation(self.settings, upgrade=True)
        self.services = build_services(self.settings, self.foundation)
        return self

    def __exit__(self, *_: object) -> None:
        self.foundation.database.engine.dispose()
        self.foundation.in_use.close()
        if isinstance(self.foundation.objects.inner, KuboStore):
            self.foundation.objects.inner.close()

    def with_storage(self, storage: StorageSettings) -> "Installation":
        other = Installation(self.folder)
        other.settings = replace(self.settings, storage=storage)
        return other

    def sign_up(self, name: str) -> None:
        self.services.identity.sign_up(name, name.title(), PASSWORD)

    def signs_in(self, name: str) -> bool:
        token = self.services.identity.sign_in(name, PASSWORD, "127.0.0.1")
        return self.services.identity.actor_for(token) is not None

    def tell(self, name: str, facts: HealthFacts) -> None:
        """One more version of the health facts that somebody wrote about themselves."""
        actor = self._actor(name)
        me, today = self.services.people.find(actor, ME), self.services.facts.now().date()
        version = self.services.facts.current(me).version
        self.services.facts.save(actor, me, secrets.token_hex(16), facts, version, today)

    def facts_of(self, name: str) -> list[SavedFacts | None]:
        """The newest versions of what somebody wrote about themselves."""
        return self.services.facts.history(self.services.people.find(self._actor(name), ME))

    def _actor(self, name: str) -> Actor:
        actor = self.services.identity.actor_for(self.services.identity.sign_in(name, PASSWORD, "127.0.0.1"))
        assert actor is not None
        self.services.identity.confirm_recovery(actor)
        return replace(actor, recovery_confirmed=True)

    def add_block(self, number: int = 0) -> None:
        """One more block, with one transaction."""
        ledger = self.foundation.ledger
        ledger.submit([WRITER.write(number, chain_id=ledger.chain_id)])

    def add_object(self, content: bytes) -> Cid:
        """An object of a save that was cut off before its block: kept, but named nowhere."""
        return self.foundation.objects.put(content)

    @property
    def height(self) -> int:
        return self.foundation.ledger.head().height

    def backup(self, path: Path, passphrase: str | None = None) -> BackupResult:
        return build_backup(self.settings, self.foundation).write(path, passphrase, no_progress)

    def restore(self, path: Path, passphrase: str | None = None, *, replace: bool = False) -> RestoreResult:
        return build_restore(self.settings).read(path, passphrase, no_progress, replace=replace)

    def finish_restore(self) -> Path | None:
        return build_restore(self.settings).finish()

    def verify(self, progress: Callable[[str, int, int], None] = no_progress) -> None:
        self.services.evidence.check_everything(progress)
