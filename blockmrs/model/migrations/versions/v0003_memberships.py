"""Members of organisations have a beginning, an end and a role.

Whoever is listed stays a member. The first to have joined an organisation may manage its members from now on; when each
joined was not recorded.
"""

import hmac
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from blockmrs.errors import Conflict, VerificationFailed
from blockmrs.model.rows import compute_mac

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table(
        "staff_membership",
        sa.Column("card_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("organisation_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("since_place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("manages", sa.Boolean(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("until_place", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.LargeBinary(length=32), nullable=True),
        sa.Column("is_stated", sa.Boolean(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.card_id"],
            name=op.f("fk_staff_membership_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("card_id", "organisation_id", "since_place", name=op.f("pk_staff_membership")),
    )
    op.create_index("ix_staff_membership_organisation", "staff_membership", ["organisation_id"], unique=False)
    op.bulk_insert(table, _memberships(_listed()))
    op.drop_table("staff")


def downgrade() -> None:
    raise Conflict("who left cannot be told to a version that knows only who is in; restore the backup from before")


def _listed() -> list[dict[str, object]]:
    """The rows of the old table, in the order in which people joined; none where the statements are only written."""
    if context.is_offline_mode():
        return []
    connection = op.get_bind()
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("card_id", "organisation_id", "name", "mac")]
    listed = sa.select(*columns).select_from(sa.table("staff"))
    # Only on SQLite has there been an installation of that version; its rows keep the order in which they were written.
    if connection.dialect.name == "sqlite":
        listed = listed.order_by(sa.column("rowid"))
    return [dict(row) for row in connection.execute(listed).mappings()]


def _memberships(listed: list[dict[str, object]]) -> list[dict[str, object]]:
    if not listed:
        return []
    row_key = context.config.attributes.get("row_key")
    if not isinstance(row_key, bytes):
        raise VerificationFailed("the members of organisations cannot be moved without the key of their rows")
    moved: list[dict[str, object]] = []
    for old in listed:
        mac = old.pop("mac")
        if not isinstance(mac, bytes) or not hmac.compare_digest(mac, compute_mac(row_key, "staff", old)):
            raise VerificationFailed("a row was changed outside this program", table="staff")
        is_first = all(other["organisation_id"] != old["organisation_id"] for other in moved)
        row = old | {
            "since_place": 0,
            "since": None,
            "manages": is_first,
            "until": None,
            "until_place": None,
            "ended_by": None,
            "is_stated": False,
        }
        moved.append(row | {"mac": compute_mac(row_key, "staff_membership", row)})
    return moved
