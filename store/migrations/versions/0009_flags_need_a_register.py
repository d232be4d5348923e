"""flags need a register.

Revision 0009, after 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "register_loads",
        sa.Column("load_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("rows_count", sa.BigInteger(), nullable=False),
        sa.Column("loaded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('merchants', 'sanctions')", name=op.f("ck_register_loads_kind")),
        sa.PrimaryKeyConstraint("load_id", name=op.f("pk_register_loads")),
    )
    op.create_table(
        "merchants",
        sa.Column("no", sa.String(length=64), nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("division", sa.String(length=6), nullable=False),
        sa.Column("sector", sa.String(length=32), nullable=True),
        sa.Column("basis", sa.String(length=16), nullable=False),
        sa.Column("approval_no", sa.Text(), nullable=True),
        sa.Column("approved_on", sa.String(length=10), nullable=True),
        sa.Column("listed_from", sa.BigInteger(), nullable=True),
        sa.Column("listed_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("no", "platform", "version", name=op.f("pk_merchants")),
    )
    op.create_table(
        "sanctions",
        sa.Column("no", sa.String(length=64), nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("no", "platform", "version", "starts_at", "kind", name=op.f("pk_sanctions")),
    )
    op.create_table(
        "judgements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("judged_at", sa.BigInteger(), nullable=False),
        sa.Column("merchants_version", sa.String(length=64), nullable=True),
        sa.Column("sanctions_version", sa.String(length=64), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_judgements_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgements")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_events_voucher",
            ["programme", "voucher_no", "kind", "cancelled", "occurred_at"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index("ix_events_voucher")
    op.drop_table("judgements")
    op.drop_table("sanctions")
    op.drop_table("merchants")
    op.drop_table("register_loads")
