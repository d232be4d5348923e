"""posts can be forgotten.

Revision 0030, after 0029.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tombstones",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_tombstones")),
    )
    op.add_column("posts", sa.Column("forgotten_at", sa.BigInteger(), nullable=True))
    words = sa.text("forgotten_at IS NULL")
    op.create_index(
        "ix_posts_with_words", "posts", ["received_at"], sqlite_where=words, postgresql_where=words
    )
    op.create_index("ix_posts_author_ref", "posts", ["author_ref"])


def downgrade() -> None:
    op.drop_index("ix_posts_author_ref", "posts")
    op.drop_index("ix_posts_with_words", "posts")
    op.drop_column("posts", "forgotten_at")
    op.drop_table("tombstones")
