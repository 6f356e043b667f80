"""What a server notes of openings and sign-ins is erased at its time, also where nobody looks any more.

Of which month the notes from before are, only their owner's keys tell: they go 13 months from now.
"""

import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from blockmrs.errors import VerificationFailed
from blockmrs.model.rows import compute_mac
from blockmrs.moments import to_ms

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_LONGEST = timedelta(days=13 * 31)


def upgrade() -> None:
    rows = _rows("lookup", "sealed")
    op.drop_table("visit")
    ends = to_ms(datetime.now(UTC) + _LONGEST)
    _make(sa.Column("ends", sa.BigInteger(), nullable=False), [row | {"ends": ends} for row in rows])


def downgrade() -> None:
    rows = _rows("lookup", "sealed", "ends")
    op.drop_table("visit")
    _make(None, [{name: row[name] for name in ("lookup", "sealed")} for row in rows])


def _make(ends: sa.Column[int] | None, rows: list[dict[str, object]]) -> None:
    table = op.create_table(
        "visit",
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        *([] if ends is None else [ends]),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_visit")),
    )
    if rows:
        op.bulk_insert(table, [row | {"mac": compute_mac(_row_key(), "visit", row)} for row in rows])


def _rows(*names: str) -> list[dict[str, object]]:
    """The rows that are there and are as they were written; none where the statements are only written.

    A row that somebody changed is this server's word no more, and is left behind.
    """
    if context.is_offline_mode():
        return []
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in (*names, "mac")]
    whole = []
    for mapping in op.get_bind().execute(sa.select(*columns).select_from(sa.table("visit"))).mappings():
        row = dict(mapping)
        mac = row.pop("mac")
        if isinstance(mac, bytes) and hmac.compare_digest(mac, compute_mac(_row_key(), "visit", row)):
            whole.append(row)
    return whole


def _row_key() -> bytes:
    row_key = context.config.attributes.get("row_key")
    if not isinstance(row_key, bytes):
        raise VerificationFailed("what was noted of openings cannot be moved without the key of its rows")
    return row_key
