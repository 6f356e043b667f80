"""Every statement that is written for SQLite alone, and nothing else is: all others also compile for PostgreSQL.

Whoever uses one of these knows that the database is a SQLite file, or asks for the dialect first.
"""

BEGIN, BEGIN_WRITING = "BEGIN", "BEGIN IMMEDIATE"
"""The start of a transaction that reads, and of one that takes the write lock at once."""

# WAL with FULL survives a power cut; with NORMAL, a ledger that had published a head would fork.
PREPARE = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
)
"""What every connection begins with."""
WAIT = "PRAGMA busy_timeout={ms}"
"""How long a connection waits for another's lock, in milliseconds."""
JOURNAL_INSIDE = "PRAGMA journal_mode=DELETE"
"""Leaves a copy as one file."""

CHECK_PAGES = "PRAGMA integrity_check(1)"
CHECK_REFERENCES = "PRAGMA foreign_key_check"
STATEMENTS = "SELECT type, name, tbl_name, ifnull(sql, '') FROM sqlite_master WHERE name NOT GLOB 'sqlite_stat*'"
"""What made each table and index. `sqlite_stat1` and the like, which ANALYZE makes, are SQLite's own."""
VERSION_TABLE = "SELECT name FROM sqlite_master WHERE name = 'alembic_version'"
VERSIONS = "SELECT version_num FROM alembic_version"

# A copy is read without the program's own tables: it may be of another version.
HELD_OBJECTS = "SELECT digest FROM held_object"
HEADERS = "SELECT content FROM chain_header ORDER BY height"
