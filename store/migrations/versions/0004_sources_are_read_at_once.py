"""sources are read at once.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reruns",
        sa.Column("rerun_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("rerun_id", name=op.f("pk_reruns")),
    )
    with op.batch_alter_table("reruns", schema=None) as batch_op:
        batch_op.create_index(
            "uq_reruns_waiting",
            ["source"],
            unique=True,
            sqlite_where=sa.text("taken_at IS NULL"),
            postgresql_where=sa.text("taken_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("reruns", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_reruns_waiting",
            sqlite_where=sa.text("taken_at IS NULL"),
            postgresql_where=sa.text("taken_at IS NULL"),
        )

    op.drop_table("reruns")
