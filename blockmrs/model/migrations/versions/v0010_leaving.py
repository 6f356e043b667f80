"""People close their accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leaving",
        sa.Column("leaving_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("card_lookup", sa.LargeBinary(length=32), nullable=True),
        sa.Column("closes", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("sealed_plan", sa.LargeBinary(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("leaving_id", name=op.f("pk_leaving")),
        sa.UniqueConstraint("account_id", name=op.f("uq_leaving_account_id")),
    )
    op.create_index(op.f("ix_leaving_card_lookup"), "leaving", ["card_lookup"])


def downgrade() -> None:
    op.drop_table("leaving")
