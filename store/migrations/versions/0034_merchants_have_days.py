"""merchants have days.

Every day that has redemptions is due: the worker works them out from its first minute on.

Revision 0034, after 0033.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "merchant_days",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("tranche", sa.String(length=32), nullable=False),
        sa.Column("merchant", sa.String(length=64), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("sector", sa.String(length=32), nullable=False),
        sa.Column("minute_at", sa.BigInteger(), nullable=False),
        sa.Column("redeemed_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("redeemed_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ordered_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("exact_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunded_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunded_fen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("quick_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("night_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("minute_most", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("pair_most", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("pairs_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("programme", "tranche", "merchant", "day", name=op.f("pk_merchant_days")),
    )
    op.create_index("ix_merchant_days_day", "merchant_days", ["day"], unique=False)
    op.create_table(
        "merchant_days_due",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("moves", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("programme", "day", name=op.f("pk_merchant_days_due")),
    )
    op.execute(
        "INSERT INTO merchant_days_due (programme, day, moves) "
        "SELECT DISTINCT programme, day, 1 FROM rollup_day WHERE redeemed_gross_count <> 0"
    )


def downgrade() -> None:
    op.drop_table("merchant_days_due")
    op.drop_index("ix_merchant_days_day", table_name="merchant_days")
    op.drop_table("merchant_days")
