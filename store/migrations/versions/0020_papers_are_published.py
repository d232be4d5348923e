"""papers are published.

Revision 0020, after 0019.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "briefings",
        sa.Column("briefing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scope", sa.String(length=6), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("grade", sa.String(length=8), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("freeze_id", sa.String(length=64), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("published_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("briefing_id", name=op.f("pk_briefings")),
        sa.UniqueConstraint("scope", "day", "edition", name=op.f("uq_briefings_scope_day_edition")),
    )
    op.create_table(
        "briefings_asked",
        sa.Column("scope", sa.String(length=6), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "day", name=op.f("pk_briefings_asked")),
    )
    op.create_table(
        "briefing_files",
        sa.Column("briefing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["briefing_id"], ["briefings.briefing_id"], name=op.f("fk_briefing_files_briefing_id")
        ),
        sa.PrimaryKeyConstraint("briefing_id", "form", name=op.f("pk_briefing_files")),
    )


def downgrade() -> None:
    op.drop_table("briefing_files")
    op.drop_table("briefings_asked")
    op.drop_table("briefings")
