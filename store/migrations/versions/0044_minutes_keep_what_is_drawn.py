"""minutes keep what is drawn.

Of sixteen measures four are read by the minute, and a back-fill pays for nearly a minute's cell with each event.

Revision 0044, after 0043.
"""

import sqlalchemy as sa
from alembic import op

from store.migrations.refilled import MEASURES, refilled

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

_KEPT = ("claimed_count", "redeemed_gross_count", "redeemed_gross_fen", "refunded_fen")
_LEFT = tuple(name for name in MEASURES if name not in _KEPT)


def upgrade() -> None:
    nothing = " AND ".join(f"{name} = 0" for name in _KEPT)
    op.execute(f"DELETE FROM rollup_minute WHERE {nothing}")
    with op.batch_alter_table("rollup_minute") as batch_op:
        for name in _LEFT:
            batch_op.drop_column(name)


def downgrade() -> None:
    with op.batch_alter_table("rollup_minute") as batch_op:
        for name in _LEFT:
            batch_op.add_column(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    op.execute("DELETE FROM rollup_minute")
    op.execute(
        refilled("rollup_minute", ("programme", "minute", "tranche"), moment="minute", size_us=60_000_000)
    )
