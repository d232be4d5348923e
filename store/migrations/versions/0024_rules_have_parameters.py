"""rules have parameters.

Revision 0024, after 0023.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backtests",
        sa.Column("backtest_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule", sa.String(length=48), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("backtest_id", name=op.f("pk_backtests")),
    )
    with op.batch_alter_table("backtests", schema=None) as batch_op:
        batch_op.create_index(
            "uq_backtests_waiting",
            ["rule"],
            unique=True,
            sqlite_where=sa.text("taken_at IS NULL"),
            postgresql_where=sa.text("taken_at IS NULL"),
        )

    op.create_table(
        "channel_tests",
        sa.Column("test_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("tested_at", sa.BigInteger(), nullable=False),
        sa.Column("tested_by", sa.String(length=64), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("test_id", name=op.f("pk_channel_tests")),
    )
    with op.batch_alter_table("channel_tests", schema=None) as batch_op:
        batch_op.create_index("ix_channel_tests_channel", ["channel", "tested_at"], unique=False)

    op.create_table(
        "rule_parameters",
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule", sa.String(length=48), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_rule_parameters")),
    )
    with op.batch_alter_table("rule_parameters", schema=None) as batch_op:
        batch_op.create_index("ix_rule_parameters_rule", ["rule", "version"], unique=False)

    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("parameters", sa.String(length=16), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_column("parameters")

    with op.batch_alter_table("rule_parameters", schema=None) as batch_op:
        batch_op.drop_index("ix_rule_parameters_rule")

    op.drop_table("rule_parameters")
    with op.batch_alter_table("channel_tests", schema=None) as batch_op:
        batch_op.drop_index("ix_channel_tests_channel")

    op.drop_table("channel_tests")
    with op.batch_alter_table("backtests", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_backtests_waiting",
            sqlite_where=sa.text("taken_at IS NULL"),
            postgresql_where=sa.text("taken_at IS NULL"),
        )

    op.drop_table("backtests")
