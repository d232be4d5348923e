"""posts are seen again.

Revision 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_alive",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "since", name=op.f("pk_source_alive")),
    )
    op.create_table(
        "hot_ranks",
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("heat", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.post_id"], name=op.f("fk_hot_ranks_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "since", name=op.f("pk_hot_ranks")),
    )
    with op.batch_alter_table("hot_ranks", schema=None) as batch_op:
        batch_op.create_index("ix_hot_ranks_until", ["source", "until"], unique=False)

    op.create_table(
        "post_counts",
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("comments", sa.BigInteger(), nullable=True),
        sa.Column("reposts", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.post_id"], name=op.f("fk_post_counts_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "hour", name=op.f("pk_post_counts")),
    )
    op.create_table(
        "tickets",
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=True),
        sa.Column("told_state", sa.String(length=64), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(length=120), nullable=True),
        sa.Column("category", sa.String(length=120), nullable=True),
        sa.Column("channel", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.post_id"], name=op.f("fk_tickets_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_tickets")),
    )
    with op.batch_alter_table("source_runs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cause", sa.String(length=12), nullable=True))
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("repost_of", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("in_reply_to", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("is_cut", sa.Boolean(), server_default="0", nullable=False))

    with op.batch_alter_table("raw_archive", schema=None) as batch_op:
        batch_op.add_column(sa.Column("forget_at", sa.BigInteger(), nullable=True))
        batch_op.create_index("ix_raw_archive_forget_at", ["forget_at"], unique=False)
    # what people wrote goes 90 days after it came; 90 days in microseconds
    op.execute(
        "UPDATE raw_archive SET forget_at = received_at + 7776000000000 WHERE source IN (SELECT source FROM posts)"
    )


def downgrade() -> None:
    with op.batch_alter_table("raw_archive", schema=None) as batch_op:
        batch_op.drop_index("ix_raw_archive_forget_at")
        batch_op.drop_column("forget_at")

    with op.batch_alter_table("source_runs", schema=None) as batch_op:
        batch_op.drop_column("cause")
    with op.batch_alter_table("posts", schema=None) as batch_op:
        batch_op.drop_column("is_cut")
        batch_op.drop_column("in_reply_to")
        batch_op.drop_column("repost_of")

    op.drop_table("tickets")
    op.drop_table("post_counts")
    with op.batch_alter_table("hot_ranks", schema=None) as batch_op:
        batch_op.drop_index("ix_hot_ranks_until")

    op.drop_table("hot_ranks")
    op.drop_table("source_alive")
