"""the ledger's indexes cost less to write.

`origin_event_no` is indexed where there is one, vouchers where they are claimed, times on PostgreSQL by BRIN; the
minutes' key serves their readers.

Revision 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ORIGIN = ["programme", "platform", "sub_project", "origin_event_no"]
_WITH_ORIGIN = sa.text("origin_event_no IS NOT NULL")
_CLAIMS = sa.text("kind = 'claim'")


def upgrade() -> None:
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index("ix_events_origin")
        batch_op.drop_index("ix_events_occurred_at")
        batch_op.create_index(
            "ix_events_origin", _ORIGIN, sqlite_where=_WITH_ORIGIN, postgresql_where=_WITH_ORIGIN
        )
        batch_op.create_index("ix_events_occurred_at", ["occurred_at"], postgresql_using="brin")
        batch_op.drop_index("ix_events_voucher")
        batch_op.create_index(
            "ix_events_voucher",
            ["programme", "voucher_no", "kind", "cancelled", "occurred_at"],
            sqlite_where=_CLAIMS,
            postgresql_where=_CLAIMS,
        )
    with op.batch_alter_table("rollup_minute", schema=None) as batch_op:
        batch_op.drop_index("ix_rollup_minute_minute")
    _key_minutes_by("programme", "minute", "tranche")


def downgrade() -> None:
    _key_minutes_by("programme", "tranche", "minute")
    with op.batch_alter_table("rollup_minute", schema=None) as batch_op:
        batch_op.create_index("ix_rollup_minute_minute", ["minute"], unique=False)
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index("ix_events_occurred_at")
        batch_op.drop_index("ix_events_origin")
        batch_op.create_index("ix_events_occurred_at", ["occurred_at"], unique=False)
        batch_op.drop_index("ix_events_voucher")
        batch_op.create_index(
            "ix_events_voucher", ["programme", "voucher_no", "kind", "cancelled", "occurred_at"], unique=False
        )
        batch_op.create_index("ix_events_origin", _ORIGIN, unique=False)


def _key_minutes_by(*columns: str) -> None:
    with op.batch_alter_table("rollup_minute", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("pk_rollup_minute"), type_="primary")
        batch_op.create_primary_key(op.f("pk_rollup_minute"), list(columns))
