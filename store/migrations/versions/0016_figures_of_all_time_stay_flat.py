"""figures of all time stay flat.

A total without its days: what a figure of all time reads, however many days there are.

Revision 0016, after 0015.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MEASURES = (
    "claimed_count", "claimed_fen", "redeemed_gross_count", "redeemed_gross_fen", "refunded_count", "refunded_fen",
    "pool_returned_fen", "direct_spend_fen", "orders_count", "subsidy_applied_count", "subsidy_applied_fen",
    "subsidy_approved_count", "subsidy_approved_fen", "subsidy_rejected_count", "subsidy_paid_count",
    "subsidy_paid_fen",
)  # fmt: skip
KEY = ("programme", "tranche", "county", "sector", "template", "round_no")


def upgrade() -> None:
    op.create_table(
        "rollup_total",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("tranche", sa.String(length=32), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("sector", sa.String(length=32), nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("round_no", sa.Integer(), nullable=False),
        *_measures(),
        sa.PrimaryKeyConstraint(
            "programme", "tranche", "county", "sector", "template", "round_no", name=op.f("pk_rollup_total")
        ),
    )
    kept: list[Any] = [sa.column(name) for name in KEY]
    sums: list[Any] = [sa.func.sum(sa.column(name)) for name in MEASURES]
    rows = sa.select(*kept, *sums).select_from(sa.table("rollup_day")).group_by(*kept)
    columns: list[Any] = [sa.column(name) for name in (*KEY, *MEASURES)]
    op.execute(sa.insert(sa.table("rollup_total", *columns)).from_select([*KEY, *MEASURES], rows))


def _measures() -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in MEASURES]


def downgrade() -> None:
    op.drop_table("rollup_total")
