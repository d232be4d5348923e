"""hours are summed from minutes.

Nothing reads hours by county and sector, and a back-fill paid for a cell with each of its rows: the course by the
hour, which is by programme, is summed from the minutes. On PostgreSQL the events' key begins with their number, and
what every batch moves again has room on its page.

Revision 0039, after 0037.
"""

import sqlalchemy as sa
from alembic import op

from store.migrations.refilled import MEASURES, refilled

revision = "0039"
down_revision = "0037"
branch_labels = None
depends_on = None

KEY = ("programme", "tranche", "county", "sector", "hour")
MOVED_AGAIN = ("rollup_day", "rollup_total", "merchants_seen")


def upgrade() -> None:
    op.drop_table("rollup_hour")
    if op.get_bind().dialect.name == "postgresql":
        _key_events_by("event_no", "programme", "platform", "sub_project", "kind")
        for table in MOVED_AGAIN:
            op.execute(f"ALTER TABLE {table} SET (fillfactor = 50)")


def _key_events_by(*columns: str) -> None:
    op.drop_constraint(op.f("pk_events"), "events", type_="primary")
    op.create_primary_key(op.f("pk_events"), "events", list(columns))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _key_events_by("programme", "platform", "sub_project", "event_no", "kind")
        for table in MOVED_AGAIN:
            op.execute(f"ALTER TABLE {table} RESET (fillfactor)")
    op.create_table(
        "rollup_hour",
        sa.Column("programme", sa.String(length=64), nullable=False),
        sa.Column("tranche", sa.String(length=32), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("sector", sa.String(length=32), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in MEASURES),
        sa.PrimaryKeyConstraint(
            "programme", "tranche", "county", "sector", "hour", name=op.f("pk_rollup_hour")
        ),
    )
    op.execute(refilled("rollup_hour", KEY, moment="hour", size_us=3_600_000_000))
