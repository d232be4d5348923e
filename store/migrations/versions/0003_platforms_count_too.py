"""platforms count too.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counters_newest",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("sub_project", sa.String(length=64), nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("round_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.Column("value_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "programme",
            "platform",
            "sub_project",
            "template",
            "round_no",
            "kind",
            name=op.f("pk_counters_newest"),
        ),
    )
    with op.batch_alter_table("counters", schema=None) as batch_op:
        batch_op.add_column(sa.Column("received_at", sa.BigInteger(), nullable=True))
    op.execute("UPDATE counters SET received_at = counted_at")  # polled totals: known when they were counted
    with op.batch_alter_table("counters", schema=None) as batch_op:
        batch_op.alter_column("received_at", existing_type=sa.BigInteger(), nullable=False)
    op.execute(
        "INSERT INTO counters_newest (programme, platform, sub_project, template, round_no, kind, counted_at, value_count) "
        "SELECT programme, platform, sub_project, template, round_no, kind, counted_at, value_count FROM counters AS c "
        "WHERE counted_at = (SELECT MAX(o.counted_at) FROM counters AS o WHERE o.programme = c.programme "
        "AND o.platform = c.platform AND o.sub_project = c.sub_project AND o.template = c.template "
        "AND o.round_no = c.round_no AND o.kind = c.kind)"
    )


def downgrade() -> None:
    with op.batch_alter_table("counters", schema=None) as batch_op:
        batch_op.drop_column("received_at")

    op.drop_table("counters_newest")
