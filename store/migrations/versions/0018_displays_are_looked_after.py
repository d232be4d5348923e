"""displays are looked after.

Revision 0018, after 0017.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "display_actions",
        sa.Column("action_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("display_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.String(length=128), nullable=False),
        sa.Column("done_by", sa.String(length=64), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("action_id", name=op.f("pk_display_actions")),
    )
    with op.batch_alter_table("display_actions", schema=None) as batch_op:
        batch_op.create_index("ix_display_actions_by", ["done_by", "done_at"], unique=False)

    op.create_table(
        "display_reports",
        sa.Column("display_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reported_at", sa.BigInteger(), nullable=False),
        sa.Column("build", sa.String(length=16), nullable=False),
        sa.Column("width_px", sa.Integer(), nullable=False),
        sa.Column("height_px", sa.Integer(), nullable=False),
        sa.Column("pixel_ratio", sa.Float(), nullable=False),
        sa.Column("heap_bytes", sa.BigInteger(), nullable=True),
        sa.Column("scene", sa.String(length=16), nullable=True),
        sa.Column("type_px", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["display_id"],
            ["displays.display_id"],
            name=op.f("fk_display_reports_display_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("display_id", name=op.f("pk_display_reports")),
    )
    op.create_table(
        "pairings",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("display_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["display_id"], ["displays.display_id"], name=op.f("fk_pairings_display_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_pairings")),
        sa.UniqueConstraint("code", name=op.f("uq_pairings_code")),
    )
    with op.batch_alter_table("displays", schema=None) as batch_op:
        batch_op.add_column(sa.Column("inches", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("metres", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("dim_from", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("dim_until", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("pin", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("identify_until", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("reload_no", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("displays", schema=None) as batch_op:
        batch_op.drop_column("reload_no")
        batch_op.drop_column("identify_until")
        batch_op.drop_column("pin")
        batch_op.drop_column("dim_until")
        batch_op.drop_column("dim_from")
        batch_op.drop_column("metres")
        batch_op.drop_column("inches")

    op.drop_table("pairings")
    op.drop_table("display_reports")
    with op.batch_alter_table("display_actions", schema=None) as batch_op:
        batch_op.drop_index("ix_display_actions_by")

    op.drop_table("display_actions")
