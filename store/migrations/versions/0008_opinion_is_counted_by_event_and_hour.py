"""opinion is counted by event and hour.

Revision 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rollup_opinion",
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("relevance", sa.String(length=12), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("issue", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=3), nullable=False),
        sa.Column("posts_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "hour", "source", "relevance", "county", "issue", "label", name=op.f("pk_rollup_opinion")
        ),
    )
    op.create_table(
        "corrections",
        sa.Column("correction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("field", sa.String(length=12), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("corrected_by", sa.String(length=64), nullable=False),
        sa.Column("corrected_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.post_id"], name=op.f("fk_corrections_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_corrections")),
    )
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.create_index("ix_corrections_post_id", ["post_id"], unique=False)

    op.create_table(
        "reposts",
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.post_id"], name=op.f("fk_reposts_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_reposts")),
    )
    with op.batch_alter_table("reposts", schema=None) as batch_op:
        batch_op.create_index("ix_reposts_event_id", ["event_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("reposts", schema=None) as batch_op:
        batch_op.drop_index("ix_reposts_event_id")

    op.drop_table("reposts")
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.drop_index("ix_corrections_post_id")

    op.drop_table("corrections")
    op.drop_table("rollup_opinion")
