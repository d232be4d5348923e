"""pushed messages are kept once.

Revision 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("message_id", sa.String(length=64), nullable=True))
    op.execute("UPDATE inbox SET message_id = 'inbox-' || inbox_id")  # nobody knew the platform's own
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.alter_column("message_id", existing_type=sa.String(length=64), nullable=False)
        batch_op.create_index("ix_inbox_drained_at", ["drained_at"], unique=False)
        batch_op.create_index(
            "ix_inbox_undrained",
            ["inbox_id"],
            unique=False,
            sqlite_where=sa.text("drained_at IS NULL"),
            postgresql_where=sa.text("drained_at IS NULL"),
        )
        batch_op.create_unique_constraint(batch_op.f("uq_inbox_source_message_id"), ["source", "message_id"])


def downgrade() -> None:
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_inbox_source_message_id"), type_="unique")
        batch_op.drop_index(
            "ix_inbox_undrained",
            sqlite_where=sa.text("drained_at IS NULL"),
            postgresql_where=sa.text("drained_at IS NULL"),
        )
        batch_op.drop_index("ix_inbox_drained_at")
        batch_op.drop_column("message_id")
