"""The first tables: the chain's, and the accounts'."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name_lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("wrapped_by_password", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_by_recovery", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_profile", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_desk", sa.LargeBinary(), nullable=True),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("recovery_confirmed", sa.Boolean(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account")),
        sa.UniqueConstraint("name_lookup", name=op.f("uq_account_name_lookup")),
    )
    op.create_table(
        "chain_header",
        sa.Column("height", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tree_size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(length=249), nullable=False),
        sa.Column("sealers", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("height", name=op.f("pk_chain_header")),
    )
    op.create_index(op.f("ix_chain_header_tree_size"), "chain_header", ["tree_size"], unique=False)
    op.create_table(
        "chain_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("node_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("level", "node_index", name=op.f("pk_chain_node")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "chain_transaction",
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("slot", sa.LargeBinary(length=32), nullable=False),
        sa.Column("one_time_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(length=2048), nullable=False),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_chain_transaction")),
        sa.UniqueConstraint("digest", name=op.f("uq_chain_transaction_digest")),
    )
    op.create_index(op.f("ix_chain_transaction_slot"), "chain_transaction", ["slot", "one_time_key"], unique=False)
    op.create_table(
        "held_object",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_held_object")),
    )
    op.create_table(
        "invitation",
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_invitation")),
    )
    op.create_table(
        "organisation",
        sa.Column("card_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("doorbell_issued", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("name", name=op.f("uq_organisation_name")),
    )
    op.create_table(
        "report_code",
        sa.Column("locator", sa.String(length=4), nullable=False),
        sa.Column("handle", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_typed", sa.LargeBinary(), nullable=True),
        sa.Column("qr_lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_qr", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_for_author", sa.LargeBinary(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("first_opened", sa.BigInteger(), nullable=True),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("locator", name=op.f("pk_report_code")),
        sa.UniqueConstraint("qr_lookup", name=op.f("uq_report_code_qr_lookup")),
    )
    op.create_index(op.f("ix_report_code_handle"), "report_code", ["handle"], unique=False)
    op.create_table(
        "saved_report",
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_saved_report")),
    )
    op.create_table(
        "setup_token",
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_setup_token")),
    )
    op.create_table(
        "throttle",
        sa.Column("throttle_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("window_ends", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("throttle_key", name=op.f("pk_throttle")),
    )
    op.create_table(
        "doorbell_token",
        sa.Column("token_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("organisation_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("slot", sa.LargeBinary(length=32), nullable=False),
        sa.Column("one_time_seed", sa.LargeBinary(length=32), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.card_id"], name=op.f("fk_doorbell_token_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_doorbell_token")),
    )
    op.create_index("ix_doorbell_token_organisation", "doorbell_token", ["organisation_id", "token_id"], unique=False)
    op.create_table(
        "staff",
        sa.Column("card_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("organisation_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.card_id"], name=op.f("fk_staff_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("card_id", "organisation_id", name=op.f("pk_staff")),
    )
    op.create_table(
        "web_session",
        sa.Column("session_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sealed_keyring", sa.LargeBinary(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_web_session_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_digest", name=op.f("pk_web_session")),
    )
    op.create_index(op.f("ix_web_session_account_id"), "web_session", ["account_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_web_session_account_id"), table_name="web_session")
    op.drop_table("web_session")
    op.drop_table("staff")
    op.drop_index("ix_doorbell_token_organisation", table_name="doorbell_token")
    op.drop_table("doorbell_token")
    op.drop_table("throttle")
    op.drop_table("setup_token")
    op.drop_table("saved_report")
    op.drop_index(op.f("ix_report_code_handle"), table_name="report_code")
    op.drop_table("report_code")
    op.drop_table("organisation")
    op.drop_table("invitation")
    op.drop_table("held_object")
    op.drop_index(op.f("ix_chain_transaction_slot"), table_name="chain_transaction")
    op.drop_table("chain_transaction")
    op.drop_table("chain_node")
    op.drop_index(op.f("ix_chain_header_tree_size"), table_name="chain_header")
    op.drop_table("chain_header")
    op.drop_table("account")
