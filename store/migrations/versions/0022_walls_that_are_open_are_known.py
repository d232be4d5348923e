"""walls that are open are known.

Revision 0022, after 0021.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "watched_scopes",
        sa.Column("scope", sa.String(length=6), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_watched_scopes")),
    )


def downgrade() -> None:
    op.drop_table("watched_scopes")
