"""A box for questions says whose it is, to this server alone: nobody is asked about themselves.

The boxes from before do not. Each is made anew when its administrator signs in; what was asked before stays.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("operator_box")
    _make(sa.Column("card_lookup", sa.LargeBinary(length=32), nullable=False))


def downgrade() -> None:
    op.drop_table("operator_box")
    _make()


def _make(*more: sa.Column[bytes]) -> None:
    op.create_table(
        "operator_box",
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sealing_key", sa.LargeBinary(), nullable=False),
        *more,
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_operator_box_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_operator_box")),
    )
