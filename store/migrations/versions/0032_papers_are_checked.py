"""papers are checked and delivered.

Revision 0032, after 0031.
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("briefings", sa.Column("pages", sa.Integer(), nullable=True))
    op.add_column("briefings", sa.Column("checks", sa.JSON(none_as_null=True), nullable=True))
    op.create_table(
        "briefing_troubles",
        sa.Column("scope", sa.String(length=6), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "day", name=op.f("pk_briefing_troubles")),
    )
    op.create_table(
        "briefing_deliveries",
        sa.Column("briefing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("dead_at", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["briefing_id"], ["briefings.briefing_id"], name=op.f("fk_briefing_deliveries_briefing_id")
        ),
        sa.PrimaryKeyConstraint("briefing_id", "channel", name=op.f("pk_briefing_deliveries")),
    )


def downgrade() -> None:
    op.drop_table("briefing_deliveries")
    op.drop_table("briefing_troubles")
    with op.batch_alter_table("briefings", schema=None) as batch_op:
        batch_op.drop_column("checks")
        batch_op.drop_column("pages")
