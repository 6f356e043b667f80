"""First steps on a machine: run the migrations, and print the token that makes the first administrator."""

import logging

from blockmrs.model.database import Database
from blockmrs.model.migrations import is_current
from blockmrs.services.accounts.identity import Identity

log = logging.getLogger(__name__)


def prepare(database: Database) -> bool:
    """Bring the database up to date; return whether it had to be migrated."""
    if is_current(database.engine):
        return False
    database.migrate()
    return True


def announce_setup_token(identity: Identity) -> None:
    """While there is no administrator, write a new one-time token to the log; only its digest is stored."""
    if not identity.has_admin():
        token = identity.make_setup_token(others_stay=True)
        log.warning("No administrator yet. Open /setup and enter this token, which works once: %s", token)
