"""papers are checked.

Revision 0030, after 0029.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
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


def downgrade() -> None:
    op.drop_table("briefing_troubles")
    with op.batch_alter_table("briefings", schema=None) as batch_op:
        batch_op.drop_column("checks")
        batch_op.drop_column("pages")
