"""sanctions have their money.

Revision 0017, after 0016.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sanction_money",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("entry_no", sa.String(length=64), nullable=False),
        sa.Column("tranche", sa.String(length=32), nullable=False),
        sa.Column("merchant", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("booked_on", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('withheld', 'recovered')", name=op.f("ck_sanction_money_kind")),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_sanction_money_amount")),
        sa.PrimaryKeyConstraint("programme", "entry_no", name=op.f("pk_sanction_money")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("last_ok_begun_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_column("last_ok_begun_at")

    op.drop_table("sanction_money")
