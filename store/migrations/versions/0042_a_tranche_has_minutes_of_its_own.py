"""a tranche has minutes of its own.

The city's curve is one stretch of a key, however many programmes there are and however full their minutes.

Revision 0042, after 0041.
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_MEASURES = ("claimed_count", "redeemed_count", "redeemed_net_fen")
_DAY = "minute - (minute + 28800000000) % 86400000000"  # times are after 1970


def upgrade() -> None:
    op.create_table(
        "tranche_minutes",
        sa.Column("tranche", sa.String(length=32), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in _MEASURES),
        sa.PrimaryKeyConstraint("tranche", "minute", name=op.f("pk_tranche_minutes")),
    )
    op.create_table(
        "tranche_days",
        sa.Column("tranche", sa.String(length=32), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("is_kept", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tranche", "day", name=op.f("pk_tranche_days")),
    )
    op.execute(
        "INSERT INTO tranche_minutes (tranche, minute, claimed_count, redeemed_count, redeemed_net_fen) "
        "SELECT tranche, minute, sum(claimed_count), sum(redeemed_gross_count), "
        "sum(redeemed_gross_fen - refunded_fen) FROM rollup_minute GROUP BY tranche, minute ORDER BY tranche, minute"
    )
    op.execute(
        f"INSERT INTO tranche_days (tranche, day, is_kept) SELECT DISTINCT tranche, {_DAY}, true FROM rollup_minute"
    )


def downgrade() -> None:
    op.drop_table("tranche_days")
    op.drop_table("tranche_minutes")
