"""alerts are worked on and told of.

Revision 0019, after 0018.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("occasion", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("dead_at", sa.BigInteger(), nullable=True),
        sa.Column("batch", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.alert_id"], name=op.f("fk_outbox_alert_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_outbox")),
        sa.UniqueConstraint(
            "alert_id", "occasion", "channel", name=op.f("uq_outbox_alert_id_occasion_channel")
        ),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_waiting", ["channel", "sent_at", "dead_at", "not_before"], unique=False
        )

    with op.batch_alter_table("alert_history", schema=None) as batch_op:
        batch_op.add_column(sa.Column("who", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("stage", sa.String(length=12), nullable=True))
        batch_op.add_column(sa.Column("note", sa.Text(), nullable=True))
        batch_op.create_index("ix_alert_history_alert_id", ["alert_id"], unique=False)

    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("signal", sa.String(length=12), server_default="firing", nullable=False)
        )
        batch_op.add_column(sa.Column("signal_since", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("computed_level", sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column("by_hand", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("lower_since", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("facts", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("sources", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("began_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("stage", sa.String(length=12), server_default="found", nullable=False))
        batch_op.add_column(sa.Column("office", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("urgent_since", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("due_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("reported_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("responded_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("briefed_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("paused_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("paused_s", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("done_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("verdict", sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column("known_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(
            sa.Column("merged_into", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_index("ix_alerts_stage", ["stage", "raised_at"], unique=False)
    op.execute("UPDATE alerts SET stage = 'closed', signal = 'recovered' WHERE closed_at IS NOT NULL")
    op.execute("UPDATE alerts SET computed_level = level, signal_since = raised_at")
    op.execute("UPDATE alerts SET urgent_since = raised_at WHERE level IN ('orange', 'red')")


def downgrade() -> None:
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index("ix_alerts_stage")
        batch_op.drop_column("merged_into")
        batch_op.drop_column("known_at")
        batch_op.drop_column("verdict")
        batch_op.drop_column("done_at")
        batch_op.drop_column("paused_s")
        batch_op.drop_column("paused_at")
        batch_op.drop_column("briefed_at")
        batch_op.drop_column("responded_at")
        batch_op.drop_column("reported_at")
        batch_op.drop_column("due_at")
        batch_op.drop_column("urgent_since")
        batch_op.drop_column("office")
        batch_op.drop_column("stage")
        batch_op.drop_column("began_at")
        batch_op.drop_column("sources")
        batch_op.drop_column("facts")
        batch_op.drop_column("lower_since")
        batch_op.drop_column("by_hand")
        batch_op.drop_column("computed_level")
        batch_op.drop_column("signal_since")
        batch_op.drop_column("signal")

    with op.batch_alter_table("alert_history", schema=None) as batch_op:
        batch_op.drop_index("ix_alert_history_alert_id")
        batch_op.drop_column("note")
        batch_op.drop_column("stage")
        batch_op.drop_column("who")

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_waiting")

    op.drop_table("outbox")
