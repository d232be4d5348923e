"""a refund alone is counted.

A refund whose redemption has not come made up for an order whose amount is missing: the two cancelled out, and the
ratio of spending was told as if every order had its amount.

Revision 0048, after 0047.
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

_PLACES = ("programme", "tranche", "county", "sector", "template", "round_no")
_CELLS = {"rollup_day": (*_PLACES, "day"), "rollup_total": _PLACES}
_DAY_US = 86_400_000_000
_SHANGHAI_US = 28_800_000_000

_ORPHANS = f"""
    SELECT * FROM (
        SELECT e.*, occurred_at - (occurred_at + {_SHANGHAI_US}) % {_DAY_US} AS day,
            row_number() OVER (
                PARTITION BY programme, platform, sub_project, origin_event_no ORDER BY occurred_at, event_no
            ) AS turn
        FROM events e WHERE NOT cancelled AND kind = 'refund'
    ) AS refunds
    WHERE turn = 1 AND NOT EXISTS (
        SELECT 1 FROM events used WHERE used.programme = refunds.programme AND used.platform = refunds.platform
        AND used.sub_project = refunds.sub_project AND used.event_no = refunds.origin_event_no
        AND used.kind = 'redemption' AND NOT used.cancelled
    )
"""


def upgrade() -> None:
    for table, key in _CELLS.items():
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(
                sa.Column("orphaned_count", sa.BigInteger(), server_default="0", nullable=False)
            )
        cell = ", ".join(key)
        op.execute(
            f"INSERT INTO {table} ({cell}, orphaned_count) "
            f"SELECT {cell}, count(*) FROM ({_ORPHANS}) AS orphans WHERE true GROUP BY {cell} "
            f"ON CONFLICT ({cell}) DO UPDATE SET orphaned_count = excluded.orphaned_count"
        )


def downgrade() -> None:
    for table in _CELLS:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("orphaned_count")
