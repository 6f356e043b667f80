"""Who has begun to accept an invitation is recorded beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitation_claim",
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("claimed_by", sa.LargeBinary(length=32), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["lookup"],
            ["invitation.lookup"],
            name=op.f("fk_invitation_claim_lookup_invitation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_invitation_claim")),
    )


def downgrade() -> None:
    op.drop_table("invitation_claim")
